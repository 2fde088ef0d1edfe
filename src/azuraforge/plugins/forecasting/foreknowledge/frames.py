"""Leakage checks of a frame, with its columns as arrays and each series of a panel as a separate piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.parts import Schema
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.foreknowledge.columns import Foreknowledge, examine
from azuraforge.plugins.forecasting.foreknowledge.pieces import Piece
from azuraforge.plugins.forecasting.foreknowledge.skill import gain_of

if TYPE_CHECKING:
    import polars as pl

#: Maximum number of examined columns, the first ones, so that the time stays bounded.
MOST_COLUMNS = 200
#: Minimum share of the squared error whose removal by other columns is too good. Among real columns, only the closes of
#: two candles remove more (0.9998 of the error of the next open, the same price); closes of stocks remove up to 0.86,
#: all others at most 0.51.
TOO_GOOD = 0.9
#: A column is named if the error without it is at least twice as large, so that it removes this share.
_UNDOES = 0.5
_MICROSECONDS = 1e6


def examine_frame(
    frame: pl.DataFrame, schema: Schema, *, horizon: int, season: int | None = None, known_ahead: Sequence[str] = ()
) -> list[Foreknowledge]:
    """Return the evidence for each column that contains future values of the target or copies it in the same row.

    Only the first ``MOST_COLUMNS`` columns are examined.

    Args:
        frame: rows in canonical order; a panel is ordered by series.
        schema: meaning of the columns.
        horizon: number of rows ahead that will be predicted.
        season: length of the season in rows; if None, the season of ``schema``.
        known_ahead: columns that are declared as known ahead of the rows to predict.

    Raises InvalidInput if ``frame`` lacks the target or a feature.
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


def examine_skill(
    frame: pl.DataFrame, schema: Schema, *, horizon: int, season: int | None = None, known_ahead: Sequence[str] = ()
) -> list[Foreknowledge]:
    """Return evidence for the columns that improve a linear reference forecast more than is plausible.

    Known-ahead columns are not examined. Columns whose time of availability is declared are never named, because the
    user has confirmed when they become known. See ``examine_frame`` for the arguments.
    """
    seen = [name for name in schema.features[:MOST_COLUMNS] if name not in known_ahead]
    columns = {name: column_values(frame, name) for name in seen}
    stated = {name: values for name, values in columns.items() if name in schema.available_after}
    open_ones = {name: values for name, values in columns.items() if name not in stated}
    if not open_ones:
        return []
    seconds = _seconds(frame, schema)
    gain = gain_of(
        column_values(frame, schema.target),
        open_ones,
        [Piece(rows, None if seconds is None else seconds[rows]) for rows in _series(frame, schema)],
        horizon=horizon,
        season=schema.season if season is None else season,
        given=stated,
        drop_from=TOO_GOOD,
    )
    if gain is None or gain.share < TOO_GOOD:
        return []
    most = max(gain.dropped.values())
    named = [name for name, lost in gain.dropped.items() if lost >= min(most, _UNDOES)]
    return [Foreknowledge(name, "too_good", gain.step, gain.share, gain.rows) for name in named]


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
