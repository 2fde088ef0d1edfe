"""Worker threads, one for each concurrent run. A free thread claims due runs, then sleeps until it is woken."""

from __future__ import annotations

import threading
from collections.abc import Callable

from azuraforge.errors import AzuraError
from azuraforge.telemetry import logger

_PAUSE_SECONDS = 1.0
_MOMENT_SECONDS = 0.1
_JOIN_SECONDS = 5.0

log = logger("runs")


class Slots:
    """Threads that execute runs, and sleep while no run is due.

    Args:
        work: executes one attempt of a run to its end; returns False if no run was due.
        on_free: called by a thread that found no run, before it sleeps until the next ``call``.
        count: number of threads.
    """

    def __init__(self, work: Callable[[], bool], on_free: Callable[[], None], count: int) -> None:
        self._work = work
        self._on_free = on_free
        self._calls = threading.Semaphore(0)
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._live, name=f"runs-slot-{number}", daemon=True) for number in range(count)
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def call(self) -> None:
        """Wake one sleeping thread, because a run may be due."""
        self._calls.release()

    def stop(self) -> None:
        """Claim no more runs and wait briefly for the threads to end; the caller must interrupt their runs."""
        self._stopping.set()
        for _ in self._threads:
            self._calls.release()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(_JOIN_SECONDS)

    def _live(self) -> None:
        look_again = False
        while not self._stopping.is_set():
            try:
                if self._work():
                    continue  # more runs may be due
            except AzuraError as error:
                log.warning("slot_waits", reason=str(error))
                self._stopping.wait(_PAUSE_SECONDS)
                continue
            except Exception as error:
                log.error("slot_failed", exc_info=error)
                self._stopping.wait(_PAUSE_SECONDS)
                continue
            if look_again:  # check once more: a concurrent claim briefly hides other rows
                look_again = False
                self._stopping.wait(_MOMENT_SECONDS)
                continue
            self._on_free()
            self._calls.acquire()
            look_again = True
