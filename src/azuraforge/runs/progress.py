"""Progress of a run: share, rate and estimated time left."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from azuraforge.strict_json import JsonObject

#: Length of the time window over which the rate is measured.
WINDOW_SECONDS = 20.0


class ProgressMeter:
    """Meter of the progress of a run across its phases.

    The estimated time left assumes that later phases take as long, relative to their share, as the current phase.

    Example:
        >>> moments = iter([0.0, 0.0, 10.0])
        >>> meter = ProgressMeter(clock=lambda: next(moments))
        >>> meter.enter("fit", 0.5)
        >>> meter.update(0, 100)["share"]
        0.0
        >>> now = meter.update(50, 100)
        >>> now["share"], now["rate_per_second"], now["seconds_left"]
        (0.25, 5.0, 30.0)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._before = 0.0
        self._phase = ""
        self._share = 0.0
        #: Completed share of the run in whole percent; -1 before the first update.
        self.percent = -1
        self._seen: deque[tuple[float, int]] = deque()

    def enter(self, phase: str, share: float) -> None:
        """Begin a phase that accounts for ``share`` (0 to 1) of the run."""
        self._phase, self._share = phase, max(0.0, share)
        self._seen.clear()
        self._clock()

    def leave(self) -> None:
        """End the current phase."""
        self._before = min(1.0, self._before + self._share)
        self._share = 0.0

    def update(self, done: int, total: int, note: str = "") -> JsonObject:
        """Record that ``done`` of ``total`` units of the phase are complete and return the fields of ``RunProgress``.

        ``rate_per_second`` and ``seconds_left`` are None until they can be estimated.
        """
        at = self._clock()
        while self._seen and (at - self._seen[0][0] > WINDOW_SECONDS and len(self._seen) > 2):
            self._seen.popleft()
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()  # the phase started again
        self._seen.append((at, done))
        part = min(1.0, done / total) if total > 0 else 0.0
        rate = self._rate()
        share = round(min(1.0, self._before + self._share * part), 4)
        self.percent = int(share * 100)
        return {
            "phase": self._phase,
            "done": done,
            "total": total,
            "note": note,
            "share": share,
            "rate_per_second": rate,
            "seconds_left": self._seconds_left(done, total, rate),
        }

    def _rate(self) -> float | None:
        (first_at, first), (last_at, last) = self._seen[0], self._seen[-1]
        if last <= first or last_at <= first_at:
            return None
        return round((last - first) / (last_at - first_at), 4)

    def _seconds_left(self, done: int, total: int, rate: float | None) -> float | None:
        if not rate or total <= 0:
            return None
        here = max(0, total - done) / rate
        if self._share <= 0:
            return round(here, 1)
        later = max(0.0, 1.0 - self._before - self._share) * (total / rate) / self._share
        return round(here + later, 1)
