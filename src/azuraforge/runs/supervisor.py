"""Carries runs beside the API in one process: slots that work, a reaper, and a bell instead of a broker."""

from __future__ import annotations

import shutil
import threading
import time
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from azuraforge.database import Database, Session
from azuraforge.errors import AzuraError
from azuraforge.events.service import EventLog
from azuraforge.runs import lease, store
from azuraforge.runs.external import LOST
from azuraforge.runs.failures import Replaced
from azuraforge.runs.tables import Run
from azuraforge.runs.transitions import Transitions
from azuraforge.runs.worker import Worker
from azuraforge.settings import Settings
from azuraforge.telemetry import logger

#: Work folders of runs that did not succeed are kept this long, so that they can be resumed.
KEPT_DAYS = 30

log = logger("runs")


class Carrier(Protocol):
    """Brings runs to workers. Lost, doubled and late calls are harmless: the row is the truth."""

    def submitted(self, project_id: str, run_id: str) -> None:
        """A run was queued. Called after its commit; must be quick."""
        ...

    def cancelled(self, project_id: str, run_id: str) -> None:
        """A running run was asked to stop. Called after the commit; must be quick."""
        ...


class Reaper:
    """Takes runs away from workers that do not renew their lease."""

    def __init__(self, database: Database, events: EventLog, settings: Settings) -> None:
        self._database = database
        self._transitions = Transitions(events)
        self._settings = settings.runs
        self._last: tuple[datetime, float] | None = None
        self._paused_until = 0.0

    def reap(self) -> int:
        """One pass; returns how many runs were taken away.

        Does nothing for one beat after this process or the database was away, for then nobody could renew.
        """
        if self._was_away():
            self._paused_until = time.monotonic() + self._settings.beat_seconds
        if time.monotonic() < self._paused_until:
            return 0
        taken = 0
        # One transaction for each: two reapers that held several projects' rows could wait for each other.
        while self._database.write_claimed(lease.find_expired, self._take_away):
            taken += 1
        return taken

    def recover(self, kinds: tuple[str, ...]) -> int:
        """Queue again whatever an earlier life of this platform left running.

        Only where it is alone on its database, as the embedded one on its SQLite file is; behind PostgreSQL others
        may be carrying what runs, and the leases tell.
        """
        if self._database.dialect != "sqlite":
            return 0

        with self._database.read_system() as session:
            left = lease.running(session, kinds)
        for held in left:
            self._database.write(held.project_id, partial(self._take_back, held=held))
        return len(left)

    def _was_away(self) -> bool:
        try:
            at = self._database.clock()
        except Exception as error:
            log.warning("reaper_cannot_read", reason=str(error))
            self._last = None
            return True
        here = time.monotonic()
        before, self._last = self._last, (at, here)
        if before is None:
            return False
        longest = max((at - before[0]).total_seconds(), here - before[1])
        return longest > self._settings.reap_seconds + self._settings.beat_seconds

    def _take_back(self, session: Session, held: lease.Held) -> None:
        self._transitions.requeued(session, held, "interrupted", "the platform ended without stopping it")

    def _take_away(self, session: Session, held: lease.Held) -> bool:
        run = store.lock(session, held.project_id, held.run_id)
        if run is None:
            return False
        if run.kind == "external":
            self._lose(session, held, run)
        else:
            self._transitions.requeued(session, held, "lost", "its worker did not renew the lease")
        return True

    def _lose(self, session: Session, held: lease.Held, run: Run) -> None:
        if run.cancel_requested:
            self._transitions.ended(session, held, "cancelled", reason=LOST["message"])
        else:
            self._transitions.ended(session, held, "failed", error=LOST)


class Supervisor:
    """The embedded carrier: as many slots as may run at once, one reaper."""

    def __init__(self, database: Database, events: EventLog, worker: Worker, settings: Settings) -> None:
        self._database = database
        self._worker = worker
        self._settings = settings
        self._reaper = Reaper(database, events, settings)
        self._stopping = threading.Event()
        self._bell = threading.Condition()
        self._rings = 0
        self._threads = [
            threading.Thread(target=self._work, name=f"runs-slot-{number}", daemon=True)
            for number in range(settings.runs.concurrency)
        ]
        self._threads.append(threading.Thread(target=self._reap, name="runs-reaper", daemon=True))

    def start(self) -> None:
        """Queue again what an earlier life left running, then begin to work."""
        self._reaper.recover(self._worker.kinds)
        self._sweep()
        self._worker.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Put running runs back into the queue and end every thread."""
        self._stopping.set()
        self._worker.drain()
        self._ring()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(self._settings.runs.reap_seconds + 5)

    def submitted(self, project_id: str, run_id: str) -> None:
        """A run was queued: wake the slots."""
        self._ring()

    def cancelled(self, project_id: str, run_id: str) -> None:
        """A running run was asked to stop."""
        self._worker.notice_cancel(run_id)

    def _ring(self) -> None:
        with self._bell:
            self._rings += 1
            self._bell.notify_all()

    def _work(self) -> None:
        while not self._stopping.is_set():
            heard = self._rings  # before looking, so that no ring falls between looking and waiting
            try:
                if self._worker.run_one():
                    continue  # there may be more
            except AzuraError as error:
                log.warning("slot_waits", reason=str(error))
                self._stopping.wait(1.0)
                continue
            except Exception as error:
                log.error("slot_failed", exc_info=error)
                self._stopping.wait(1.0)
                continue
            with self._bell:
                while self._rings == heard:
                    self._bell.wait()

    def _reap(self) -> None:
        while not self._stopping.wait(self._settings.runs.reap_seconds):
            try:
                self._reaper.reap()
                if self._some_are_due():
                    self._ring()
            except Replaced:
                continue
            except Exception as error:
                log.warning("reaper_failed", reason=str(error))

    def _some_are_due(self) -> bool:
        with self._database.read_system() as session:
            return bool(lease.due(session, self._worker.kinds, limit=1))

    def _sweep(self) -> None:
        """Remove work folders that no run can need again."""
        scratch = self._settings.scratch
        if not scratch.is_dir():
            return
        folders = {path.name: path for path in scratch.iterdir() if path.is_dir()}
        with self._database.read_system() as session:
            places = lease.places(session, list(folders))
        states: dict[str, tuple[str, datetime | None]] = {}
        for project_id in {place.project_id for place in places}:
            ids = [place.run_id for place in places if place.project_id == project_id]
            with self._database.read(project_id) as session:
                states |= store.states(session, project_id, ids)
        at = self._database.clock()
        for run_id, path in folders.items():
            state, finished_at = states.get(run_id, ("succeeded", None))
            old = finished_at is not None and at - finished_at > timedelta(days=KEPT_DAYS)
            if state == "succeeded" or old:
                shutil.rmtree(path, ignore_errors=True)
