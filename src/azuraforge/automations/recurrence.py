"""Fire times of schedules: cron lines or intervals in a time zone. Pure functions, without database and clock.

When the clocks change:

- A cron line with ``*`` in minutes or hours (``*/15 * * * *``, ``0 * * * *``) follows elapsed time: it fires in both
  occurrences of the hour that is repeated in autumn, and not in the hour that is skipped in spring.
- Any other cron line, and an interval of days, refers to a time of day: in autumn it fires once, at the first of two
  occurrences; in spring, if that time does not exist, it fires once at the first time after the gap.
- An interval of seconds, minutes or hours follows elapsed time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice, takewhile
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from azuraforge.errors import InvalidInput

Unit = Literal["seconds", "minutes", "hours", "days"]

_SECONDS: dict[str, int] = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
_CRON_HINT = "write five fields: minute, hour, day, month and weekday, such as `30 6 * * MON-FRI`"
#: Upper bound of a single clock change, except for skipped days.
_LONGEST_CHANGE = timedelta(hours=3)
#: Duration below the resolution of fire times, which are whole seconds apart.
_INSTANT = timedelta(microseconds=1)


class Recurrence(Protocol):
    """Interface of a sequence of recurring times."""

    @property
    def shortest(self) -> timedelta:
        """Shortest distance between two consecutive times, except when the clocks change."""
        ...

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Yield the times after ``moment`` in UTC, ascending and without duplicates; the sequence may end."""
        ...


@dataclass(frozen=True)
class Cron:
    """Cron line of five fields in the syntax of Debian's cron: names, ranges, lists, steps, ``L``, ``LW``, ``MON#2``.

    The constructor does not validate ``expression``; the function ``cron`` does.

    Example:
        >>> cron = Cron("30 2 * * *", ZoneInfo("Europe/Berlin"))
        >>> [at.isoformat() for at in islice(cron.after(datetime(2026, 3, 28, tzinfo=UTC)), 2)]
        ['2026-03-28T01:30:00+00:00', '2026-03-29T01:00:00+00:00']
    """

    expression: str
    zone: tzinfo

    @property
    def shortest(self) -> timedelta:
        return timedelta(minutes=1)

    def after(self, moment: datetime) -> Iterator[datetime]:
        # cronsim evaluates the line on a clock that never changes. Clock changes are handled here, since its own
        # rules lose a fire when a clock is set back by half an hour.
        last = moment.astimezone(UTC)
        clock = moment.astimezone(self.zone).replace(tzinfo=None, microsecond=0) - _LONGEST_CHANGE
        again: deque[datetime] = deque()  # second occurrences of repeated local times, not yielded yet
        for local in CronSim(self.expression, clock):
            for at in self._moments(local, again):
                if at > last:  # two times of day in the skipped hour become the same moment
                    last = at
                    yield at

    def _moments(self, local: datetime, again: deque[datetime]) -> Iterator[datetime]:
        """Yield the UTC time of a local time, after the second occurrences of repeated local times that precede it."""
        at = existing(local, self.zone)
        while again and again[0] < at:
            yield again.popleft()
        if not any(field.startswith("*") for field in self.expression.split()[:2]):
            yield at
        elif at.astimezone(self.zone).replace(tzinfo=None) == local:
            yield at
            if (second := local.replace(tzinfo=self.zone, fold=1).astimezone(UTC)) > at:
                again.append(second)


@dataclass(frozen=True)
class Interval:
    """Interval of seconds, minutes, hours or days, counted from ``anchor_at``, which is the first time.

    Example:
        >>> daily = Interval(1, "days", datetime(2026, 3, 27, 6, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
        >>> [at.hour for at in islice(daily.after(datetime(2026, 3, 28, tzinfo=UTC)), 2)]  # seven o'clock in Berlin
        [6, 5]
    """

    every: int
    unit: Unit
    anchor_at: datetime
    zone: tzinfo

    @property
    def shortest(self) -> timedelta:
        return timedelta(seconds=self.every * _SECONDS[self.unit])

    def after(self, moment: datetime) -> Iterator[datetime]:
        return self._days_after(moment) if self.unit == "days" else self._steps_after(moment)

    def _steps_after(self, moment: datetime) -> Iterator[datetime]:
        # In UTC, since the difference of two times in one zone ignores clock changes in Python.
        step, anchor = self.shortest, self.anchor_at.astimezone(UTC)
        number = max(0, (moment.astimezone(UTC) - anchor) // step + 1)
        while True:
            yield anchor + number * step
            number += 1

    def _days_after(self, moment: datetime) -> Iterator[datetime]:
        anchor = self.anchor_at.astimezone(self.zone).replace(tzinfo=None)
        days = (moment.astimezone(self.zone).date() - anchor.date()).days
        number = max(0, days // self.every - 1)
        last = moment.astimezone(UTC)
        while True:
            at = existing(anchor + timedelta(days=number * self.every), self.zone)
            if at > last:
                last = at
                yield at
            number += 1


def existing(local: datetime, zone: tzinfo) -> datetime:
    """Return the UTC time of a local time in ``zone``: the first of two occurrences, or the first time after a gap.

    Example:
        >>> existing(datetime(2026, 3, 29, 2, 30), ZoneInfo("Europe/Berlin")).isoformat()
        '2026-03-29T01:00:00+00:00'
    """
    first = local.replace(tzinfo=zone, fold=0)
    at = first.astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == local:
        return at
    # In a gap, fold=0 uses the offset before it and fold=1 the offset after it, so the change is between the two.
    before, behind = local.replace(tzinfo=zone, fold=1).astimezone(UTC), at
    offset = before.astimezone(zone).utcoffset()
    low, high = 0, int((behind - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if (before + timedelta(seconds=middle)).astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return (before + timedelta(seconds=high)).replace(microsecond=0)


def between(recurrence: Recurrence, start: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the times from ``start`` to ``until``, both included, ascending."""
    return takewhile(lambda at: at <= until, recurrence.after(start - _INSTANT))


def newest(recurrence: Recurrence, start: datetime, until: datetime, count: int) -> list[datetime]:
    """Return the last ``count`` times of ``between``, ascending, without iterating over a long period."""
    back = recurrence.shortest * count
    while True:
        since = until - back if until - start > back else start
        found = deque(between(recurrence, since, until), maxlen=count)
        if len(found) == count or since == start:
            return list(found)
        back *= 2


def count_between(recurrence: Recurrence, start: datetime, before: datetime, most: int) -> int:
    """Return the number of times from ``start`` until just before ``before``, at most ``most``."""
    return sum(1 for _ in islice(between(recurrence, start, before - _INSTANT), most))


def cron(expression: str, zone: tzinfo) -> Cron:
    """Parse a cron line. Raises InvalidInput if it is malformed or would never fire."""
    fields = expression.split()
    if len(fields) != 5:
        raise InvalidInput(
            "a cron line must have five fields; this one has {count}",
            where="cron",
            next_step=_CRON_HINT,
            count=len(fields),
        )
    made = Cron(" ".join(fields), zone)
    try:
        first = next(made.after(datetime(2024, 1, 1, tzinfo=UTC)), None)  # a leap year, so that 29 February counts
    except CronSimError as error:
        reason = str(error).removeprefix("Bad ")
        raise InvalidInput(
            "the cron line {expression!r} is invalid: {reason}",
            where="cron",
            next_step=_CRON_HINT,
            expression=expression,
            reason=reason,
        ) from None
    if first is None:
        raise InvalidInput(
            "the cron line {expression!r} never fires", where="cron", next_step=_CRON_HINT, expression=expression
        )
    return made


def zone_of(name: str) -> tzinfo:
    """Return the time zone with this name in the IANA database. Raises InvalidInput if there is none."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # a path, a folder, a file that is no zone, or no file
        raise InvalidInput(
            "the time zone {name!r} is unknown",
            where="timezone",
            next_step="use a name such as Europe/Istanbul",
            name=name,
        ) from None
