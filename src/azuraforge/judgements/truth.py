"""The actual values of a series from all files, on one grid of times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from azuraforge.datasets.reading.delimited import RawTable
from azuraforge.datasets.reading.frequency import Rhythm, find_rhythm, whole_grid
from azuraforge.errors import InvalidInput
from azuraforge.judgements.options import Options
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.parts import Schema
from azuraforge.row_time import row_time

#: Relative tolerance for equal values, since two files may round differently.
_EQUAL = 1e-6
#: Maximum share of missing rows that are added to a regular series.
_MOST_ADDED = 0.5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Source:
    """Times and actual values of one file, ``(row,)`` each, NaN for missing values."""

    table: RawTable
    at: Indices
    values: Floats


@dataclass(frozen=True)
class Truth:
    """The series of actual values.

    Attributes:
        at: ``(row,)`` times in microseconds since 1970, ascending.
        values: ``(row,)`` actual values, NaN if unknown.
        schema: schema of the series.
        added: number of rows added without a value to make the series regular.
    """

    at: Indices
    values: Floats
    schema: Schema
    added: int = 0

    def frame(self, rows: int) -> pl.DataFrame:
        """Return the first ``rows`` rows as a frame for forecasters."""
        times = pl.Series("at", self.at[:rows]).cast(pl.Datetime("us", "UTC"))
        return pl.DataFrame({"at": times, "actual": pl.Series(self.values[:rows], dtype=pl.Float64)})

    def row_of(self, at: Indices) -> Indices:
        """Return the rows of the given times, which must be in the grid."""
        return np.asarray(np.searchsorted(self.at, at), dtype=np.int64)

    def written(self, row: int) -> str:
        """Return the time of a row as text for readers."""
        return written(int(self.at[row]), self.schema)


def written(micros: int, schema: Schema | None = None) -> str:
    """Return a time, in microseconds since 1970, as text for readers.

    Example:
        >>> written(0)
        '1970-01-01'
    """
    return row_time(_EPOCH + timedelta(microseconds=micros), schema)


def build_truth(sources: list[Source], predicted: Indices, options: Options) -> Truth:
    """Join the actual values of all files.

    Args:
        sources: all files that contain actual values.
        predicted: ``(row,)`` times of the predictions, which are added to the grid even without an actual value.
        options: options with season and time zone, if stated.

    Raises InvalidInput if there is no actual value, or if one time has two different values.
    """
    times = np.concatenate([each.at[np.isfinite(each.values)] for each in sources])
    values = np.concatenate([each.values[np.isfinite(each.values)] for each in sources])
    if not len(times):
        raise InvalidInput(
            "no file contains actual values",
            where="{place}",
            next_step="fill in the column of actual values, or give a file of actual values with --actual",
            place=list(dict.fromkeys(str(each.table.name) for each in sources)),
        )
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    same = np.flatnonzero(times[1:] == times[:-1])
    apart = np.abs(values[same + 1] - values[same]) > _EQUAL * np.maximum(
        np.abs(values[same]), np.abs(values[same + 1])
    )
    if apart.any():
        place = int(same[int(apart.argmax())])
        raise InvalidInput(
            "{at} has two actual values, {one:g} and {other:g}",
            where="{place}",
            next_step="keep one value for each time; if there are several series, choose one with --series",
            code="duplicate_times",
            at=written(int(times[place])),
            one=values[place],
            other=values[place + 1],
            place=list(dict.fromkeys(str(each.table.name) for each in sources if times[place] in each.at)),
        )
    first = np.concatenate([[True], times[1:] != times[:-1]])
    times, values = times[first], values[first]
    grid = np.union1d(times, predicted)
    zone = options.timezone or "UTC"
    rhythm, grid, added = _regular(grid, zone)
    filled = np.full(len(grid), np.nan)
    filled[np.searchsorted(grid, times)] = values
    schema = Schema(
        time="at",
        target="actual",
        frequency=rhythm.frequency,
        season=options.season or rhythm.season,
        timezone=zone,
        rhythm_timezone=rhythm.zone if rhythm.zone != zone else None,
        month_end=rhythm.month_end,
    )
    return Truth(grid, filled, schema, added)


def _regular(grid: Indices, zone: str) -> tuple[Rhythm, Indices, int]:
    """Return the rhythm, the grid completed with missing rows if it is regular, and the number of added rows."""
    if len(grid) < 3:
        return Rhythm("irregular", None, 1), grid, 0
    series = pl.Series("at", grid).cast(pl.Datetime("us", "UTC"))
    rhythm = find_rhythm(series, zone)
    if rhythm.kind != "regular" or not rhythm.missing:
        return rhythm, grid, 0
    if rhythm.missing > _MOST_ADDED * len(grid):
        return Rhythm("irregular", None, 1), grid, 0  # scattered times have no rhythm, only a common step
    whole = np.asarray(whole_grid(series, rhythm).to_physical().to_numpy(), dtype=np.int64)
    if not np.isin(grid, whole).all():
        return Rhythm("irregular", None, rhythm.season, zone=rhythm.zone), grid, 0
    return rhythm, whole, len(whole) - len(grid)
