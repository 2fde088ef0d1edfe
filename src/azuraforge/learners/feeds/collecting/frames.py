"""Rows of sources as arrays: many rows at once as columns of a frame, others one by one. Runs in child processes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from azuraforge.errors import InvalidInput
from azuraforge.learners.feeds.arriving import AHEAD_SECONDS, Checked, usable
from azuraforge.learners.feeds.meaning import Meaning, microseconds
from azuraforge.learners.feeds.sequencing import Arrivals
from azuraforge.plugins import FeedRow

_NUMBERS = (pl.Float64, pl.Float32, pl.Int64, pl.Int32, pl.Int16, pl.Int8, pl.UInt32, pl.UInt16, pl.UInt8)


def usable_rows(rows: Sequence[FeedRow] | pl.DataFrame, meaning: Meaning, received: datetime | None) -> Checked:
    """Check rows of a source and return the usable ones. Columns that the feed does not have are ignored.

    ``received`` is the time of arrival; None if the rows belong to the past.
    """
    if not isinstance(rows, pl.DataFrame):
        names = set(meaning.names)
        own = [
            FeedRow(row.at, {name: row.values[name] for name in row.values if name in names}, row.key) for row in rows
        ]
        return usable(own, meaning, received)
    if not rows.height:
        return usable((), meaning, received)
    if "at" not in rows.columns:
        raise InvalidInput(
            "the source returned rows without a time",
            where="source",
            next_step="set the option time to the column with the times",
            code="no_time",
        )
    whole = _whole(rows, meaning, received)
    if whole is not None:
        return whole
    single, problems = _single(rows, meaning)
    found = usable(single, meaning, received)
    return Checked(found.arrivals, found.refused + len(problems), found.problem or next(iter(problems), None))


def _whole(frame: pl.DataFrame, meaning: Meaning, received: datetime | None) -> Checked | None:
    """Return all rows of a frame; None if one of them may be unusable, so that rows are checked one by one."""
    names = meaning.names
    if any(name not in frame.columns or frame.schema[name] not in _NUMBERS for name in names):
        return None
    if any(column.classes is not None for column in meaning.columns):
        return None
    times = frame["at"]
    if not isinstance(times.dtype, pl.Datetime) or times.null_count():
        return None
    zoned = times.dt.replace_time_zone("UTC") if times.dtype.time_zone is None else times.dt.convert_time_zone("UTC")
    at = zoned.dt.cast_time_unit("us").to_physical().to_numpy().astype(np.int64)
    if received is not None and int(at.max()) > microseconds(received + timedelta(seconds=AHEAD_SECONDS)):
        return None
    keys = _keys(frame, meaning)
    if keys is None:
        return None
    columns = frame.select(pl.col(name).cast(pl.Float64) for name in names)
    if not columns.select(pl.all_horizontal(pl.all().is_finite().fill_null(True).all())).item():
        return None
    values = columns.to_numpy().astype(np.float64)
    arrived_at = at if received is None else np.full(len(at), microseconds(received), np.int64)
    return Checked(Arrivals(at, keys, arrived_at, values.reshape(len(at), len(names))))


def _keys(frame: pl.DataFrame, meaning: Meaning) -> np.ndarray[tuple[int], np.dtype[np.int32]] | None:
    if "key" not in frame.columns:
        return np.zeros(frame.height, np.int32) if meaning.keys == ("",) else None
    index = {name: number for number, name in enumerate(meaning.keys)}
    found = frame["key"].cast(pl.String).fill_null("").replace_strict(index, default=None, return_dtype=pl.Int32)
    return None if found.null_count() else found.to_numpy().astype(np.int32)


def _single(frame: pl.DataFrame, meaning: Meaning) -> tuple[list[FeedRow], list[InvalidInput]]:
    """Return the rows of a frame, and the errors of rows without a valid time."""
    names = [name for name in meaning.names if name in frame.columns]
    rows, problems = list[FeedRow](), list[InvalidInput]()
    for row in frame.iter_rows(named=True):
        key = "" if row.get("key") is None else str(row["key"])
        try:
            rows.append(FeedRow(_time(row["at"]), {name: _plain(row[name]) for name in names}, key))
        except InvalidInput as error:
            problems.append(error)
    return rows, problems


def _time(value: object) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise InvalidInput(
            "{value!r} is not a time",
            where="source",
            next_step="use times in ISO 8601, such as 2024-05-01T10:00:00Z",
            code="no_time",
            value=str(value)[:100],
        ) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _plain(value: object) -> float | str | None:
    """Return a value; a number that is written as text becomes a number."""
    if value is None or isinstance(value, float | int):
        return value
    text = str(value).strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return text
