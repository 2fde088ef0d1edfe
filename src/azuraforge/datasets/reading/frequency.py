"""The rhythm of a series: the interval between its rows, and the missing rows.

Runs only in child processes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

import numpy as np
import polars as pl

from azuraforge.errors import InvalidInput
from azuraforge.plugins.forecasting.calendar import usual

_US = {"ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000, "w": 604_800_000_000}
_DAY = _US["d"]
_MONTHS = {"mo": 1, "q": 3, "y": 12}
#: 10,000 years in microseconds: the range of calendar dates, which fits into 64 bits.
_LONGEST = 10_000 * 365 * _DAY
#: Minimum length of a step in calendar months, in microseconds.
_MONTH_AT_LEAST = 27 * _DAY
#: Rows form daily sessions if they fill at least the first share of the sessions' times, and the sessions cover at
#: most the second share of a day.
_SESSION_FILL = 0.8
_SESSION_DAY = 0.9


@dataclass(frozen=True)
class Rhythm:
    """The interval between a series' rows, and the rows missing from it.

    Attributes:
        kind: only ``regular`` rows have a fixed interval.
        frequency: the interval, such as ``1h``; None unless the rows are regular.
        season: number of rows in a season.
        missing: number of rows missing between the first and the last.
        longest: number of rows missing in the longest gap.
        gap_after: index of the row before the first gap; None if there is none.
        month_end: whether the rows are at the ends of months.
        zone: time zone of days and months; None if the interval is a fixed time.
    """

    kind: Literal["regular", "trading_days", "sessions", "irregular"]
    frequency: str | None
    season: int
    missing: int = 0
    longest: int = 0
    gap_after: int | None = None
    month_end: bool = False
    zone: str | None = None


def find_rhythm(times: pl.Series, timezone: str, frequency: str | None = None) -> Rhythm:
    """Return the rhythm of sorted, distinct UTC times; days and months are counted in ``timezone``.

    Raises InvalidInput if ``frequency`` is given and a row does not fit it, or if it is longer than 10,000 years.

    Example:
        >>> from datetime import UTC, datetime
        >>> hours = pl.datetime_range(datetime(2024, 1, 1), datetime(2024, 1, 3), "1h", time_zone="UTC", eager=True)
        >>> find_rhythm(hours, "UTC").frequency
        '1h'
    """
    rhythm = _rhythm_in(times, timezone, frequency)
    if rhythm is None and timezone != "UTC":  # the clock may ignore daylight saving time
        rhythm = _rhythm_in(times, "UTC", frequency)
    if rhythm is None and frequency is not None:
        _refuse_asked(times, timezone, frequency)
    return rhythm or Rhythm("irregular", None, 1)


def _rhythm_in(times: pl.Series, zone: str, frequency: str | None) -> Rhythm | None:
    wall = times.dt.convert_time_zone(zone).dt.replace_time_zone(None)
    if frequency is not None:
        return _asked(times, wall, zone, frequency)
    steps = wall.diff().drop_nulls().cast(pl.Int64)
    if np.median(steps.to_numpy()) >= _MONTH_AT_LEAST:
        monthly = _months(wall, zone)
        if monthly is not None:
            return monthly
    daily = _common(steps) % _DAY == 0  # a day can have 23 or 25 hours, an hour is fixed
    moments = (wall if daily else times).cast(pl.Int64)
    step = _common(moments.diff().drop_nulls())
    rhythm = _fixed(moments, step, zone if daily else None)
    if rhythm is None:
        return None
    if step == _DAY:
        weekdays = len(usual(wall.dt.weekday().to_numpy()))  # a single Saturday does not make a six-day week
        if weekdays < 7 and times.len() > 2 * weekdays:
            return Rhythm("trading_days", None, weekdays, zone=zone)
    if step < _DAY and rhythm.missing > 0.05 * (times.len() + rhythm.missing):
        return _session(wall, step, zone) or rhythm
    return rhythm


def season_of(frequency: str) -> int:
    """Return the number of rows in the natural season of a frequency.

    The season is a day for hours, a week for days, and a year for weeks and months; 1 if a frequency has none.

    Example:
        >>> season_of("15m"), season_of("1w"), season_of("1mo")
        (96, 52, 12)
    """
    count, unit = _split(frequency)
    if unit in _MONTHS:
        months = count * _MONTHS[unit]
        return 12 // months if months < 12 and 12 % months == 0 else 1
    step = count * _US[unit]
    if step == _US["w"]:
        return 52
    if step == _DAY:
        return 7
    for cycle in (_DAY, _US["h"], _US["m"]):
        if step < cycle and cycle % step == 0 and cycle // step <= 10_000:
            return cycle // step
    return 1


def step_of(frequency: str) -> timedelta:
    """Return the longest interval between two rows at a frequency; a month counts as 31 days.

    Example:
        >>> step_of("15m"), step_of("1mo").days
        (datetime.timedelta(seconds=900), 31)
    """
    count, unit = _split(frequency)
    return timedelta(microseconds=count * (_US.get(unit) or _MONTHS[unit] * 31 * _DAY))


def whole_grid(times: pl.Series, rhythm: Rhythm) -> pl.Series:
    """Return all times of a regular rhythm from the first to the last row, in UTC.

    Raises ValueError if the rhythm has no frequency.
    """
    if rhythm.frequency is None:
        raise ValueError("rows without a fixed distance have no grid")
    zone = rhythm.zone or "UTC"
    local = times.dt.convert_time_zone(zone)
    start, end = local[0], local[-1]
    if rhythm.month_end:
        start = local.head(1).dt.month_start()[0]
    grid = pl.datetime_range(start, end, rhythm.frequency, eager=True, time_unit="us", time_zone=zone)
    if rhythm.month_end:
        grid = grid.dt.month_end()
    return grid.dt.convert_time_zone("UTC").rename(times.name)


def _asked(times: pl.Series, wall: pl.Series, zone: str, frequency: str) -> Rhythm | None:
    count, unit = _split(frequency)
    if count * (_US.get(unit) or _MONTHS[unit] * _MONTH_AT_LEAST) > _LONGEST:
        raise InvalidInput(
            "the interval of the frequency {frequency} is longer than any series",
            where="option frequency",
            next_step="omit the option frequency to detect the frequency",
            code="wrong_frequency",
            frequency=frequency[:40],
        )
    if unit in _MONTHS:
        rhythm = _months(wall, zone, count * _MONTHS[unit])
    else:
        step = count * _US[unit]
        daily = step % _DAY == 0
        rhythm = _fixed((wall if daily else times).cast(pl.Int64), step, zone if daily else None)
        frequency = _name(step)  # 24h means days, here and when missing rows are added
    return replace(rhythm, frequency=frequency, season=season_of(frequency)) if rhythm else None


def _refuse_asked(times: pl.Series, timezone: str, frequency: str) -> None:
    count, unit = _split(frequency)
    index = 1
    if unit in _US:
        moments = times.dt.convert_time_zone(timezone).dt.replace_time_zone(None).cast(pl.Int64)
        off = ((moments - int(moments[0])) % (count * _US[unit])).ne(0).arg_true()
        index = int(off[0]) if len(off) else 1
    raise InvalidInput(
        "the rows do not have the frequency {frequency}: the row at {time} does not fit",
        where="option frequency",
        next_step="omit the option frequency to detect the frequency, or resample the file",
        code="wrong_frequency",
        frequency=frequency,
        time=times[index].isoformat(),
    )


def _common(steps: pl.Series) -> int:
    """Return the most common step; if several are equally common, the shortest."""
    return int(steps.mode().to_numpy().min())


def _fixed(moments: pl.Series, step: int, zone: str | None) -> Rhythm | None:
    """Return the rhythm of rows on a grid of one fixed step; None if a row is off the grid."""
    if step <= 0 or step % 1000 or bool(((moments - int(moments[0])) % step).ne(0).any()):
        return None
    name = _name(step)
    return _with_gaps(moments // step, name, zone)


def _months(wall: pl.Series, zone: str, step: int | None = None) -> Rhythm | None:
    """Return the rhythm of rows on one day of the month, or on its last day, at one time; None for other rows."""
    into_day = wall - wall.dt.truncate("1d")
    last_day = wall.dt.day() == wall.dt.month_end().dt.day()
    month_end = bool(last_day.all()) and wall.dt.day().n_unique() > 1
    if into_day.n_unique() > 1 or (wall.dt.day().n_unique() > 1 and not month_end):
        return None
    months = wall.dt.year().cast(pl.Int64) * 12 + wall.dt.month().cast(pl.Int64)
    found = step or _common(months.diff().drop_nulls())
    if bool(((months - int(months[0])) % found).ne(0).any()):
        return None
    if step is None and found not in (1, 2, 3, 4, 6) and found % 12:
        return None
    name = f"{found // 12}y" if found % 12 == 0 else f"{found}mo"
    return _with_gaps((months - int(months[0])) // found, name, zone, month_end)


def _with_gaps(index: pl.Series, frequency: str, zone: str | None, month_end: bool = False) -> Rhythm:
    holes = index.diff() - 1
    longest = int(holes.fill_null(0).to_numpy().max())
    at = holes.gt(0).arg_true()
    return Rhythm(
        "regular",
        frequency,
        season_of(frequency),
        missing=int(holes.sum()),
        longest=longest,
        gap_after=int(at[0]) - 1 if len(at) else None,
        month_end=month_end,
        zone=zone,
    )


def _session(wall: pl.Series, step: int, zone: str) -> Rhythm | None:
    """Return the rhythm of rows at the same times of most days, such as trading hours; None if there is none."""
    days = wall.dt.date().n_unique()
    slots = len(usual((wall - wall.dt.truncate("1d")).cast(pl.Int64).to_numpy()))
    round_the_clock = slots * step > _SESSION_DAY * _DAY
    if days < 5 or slots < 2 or round_the_clock or wall.len() < _SESSION_FILL * days * slots:
        return None
    rows_a_day = wall.dt.date().value_counts()["count"].to_numpy()
    return Rhythm("sessions", None, max(1, int(np.median(rows_a_day))), zone=zone)


def _name(step: int) -> str:
    for unit in ("w", "d", "h", "m", "s"):
        if step % _US[unit] == 0:
            return f"{step // _US[unit]}{unit}"
    return f"{step // 1000}ms"


def _split(frequency: str) -> tuple[int, str]:
    digits = frequency.rstrip("abcdefghijklmnopqrstuvwxyz")
    return int(digits), frequency[len(digits) :]
