"""Typed tree of a filter. ``parsing.py`` makes it, ``store.py`` compiles it to SQL; it is never evaluated as code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from azuraforge.runs.filters.fields import Field, Operator


@dataclass(frozen=True)
class At:
    """A point in time; ``whole_day`` if only its date was given."""

    moment: datetime
    whole_day: bool = False


@dataclass(frozen=True)
class Ago:
    """A time before the present, which the database's clock determines."""

    seconds: float


#: Value of a condition; None is written ``none`` and stands for a missing value.
Value: TypeAlias = str | float | bool | At | Ago | None


@dataclass(frozen=True)
class Condition:
    """Comparison of a field with a value; with ``in``, with several values."""

    field: Field
    operator: Operator
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Not:
    part: Filter


@dataclass(frozen=True)
class All:
    """Conjunction: all parts must hold."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True)
class Either:
    """Disjunction: at least one part must hold."""

    parts: tuple[Filter, ...]


Filter: TypeAlias = Condition | Not | All | Either


def mentions(tree: Filter, name: str) -> bool:
    """Return whether a condition of the tree is on the field ``name``."""
    match tree:
        case Condition():
            return tree.field.name == name
        case Not():
            return mentions(tree.part, name)
        case _:
            return any(mentions(part, name) for part in tree.parts)
