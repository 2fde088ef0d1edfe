"""Dataclasses read from the JSON of a predictor's folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter

StoredT = TypeVar("StoredT")
#: Built once per class: a panel holds thousands of such dataclasses.
_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def from_json(kind: type[StoredT], fields: Mapping[str, object]) -> StoredT:
    """Return a dataclass, with the dataclasses in it. Raises pydantic's ValidationError where a field does not fit.

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
