"""Dataclasses restored from the JSON files of a predictor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter

StoredT = TypeVar("StoredT")
#: Cached, because reading a panel's predictor creates thousands of dataclasses of the same class.
_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def from_json(kind: type[StoredT], fields: Mapping[str, object]) -> StoredT:
    """Return a dataclass of the type ``kind``, including nested ones, from the values of its fields.

    Raises pydantic's ValidationError if a value does not have the type of its field.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class Span:
        ...     slots: tuple[int, ...] = ()
        >>> from_json(Span, {"slots": [1, 2]})
        Span(slots=(1, 2))
    """
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    found: StoredT = _ADAPTERS[kind].validate_python(fields)
    return found
