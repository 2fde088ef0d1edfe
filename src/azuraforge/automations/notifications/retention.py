"""Retention of old messages in the outbox."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from azuraforge.automations.notifications import store
from azuraforge.database import Database, Session
from azuraforge.projects.schemas import RetentionPolicy
from azuraforge.projects.trash import Contents, Position, Purged

_AT_ONCE = 1000


class NotificationBin:
    """Bin that purges old messages which were sent, failed or silenced; see ``projects.trash.Bin``.

    Args:
        days: number of days to keep a message after its creation; a message that is still retried is kept longer.
    """

    def __init__(self, database: Database, days: int) -> None:
        self._database = database
        self._days = days
        self._gone: dict[str, int] = {}

    def contents(
        self, session: Session, project_id: str, policy: RetentionPolicy, after: Position | None, limit: int
    ) -> Contents:
        """Return empty contents, since messages are never in the trash."""
        return Contents([], 0, 0)

    def expire(self, project_id: str, policy: RetentionPolicy) -> None:
        """Purge messages that have exceeded the retention period and will not be sent or escalated again."""
        before = self._database.clock() - timedelta(days=self._days)
        gone = 0
        while some := self._database.write(project_id, lambda session: store.purge(session, before, _AT_ONCE)):
            gone += some
        self._gone[project_id] = gone

    def purge(self, project_id: str, before: datetime | None) -> Purged:
        """Report the messages that the last ``expire`` of this project purged, once; purge nothing.

        A second call reports 0 messages until the next ``expire``. ``before`` is ignored.
        """
        return Purged(Counter(notifications=self._gone.pop(project_id, 0)))

    def sweep(self, project_id: str, older_than_seconds: float) -> int:
        """Return 0, since messages have no files."""
        return 0
