"""Background thread for drift checks after predictions were judged."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

from azuraforge.models.drift.monitor import DriftMonitor
from azuraforge.telemetry import logger

log = logger("models")


class DriftLooks:
    """Queue of drift checks. Judging does not wait for them, since the first check of a version takes seconds."""

    def __init__(self, drift: DriftMonitor) -> None:
        self._drift = drift
        self._pool = ThreadPoolExecutor(1, "drift")
        self._waiting: dict[str, set[str]] = {}
        self._lock = threading.Lock()

    def request(self, project_id: str, models: set[str]) -> None:
        """Queue a check of these models' champions, by model id; returns immediately."""
        with self._lock:
            waiting = self._waiting.setdefault(project_id, set())
            first = not waiting
            waiting |= models
        if first:
            with contextlib.suppress(RuntimeError):  # the platform is stopping
                self._pool.submit(self._look, project_id)

    def close(self) -> None:
        """Finish the current check; the next housekeeping performs the queued ones."""
        self._pool.shutdown(cancel_futures=True)

    def _look(self, project_id: str) -> None:
        with self._lock:
            found = self._waiting.pop(project_id, set())
        try:
            self._drift.look_after(project_id, found)
        except Exception as error:  # housekeeping will try again
            log.warning("drift_waits", project_id=project_id, reason=str(error))
