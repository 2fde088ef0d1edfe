"""Calendar features: where a row stands in the day, the week and the year, read in the dataset's own zone.

A cycle is told by sines and cosines of its phase (Fourier terms), so that 23:00 and 00:00 are neighbours. They are
known in advance, so a forecaster may also have them for the rows that it predicts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from azuraforge.plugins.parts import Floats, Indices, Schema

if TYPE_CHECKING:
    import polars as pl

HOUR = 3_600_000_000
DAY = 24 * HOUR
WEEK = 7 * DAY
#: The mean Gregorian year; with 365 the phase would be a month late after a century.
YEAR = round(365.2425 * DAY)
_UNITS = {"ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": HOUR, "d": DAY, "w": WEEK, "mo": YEAR // 12,
          "q": YEAR // 4, "y": YEAR}  # fmt: skip
#: Monday 1970-01-05: the first Monday of the epoch, from which weeks are counted.
_FIRST_MONDAY = 4 * DAY
#: So much of a cycle the training part must hold before it becomes a feature.
_CYCLES_SEEN = 1.25


@dataclass(frozen=True)
class Cycle:
    """A cycle of the calendar: its length, and how many sine-cosine pairs tell its phase."""

    name: str
    period: int
    harmonics: int


def cycles_for(step: int, span: int | None = None) -> tuple[Cycle, ...]:
    """The cycles that make sense for rows ``step`` microseconds apart over ``span`` microseconds of training.

    At least two rows must fit into a cycle, and the training part must have seen all of it: a year of which only the
    spring was seen says nothing about the autumn, and whoever learned from it would extrapolate wildly.

    Example:
        >>> [cycle.name for cycle in cycles_for(HOUR)], [cycle.name for cycle in cycles_for(WEEK)]
        (['hour_of_day', 'day_of_week', 'day_of_year'], ['day_of_year'])
    """
    known = (
        Cycle("minute_of_hour", HOUR, 2),
        Cycle("hour_of_day", DAY, 3),
        Cycle("day_of_week", WEEK, 3),
        Cycle("day_of_year", YEAR, 3),
    )
    return tuple(
        Cycle(cycle.name, cycle.period, min(cycle.harmonics, cycle.period // (2 * step)))
        for cycle in known
        if cycle.period >= 2 * step and (span is None or span >= _CYCLES_SEEN * cycle.period)
    )


@dataclass(frozen=True)
class Clock:
    """How a series moves through time, learned on the training part and frozen.

    Attributes:
        time: the time column; None where rows have no time, and then there are no calendar features.
        timezone: the zone in which hours, days and months are counted.
        frequency: as in ``Schema``.
        step: microseconds between two rows; the median where ``frequency`` is None.
        weekdays_only: rows fall on Monday to Friday only, so the row after a Friday is a Monday.
        span: microseconds that the training part covers.
    """

    time: str | None
    timezone: str
    frequency: str | None
    step: int
    weekdays_only: bool
    span: int

    @classmethod
    def learn(cls, frame: pl.DataFrame, schema: Schema) -> Clock:
        """Read the rhythm of ``frame``, which must hold training rows only."""
        if schema.time is None:
            return cls(None, schema.timezone, None, 0, False, 0)
        moments = _moments(frame, schema.time)
        span = int(moments[-1] - moments[0]) if len(moments) else 0
        if schema.frequency is not None:
            count, unit = _split(schema.frequency)
            return cls(schema.time, schema.timezone, schema.frequency, count * _UNITS[unit], False, span)
        step = int(np.median(np.diff(moments))) if len(moments) > 1 else DAY
        weekdays = _weekday(_wall(frame, schema.time, schema.timezone))
        weekdays_only = len(moments) >= 5 and bool((weekdays < 5).all())
        return cls(schema.time, schema.timezone, None, max(step, 1), weekdays_only, span)

    @property
    def cycles(self) -> tuple[Cycle, ...]:
        """The cycles of this series; empty where rows have no time."""
        return cycles_for(self.step, self.span) if self.time is not None else ()

    @property
    def width(self) -> int:
        """The number of calendar features of one row."""
        return sum(2 * cycle.harmonics for cycle in self.cycles)

    def features(self, frame: pl.DataFrame) -> Floats:
        """``(row, feature)``: the calendar features of every row of ``frame``."""
        if self.time is None or not self.width:
            return np.zeros((frame.height, 0))
        return self._phases(_wall(frame, self.time, self.timezone))

    def following(self, frame: pl.DataFrame, origins: Indices, horizon: int) -> Floats:
        """``(origin, horizon, feature)``: the calendar features of the rows after each origin.

        They are computed from the origin's own time and never read from later rows, which may not be there.
        """
        if self.time is None or not self.width:
            return np.zeros((len(origins), horizon, 0))
        walls = self.following_walls(frame, origins, horizon)
        return self._phases(walls.reshape(-1)).reshape(len(origins), horizon, self.width)

    def following_walls(self, frame: pl.DataFrame, origins: Indices, horizon: int) -> Indices:
        """``(origin, horizon)``: local wall-clock times after each origin, microseconds since 1970-01-01 00:00."""
        if self.time is None:
            raise ValueError("rows without a time have no following times")
        at = frame.get_column(self.time)[origins]
        steps = np.arange(1, horizon + 1)
        if self.frequency is None:
            wall = _wall(at.to_frame(), self.time, self.timezone)
            return self._without_frequency(wall, horizon)
        count, unit = _split(self.frequency)
        if unit in ("d", "w"):
            return _wall(at.to_frame(), self.time, self.timezone)[:, None] + steps * self.step
        if unit in ("mo", "q", "y"):
            local = at.dt.convert_time_zone(self.timezone).dt.replace_time_zone(None)
            moved = [local.dt.offset_by(f"{count * int(step)}{unit}") for step in steps]
            return np.stack([_microseconds(column) for column in moved], axis=1)
        moments = _moments(at.to_frame(), self.time)[:, None] + steps * self.step
        return _walls_of(moments.reshape(-1), self.timezone).reshape(moments.shape)

    def rows_between(self, start: int, at: int) -> int:
        """About how many rows lie between two moments, in microseconds UTC."""
        if self.step <= 0:
            return 0
        rows = (at - start) / self.step
        return round(rows * 5 / 7 if self.weekdays_only else rows)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Clock:
        """What ``to_dict`` gave."""
        return cls(**fields)

    def _without_frequency(self, wall: Indices, horizon: int) -> Indices:
        walls = np.empty((len(wall), horizon), dtype=np.int64)
        at = wall
        for step in range(horizon):
            at = at + self.step
            if self.weekdays_only:
                at = at + np.maximum(7 - _weekday(at), 0) * (_weekday(at) >= 5) * DAY
            walls[:, step] = at
        return walls

    def _phases(self, wall: Indices) -> Floats:
        columns: list[Floats] = []
        for cycle in self.cycles:
            since = wall - _FIRST_MONDAY
            if cycle.period == WEEK:
                since = since // DAY * DAY  # a weekday is one thing from midnight to midnight
            elif cycle.period == YEAR:
                since = wall
            angle = 2 * np.pi * ((since % cycle.period) / cycle.period)
            for harmonic in range(1, cycle.harmonics + 1):
                columns += [np.sin(harmonic * angle), np.cos(harmonic * angle)]
        return np.stack(columns, axis=1)


def moments_of(frame: pl.DataFrame, schema: Schema) -> Indices:
    """Each row's time in microseconds UTC; its number where rows have no time."""
    return np.arange(frame.height, dtype=np.int64) if schema.time is None else _moments(frame, schema.time)


def _split(frequency: str) -> tuple[int, str]:
    match = re.fullmatch(r"(\d+)([a-z]+)", frequency)
    if match is None or match[2] not in _UNITS:
        raise ValueError(f"{frequency!r} is no frequency such as 1h, 1d or 1mo")
    return int(match[1]), match[2]


def _weekday(wall: Indices) -> Indices:
    return (wall - _FIRST_MONDAY) % WEEK // DAY


def _moments(frame: pl.DataFrame, time: str) -> Indices:
    import polars as pl

    return _microseconds(frame.get_column(time).cast(pl.Datetime("us", "UTC")))


def _wall(frame: pl.DataFrame, time: str, timezone: str) -> Indices:
    return _walls_of(_moments(frame, time), timezone)


def _walls_of(moments: Indices, timezone: str) -> Indices:
    import polars as pl

    at = pl.Series("at", moments, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
    return _microseconds(at.dt.convert_time_zone(timezone).dt.replace_time_zone(None))


def _microseconds(column: pl.Series) -> Indices:
    import polars as pl

    return np.asarray(column.cast(pl.Datetime("us")).cast(pl.Int64).to_numpy(), dtype=np.int64)
