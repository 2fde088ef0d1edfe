"""Fields of runs that filters, sort orders and columns name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from azuraforge.runs.schemas import RunState

#: Statistics of a curve that its row stores: the value at the highest step, and the extremes.
Statistic = Literal["last", "min", "max"]
Operator = Literal["=", "!=", "<", "<=", ">", ">=", "~", "in"]
FieldKind = Literal["text", "choice", "tag", "flag", "number", "date", "duration", "config", "metric", "curve"]

_EQUAL: tuple[Operator, ...] = ("=", "!=", "in")
_ORDERED: tuple[Operator, ...] = ("=", "!=", "<", "<=", ">", ">=")
#: Operators of each kind of field.
OPERATORS: dict[FieldKind, tuple[Operator, ...]] = {
    "text": ("=", "!=", "~", "in"),
    "choice": _EQUAL,
    "tag": ("=", "!=", "~", "in"),
    "flag": ("=", "!="),
    "number": (*_ORDERED, "in"),
    "date": _ORDERED,
    "duration": _ORDERED,
    "config": (*_ORDERED, "~", "in"),
    "metric": _ORDERED,
    "curve": (),
}
#: Prefixes of fields whose names depend on the project's runs.
PREFIXES: dict[str, FieldKind] = {"config": "config", "metrics": "metric", "curve": "curve"}


@dataclass(frozen=True)
class Field:
    """A field of runs.

    Attributes:
        name: name of the field as it was written.
        path: keys of a config field from the outside in, or the single name of a metric.
        statistic: statistic of a metric.
        choices: values that a field of the kind ``choice`` can have.
    """

    name: str
    kind: FieldKind
    path: tuple[str, ...] = ()
    statistic: Statistic = "last"
    choices: tuple[str, ...] = ()


STATES: tuple[str, ...] = get_args(RunState)
#: Fields that every run has, by name.
FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("state", "choice", choices=STATES),
        Field("name", "text"),
        Field("id", "text"),
        Field("kind", "text"),
        Field("plugin", "text"),
        Field("dataset", "text"),
        Field("model", "text"),
        Field("tag", "tag"),
        Field("note", "text"),
        Field("error", "text"),
        Field("pinned", "flag"),
        Field("seed", "number"),
        Field("priority", "number"),
        Field("attempt", "number"),
        Field("created_at", "date"),
        Field("started_at", "date"),
        Field("finished_at", "date"),
        Field("duration", "duration"),
    )
}
#: Fields by which runs cannot be sorted.
UNSORTED = ("tag", "note", "error")
