"""Times of the rows after the last row of a series."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.parts import Schema
from azuraforge.plugins.forecasting.calendar import Clock

if TYPE_CHECKING:
    import polars as pl


def following_times(frame: pl.DataFrame, schema: Schema, count: int, clock: Clock | None = None) -> list[datetime]:
    """Return the times of the ``count`` rows after the last row of ``frame``.

    The times follow the frequency, or without one the timetable or the median distance of the rows.

    Args:
        frame: rows of one series.
        schema: meaning of the columns.
        count: number of times.
        clock: time axis to use; if None, it is learned from ``frame``.

    Raises InvalidInput if rows have no time, or if the distance of rows cannot be learned from a single row.
    """
    import polars as pl

    if schema.time is None:
        raise InvalidInput(
            "this version was trained on rows without a time",
            where="schema",
            next_step="train a version on a dataset with a time column",
        )
    if clock is None:
        if schema.frequency is None and frame.height < 2:
            raise InvalidInput(
                "the time of the next row cannot be derived from one row", where="rows", next_step="send more rows"
            )
        clock = Clock.learn(frame, schema)
    last = np.array([frame.height - 1], dtype=np.int64)
    moments = clock.following_moments(frame, last, count)[0]
    times: list[datetime] = pl.Series("at", moments).cast(pl.Datetime("us", "UTC")).to_list()
    return times
