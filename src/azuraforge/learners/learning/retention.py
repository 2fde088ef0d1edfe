"""Retention of states: the newest ones, and archives at distances that grow with their age."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from azuraforge.plugins.contract.shape import Shape

_HOUR = 3_600_000_000
_DAY = 24 * _HOUR


class Retention(Shape):
    """Settings of the states that a learner keeps; ages and distances are in event time.

    Attributes:
        newest: number of the newest states, archives or not.
        all_days: age in days up to which every archive is kept.
        daily_days: age in days up to which one archive a day is kept; after it, one a week.
    """

    newest: int = Field(default=48, ge=1, le=10_000, description="number of the newest states that are kept")
    all_days: int = Field(default=2, ge=0, le=36_500, description="days for which every archive is kept")
    daily_days: int = Field(default=30, ge=0, le=36_500, description="days for which one archive a day is kept")

    def outdated(self, states: Iterable[tuple[int, int, int, bool]]) -> list[tuple[int, int]]:
        """Return the states that are not kept, as (row, fact).

        Args:
            states: (row, fact, event time in microseconds, is archive) of each state, newest first.

        Example:
            >>> hours = range(100, 0, -1)
            >>> states = [(hour, 0, hour * 3_600_000_000, hour % 6 == 0) for hour in hours]
            >>> outdated = Retention(newest=48, all_days=2, daily_days=30).outdated(states)
            >>> sorted(hour for hour, _ in outdated if hour % 6 == 0)  # of older days, the last archive remains
            [6, 12, 24, 30, 36, 48]
        """
        dropped: list[tuple[int, int]] = []
        now: int | None = None
        seen: set[tuple[str, int]] = set()
        for place, (seq, fact, at, archive) in enumerate(states):
            now = at if now is None else now
            age = now - at
            slot: tuple[str, int] | None = None
            if archive and age > self.all_days * _DAY:
                slot = ("day", at // _DAY) if age <= self.daily_days * _DAY else ("week", at // (7 * _DAY))
            is_first = slot is not None and slot not in seen
            if slot is not None:
                seen.add(slot)
            keeps = place < self.newest or (archive and (slot is None or is_first))
            if not keeps:
                dropped.append((seq, fact))
        return dropped
