"""Dispatch through a broker: notify workers in other processes of queued runs and requested cancellations."""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING

from azuraforge.events.redis_notifier import RedisNotifier
from azuraforge.runs.broker import celery_app as broker
from azuraforge.settings import STANDING
from azuraforge.telemetry import logger

if TYPE_CHECKING:
    from celery import Celery

#: Pause after a broker failure; messages that are due during the pause are dropped.
_PAUSE_SECONDS = 0.5
_STOP_SECONDS = 3.0

log = logger("runs")


class CeleryDispatch:
    """``RunDispatch`` of the scaled platform.

    It never waits for the broker and drops messages that it cannot send: the run's row stays queued, and a
    ``Dispatcher`` sends another message.
    """

    def __init__(self, url: str, notifier: RedisNotifier) -> None:
        self._url = url
        self._notifier = notifier
        self._messages: queue.SimpleQueue[tuple[str, str, str] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._send, name="runs-sender", daemon=True)

    def start(self) -> None:
        """Start the sending thread."""
        self._thread.start()

    def stop(self) -> None:
        """Send the remaining messages for at most ``_STOP_SECONDS``, then stop."""
        self._messages.put(None)
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def submitted(self, project_id: str, run_id: str, queue: str) -> None:
        """Announce a queued run to the workers of ``queue``; they look for runs without end themselves."""
        if queue == STANDING:
            return
        self._messages.put((project_id, run_id, queue))

    def cancelled(self, project_id: str, run_id: str) -> None:
        """Notify the workers of a requested cancellation."""
        self._notifier.notify_cancel(project_id, run_id)

    def _send(self) -> None:
        app = broker.make_app(self._url)
        again_at = 0.0
        away = False
        while (message := self._messages.get()) is not None:
            if time.monotonic() < again_at:
                continue
            try:
                broker.send(app, *message)
            except Exception as error:  # any error of kombu or Redis: the dispatcher retries
                if not away:
                    log.warning(
                        "broker_away", reason=str(error), note="runs stay queued until the broker is available again"
                    )
                away, again_at = True, time.monotonic() + _PAUSE_SECONDS
                app = self._renewed(app)
            else:
                if away:
                    log.info("broker_back")
                away = False
        app.close()

    def _renewed(self, app: Celery) -> Celery:
        """Close ``app`` and return a new application, so that no failed connection is reused."""
        app.close()
        return broker.make_app(self._url)
