"""Event time and timers: a heap ordered by due time, class, name and number."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

#: Class of the timers that a learner sets.
LEARNER = 0
#: Class of the timers of states and archives, which are due after all others of the same time.
CHECKPOINT = 9

#: (due, class, name, number)
Entry: TypeAlias = tuple[int, int, str, int]


@dataclass(frozen=True)
class Due:
    """A timer that is due."""

    at: int
    kind: int
    name: str


@dataclass
class Clock:
    """The event time of the loop and its timers.

    A periodic timer is due at each multiple of its period since 1970-01-01 UTC, and is set again from the time at which
    it was due. After a pause it fires once for each missed time. A timer first waits for the first input if it was set
    before it.

    Attributes:
        now: event time; -1 before the first input.

    Example:
        >>> clock = Clock()
        >>> clock.set("hour", every=3600)
        >>> clock.reach(4000)
        >>> clock.set("once", at=7200)
        >>> [(due.at, due.name) for due in clock.fire_until(11_000)]
        [(7200, 'hour'), (7200, 'once'), (10800, 'hour')]
        >>> clock.now, clock.next_due()
        (10800, 14400)
    """

    now: int = -1
    _heap: list[Entry] = field(default_factory=list)
    _every: dict[str, tuple[int, int]] = field(default_factory=dict)
    _current: dict[str, int] = field(default_factory=dict)
    _numbers: int = 0

    def reach(self, at: int) -> None:
        """Advance the event time to ``at``, which may not precede it. Raises ValueError if it does."""
        if at < self.now:
            raise ValueError(f"the event time {at} precedes {self.now}")
        first, self.now = self.now < 0, at
        if first:  # timers that were set before the first input begin with it
            for name, (period, kind) in sorted(self._every.items()):
                self._push(at // period * period + period, kind, name)

    def set(self, name: str, *, every: int | None = None, at: int | None = None, kind: int = LEARNER) -> None:
        """Set a timer; a timer of the same name is replaced. ``every`` and ``at`` are in microseconds."""
        self.cancel(name)
        if every is not None:
            if every <= 0:
                raise ValueError("the period of a timer must be positive")
            self._every[name] = (every, kind)
            if self.now >= 0:
                self._push(self.now // every * every + every, kind, name)
        elif at is not None:
            self._push(at, kind, name)
        else:
            raise ValueError("a timer needs a period or a time")

    def cancel(self, name: str) -> None:
        """Remove a timer; does nothing if it does not exist."""
        self._every.pop(name, None)
        self._current.pop(name, None)

    def next_due(self) -> int | None:
        """Return when the next timer is due; None if there is none."""
        while self._heap and not self._alive(self._heap[0][2], self._heap[0][3]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def next_kind(self) -> int | None:
        """Return the class of the next timer; None if there is none."""
        return None if self.next_due() is None else self._heap[0][1]

    def pop(self, until: int) -> Due | None:
        """Return the next timer that is due at or before ``until``, and set a periodic one again; None if none is due.

        The event time advances to the due time.
        """
        due = self.next_due()
        if due is None or due > until:
            return None
        at, kind, name, _ = heapq.heappop(self._heap)
        self.now = max(self.now, at)
        del self._current[name]
        if name in self._every:
            self._push(at + self._every[name][0], kind, name)
        return Due(at, kind, name)

    def fire_until(self, until: int) -> list[Due]:
        """Return all timers that are due at or before ``until``, in order."""
        found: list[Due] = []
        while (due := self.pop(until)) is not None:
            found.append(due)
        return found

    def timers(self) -> dict[str, int]:
        """Return timer name → next due time, sorted by name; timers that wait for the first input are left out."""
        alive = {name: due for due, _, name, number in self._heap if self._alive(name, number)}
        return dict(sorted(alive.items()))

    def to_json(self) -> dict[str, object]:
        """Return the state as JSON."""
        alive = sorted(entry for entry in self._heap if self._alive(entry[2], entry[3]))
        every = {name: list(each) for name, each in sorted(self._every.items())}
        return {"now": self.now, "heap": [list(each) for each in alive], "every": every, "numbers": self._numbers}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Clock:
        """Return the clock that ``to_json`` described."""
        heap: list[Entry] = [(due, kind, name, number) for due, kind, name, number in state["heap"]]
        heapq.heapify(heap)
        return cls(
            now=state["now"],
            _heap=heap,
            _every={name: (period, kind) for name, (period, kind) in state["every"].items()},
            _current={name: number for _, _, name, number in heap},
            _numbers=state["numbers"],
        )

    def _push(self, at: int, kind: int, name: str) -> None:
        self._numbers += 1
        self._current[name] = self._numbers
        heapq.heappush(self._heap, (at, kind, name, self._numbers))

    def _alive(self, name: str, number: int) -> bool:
        return self._current.get(name) == number
