"""Periodic sending of messages for queued runs, so that lost messages do no harm. Several dispatchers may run at once.

The database determines which runs are due; broker messages only notify workers. Each pass fills a queue with as many
messages as runs are due, up to ``MOST_WAITING``. One pass therefore restores the messages of a broker that lost all
of them, and runs that wait for hours do not add another message with each pass.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

from azuraforge.database import Database
from azuraforge.events.redis_notifier import connect
from azuraforge.runs import lease
from azuraforge.runs.broker import celery_app as broker
from azuraforge.runs.dispatch import RunDispatch
from azuraforge.runs.lease import Held
from azuraforge.settings import QUEUES
from azuraforge.telemetry import logger

#: Maximum number of messages that wait in a queue; a worker that receives one executes runs until none is due.
MOST_WAITING = 200
#: Minimum time between two messages for the same run.
AGAIN_SECONDS = 3.0

log = logger("runs")


class Dispatcher:
    """Sender of messages for due runs, as many as are missing in each queue.

    Args:
        kinds: kinds of run that workers execute; runs of other kinds are ignored.
    """

    def __init__(self, database: Database, dispatch: RunDispatch, broker_url: str, kinds: Sequence[str]) -> None:
        self._database = database
        self._dispatch = dispatch
        self._kinds = kinds
        self._broker = connect(broker_url)
        self._sent: dict[Held, float] = {}
        self._away = False

    def dispatch(self) -> int:
        """Run one pass and return the number of messages sent. Raises TransientError if the database is unavailable."""
        now = time.monotonic()
        sent = 0
        due_now: set[Held] = set()
        for queue in QUEUES:
            with self._database.read_system() as session:
                due = lease.due(session, self._kinds, MOST_WAITING, queues=[queue])
            due_now.update(due)
            late = [run for run in due if now - self._sent.get(run, -AGAIN_SECONDS) >= AGAIN_SECONDS]
            if not late:
                continue
            room = min(len(due), MOST_WAITING) - self._waiting(broker.queue_name(queue))
            for run in late[: max(0, room)]:
                self._dispatch.submitted(run.project_id, run.run_id, queue)
                self._sent[run] = now
                sent += 1
        self._sent = {run: at for run, at in self._sent.items() if run in due_now}
        return sent

    def close(self) -> None:
        """Close the connection to the broker."""
        with contextlib.suppress(Exception):
            self._broker.close()

    def _waiting(self, name: str) -> int:
        """Return the number of messages that wait in a queue; ``MOST_WAITING`` if the broker is unavailable."""
        try:
            count = int(self._broker.llen(name))
        except Exception as error:
            if not self._away:
                log.warning(
                    "broker_away", reason=str(error), note="runs stay queued until the broker is available again"
                )
            self._away = True
            return MOST_WAITING
        if self._away:
            log.info("broker_back")
        self._away = False
        return count
