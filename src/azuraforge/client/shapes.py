"""Typed objects built from the platform's JSON. Fields that a newer platform adds are kept in ``raw``.

Because notebooks print the objects, their ``repr`` is one short line: it shows the fields that differ from their
defaults, and the number of items instead of collections.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import datetime
from typing import Any, TypeVar

from azuraforge.client.errors import ClientError

ShapeT = TypeVar("ShapeT", bound="Shape")

#: Maximum length of the ``repr`` of a shape, and of one text in it, in characters.
REPR_CHARACTERS = 240
_TEXT_CHARACTERS = 60


@dataclass(frozen=True, kw_only=True, repr=False)
class Shape:
    """Base class of objects that the platform returns. ``raw`` contains the complete JSON."""

    raw: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)

    def __init_subclass__(cls) -> None:
        # Set on each class, because the dataclass decorator would otherwise generate a complete repr.
        cls.__repr__ = Shape.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        shown, length = [], len(type(self).__name__) + 2
        for item in fields(self):
            value = getattr(self, item.name)
            if not item.repr or _is_default(item, value):
                continue
            text = f"{item.name}={_brief(value)}"
            length += len(text) + 2
            if length > REPR_CHARACTERS:
                shown.append("…")
                break
            shown.append(text)
        return f"{type(self).__name__}({', '.join(shown)})"

    @classmethod
    def from_json(cls: type[ShapeT], answer: object) -> ShapeT:
        """Build the object from JSON; missing fields keep their defaults.

        Raises ClientError if ``answer`` is not a JSON object, TypeError if a field without a default is missing, and
        ValueError if a time is malformed.

        Example:
            >>> @dataclass(frozen=True, kw_only=True)
            ... class Moment(Shape):
            ...     at: datetime
            >>> Moment.from_json({"at": "2026-01-01T00:00:00Z", "new": 1}).at.isoformat()
            '2026-01-01T00:00:00+00:00'
        """
        kinds = _kinds(cls)
        found = json_object(answer)
        values: dict[str, Any] = {name: _read(kinds[name], found[name]) for name in kinds if name in found}
        return cls(**values, raw=found)


def json_object(answer: object) -> Mapping[str, object]:
    """Return a response if it is a JSON object. Raises ClientError otherwise."""
    if not isinstance(answer, Mapping):
        raise ClientError(
            "the platform's response is not a JSON object; its type is {kind}",
            next_step="check that an AzuraForge platform listens at this address",
            kind=type(answer).__name__,
        )
    return answer


def json_list(answer: object) -> list[object]:
    """Return a response if it is a JSON list. Raises ClientError otherwise."""
    if not isinstance(answer, list):
        raise ClientError(
            "the platform's response is not a JSON list; its type is {kind}",
            next_step="check that an AzuraForge platform listens at this address",
            kind=type(answer).__name__,
        )
    return answer


def _is_default(item: Field[Any], value: object) -> bool:
    if item.default_factory is not MISSING:
        return bool(value == item.default_factory())
    return item.default is not MISSING and bool(value == item.default)


def _brief(value: object) -> str:
    """Return the ``repr`` of a value, with long texts shortened and collections replaced by their counts."""
    if isinstance(value, str):
        return repr(value if len(value) <= _TEXT_CHARACTERS else value[:_TEXT_CHARACTERS] + "…")
    if isinstance(value, datetime):
        return repr(value.isoformat())
    if isinstance(value, Mapping):
        return f"{{{_counted(len(value), 'key')}}}"
    if isinstance(value, list | tuple):
        return f"[{_counted(len(value), 'item')}]"
    return f"{type(value).__name__}(…)" if isinstance(value, Shape) else repr(value)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


_KINDS: dict[str, dict[str, object]] = {}


def _kinds(cls: type[Shape]) -> dict[str, object]:
    """Return the type of each field, cached per class because resolving annotations is slow."""
    name = f"{cls.__module__}.{cls.__qualname__}"
    if name not in _KINDS:
        hints = typing.get_type_hints(cls)
        _KINDS[name] = {item.name: hints[item.name] for item in fields(cls) if item.name != "raw"}
    return _KINDS[name]


def _read(kind: object, value: object) -> object:
    """Return a JSON value converted to the type of its field."""
    if value is None:
        return None
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        return _read(next(each for each in typing.get_args(kind) if each is not type(None)), value)
    if origin is list and isinstance(value, list):
        (item,) = typing.get_args(kind)
        return [_read(item, each) for each in value]
    if origin is dict and isinstance(value, Mapping):
        _, item = typing.get_args(kind)
        return {name: _read(item, each) for name, each in value.items()}
    if kind is datetime and isinstance(value, str):
        return datetime.fromisoformat(value)
    if isinstance(kind, type) and issubclass(kind, Shape) and isinstance(value, Mapping):
        return kind.from_json(value)
    return value
