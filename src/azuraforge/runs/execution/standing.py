"""Execution of runs without end: one thread each, outside the slots, up to a limit per worker."""

from __future__ import annotations

import threading

from azuraforge.errors import AzuraError
from azuraforge.runs.execution.worker import Worker
from azuraforge.runs.handlers import ClaimedRun
from azuraforge.telemetry import logger

#: Pause after an error, such as an unavailable database.
_PAUSE_SECONDS = 1.0
_JOIN_SECONDS = 5.0

log = logger("runs")


class StandingRuns:
    """Keeper of the threads that execute runs without end.

    Args:
        most: maximum number of concurrent runs.
        look_seconds: interval at which due runs are looked for without a call of ``wake``, such as runs that another
            process queued.
    """

    def __init__(self, worker: Worker, most: int, look_seconds: float) -> None:
        self._worker = worker
        self._most = most
        self._look_seconds = look_seconds
        self._changed = threading.Condition()
        self._woken = False
        self._stopping = False
        self._running: set[threading.Thread] = set()
        self._keeper = threading.Thread(target=self._keep, name="runs-standing", daemon=True)

    def start(self) -> None:
        """Start looking for due runs."""
        self._keeper.start()

    def wake(self) -> None:
        """Look for due runs now, because one was queued."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Claim no more runs and wait briefly for the threads to end; the caller must interrupt their runs."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            running = set(self._running)
        for thread in (self._keeper, *running):
            if thread.is_alive():
                thread.join(_JOIN_SECONDS)

    def _keep(self) -> None:
        while True:
            pause = self._look_seconds
            try:
                while self._has_room() and (run := self._worker.claim_standing()) is not None:
                    self._begin(run)
            except AzuraError as error:
                log.warning("standing_waits", reason=str(error))
                pause = _PAUSE_SECONDS
            except Exception as error:
                log.error("standing_failed", exc_info=error)
                pause = _PAUSE_SECONDS
            with self._changed:
                self._changed.wait_for(lambda: self._woken or self._stopping, pause)
                self._woken = False
                if self._stopping:
                    return

    def _has_room(self) -> bool:
        with self._changed:
            return not self._stopping and len(self._running) < self._most

    def _begin(self, run: ClaimedRun) -> None:
        def work() -> None:
            try:
                self._worker.execute(run)
            finally:
                with self._changed:
                    self._running.discard(threading.current_thread())
                self.wake()  # the run may have been requeued, or another one waits

        thread = threading.Thread(target=work, name=f"runs-standing-{run.id}", daemon=True)
        with self._changed:
            self._running.add(thread)
        thread.start()
