"""The examination of a frame: its columns as arrays, and each series of a panel as a piece of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.parts import Schema
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.foreknowledge.columns import Foreknowledge, examine
from azuraforge.plugins.forecasting.foreknowledge.pieces import Piece

if TYPE_CHECKING:
    import polars as pl

#: Of a wider table the first columns are examined, so that the time stays bounded.
MOST_COLUMNS = 200
_MICROSECONDS = 1e6


def examine_frame(
    frame: pl.DataFrame, schema: Schema, *, horizon: int, season: int | None = None, known_ahead: Sequence[str] = ()
) -> list[Foreknowledge]:
    """Return the columns of ``frame`` that know later values of the target.

    Args:
        frame: in canonical order, a panel series by series.
        schema: the meaning of its columns.
        horizon: rows that will be predicted.
        season: rows in one season; None: the schema's.
        known_ahead: columns that are declared known before the rows to predict.
    """
    if not schema.features:
        return []
    seconds = _seconds(frame, schema)
    series = [Piece(rows, None if seconds is None else seconds[rows]) for rows in _series(frame, schema)]
    return examine(
        column_values(frame, schema.target),
        {name: column_values(frame, name) for name in schema.features[:MOST_COLUMNS]},
        series,
        horizon=horizon,
        season=schema.season if season is None else season,
        known_ahead=known_ahead,
    )


def _series(frame: pl.DataFrame, schema: Schema) -> list[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    if schema.series is None:
        return [np.arange(frame.height, dtype=np.int64)]
    lengths = frame.get_column(schema.series).rle().struct.field("len").to_numpy()
    ends = np.cumsum(lengths)
    return [np.arange(end - length, end, dtype=np.int64) for end, length in zip(ends, lengths, strict=True)]


def _seconds(frame: pl.DataFrame, schema: Schema) -> Floats | None:
    import polars as pl

    if schema.time is None:
        return None
    times = frame.get_column(schema.time).cast(pl.Datetime("us", "UTC")).dt.epoch("us").cast(pl.Float64)
    return np.asarray(times.to_numpy(), dtype=np.float64) / _MICROSECONDS
