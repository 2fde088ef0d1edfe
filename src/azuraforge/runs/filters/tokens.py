"""Tokens of filters, sort orders and lists of columns, with their positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from azuraforge.errors import InvalidInput
from azuraforge.messages import Message

#: Maximum number of characters of a filter, a sort order or a list of columns.
MOST_CHARACTERS = 8000

_OPERATORS = ("<=", ">=", "!=", "==", "=", "<", ">", "~")
_PUNCTUATION = "(),"
#: Similarity of a suggestion to what was found, from 0 to 1.
_ALIKE = 0.6
_EXAMPLE = 'state = failed AND metrics.loss.min < 0.1 AND NOT dataset ~ "weather"'
_QUOTES = "\"'"
_ESCAPED = {"n": "\n", "t": "\t"}

#: ``word``, ``text`` (quoted), ``operator``, a punctuation mark, or ``end``.
TokenKind = str


@dataclass(frozen=True)
class Token:
    """One token. ``parts`` are the segments of a word between its dots, of which some may have been quoted."""

    kind: TokenKind
    text: str
    start: int
    end: int
    parts: tuple[str, ...] = ()
    quoted: tuple[bool, ...] = ()

    def keyword(self, word: str) -> bool:
        return self.kind == "word" and self.text.upper() == word


def fault(
    where: str,
    start: int,
    end: int,
    expected: Message,
    *,
    found: str = "",
    suggestions: Sequence[str] = (),
    otherwise: Sequence[str] = (),
    unfinished: bool = False,
) -> InvalidInput:
    """Return the error of a faulty filter, sort order or list of columns; ``details`` contain the fault's position.

    Args:
        where: the parameter that contains the fault.
        start: index of the first faulty character.
        end: index after the last faulty character.
        suggestions: texts that would be correct at this place.
        otherwise: suggestions if none of these is similar to what was found.
        unfinished: whether the text only ends too early.
    """
    near = (get_close_matches(found, suggestions, 3, _ALIKE) if found else []) or list(otherwise)
    shown = near or list(suggestions)[:30]
    details = {"position": start, "length": max(0, end - start), "unfinished": unfinished, "suggestions": shown}
    if unfinished:
        error = InvalidInput(
            "{parameter} is not complete: {expected} is missing at the end",
            where="{parameter}",
            next_step="write conditions like this: {example}",
            code=f"invalid_{where}",
            details=details,
            parameter=where,
            expected=expected,
            example=_EXAMPLE,
        )
    else:
        error = InvalidInput(
            "{parameter} has a fault at character {position}: {expected} is expected instead of {found!r}",
            where="{parameter}",
            next_step="write conditions like this: {example}",
            code=f"invalid_{where}",
            details=details,
            position=start + 1,
            parameter=where,
            expected=expected,
            found=found[:60],
            example=_EXAMPLE,
        )
    if near:
        return error.with_next_step("did you mean {suggestion}?", suggestion=", ".join(near))
    if shown:
        return error.with_next_step("choose one of: {suggestion}", suggestion=", ".join(shown))
    return error


def tokens(text: str, where: str) -> list[Token]:
    """Split a text into tokens, of which the last one has the kind ``end``. Raises InvalidInput for an open quote."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        letter = text[at]
        if letter.isspace():
            at += 1
            continue
        if letter in _PUNCTUATION:
            found.append(Token(letter, letter, at, at + 1))
            at += 1
        elif (operator := next((each for each in _OPERATORS if text.startswith(each, at)), None)) is not None:
            found.append(Token("operator", "=" if operator == "==" else operator, at, at + len(operator)))
            at += len(operator)
        elif letter in _QUOTES:
            value, end = _quoted(text, at, where)
            found.append(Token("text", value, at, end))
            at = end
        else:
            token = _word(text, at, where)
            found.append(token)
            at = token.end
    found.append(Token("end", "", len(text), len(text)))
    return found


def _word(text: str, start: int, where: str) -> Token:
    parts, quoted = [""], [False]
    at = start
    while at < len(text):
        letter = text[at]
        if letter == "." and not _is_number(text, start, at):
            parts.append("")
            quoted.append(False)
            at += 1
        elif letter in _QUOTES and parts[-1] == "" and len(parts) > 1:
            parts[-1], at = _quoted(text, at, where)
            quoted[-1] = True
        elif letter.isspace() or letter in _PUNCTUATION or letter in _QUOTES or letter in "=<>~!":
            break
        else:
            parts[-1] += letter
            at += 1
    at = max(at, start + 1)  # a single "!" is a word of its own, which no rule accepts
    return Token("word", text[start:at], start, at, tuple(parts), tuple(quoted))


def _is_number(text: str, start: int, at: int) -> bool:
    """Return whether the dot at ``at`` belongs to a number that begins at ``start``."""
    return text[start:at].lstrip("+-").isdigit()


def _quoted(text: str, start: int, where: str) -> tuple[str, int]:
    """Return the quoted text at ``start`` and the index after it. Raises InvalidInput if the quote is open."""
    value, at = "", start + 1
    while at < len(text):
        letter = text[at]
        if letter == text[start]:
            return value, at + 1
        if letter == "\\" and at + 1 < len(text):
            at += 1
            letter = _ESCAPED.get(text[at], text[at])
        value += letter
        at += 1
    raise fault(where, len(text), len(text), Message("a closing quote"), unfinished=True)
