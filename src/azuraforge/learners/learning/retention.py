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

    def lasts(self, at: int, archive: bool, following: int, every: int, end: int) -> bool:
        """Return whether a state may still be kept when the event time is ``end``; a replay leaves out the others.

        Args:
            at: event time of the state in microseconds.
            archive: whether it is an archive.
            following: event time of the next one in microseconds.
            every: distance of states in microseconds.
            end: event time in microseconds.
        """
        age = end - at
        if age <= self.newest * every:
            return True
        return archive and (following > end or self._slot(at, age) != self._slot(following, age))

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
        following: int | None = None  # the next archive
        for place, (seq, fact, at, archive) in enumerate(states):
            now = at if now is None else now
            keeps = place < self.newest
            if archive:
                keeps = keeps or following is None or self._slot(at, now - at) != self._slot(following, now - at)
                following = at
            if not keeps:
                dropped.append((seq, fact))
        return dropped

    def _slot(self, at: int, age: int) -> int:
        """Return the number of the time span that keeps one archive: a week, a day, or none other than the archive."""
        if age <= self.all_days * _DAY:
            return at
        return at // (_DAY if age <= self.daily_days * _DAY else 7 * _DAY)
