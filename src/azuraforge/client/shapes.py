"""Typed objects from the platform's JSON. Unknown fields are kept in ``raw``, so an older client reads a newer one."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from typing import Any, TypeVar

ShapeT = TypeVar("ShapeT", bound="Shape")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A thing that the platform told. ``raw`` is its JSON, whole."""

    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls: type[ShapeT], told: Mapping[str, Any]) -> ShapeT:
        """Build the object; fields that are not told keep their defaults.

        Example:
            >>> @dataclass(frozen=True, kw_only=True)
            ... class Moment(Shape):
            ...     at: datetime
            >>> Moment.from_json({"at": "2026-01-01T00:00:00Z", "new": 1}).at.isoformat()
            '2026-01-01T00:00:00+00:00'
        """
        kinds = _kinds(cls)
        values = {name: _read(kinds[name], told[name]) for name in kinds if name in told}
        return cls(**values, raw=told)


_KINDS: dict[str, dict[str, Any]] = {}


def _kinds(cls: type[Shape]) -> dict[str, Any]:
    """Type of each field, found once: resolving annotations is slow."""
    name = f"{cls.__module__}.{cls.__qualname__}"
    if name not in _KINDS:
        hints = typing.get_type_hints(cls)
        _KINDS[name] = {item.name: hints[item.name] for item in fields(cls) if item.name != "raw"}
    return _KINDS[name]


def _read(kind: Any, told: Any) -> Any:
    if told is None:
        return None
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        return _read(next(each for each in typing.get_args(kind) if each is not type(None)), told)
    if origin is list and isinstance(told, list):
        (item,) = typing.get_args(kind)
        return [_read(item, each) for each in told]
    if kind is datetime and isinstance(told, str):
        return datetime.fromisoformat(told)
    if is_dataclass(kind) and isinstance(kind, type) and issubclass(kind, Shape) and isinstance(told, Mapping):
        return kind.from_json(told)
    return told
