"""Follow-up of predictions: outcomes, live scores, drift, and retention of the ledger."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from azuraforge.database import Database, Session
from azuraforge.models.drift.looks import DriftLooks
from azuraforge.models.drift.monitor import DriftMonitor
from azuraforge.models.predictions import store as ledger_store
from azuraforge.models.predictions.forecast_file import ForecastFiles
from azuraforge.models.predictions.live import LiveReads
from azuraforge.models.predictions.outcomes import Outcomes
from azuraforge.models.predictions.standing import Standings
from azuraforge.projects.schemas import RetentionPolicy
from azuraforge.projects.trash import Contents, Position, Purged

_PURGED_AT_ONCE = 1000


class PredictionService:
    """Facade of the ledger: reads, files, outcomes, drift checks, comparisons with baselines, and retention."""

    def __init__(self, database: Database, outcomes: Outcomes, drift: DriftMonitor, looks: DriftLooks) -> None:
        self.reads = LiveReads(database)
        self.files = ForecastFiles(database)
        self.outcomes = outcomes
        self.drift = drift
        self.standings = Standings(database)
        self.bin = LedgerBin(database, outcomes, drift)
        self._looks = looks

    def close(self) -> None:
        """Finish the current drift check; the next housekeeping performs the queued ones."""
        self._looks.close()


class LedgerBin:
    """Retention of the ledger: judges pending predictions and purges old entries; see ``projects.trash.Bin``.

    Single entries never go to the trash, so that users cannot remove unfavourable predictions from the record. Entries
    are deleted with their model, or after the retention time of the project's policy.
    """

    def __init__(self, database: Database, outcomes: Outcomes, drift: DriftMonitor) -> None:
        self._database = database
        self._outcomes = outcomes
        self._drift = drift
        self._expired: dict[str, int] = {}

    def contents(
        self, session: Session, project_id: str, policy: RetentionPolicy, after: Position | None, limit: int
    ) -> Contents:
        """Return an empty page: ledger entries are never in the trash."""
        return Contents([], 0, 0)

    def expire(self, project_id: str, policy: RetentionPolicy) -> None:
        """Judge pending predictions, check for drift, and purge entries that the policy no longer keeps."""
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
        """Report the entries that the last ``expire`` of this project deleted, once; delete nothing.

        A second call reports 0 entries until the next ``expire``. ``before`` is ignored.
        """
        return Purged(Counter(predictions=self._expired.pop(project_id, 0)))

    def sweep(self, project_id: str, older_than_seconds: float) -> int:
        """Return 0: the ledger has no files."""
        return 0
