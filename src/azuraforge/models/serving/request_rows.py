"""Rows of a request as the frame that a pipeline expects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.models.serving.messages import (
    Row,
)
from azuraforge.plugins.contract.availability import delay_of
from azuraforge.plugins.contract.parts import Schema
from azuraforge.plugins.forecasting.calendar import Clock

if TYPE_CHECKING:
    import polars as pl

#: Number of newest rows that are searched for a value of the target, which is the naive forecast.
_LOOK_BACK_ROWS = 1000


def read_rows(rows: Sequence[Row], schema: Schema, known_ahead: Sequence[str] = ()) -> pl.DataFrame:
    """Return rows of a request as the frame that a pipeline expects: times in UTC, oldest first, numbers as floats.

    If columns are known ahead, the last rows may lack the target: they contain the known values of the rows to predict.
    A delayed column may be null in the last rows, for which its value is not known yet.

    Raises InvalidInput, which names the row, if a column is unknown, a time or a value is not valid, or the times are
    irregular or not ascending.
    """
    import polars as pl

    wanted = [schema.target, *schema.features]
    columns: dict[str, list[Any]] = {name: [] for name in wanted}
    times: list[datetime] = []
    allowed = {*wanted, *([schema.time] if schema.time else [])}
    known_rows = [index for index, row in enumerate(rows) if row.get(schema.target) is not None]
    measured = known_rows[-1] + 1 if known_rows and known_ahead else len(rows)
    late = {name: _last_told(rows, name) for name in wanted if delay_of(schema.available_after.get(name)) is not None}
    for index, row in enumerate(rows):
        if unknown := sorted(set(row) - allowed):
            raise _bad_row(
                index,
                Message("unknown column {name!r}", {"name": unknown[0]}),
                Message("use these columns: {columns}", {"columns": sorted(allowed)}),
            )
        if schema.time is not None:
            times.append(_time(row, schema.time, index))
        to_come = index >= measured
        for name in wanted:
            untold = to_come and name not in known_ahead and row.get(name) is None
            untold = untold or index > late.get(name, len(rows))
            columns[name].append(None if untold else _number(row, name, index))
    for index in range(1, len(times)):
        if times[index] <= times[index - 1]:
            problem = Message("the time {name!r} is not later than in the previous row", {"name": schema.time})
            raise _bad_row(index, problem, Message("send the oldest row first"))
    frame = pl.DataFrame({name: pl.Series(name, values, dtype=pl.Float64) for name, values in columns.items()})
    if schema.time is None:
        return frame
    frame = frame.insert_column(0, pl.Series(schema.time, times, dtype=pl.Datetime("us", "UTC")))
    _check_rhythm(frame, schema)
    return frame


def _last_told(rows: Sequence[Row], name: str) -> int:
    """Return the index of the last row with a value in the column; -1 if there is none."""
    return next((index for index in reversed(range(len(rows))) if rows[index].get(name) is not None), -1)


def _check_rhythm(frame: pl.DataFrame, schema: Schema) -> None:
    """Raise InvalidInput if the rows of a series with a frequency are irregular.

    An hourly model would otherwise treat a gap of a day as an hour.
    """
    import polars as pl

    if schema.frequency is None or frame.height < 2:
        return
    origins = np.arange(frame.height - 1, dtype=np.int64)
    due = Clock.learn(frame, schema).following_moments(frame, origins, 1)[:, 0]
    zone = schema.rhythm_timezone or schema.timezone
    at = frame.get_column(str(schema.time)).dt.convert_time_zone(zone)
    expected = pl.Series("due", due).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone)
    wrong = (expected != at[1:]).arg_true()
    if len(wrong):
        before = int(wrong[0])
        times = {"expected": expected[before], "before": at[before], "found": at[before + 1]}
        raise _bad_row(
            before + 1,
            Message(
                "expected {expected} after {before}, found {found}",
                {name: each.isoformat() for name, each in times.items()},
            ),
            Message("send one row for the last day of each month")
            if schema.month_end
            else Message("send one row every {frequency}", {"frequency": schema.frequency}),
        )


def last_time(frame: pl.DataFrame, schema: Schema) -> datetime:
    import polars as pl

    last: datetime = frame.get_column(str(schema.time)).tail(1).cast(pl.Datetime("us", "UTC"))[0]
    return last


def last_known(frame: pl.DataFrame, schema: Schema) -> float | None:
    """Return the newest finite value of the target among the last 1,000 rows; None if there is none.

    It is the naive forecast of all following rows.
    """
    for value in reversed(frame.get_column(schema.target).tail(_LOOK_BACK_ROWS).to_list()):
        if value is not None and math.isfinite(value):
            return float(value)
    return None


def row_at(frame: pl.DataFrame, schema: Schema, row: int) -> dict[str, float | None]:
    """Return the values of one row by column, for drift detection; None for a value that is not finite."""
    found: dict[str, float | None] = {}
    for name in (schema.target, *schema.features):
        value = frame.get_column(name)[row]
        found[name] = float(value) if isinstance(value, int | float) and math.isfinite(value) else None
    return found


def _time(row: Row, name: str, index: int) -> datetime:
    text = row.get(name)
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        step = Message("write times in ISO 8601 with a time zone, such as 2026-01-31T12:00:00Z")
        raise _bad_row(index, _is(name, text), step)
    return at


def _number(row: Row, name: str, index: int) -> float:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _bad_row(index, _is(name, value), Message("send a finite number"))
    return float(value)


def _is(name: str, value: object) -> Message:
    return Message("the value of {name!r} is {value}", {"name": name, "value": repr(value)})


def _bad_row(index: int, problem: Message, step: Message) -> InvalidInput:
    return InvalidInput("{problem}", where="rows[{index}]", next_step="{step}", problem=problem, step=step, index=index)
