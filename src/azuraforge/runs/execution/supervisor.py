"""Execution of runs in the server process: worker threads, a reaper, and a condition variable instead of a broker."""

from __future__ import annotations

import threading

from azuraforge.database import Database
from azuraforge.errors import AzuraError
from azuraforge.events.service import EventLog
from azuraforge.processes.failures import Replaced
from azuraforge.runs import lease
from azuraforge.runs.execution.standing import StandingRuns
from azuraforge.runs.execution.worker import Worker
from azuraforge.runs.reaper import Reaper
from azuraforge.settings import STANDING, Settings
from azuraforge.telemetry import logger

log = logger("runs")


class Supervisor:
    """Embedded ``RunDispatch`` with one thread for each slot and each run without end, and one reaper thread."""

    def __init__(self, database: Database, events: EventLog, worker: Worker, settings: Settings) -> None:
        self._database = database
        self._worker = worker
        self._settings = settings
        self._reaper = Reaper(database, events, settings)
        self._standing = StandingRuns(worker, settings.runs.standing, settings.runs.reap_seconds)
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._wakes = 0
        self._threads = [
            threading.Thread(target=self._work, name=f"runs-slot-{number}", daemon=True)
            for number in range(settings.runs.concurrency)
        ]
        self._threads.append(threading.Thread(target=self._reap, name="runs-reaper", daemon=True))

    def start(self) -> None:
        """Start all threads. With SQLite, first requeue the runs that an earlier process left running."""
        self._reaper.recover(self._worker.kinds)
        self._worker.start()
        for thread in self._threads:
            thread.start()
        self._standing.start()

    def stop(self) -> None:
        """Requeue running runs and end all threads."""
        self._stopping.set()
        self._worker.drain()
        self._standing.stop()
        self._wake()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(self._settings.runs.reap_seconds + 5)

    def submitted(self, project_id: str, run_id: str, queue: str) -> None:
        """Wake the worker threads, because a run was queued."""
        if queue == STANDING:
            self._standing.wake()
        else:
            self._wake()

    def cancelled(self, project_id: str, run_id: str) -> None:
        """Notify the worker of a requested cancellation."""
        self._worker.notice_cancel(run_id)

    def _wake(self) -> None:
        with self._changed:
            self._wakes += 1
            self._changed.notify_all()

    def _work(self) -> None:
        while not self._stopping.is_set():
            seen = self._wakes  # read before claiming, so that no wake-up between claiming and waiting is missed
            try:
                if self._worker.run_one():
                    self._wake()  # the end of a run may allow others to start
                    continue
            except AzuraError as error:
                log.warning("slot_waits", reason=str(error))
                self._stopping.wait(1.0)
                continue
            except Exception as error:
                log.error("slot_failed", exc_info=error)
                self._stopping.wait(1.0)
                continue
            with self._changed:
                while self._wakes == seen:
                    self._changed.wait()

    def _reap(self) -> None:
        while not self._stopping.wait(self._settings.runs.reap_seconds):
            try:
                self._reaper.reap()
                if self._some_are_due():
                    self._wake()
            except Replaced:
                continue
            except Exception as error:
                log.warning("reaper_failed", reason=str(error))

    def _some_are_due(self) -> bool:
        with self._database.read_system() as session:
            return bool(lease.due(session, self._worker.kinds, limit=1))
