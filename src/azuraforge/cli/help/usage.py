"""Errors of the parser in the language of the command: unknown options, missing arguments, wrong values.

Typer writes its sentences in English as soon as it raises. The kinds that it marks by a class are read from the
error's fields, the others from the sentence; a sentence that is not known stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import typer

from azuraforge.cli.language import Language
from azuraforge.messages import translated
from azuraforge.messages.validation import message_of

#: Typer's sentence → the key of ours; the groups are its values.
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
    """Return what is wrong with the arguments of a command."""
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
    """Return the option or argument that an error is about, as the help shows it."""
    parameter = getattr(error, "param", None)
    hint = getattr(error, "param_hint", None)
    if hint is None and parameter is not None:
        hint = parameter.get_error_hint()
    return hint if isinstance(hint, str) else " / ".join(hint or ())


def _reason(error: typer.TyperException, text: Language) -> str:
    """Return why a value is refused."""
    said = str(getattr(error, "message", error))
    if found := _ONE_OF.fullmatch(said):
        return text("usage.not_one_of", value=found["value"], choices=found["choices"])
    errors = getattr(error.__cause__, "errors", None)  # pydantic's, which Typer checks values with
    first = next(iter(errors(include_url=False)), None) if callable(errors) else None
    return said if first is None else translated(message_of(first), text.code)
