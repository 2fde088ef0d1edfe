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

#: Two files may round the same value differently.
_EQUAL = 1e-6
#: Missing rows are added to a regular series up to this share of its rows.
_MOST_ADDED = 0.5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Source:
    """Times and actual values of one file, ``(row,)`` each, NaN where a value is missing."""

    table: RawTable
    at: Indices
    values: Floats


@dataclass(frozen=True)
class Truth:
    """The series: ``at`` ``(row,)`` microseconds, ascending, and ``values`` ``(row,)``, NaN where unknown.

    ``added`` rows are missing from a regular series and stand in the grid without a value.
    """

    at: Indices
    values: Floats
    schema: Schema
    added: int = 0

    def frame(self, rows: int) -> pl.DataFrame:
        """Return the first ``rows`` rows as forecasters read them."""
        times = pl.Series("at", self.at[:rows]).cast(pl.Datetime("us", "UTC"))
        return pl.DataFrame({"at": times, "actual": pl.Series(self.values[:rows], dtype=pl.Float64)})

    def row_of(self, at: Indices) -> Indices:
        """Return the rows of times that are in the grid."""
        return np.asarray(np.searchsorted(self.at, at), dtype=np.int64)

    def written(self, row: int) -> str:
        """Return the time of a row for readers."""
        return written(int(self.at[row]), self.schema)


def written(micros: int, schema: Schema | None = None) -> str:
    """Return a time for readers.

    Example:
        >>> written(0)
        '1970-01-01'
    """
    return row_time(_EPOCH + timedelta(microseconds=micros), schema)


def build_truth(sources: list[Source], predicted: Indices, options: Options) -> Truth:
    """Join the actual values of all files.

    Args:
        sources: every file that holds actual values.
        predicted: ``(row,)`` times of the predictions, which stand in the grid also where no value is known.
        options: the season and the time zone, where they are stated.

    Raises InvalidInput if one time has two different values.
    """
    times = np.concatenate([each.at[np.isfinite(each.values)] for each in sources])
    values = np.concatenate([each.values[np.isfinite(each.values)] for each in sources])
    if not len(times):
        raise InvalidInput(
            "no file has an actual value",
            where="{place}",
            next_step="fill in the column of actual values, or name a file of actual values with --actual",
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
            next_step="keep one value for each time; several series are judged one at a time",
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
    """Return the rhythm, and the grid with the few rows that are missing from a regular one."""
    if len(grid) < 3:
        return Rhythm("irregular", None, 1), grid, 0
    series = pl.Series("at", grid).cast(pl.Datetime("us", "UTC"))
    rhythm = find_rhythm(series, zone)
    if rhythm.kind != "regular" or not rhythm.missing:
        return rhythm, grid, 0
    if rhythm.missing > _MOST_ADDED * len(grid):
        return Rhythm("irregular", None, 1), grid, 0  # the common step of scattered times is no rhythm
    whole = np.asarray(whole_grid(series, rhythm).to_physical().to_numpy(), dtype=np.int64)
    if not np.isin(grid, whole).all():
        return Rhythm("irregular", None, rhythm.season, zone=rhythm.zone), grid, 0
    return rhythm, whole, len(whole) - len(grid)
