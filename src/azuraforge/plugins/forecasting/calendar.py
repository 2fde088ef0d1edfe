"""Calendar features: the position of a row in the day, the week and the year, in the time zone of the dataset.

A cycle is encoded by sines and cosines of its phase (Fourier terms), so that 23:00 and 00:00 are neighbours. Calendar
features are known in advance, so a forecaster may also use the features of the rows that it predicts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.parts import Schema
from azuraforge.plugins.contract.stored import from_json

if TYPE_CHECKING:
    import polars as pl

HOUR = 3_600_000_000
DAY = 24 * HOUR
WEEK = 7 * DAY
#: The mean Gregorian year; with 365 days, the phase would be 24 days late after a century.
YEAR = round(365.2425 * DAY)
UNITS = {"ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": HOUR, "d": DAY, "w": WEEK, "mo": YEAR // 12,
          "q": YEAR // 4, "y": YEAR}  # fmt: skip
#: Monday 1970-01-05: the first Monday of the epoch, from which weeks are counted.
_FIRST_MONDAY = 4 * DAY
#: Minimum number of repetitions in the training set at which a cycle becomes a feature.
_CYCLES_SEEN = 1.25
_EVERY_DAY = tuple(range(7))
_MONDAY_TO_FRIDAY = tuple(range(5))
#: A value that occurs less often than this share of the most common value is an exception, such as a single Saturday.
_REAL_SHARE = 0.05
#: With fewer rows, a weekday may be missing by chance.
_ROWS_TO_MISS_A_WEEKDAY = 60
#: Minimum share of rows whose next row the slots of the week predict; with less, rows follow no timetable.
_SLOTS_HOLD = 0.8
#: A longer timetable (such as an exchange by the second) is not stored; rows are then a median distance apart.
_MOST_SLOTS = 10_000


@dataclass(frozen=True)
class Cycle:
    """Cycle of the calendar: its length in microseconds, and the number of sine-cosine pairs that encode its phase."""

    name: str
    period: int
    harmonics: int


def cycles_for(step: int, span: int | None = None) -> tuple[Cycle, ...]:
    """Return the cycles that suit rows ``step`` microseconds apart over ``span`` microseconds of training.

    At least two rows must fit into a cycle, and the training set must cover 1.25 cycles: if it covers only the spring,
    a yearly cycle says nothing about the autumn, and a model would extrapolate wildly. If ``span`` is None, it is not
    checked.

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
    """Time axis of a series, learned on the training set and frozen.

    Attributes:
        time: name of the time column; None if rows have no time, and hence no calendar features.
        timezone: time zone of the calendar features.
        frequency: frequency of the rows, as in ``Schema``; None if it is irregular.
        step: microseconds between two rows; the median if ``frequency`` is None.
        span: microseconds that the training set covers.
        rhythm_timezone: time zone in which days, months and slots are counted.
        month_end: whether monthly rows are at the last day of each month.
        weekdays: without a frequency, the weekdays on which rows occur; 0 is Monday.
        slots: without a frequency, the times of the week at which rows occur, in microseconds since Monday 00:00, such
            as the trading hours of an exchange. Empty if rows follow no timetable.
    """

    time: str | None
    timezone: str
    frequency: str | None
    step: int
    span: int
    rhythm_timezone: str = "UTC"
    month_end: bool = False
    weekdays: tuple[int, ...] = _EVERY_DAY
    slots: tuple[int, ...] = ()

    @classmethod
    def learn(cls, frame: pl.DataFrame, schema: Schema) -> Clock:
        """Learn the time axis of ``frame``, which must contain training rows only.

        Raises ValueError if the frequency of ``schema`` is not a duration such as ``1h``.
        """
        if schema.time is None:
            return cls(None, schema.timezone, None, 0, 0)
        moments = _moments(frame, schema.time)
        span = int(moments[-1] - moments[0]) if len(moments) else 0
        zone = schema.rhythm_timezone or schema.timezone
        if schema.frequency is not None:
            count, unit = _split(schema.frequency)
            step = count * UNITS[unit]
            return cls(schema.time, schema.timezone, schema.frequency, step, span, zone, schema.month_end)
        step = int(np.median(np.diff(moments))) if len(moments) > 1 else DAY
        weekdays, slots = _timetable(_local_times_of(moments, zone))
        return cls(schema.time, schema.timezone, None, max(step, 1), span, zone, weekdays=weekdays, slots=slots)

    @property
    def cycles(self) -> tuple[Cycle, ...]:
        """Cycles of this series; empty if rows have no time."""
        return cycles_for(self.step, self.span) if self.time is not None else ()

    @property
    def width(self) -> int:
        """Number of calendar features of one row."""
        return sum(2 * cycle.harmonics for cycle in self.cycles)

    def features(self, frame: pl.DataFrame) -> Floats:
        """Return the calendar features of every row of ``frame``, ``(row, feature)``."""
        if self.time is None or not self.width:
            return np.zeros((frame.height, 0))
        return self._phases(_local_times(frame, self.time, self.timezone))

    def following(self, frame: pl.DataFrame, origins: Indices, horizon: int) -> Floats:
        """Return the calendar features of the rows after each origin, ``(origin, horizon, feature)``.

        They are computed from the time of the origin, because later rows may not exist.
        """
        if self.time is None or not self.width:
            return np.zeros((len(origins), horizon, 0))
        local_times = self.following_local_times(frame, origins, horizon)
        return self._phases(local_times.reshape(-1)).reshape(len(origins), horizon, self.width)

    def phases(self, local_times: Indices) -> Floats:
        """Return the calendar features ``(row, feature)`` of local times ``(row,)``; see ``following_local_times``."""
        return self._phases(local_times) if self.width else np.zeros((len(local_times), 0))

    def following_local_times(self, frame: pl.DataFrame, origins: Indices, horizon: int) -> Indices:
        """Return the local times of the rows after each origin, ``(origin, horizon)``.

        They are in microseconds since 1970-01-01 00:00 in ``timezone``. Raises ValueError if rows have no time.
        """
        moments = self.following_moments(frame, origins, horizon)
        return _local_times_of(moments.reshape(-1), self.timezone).reshape(moments.shape)

    def following_moments(self, frame: pl.DataFrame, origins: Indices, horizon: int) -> Indices:
        """Return the times of the rows after each origin, ``(origin, horizon)``, in microseconds UTC.

        Days, months and timetables follow the local time of ``rhythm_timezone``; shorter steps are elapsed time. Raises
        ValueError if rows have no time.
        """
        if self.time is None:
            raise ValueError("rows without a time have no following times")
        at = _moments(frame, self.time)[origins]
        steps = np.arange(1, horizon + 1)
        open_always = not self.slots and self.weekdays == _EVERY_DAY
        if self.step < DAY and open_always:
            return np.asarray(at[:, None] + steps * self.step)
        origin_times = _local_times_of(at, self.rhythm_timezone)
        unit = _split(self.frequency)[1] if self.frequency is not None else None
        if self.slots:
            local_times = _next_slots(origin_times, np.array(self.slots), horizon)
        elif unit in ("mo", "q", "y"):
            local_times = self._months_after(origin_times, horizon)
        elif open_always:
            local_times = origin_times[:, None] + steps * self.step
        else:
            local_times = self._on_open_days(origin_times, horizon)
        return _moments_of(local_times.reshape(-1), self.rhythm_timezone).reshape(local_times.shape)

    def rows_between(self, start: int, at: int) -> int:
        """Return the approximate number of rows between ``start`` and ``at``, ignoring holidays.

        Both times are in microseconds UTC. Returns 0 if rows have no time.
        """
        if self.step <= 0:
            return 0
        if self.slots:
            since = _local_times_of(np.array([start, at]), self.rhythm_timezone) - _FIRST_MONDAY
            passed = since // WEEK * len(self.slots) + np.searchsorted(np.array(self.slots), since % WEEK)
            return int(passed[1] - passed[0])
        rows = (at - start) / self.step
        return round(rows * len(self.weekdays) / 7 if self.step <= DAY else rows)

    def to_dict(self) -> dict[str, object]:
        """Return the fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, object]) -> Clock:
        """Rebuild the object from the result of ``to_dict``. Raises pydantic's ValidationError for invalid fields."""
        return from_json(cls, fields)

    def _months_after(self, origin_times: Indices, horizon: int) -> Indices:
        import polars as pl

        count, unit = _split(str(self.frequency))
        local = pl.Series("at", origin_times, dtype=pl.Int64).cast(pl.Datetime("us"))
        moved = [local.dt.offset_by(f"{count * step}{unit}") for step in range(1, horizon + 1)]
        if self.month_end:  # the last day of February is followed by the 31st of March, not by the 28th
            moved = [column.dt.month_end() for column in moved]
        return np.stack([_microseconds(column) for column in moved], axis=1)

    def _on_open_days(self, origin_times: Indices, horizon: int) -> Indices:
        local_times = np.empty((len(origin_times), horizon), dtype=np.int64)
        at = origin_times
        for step in range(horizon):
            at = at + self.step
            for _ in range(6):
                at = at + ~np.isin(_weekday(at), self.weekdays) * DAY
            local_times[:, step] = at
        return local_times

    def _phases(self, local_times: Indices) -> Floats:
        columns: list[Floats] = []
        for cycle in self.cycles:
            since = local_times - _FIRST_MONDAY
            if cycle.period == WEEK:
                since = since // DAY * DAY  # the phase of the week changes only at midnight
            elif cycle.period == YEAR:
                since = local_times
            angle = 2 * np.pi * ((since % cycle.period) / cycle.period)
            for harmonic in range(1, cycle.harmonics + 1):
                columns += [np.sin(harmonic * angle), np.cos(harmonic * angle)]
        return np.stack(columns, axis=1)


def moments_of(frame: pl.DataFrame, schema: Schema) -> Indices:
    """Return the time of each row, ``(row,)``, in microseconds UTC; the row numbers if rows have no time."""
    return np.arange(frame.height, dtype=np.int64) if schema.time is None else _moments(frame, schema.time)


def usual(values: Indices) -> Indices:
    """Return the distinct values, ascending, without values that occur less than 5 % as often as the most common.

    Example:
        >>> usual(np.array([0] * 40 + [1] * 38 + [5])).tolist()
        [0, 1]
    """
    found, counts = np.unique(values, return_counts=True)
    return np.asarray(found[counts >= _REAL_SHARE * counts.max(initial=0)])


def _timetable(local_times: Indices) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the weekdays and slots of rows without a frequency, from their local times; see ``Clock``."""
    if len(local_times) < 5:
        return _EVERY_DAY, ()
    found = usual(_weekday(local_times))
    weekdays = tuple(found.tolist())
    if len(local_times) < _ROWS_TO_MISS_A_WEEKDAY:
        weekdays = _MONDAY_TO_FRIDAY if max(weekdays) < 5 else _EVERY_DAY
    slots = usual((local_times - _FIRST_MONDAY) % WEEK)
    if len(local_times) < 2 * len(slots):  # fewer than two weeks: assume the same hours on every open day
        hours = usual(local_times % DAY)
        if len(local_times) < 1.25 * len(hours):  # hardly any hour occurs twice
            return weekdays, ()
        slots = (np.array(weekdays)[:, None] * DAY + hours).reshape(-1)
    if (
        len(slots) > _MOST_SLOTS
        or np.mean(_next_slots(local_times[:-1], slots, 1)[:, 0] == local_times[1:]) < _SLOTS_HOLD
    ):
        return weekdays, ()
    distances = np.diff(slots, append=slots[0] + WEEK)
    if distances[0] < DAY and (distances == distances[0]).all():
        return _EVERY_DAY, ()  # round the clock, with gaps; elapsed time handles changes of the clocks
    return weekdays, tuple(slots.tolist())


def _next_slots(local_times: Indices, slots: Indices, count: int) -> Indices:
    """Return the local times of the next ``count`` slots after each local time, ``(row, count)``."""
    since = local_times - _FIRST_MONDAY
    index = np.searchsorted(slots, since % WEEK, side="right")[:, None] + np.arange(count)
    weeks = (since // WEEK)[:, None] + index // len(slots)
    return np.asarray(_FIRST_MONDAY + weeks * WEEK + slots[index % len(slots)])


def _split(frequency: str) -> tuple[int, str]:
    match = re.fullmatch(r"(\d+)([a-z]+)", frequency)
    if match is None or match[2] not in UNITS:
        raise ValueError(f"{frequency!r} is no frequency such as 1h, 1d or 1mo")
    return int(match[1]), match[2]


def _weekday(local_times: Indices) -> Indices:
    return (local_times - _FIRST_MONDAY) % WEEK // DAY


def _moments(frame: pl.DataFrame, time: str) -> Indices:
    import polars as pl

    return _microseconds(frame.get_column(time).cast(pl.Datetime("us", "UTC")))


def _local_times(frame: pl.DataFrame, time: str, timezone: str) -> Indices:
    return _local_times_of(_moments(frame, time), timezone)


def _local_times_of(moments: Indices, timezone: str) -> Indices:
    import polars as pl

    if timezone == "UTC":
        return moments
    at = pl.Series("at", moments, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
    return _microseconds(at.dt.convert_time_zone(timezone).dt.replace_time_zone(None))


def _moments_of(local_times: Indices, timezone: str) -> Indices:
    """Convert local times to microseconds UTC.

    A local time that occurs twice means its first occurrence. A local time that does not exist is moved forward, in
    steps of an hour.
    """
    import polars as pl

    if timezone == "UTC":
        return local_times
    local = pl.Series("at", local_times, dtype=pl.Int64).cast(pl.Datetime("us"))
    zoned = local.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    for _ in range(24):  # one pass is enough, except for islands that skipped a whole day
        if not zoned.null_count():
            break
        local = local.dt.offset_by("1h")
        zoned = zoned.fill_null(local.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null"))
    return _microseconds(zoned.dt.convert_time_zone("UTC"))


def _microseconds(column: pl.Series) -> Indices:
    import polars as pl

    return np.asarray(column.cast(pl.Datetime("us")).cast(pl.Int64).to_numpy(), dtype=np.int64)
