"""Translation of help texts. The English text in the code is the key of the translation in the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeAlias

from azuraforge.cli.language import Language
from azuraforge.messages.catalogue import has, template

#: Typer exports no public classes for its commands, groups and contexts.
Command: TypeAlias = Any

#: Typer's constants for the texts that it adds to help pages → key of our text.
_CONSTANTS = {
    "ARGUMENTS_PANEL_TITLE": "help.arguments",
    "OPTIONS_PANEL_TITLE": "help.options",
    "COMMANDS_PANEL_TITLE": "help.commands",
    "DEFAULT_STRING": "help.default",
    "REQUIRED_LONG_STRING": "help.required",
}


def texts(command: Command) -> Iterator[str]:
    """Yield every help text of a command, its parameters and its subcommands."""
    for holder in (command, *command.params):
        if text := getattr(holder, "help", None):
            yield text
    for inner in getattr(command, "commands", {}).values():
        yield from texts(inner)


def translate(command: Command, language: Language) -> None:
    """Translate the help texts of a command and its subcommands in place."""
    command.help = _translated(command.help, language)
    command.options_metavar = language("help.options_metavar")
    for parameter in command.params:
        described: Any = parameter  # arguments and options have the attribute help, their common base class does not
        described.help = _translated(described.help, language)
    command.context_class = _context_class(command.context_class, language)
    command.format_help = partial(_format_help, command.format_help, language)
    if hasattr(command, "subcommand_metavar"):
        command.subcommand_metavar = language("help.subcommand_metavar")
    for inner in getattr(command, "commands", {}).values():
        translate(inner, language)


def _translated(text: str | None, language: Language) -> str | None:
    return template(text, language.code) if text and has(text, language.code) else text


def _context_class(base: Any, language: Language) -> type[Any]:
    """Return a context class whose help pages begin with the translated word for "Usage"."""

    def write_usage(self: Any, prog: str, args: str = "") -> None:
        base.formatter_class.write_usage(self, prog, args, language("help.usage"))

    formatter = type("Formatter", (base.formatter_class,), {"write_usage": write_usage})
    return type("Context", (base,), {"formatter_class": formatter})


def _format_help(original: Any, language: Language, context: Any, formatter: Any) -> None:
    show = context.command.get_help_option(context)
    if show is not None:
        show.help = language("help.help")
    with _constants(language):
        original(context, formatter)


@contextmanager
def _constants(language: Language) -> Iterator[None]:
    """Replace Typer's own texts within the ``with`` block."""
    from typer import rich_utils

    before = {name: getattr(rich_utils, name) for name in _CONSTANTS}
    for name, key in _CONSTANTS.items():
        setattr(rich_utils, name, language(key))
    try:
        yield
    finally:
        for name, text in before.items():
            setattr(rich_utils, name, text)
