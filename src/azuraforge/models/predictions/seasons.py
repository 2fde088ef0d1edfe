"""The time one season before another, used by the seasonal naive forecast."""

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
    """Steps back by whole seasons: in local time for days and longer, in elapsed time for shorter rows.

    ``seconds`` or ``months`` is the length of a season; both are 0 if there is none.
    """

    zone: str
    seconds: int = 0
    months: int = 0
    by_wall: bool = False

    @classmethod
    def of(cls, schema: DatasetSchema) -> SeasonBack:
        """Return the season of a series; empty if its rows have no fixed distance."""
        zone = schema.rhythm_timezone or schema.timezone
        found = re.fullmatch(r"(\d+)([a-z]+)", schema.frequency or "")
        if found is None or schema.season <= 1:
            return cls(zone)
        count, unit = int(found[1]) * schema.season, found[2]
        if unit in _MONTHS:
            return cls(zone, months=count * _MONTHS[unit], by_wall=True)
        return cls(zone, seconds=count * _SECONDS.get(unit, 0), by_wall=_SECONDS.get(unit, 0) >= _DAY)

    def key(self, at: datetime) -> datetime:
        """Return a time as this season counts it, without a zone."""
        return at.astimezone(ZoneInfo(self.zone) if self.by_wall else UTC).replace(tzinfo=None)

    def before(self, at: datetime, origin: datetime) -> datetime | None:
        """Return the newest time whole seasons before ``at`` that is not after ``origin``, as ``key``; None without
        a season."""
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
    """Return the same day of an earlier month, or its last day if it is shorter."""
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    for day in range(at.day, 27, -1):
        try:
            return at.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return at.replace(year=year, month=month + 1, day=min(at.day, 28))
