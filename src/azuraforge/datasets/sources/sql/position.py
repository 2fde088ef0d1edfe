"""The position of a cursor query: the last value of its cursor column, and the rows with that value."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.plugins.contract.shape import Shape

#: Types of values in a cursor column.
Value: TypeAlias = int | float | Decimal | str | datetime | date
#: Types of values that a database may return.
Cell: TypeAlias = object
_MOST_SEEN = 1000


class Position(Shape):
    """The position after a read.

    Attributes:
        kind: type of ``value``; a ``moment`` is a time with a zone, ``local`` a time without a zone.
        value: the last value of the cursor column, as text.
        seen: digests of the rows with exactly this value. The next query starts at ``>= value``, so that it finds rows
            added with the same value later, and the rows in ``seen`` are skipped. Empty if there are too many; the
            platform then skips repeated rows.
    """

    kind: Literal["integer", "float", "decimal", "text", "moment", "local", "date"]
    value: str
    seen: tuple[str, ...] = ()

    @property
    def start(self) -> Value:
        match self.kind:
            case "integer":
                return int(self.value)
            case "float":
                return float(self.value)
            case "decimal":
                return Decimal(self.value)
            case "text":
                return self.value
            case "date":
                return date.fromisoformat(self.value)
            case "moment" | "local":
                return datetime.fromisoformat(self.value)


def position_at(cell: Cell, rows: Sequence[Sequence[Cell]], column: str) -> Position:
    """Return the position after the value ``cell``; ``rows`` are all rows read with this value.

    Raises InvalidInput if the value cannot be a cursor.
    """
    digests = tuple(sorted({digest(row) for row in rows}))
    seen = digests if len(digests) <= _MOST_SEEN else ()
    if isinstance(cell, bool) or cell is None or cell != cell:
        raise _unusable(column, cell)
    if isinstance(cell, int):
        return Position(kind="integer", value=str(cell), seen=seen)
    if isinstance(cell, float):
        return Position(kind="float", value=repr(cell), seen=seen)
    if isinstance(cell, Decimal):
        return Position(kind="decimal", value=str(cell), seen=seen)
    if isinstance(cell, str):
        return Position(kind="text", value=cell, seen=seen)
    if isinstance(cell, datetime):
        if cell.tzinfo is None:
            return Position(kind="local", value=cell.isoformat(), seen=seen)
        return Position(kind="moment", value=cell.astimezone(UTC).isoformat(), seen=seen)
    if isinstance(cell, date):
        return Position(kind="date", value=cell.isoformat(), seen=seen)
    raise _unusable(column, cell)


def before(value: Value, by: float, column: str) -> Value:
    """Return ``value`` minus ``by``: seconds for a time, days for a date, else units. Raises InvalidInput for text."""
    if by == 0:
        return value
    try:
        if isinstance(value, datetime):
            return value - timedelta(seconds=by)
        if isinstance(value, date):
            return value - timedelta(days=by)
        if isinstance(value, Decimal):
            return value - Decimal(repr(by))
        if isinstance(value, int):
            return value - int(by)
        if isinstance(value, float):
            return value - by
    except OverflowError:
        return value
    raise InvalidInput(
        "the column {column!r} contains text, but look_back requires numbers or times",
        where="option look_back",
        next_step="omit look_back, or choose a column of numbers or times as the cursor",
        column=column,
    )


def digest(row: Sequence[Cell]) -> str:
    """Return a short hash of a row's values."""
    shown = [each.astimezone(UTC) if isinstance(each, datetime) and each.tzinfo else each for each in row]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def _unusable(column: str, cell: Cell) -> InvalidInput:
    if cell is None:
        what = Message("an empty value")
    elif cell != cell:
        what = Message("a value that is not a number (NaN)")
    else:
        what = Message("a value of type {kind}", {"kind": type(cell).__name__})
    return InvalidInput(
        "the cursor column {column!r} contains {what}; its values must never decrease",
        where="option cursor",
        next_step="choose a column of numbers, times or text that never decreases",
        code="no_cursor",
        column=column,
        what=what,
    )
