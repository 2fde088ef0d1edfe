"""Questions about processes that a test or a benchmark ended."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable

import psutil

_LOOK_SECONDS = 0.01


def alive(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that run. A zombie has ended: it only waits for its parent, which is not ours to blame."""
    found = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
                found.append(process)
    return found


def still_alive(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that run even after so long; returns as soon as there are none."""
    until = time.monotonic() + seconds
    left = alive(processes)
    while left and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)
        left = alive(left)
    return left


class Stall:
    """The time since a process last used the processor. On a busy machine a start takes long but never stalls.

    Args:
        process: to watch; one that has ended counts as stalled.
        seconds: without any progress, after which ``over`` is true.
    """

    def __init__(self, process: psutil.Process, seconds: float = 60) -> None:
        self._process = process
        self._seconds = seconds
        self._used = -1.0
        self._moved = time.monotonic()

    @property
    def over(self) -> bool:
        """Return whether the process made no progress for so long."""
        with contextlib.suppress(psutil.NoSuchProcess):
            used = sum(self._process.cpu_times()[:2])
            if used > self._used:
                self._used, self._moved = used, time.monotonic()
        return time.monotonic() - self._moved > self._seconds
