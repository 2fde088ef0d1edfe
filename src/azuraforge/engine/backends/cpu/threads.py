"""Sharing one op's work among threads: one fork and one join, kernels run without Python's lock."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

Work = Callable[[int, int], None]  # works on begin … end


class Pool:
    """Threads that wait for work. The caller takes the first share itself; one thread is no pool at all."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._process = os.getpid()
        self._workers = [_Worker(index) for index in range(1, threads)]
        self._busy = threading.Lock()

    def run(self, work: Work, count: int, least: int = 1, multiple: int = 1) -> None:
        """Call ``work(begin, end)`` so that the ranges cover ``0 … count``.

        Args:
            work: must not raise; called from several threads at once.
            count: how many items there are.
            least: items below which a thread is not worth its start.
            multiple: ranges begin at multiples of this.
        """
        if self.threads == 1:
            work(0, count)
            return
        parts = max(1, min(self.threads, count // max(least, 1)))
        # A fork leaves the threads behind; a second caller finds them busy. Both then work alone.
        if parts == 1 or self._process != os.getpid() or not self._busy.acquire(blocking=False):
            work(0, count)
            return
        try:
            units = -(-count // multiple)
            borders = [min(count, units * part // parts * multiple) for part in range(parts)] + [count]
            for worker, begin, end in zip(self._workers, borders[1:], borders[2:], strict=False):
                worker.start(work, begin, end)
            work(borders[0], borders[1])
            for worker in self._workers[: parts - 1]:
                worker.wait()
        finally:
            self._busy.release()


class _Worker:
    def __init__(self, index: int) -> None:
        # Plain locks as signals: the cheapest way to wake a thread.
        self._go = threading.Lock()
        self._done = threading.Lock()
        self._go.acquire()
        self._done.acquire()
        self._work: Work | None = None
        self._range = (0, 0)
        threading.Thread(target=self._loop, name=f"engine-{index}", daemon=True).start()

    def start(self, work: Work, begin: int, end: int) -> None:
        """Begin work on a range."""
        self._work, self._range = work, (begin, end)
        self._go.release()

    def wait(self) -> None:
        """Return when the work is done."""
        self._done.acquire()

    def _loop(self) -> None:
        while True:
            self._go.acquire()
            if self._work is not None:
                self._work(*self._range)
            self._work = None
            self._done.release()
