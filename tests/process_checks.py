"""Questions about processes that a test or a benchmark ended."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable

import psutil

_LOOK_SECONDS = 0.01
#: On a machine however busy, a second counts at least this much: a wait always ends.
_SLOWEST = 0.05


class Patience:
    """A time limit in seconds of a free machine: while n processes want c processors, a second counts as c/n seconds.

    A limit in wall time is a promise about the machine. Four busy processes alongside the suite would break it.

    Args:
        seconds: that the awaited may take where nothing else runs.
    """

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._looked = time.monotonic()

    @property
    def over(self) -> bool:
        """Return whether the time is used up. Ask at least every few seconds."""
        now = time.monotonic()
        self._left -= (now - self._looked) * _free_share()
        self._looked = now
        return self._left <= 0


def _free_share() -> float:
    return max(min(1.0, (os.cpu_count() or 1) / max(_wanting(), 1)), _SLOWEST)


def _wanting() -> int:
    """Return how many processes of the machine want a processor now."""
    try:
        with open("/proc/loadavg", encoding="ascii") as file:
            return int(file.read().split()[3].partition("/")[0])
    except OSError:  # not Linux
        return int(os.getloadavg()[0])


def alive(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that run. A zombie has ended: it only waits for its parent, which is not ours to blame."""
    found = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
                found.append(process)
    return found


def words_of(process: psutil.Process) -> list[str]:
    """The command line of a process; empty for one that has ended, whether or not its parent has noticed."""
    with contextlib.suppress(psutil.NoSuchProcess):  # a zombie's error is a kind of it
        return process.cmdline()
    return []


def still_alive(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that run even after so long (``Patience``); returns as soon as there are none."""
    patience = Patience(seconds)
    left = alive(processes)
    while left and not patience.over:
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
        self._patience = Patience(seconds)

    @property
    def over(self) -> bool:
        """Return whether the process made no progress for so long."""
        with contextlib.suppress(psutil.NoSuchProcess):
            used = sum(self._process.cpu_times()[:2])
            if used > self._used:
                self._used, self._patience = used, Patience(self._seconds)
        return self._patience.over
