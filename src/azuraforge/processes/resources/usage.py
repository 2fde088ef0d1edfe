"""Resource usage of an attempt's processes: CPU time, memory and, if they use one, GPU."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from azuraforge.processes.process_table import LINUX
from azuraforge.processes.resources import gpu

#: Phase under which these curves are stored. No phase of a run has this name, so resuming does not truncate them.
PHASE = "system/"
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
#: Maximum number of processes whose shared pages are counted proportionally, since this takes long.
_TOLD_APART = 32
#: The first point is recorded after the interval divided by this.
_SOONER = 5

#: Series, step, value, and milliseconds since 1970.
Point = tuple[str, int, float, int]


@dataclass(frozen=True)
class Usage:
    """CPU time so far and current memory of a process and its descendants."""

    cpu_seconds: float
    memory_bytes: int
    pids: tuple[int, ...]


def measure(pid: int) -> Usage:
    """Return the usage of ``pid`` and its descendants; zero if it has ended.

    On Linux, shared pages of the first 32 processes count once.
    """
    pids = tuple(_family(pid))
    alone = len(pids) == 1
    cpu_seconds, memory_bytes = 0.0, 0
    for number, each in enumerate(pids):
        with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
            cpu_seconds += _cpu_seconds(each)
            memory_bytes += _resident_bytes(each) if alone or number >= _TOLD_APART else _own_bytes(each)
    return Usage(cpu_seconds, memory_bytes, pids)


class Sampler:
    """Sampler of the curves ``system/…``, whose steps are seconds since the run's first start.

    A point is recorded every ``every_seconds``. The first point is recorded earlier, and another one before a process
    ends, so that short runs have points, too.

    Args:
        every_seconds: interval between two points.
        elapsed_seconds: time since the run's first start.
    """

    def __init__(self, every_seconds: float, elapsed_seconds: float) -> None:
        self._every = every_seconds
        self._soon = every_seconds / _SOONER
        self._begun = time.monotonic() - elapsed_seconds
        self._due = time.monotonic() + self._soon
        self._before: tuple[int, float, float] | None = None

    def sample(self, pid: int, *, last: bool = False) -> list[Point]:
        """Return the points to record now, or an empty list if none are due.

        ``last`` states that the process is about to end, so that a point may be due earlier.
        """
        at = time.monotonic()
        if self._before is None or self._before[0] != pid:
            self._before = (pid, at, measure(pid).cpu_seconds)
            return []  # CPU usage is measured from now on
        if at < self._due and not (last and at - self._before[1] >= self._soon):
            return []
        used = measure(pid)
        if not used.memory_bytes:  # the process has ended
            return []
        self._due = at + self._every
        _, since, cpu_before = self._before
        self._before = (pid, at, used.cpu_seconds)
        values = {
            "system/memory_bytes": float(used.memory_bytes),
            "system/cpu_percent": round(max(0.0, used.cpu_seconds - cpu_before) / (at - since) * 100, 1),
        }
        values.update({f"system/{name}": value for name, value in gpu.measure(used.pids).items()})
        step = int(at - self._begun)
        now_ms = time.time_ns() // 1_000_000
        return [(series, step, value, now_ms) for series, value in values.items()]


def _family(pid: int) -> Iterator[int]:
    if not LINUX:
        with contextlib.suppress(psutil.Error):
            yield pid
            yield from (child.pid for child in psutil.Process(pid).children(recursive=True))
        return
    waiting = [pid]
    while waiting:
        each = waiting.pop()
        try:
            threads = os.listdir(f"/proc/{each}/task")
        except OSError:
            continue
        yield each
        for thread in threads:
            with contextlib.suppress(OSError):
                waiting += [int(child) for child in Path(f"/proc/{each}/task/{thread}/children").read_text().split()]


def _cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and its ended children, in seconds."""
    if not LINUX:
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / _TICKS


def _resident_bytes(pid: int) -> int:
    if not LINUX:
        return int(psutil.Process(pid).memory_info().rss)
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


def _own_bytes(pid: int) -> int:
    """Return the resident memory in bytes, with only this process's share of shared pages."""
    if not LINUX:
        return _resident_bytes(pid)
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return _resident_bytes(pid)
