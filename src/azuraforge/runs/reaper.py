"""Requeueing of runs whose lease has expired. Several reapers may run at once, in one or several processes."""

from __future__ import annotations

import time
from datetime import datetime
from functools import partial

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Database, Session
from azuraforge.events.service import EventLog
from azuraforge.messages import Message
from azuraforge.runs import lease, store
from azuraforge.runs.external.service import LOST
from azuraforge.runs.tables import Run
from azuraforge.runs.transitions import Transitions
from azuraforge.settings import Settings
from azuraforge.telemetry import logger

#: Heartbeat intervals to wait after an outage, since workers repeat a failed heartbeat only one interval later.
_PAUSED_BEATS = 1.25

log = logger("runs")


class Reaper:
    """Reaper of runs with an expired lease. It requeues them, or ends external runs as failed or cancelled."""

    def __init__(self, database: Database, events: EventLog, settings: Settings) -> None:
        self._database = database
        self._transitions = Transitions(events)
        self._settings = settings.runs
        self._last: tuple[datetime, float] | None = None
        self._paused_until = 0.0

    def reap(self) -> int:
        """Run one pass and return the number of runs whose lease had expired.

        It does nothing for slightly more than one heartbeat interval after its start, a suspension of this process or
        an outage of the database, because leases may not have been renewed meanwhile.
        """
        if self._was_away():
            self._paused_until = time.monotonic() + _PAUSED_BEATS * self._settings.beat_seconds
        if time.monotonic() < self._paused_until:
            return 0
        taken = 0
        # One transaction for each run, since two reapers that lock rows of several projects could deadlock.
        while self._database.write_claimed(lease.find_expired, self._take_away):
            taken += 1
        return taken

    def recover(self, kinds: tuple[str, ...]) -> int:
        """Requeue runs that an earlier process left running; return their number.

        With PostgreSQL this does nothing, since other processes may be executing the runs: only expired leases count.
        With SQLite this process is the only one.
        """
        if self._database.dialect != "sqlite":
            return 0

        with self._database.read_system() as session:
            left = lease.running(session, kinds)
        for held in left:
            self._database.write(held.project_id, partial(self._take_back, held=held))
            crashpoint("recovered_in_part")
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
        if before is None:  # after a start or an outage, it is unknown since when workers can renew their leases
            return True
        longest = max((at - before[0]).total_seconds(), here - before[1])
        return longest > self._settings.reap_seconds + self._settings.beat_seconds

    def _take_back(self, session: Session, held: lease.Held) -> None:
        self._transitions.requeued(session, held, "interrupted", Message("the platform ended without stopping the run"))

    def _take_away(self, session: Session, held: lease.Held) -> bool:
        run = store.lock(session, held.run_id)
        if run is None:
            return False
        if run.kind == "external":
            self._lose(session, held, run)
        else:
            self._transitions.requeued(session, held, "lost", Message("its worker did not renew the lease"))
        return True

    def _lose(self, session: Session, held: lease.Held, run: Run) -> None:
        if run.cancel_requested:
            self._transitions.ended(session, held, "cancelled", reason=LOST.as_message())
        else:
            self._transitions.ended(session, held, "failed", error=LOST.to_dict())
