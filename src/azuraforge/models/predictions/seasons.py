"""Calculation of the time whole seasons before a target, for the seasonal naive forecast."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from azuraforge.plugins.contract.dataset_schema import DatasetSchema

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_MONTHS = {"mo": 1, "q": 3, "y": 12}
_DAY = 86_400


@dataclass(frozen=True)
class SeasonBack:
    """Backward step by whole seasons: in local time if rows are days or longer, in elapsed time otherwise.

    Attributes:
        zone: time zone of the series.
        seconds: length of a season if rows are weeks or shorter; 0 otherwise.
        months: length of a season if rows are months or longer; 0 otherwise. Both lengths are 0 if there is no season.
        by_wall: whether the step counts in local time.
    """

    zone: str
    seconds: int = 0
    months: int = 0
    by_wall: bool = False

    @classmethod
    def of(cls, schema: DatasetSchema) -> SeasonBack:
        """Return the season of a series; its length is 0 if the rows have no fixed frequency or no season."""
        zone = schema.rhythm_timezone or schema.timezone
        found = re.fullmatch(r"(\d+)([a-z]+)", schema.frequency or "")
        if found is None or schema.season <= 1:
            return cls(zone)
        count, unit = int(found[1]) * schema.season, found[2]
        if unit in _MONTHS:
            return cls(zone, months=count * _MONTHS[unit], by_wall=True)
        return cls(zone, seconds=count * _SECONDS.get(unit, 0), by_wall=_SECONDS.get(unit, 0) >= _DAY)

    def key(self, at: datetime) -> datetime:
        """Return the time without a zone: in local time if ``by_wall``, else in UTC."""
        return at.astimezone(ZoneInfo(self.zone) if self.by_wall else UTC).replace(tzinfo=None)

    def before(self, at: datetime, origin: datetime) -> datetime | None:
        """Return the newest time that is whole seasons before ``at`` and not after ``origin``; None without a season.

        The result has the form of ``key``.
        """
        if not (self.seconds or self.months):
            return None
        wall, last = self.key(at), self.key(origin)
        if self.seconds:
            seasons = max(1, -(-int((wall - last).total_seconds()) // self.seconds))
            return wall - timedelta(seconds=seasons * self.seconds)
        apart = (wall.year - last.year) * 12 + wall.month - last.month
        seasons = max(1, -(-apart // self.months))
        return _months_before(wall, seasons * self.months)


def _months_before(at: datetime, months: int) -> datetime:
    """Return the same day in an earlier month, or its last day if that month is shorter."""
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    for day in range(at.day, 27, -1):
        try:
            return at.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return at.replace(year=year, month=month + 1, day=min(at.day, 28))
