"""Reference of the command line: every command with its arguments and options."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import typer

from azuraforge.cli.main import app
from azuraforge.messages import Message, translated
from guide.reference.tables import BREAK, code, prose, table

_HEADS = {"en": ("Argument or option", "Value", "Meaning"), "tr": ("Argüman ya da seçenek", "Değer", "Anlamı")}
_KINDS = {
    "en": {"str": "text", "Path": "path", "int": "integer", "float": "number"},
    "tr": {"str": "metin", "Path": "yol", "int": "tam sayı", "float": "sayı"},
}


def generate(language: str) -> str:
    """Return a section for each group of commands, and one for each command."""
    program: Any = typer.main.get_command(app)
    top = [(name, each) for name, each in program.commands.items() if not hasattr(each, "commands")]
    groups = [(name, each) for name, each in program.commands.items() if hasattr(each, "commands")]
    parts = ["## azuraforge\n", _parameters(program, language)]
    parts += [text for name, command in top for text in _command(f"azuraforge {name}", command, language)]
    for name, group in groups:
        parts += [f"## azuraforge {name}\n", prose(_in(group.help, language)), _parameters(group, language)]
        for inner, command in group.commands.items():
            parts += _command(f"azuraforge {name} {inner}", command, language)
    return "\n\n".join(each for each in parts if each)


def _command(path: str, command: Any, language: str) -> Iterator[str]:
    if command.hidden:
        return
    arguments = [_shown_argument(each) for each in command.params if not each.opts[0].startswith("-")]
    options = ["[OPTIONS]"] if any(each.opts[0].startswith("-") for each in command.params) else []
    yield f"### {path}"
    yield prose(_in(command.help, language))
    yield "```text\n" + " ".join([path, *options, *arguments]) + "\n```"
    yield _parameters(command, language)


def _in(text: str | None, language: str) -> str:
    """Return a help text in a language."""
    return translated(Message(text or ""), "tr" if language == "tr" else "en")


def _shown_argument(parameter: Any) -> str:
    name = parameter.name.upper() + ("..." if parameter.nargs == -1 else "")
    return name if parameter.required else f"[{name}]"


def _parameters(command: Any, language: str) -> str:
    rows = []
    for each in command.params:
        if getattr(each, "hidden", False):
            continue
        is_option = each.opts[0].startswith("-")
        names = [*each.opts, *each.secondary_opts] if is_option else [_shown_argument(each)]
        rows.append((BREAK.join(code(name) for name in names), _value(each, language), _meaning(each, language)))
    return table(_HEADS[language], rows)


def _value(parameter: Any, language: str) -> str:
    if getattr(parameter, "is_flag", False):
        return ""
    values = _choices(parameter.type_descriptor.annotation)
    if values:
        return ", ".join(code(each) for each in values)
    kind = parameter.type_descriptor.annotation
    low, high = parameter.min, parameter.max
    bounds = f" ≥ {low}" if low is not None and high is None else f" {low}–{high}" if low is not None else ""
    return _KINDS[language].get(kind.__name__, str(kind.__name__)) + bounds


def _choices(annotation: Any) -> list[str]:
    if get_origin(annotation) is Literal:
        return [str(each) for each in get_args(annotation)]
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(each.value) for each in annotation]
    return []


def _meaning(parameter: Any, language: str) -> str:
    text = prose(_in(parameter.help, language))
    repeated = {"en": "May be repeated.", "tr": "Birden çok kez yazılabilir."}[language]
    default = {"en": "Default: {}.", "tr": "Varsayılan: {}."}[language]
    if getattr(parameter, "multiple", False):
        text += f" {repeated}"
    value = parameter.default
    if parameter.show_default and isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
        text += " " + default.format(code(value))
    return text
