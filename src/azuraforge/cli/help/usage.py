"""Translation of usage errors: unknown options, missing arguments and invalid values.

Typer's errors contain English sentences. If an error has a class of its own, the values are read from its fields;
otherwise they are extracted from the sentence. An unknown sentence is not translated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import typer

from azuraforge.cli.language import Language
from azuraforge.messages import translated
from azuraforge.messages.validation import message_of

#: Key of our text → pattern of Typer's sentence, whose named groups are the values.
_SENTENCES: Mapping[str, re.Pattern[str]] = {
    "usage.similar_command": re.compile(r"No such command '(?P<command>.*)'\. Did you mean (?P<others>.*)\?"),
    "usage.no_such_command": re.compile(r"No such command '(?P<command>.*)'\.?"),
    "usage.missing_command": re.compile(r"Missing command\."),
    "usage.extra_arguments": re.compile(r"Got unexpected extra argument\(s\) \((?P<arguments>.*)\)", re.DOTALL),
    "usage.option_needs_value": re.compile(r"Option '(?P<option>.*)' requires an argument\."),
    "usage.option_needs_values": re.compile(r"Option '(?P<option>.*)' requires (?P<count>\d+) arguments\."),
    "usage.option_without_value": re.compile(r"Option '(?P<option>.*)' does not take a value\."),
    "usage.argument_needs_values": re.compile(r"Argument '(?P<argument>.*)' takes (?P<count>\d+) values\."),
}
_ONE_OF = re.compile(r"(?:Value error, )?'(?P<value>.*)' is not one of (?P<choices>.*?)\.?", re.DOTALL)


def sentence_of(error: typer.TyperException, text: Language) -> str:
    """Return the translated sentence of a usage error, or Typer's English sentence if it is unknown."""
    kind = type(error).__name__
    if kind == "NoSuchOption":
        option, similar = getattr(error, "option_name", ""), getattr(error, "possibilities", None)
        if similar:
            return text("usage.similar_option", option=option, others=", ".join(sorted(similar)))
        return text("usage.no_such_option", option=option)
    name = _name(error)
    if kind == "MissingParameter":
        is_argument = getattr(getattr(error, "param", None), "param_type_name", "") == "argument"
        return text("usage.missing_argument" if is_argument else "usage.missing_option", name=name)
    if kind == "BadParameter":
        return text("usage.invalid_value", name=name, reason=_reason(error, text))
    said = error.format_message()
    for key, pattern in _SENTENCES.items():
        if found := pattern.fullmatch(said):
            return text(key, **found.groupdict())
    return said


def _name(error: typer.TyperException) -> str:
    """Return the name of the option or argument that an error concerns, as the help shows it."""
    parameter = getattr(error, "param", None)
    hint = getattr(error, "param_hint", None)
    if hint is None and parameter is not None:
        hint = parameter.get_error_hint()
    return hint if isinstance(hint, str) else " / ".join(hint or ())


def _reason(error: typer.TyperException, text: Language) -> str:
    """Return the translated reason why a value is invalid, or Typer's English reason if it is unknown."""
    said = str(getattr(error, "message", error))
    if found := _ONE_OF.fullmatch(said):
        return text("usage.not_one_of", value=found["value"], choices=found["choices"])
    errors = getattr(error.__cause__, "errors", None)  # of the pydantic error that caused this one
    first = next(iter(errors(include_url=False)), None) if callable(errors) else None
    return said if first is None else translated(message_of(first), text.code)
