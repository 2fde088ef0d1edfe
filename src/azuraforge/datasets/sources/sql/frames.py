"""Conversion of database rows to frames, one piece at a time. Runs only in child processes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl

from azuraforge.datasets.sources.sql.position import Cell
from azuraforge.errors import InvalidInput


def frame_of(names: Sequence[str], rows: Sequence[Sequence[Cell]]) -> pl.DataFrame:
    """Return rows as columns of float64, datetimes, dates or text.

    Raises InvalidInput if a column has datetimes with and without a time zone.
    """
    return pl.DataFrame([_series(name, [row[place] for row in rows]) for place, name in enumerate(names)])


def joined(pieces: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Concatenate pieces. A column that is empty in one piece takes its type from the other pieces.

    Raises InvalidInput if a column has different types.
    """
    kinds: dict[str, pl.DataType] = {}
    for piece in pieces:
        for name, kind in piece.schema.items():
            if kinds.get(name, pl.Null()) == pl.Null():
                kinds[name] = kind
            elif kind not in (pl.Null, kinds[name]):
                raise _mixed(name)
    never = {name: pl.Float64() if kind == pl.Null() else kind for name, kind in kinds.items()}
    return pl.concat([piece.cast({name: never[name] for name in piece.columns}) for piece in pieces])


def _series(name: str, cells: list[Cell]) -> pl.Series:
    known = [cell for cell in cells if cell is not None]
    if not known:
        return pl.Series(name, cells, dtype=pl.Null)
    if all(isinstance(cell, bool | int | float | Decimal) for cell in known):
        numbers = [float(cell) if isinstance(cell, bool | int | float | Decimal) else None for cell in cells]
        return pl.Series(name, numbers, dtype=pl.Float64)
    if all(isinstance(cell, datetime) for cell in known):
        moments = [cell for cell in known if isinstance(cell, datetime)]
        zoned = sum(cell.tzinfo is not None for cell in moments)
        if zoned == 0:
            return pl.Series(name, cells, dtype=pl.Datetime("us"))
        if zoned < len(moments):
            raise _mixed(name)
        utc = [cell.astimezone(UTC) if isinstance(cell, datetime) else None for cell in cells]
        return pl.Series(name, utc, dtype=pl.Datetime("us", "UTC"))
    if all(isinstance(cell, date) and not isinstance(cell, datetime) for cell in known):
        return pl.Series(name, cells, dtype=pl.Date)
    return pl.Series(name, [None if cell is None else str(cell) for cell in cells], dtype=pl.String)


def _mixed(name: str) -> InvalidInput:
    return InvalidInput(
        "the column {column!r} contains values of different types",
        where="source sql",
        next_step="convert the column in the query: CAST(… AS …)",
        code="mixed_types",
        column=name,
    )
