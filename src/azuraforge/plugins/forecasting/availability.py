"""Columns as they were known at each row: values of a delayed column are moved to the row at which they became known.

Delays are enforced only here. Every frame that a pipeline receives has been processed by this module, for training, the
verdict, batches and serving, so that no pipeline can read a value that was not known at its origin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Indices
from azuraforge.plugins.contract.availability import AHEAD, CALENDAR_UNITS, delay_of, unit_of
from azuraforge.plugins.contract.parts import Schema, Table

if TYPE_CHECKING:
    import polars as pl

    from azuraforge.plugins.contract.dataset_schema import DatasetSchema


def known_table(frame: pl.DataFrame, schema: DatasetSchema) -> Table:
    """Return a dataset version as pipelines receive it.

    Each row contains the values known at its time; columns of incumbent forecasts are removed.
    """
    meaning = Schema.of(schema)
    return Table(as_known(frame.drop(schema.incumbent_columns), meaning), meaning)


def as_known(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Return ``frame`` with each delayed column as it was known at each row.

    A row contains the newest value whose time plus delay is not after the time of the row, or null if there is none.
    Columns that are known with their row or ahead of it are unchanged. Each series of a panel is processed separately.

    Args:
        frame: rows in canonical order, each value at the row to which it refers.
        schema: meaning of the columns.
    """
    import polars as pl

    delays = {name: delay for name, text in schema.available_after.items() if (delay := delay_of(text)) is not None}
    taken = {delay: _newest_known(frame, schema, delay) for delay in set(delays.values())}
    for name, delay in delays.items():
        if name in schema.features and name in frame.columns:
            rows = pl.Series(taken[delay], dtype=pl.Int64)
            values = frame.get_column(name).gather(rows.set(rows < 0, None))
            frame = frame.with_columns(values.alias(name))
    return frame


def without_unknown_head(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """Return the rows of ``frame`` from the first row at which every delayed column was known.

    Used for a short history sent by a caller. Raises InvalidInput if there is no such row.
    """
    first = 0
    for name, text in schema.available_after.items():
        if delay_of(text) is None or name not in schema.features or name not in frame.columns:
            continue
        known = frame.get_column(name).is_not_null()
        if not known.any():
            raise InvalidInput(
                "column {name!r} becomes known {delay} after its row, but the rows end before that",
                where="rows",
                next_step="send rows that begin at least {delay} earlier",
                name=name,
                delay=text,
            )
        first = max(first, int(known.arg_max() or 0))
    return frame.slice(first)


def known_ahead_of(schema: DatasetSchema) -> tuple[str, ...]:
    """Return the names of the columns that the dataset declares as known ahead of their rows."""
    return tuple(name for name in schema.features if schema.available_after.get(name) == AHEAD)


def _newest_known(frame: pl.DataFrame, schema: Schema, delay: str) -> Indices:
    """Return the newest row of the same series whose value was known at each row, ``(row,)``; -1 if there is none."""
    if schema.series is None:
        return _newest_known_of_one(frame, schema, delay)
    lengths = frame.get_column(schema.series).rle().struct.field("len").to_list()
    found, first = [], 0
    for length in lengths:
        rows = _newest_known_of_one(frame.slice(first, length), schema, delay)
        found.append(np.where(rows < 0, -1, rows + first))
        first += length
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def _newest_known_of_one(frame: pl.DataFrame, schema: Schema, delay: str) -> Indices:
    import polars as pl

    at = frame.get_column(str(schema.time)).cast(pl.Datetime("us", "UTC"))
    if unit_of(delay) in CALENDAR_UNITS:  # days are calendar days, even when clocks change
        at = at.dt.convert_time_zone(schema.rhythm_timezone or schema.timezone).dt.replace_time_zone(None)
    now = at.dt.epoch("us").to_numpy()
    # Clocks that are set back repeat an hour; no value may become known before an earlier value.
    known = np.maximum.accumulate(at.dt.offset_by(delay).dt.epoch("us").to_numpy())
    return np.asarray(np.searchsorted(known, now, side="right") - 1, dtype=np.int64)
