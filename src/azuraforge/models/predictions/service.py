"""What becomes of predictions: outcomes, live scores, drift, and how long the ledger is kept."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from azuraforge.database import Database, Session
from azuraforge.models.drift.monitor import DriftMonitor
from azuraforge.models.predictions import store as ledger_store
from azuraforge.models.predictions.forecast_file import ForecastFiles
from azuraforge.models.predictions.live import LiveReads
from azuraforge.models.predictions.outcomes import Outcomes
from azuraforge.models.predictions.standing import Standings
from azuraforge.projects.schemas import RetentionPolicy
from azuraforge.projects.trash import Contents, Position, Purged
from azuraforge.telemetry import logger

_PURGED_AT_ONCE = 1000

log = logger("models")


class PredictionService:
    """The parts of the ledger in one place; see ``outcomes``, ``live`` and ``drift_watch``."""

    def __init__(self, database: Database, outcomes: Outcomes, drift: DriftMonitor) -> None:
        self.reads = LiveReads(database)
        self.files = ForecastFiles(database)
        self.outcomes = outcomes
        self.drift = drift
        self.standings = Standings(database)
        self.bin = LedgerBin(database, outcomes, drift)
        self._drift_later = ThreadPoolExecutor(1, "drift")
        self._to_look_at: dict[str, set[str]] = {}
        self._lock = threading.Lock()
        outcomes.subscribe(self._look_for_drift)

    def _look_for_drift(self, project_id: str, models: set[str]) -> None:
        """Soon, in a thread of its own: the first look at a version takes seconds, and judging does not wait for it."""
        with self._lock:
            waiting = self._to_look_at.setdefault(project_id, set())
            first = not waiting
            waiting |= models
        if not first:
            return

        def work() -> None:
            with self._lock:
                found = self._to_look_at.pop(project_id, set())
            try:
                self.drift.look_after(project_id, found)
            except Exception as error:  # housekeeping will try again
                log.warning("drift_waits", project_id=project_id, reason=str(error))

        with contextlib.suppress(RuntimeError):  # the platform is stopping
            self._drift_later.submit(work)

    def close(self) -> None:
        """Finish what is under way; what waits is left to the next housekeeping."""
        self._drift_later.shutdown(cancel_futures=True)


class LedgerBin:
    """How old lines leave the ledger, and how outcomes that were missed are found; see ``projects.trash.Bin``.

    A single line is never put into the trash: a record from which people take what they dislike is none. Lines go with
    their model, or when the project's policy says so.
    """

    def __init__(self, database: Database, outcomes: Outcomes, drift: DriftMonitor) -> None:
        self._database = database
        self._outcomes = outcomes
        self._drift = drift
        self._expired: dict[str, int] = {}

    def contents(
        self, session: Session, project_id: str, policy: RetentionPolicy, after: Position | None, limit: int
    ) -> Contents:
        """Nothing of the ledger lies in the trash."""
        return Contents([], 0, 0)

    def expire(self, project_id: str, policy: RetentionPolicy) -> None:
        """Judge what can be judged by now, look for drift, and purge what the policy no longer keeps."""
        self._outcomes.tend(project_id)
        self._drift.tend(project_id)
        if policy.keep_prediction_days is None:
            return
        before = self._database.clock() - timedelta(days=policy.keep_prediction_days)
        purged = 0
        while gone := self._database.write(
            project_id, lambda session: ledger_store.purge(session, before, _PURGED_AT_ONCE)
        ):
            purged += gone
        self._expired[project_id] = purged

    def purge(self, project_id: str, before: datetime | None) -> Purged:
        """What ``expire`` removed."""
        return Purged(Counter(predictions=self._expired.pop(project_id, 0)))

    def sweep(self, project_id: str, older_than_seconds: float) -> int:
        """The ledger has no files."""
        return 0
