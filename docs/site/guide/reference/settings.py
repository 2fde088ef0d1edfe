"""Reference of the settings: each with its name in azuraforge.toml, its environment variable, default and bounds."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from azuraforge.messages import Message, translated
from azuraforge.settings import Settings
from guide.reference.tables import BREAK, code, prose, sentence, table

_HEADS = {
    "en": ("Setting and environment variable", "Value", "Default", "Meaning"),
    "tr": ("Ayar ve ortam değişkeni", "Değer", "Varsayılan", "Anlamı"),
}
_GENERAL = {"en": "General", "tr": "Genel"}
#: Defaults that depend on the machine, in words.
_COMPUTED = {
    "home": "~/.azuraforge",
    "runs.concurrency": {"en": "processors − 1, at least 1", "tr": "işlemci sayısı − 1, en az 1"},
}


def generate(language: str) -> str:
    """Return one table for the settings at the top, and one for each part."""
    prefix = str(Settings.model_config["env_prefix"])
    top = [(name, each) for name, each in Settings.model_fields.items() if not _is_part(each)]
    parts = [f"## {_GENERAL[language]}\n", _table(top, "", prefix, language)]
    for name, field in Settings.model_fields.items():
        if _is_part(field):
            model: Any = field.annotation
            parts += [f"## {name}\n", prose(_in(model.__doc__, language)), ""]
            parts.append(_table(list(model.model_fields.items()), f"{name}.", prefix, language))
    return "\n".join(parts)


def _in(text: str | None, language: str) -> str:
    return translated(Message(inspect.cleandoc(text or "")), "tr" if language == "tr" else "en")


def _is_part(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def _table(fields: list[tuple[str, FieldInfo]], start: str, prefix: str, language: str) -> str:
    rows = []
    for name, field in fields:
        variable = prefix + (start + name).replace(".", "__").upper()
        default = _default(start + name, field, language)
        rows.append(
            (
                code(start + name) + BREAK + code(variable),
                _value(field),
                default,
                sentence(_in(field.description, language)),
            )
        )
    return table(_HEADS[language], rows)


def _value(field: FieldInfo) -> str:
    bounds = {type(each).__name__: each for each in field.metadata}
    signs = {"Ge": ("≥", "ge"), "Gt": (">", "gt"), "Le": ("≤", "le"), "Lt": ("<", "lt")}
    shown = [f"{sign} {getattr(bounds[kind], name):,}" for kind, (sign, name) in signs.items() if kind in bounds]
    return ", ".join([_kind(field.annotation), *shown])


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return ", ".join(code(each) for each in get_args(annotation))
    if get_origin(annotation) in (Union, UnionType):
        return " / ".join(_kind(each) for each in get_args(annotation) if each is not type(None))
    if get_origin(annotation) is not None:
        return "table" if get_origin(annotation) is dict else "list"
    names = {
        "str": "text",
        "SecretStr": "text",
        "int": "integer",
        "float": "number",
        "bool": "true / false",
        "Path": "path",
    }
    return names.get(annotation.__name__, str(annotation.__name__))


def _default(name: str, field: FieldInfo, language: str) -> str:
    computed = _COMPUTED.get(name)
    if computed is not None:
        return computed[language] if isinstance(computed, dict) else code(computed)
    value = field.default
    if value is None or value in ("", {}, []):
        return "–"
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, int) and value >= 2**20 and value % 2**20 == 0:
        return f"{value // 2**20:,} MiB"
    return code(os.fspath(value) if isinstance(value, Path) else value)
