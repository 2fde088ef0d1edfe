"""Loop that judges predictions by new versions of datasets. Several loops may run, in any number of processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from azuraforge.database import Database
from azuraforge.events.notifier import Notifier
from azuraforge.models.predictions import progress
from azuraforge.models.predictions.outcomes import Outcomes
from azuraforge.models.predictions.progress import Due
from azuraforge.telemetry import logger

TICK_SECONDS = 1.0
#: Number of datasets processed in parallel, so that a large one does not delay the others.
_AT_ONCE = 2
_DUE = 200
_LONGEST_PAUSE_SECONDS = 60.0

log = logger("models")


class OutcomeLoop:
    """Background loop that finds new dataset versions and judges predictions by their rows.

    Events of this process wake the loop; versions added by other processes are found within ``tick_seconds``.
    """

    def __init__(
        self,
        database: Database,
        notifier: Notifier,
        outcomes: Outcomes,
        tick_seconds: float = TICK_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._notifier = notifier
        self._outcomes = outcomes
        self._tick_seconds = tick_seconds
        self._clock = clock
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._lock = threading.Lock()
        self._busy: set[Due] = set()
        #: Datasets whose judging failed: the last delay in seconds, and the time of the next attempt.
        self._resting: dict[Due, tuple[float, float]] = {}
        self._thread = threading.Thread(target=self._loop, name="outcomes", daemon=True)
        self._workers = ThreadPoolExecutor(_AT_ONCE, "outcomes")

    def start(self) -> None:
        """Start the loop."""
        self._notifier.subscribe(self.notice)
        self._thread.start()

    def stop(self) -> None:
        """Stop the loop after the current work; pending work remains for the next start."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(10)
        self._workers.shutdown(cancel_futures=True)

    def notice(self, project_id: str, stream: str) -> None:
        """Wake the loop if ``stream``, the stream of an event of this process, belongs to a dataset."""
        if stream.startswith("dataset/"):
            self._woken.set()

    def tick(self) -> int:
        """Submit the datasets with a new version to the worker threads; return the number of datasets submitted.

        Datasets that are in progress, or that wait for another attempt after a failure, are skipped.
        """
        with self._database.read_system() as session:
            found = progress.due(session, _DUE)
        begun = 0
        for each in found:
            with self._lock:
                if each in self._busy or self._clock() < self._resting.get(each, (0.0, 0.0))[1]:
                    continue
                self._busy.add(each)
            self._workers.submit(self._judge, each)
            begun += 1
        return begun

    def _judge(self, due: Due) -> None:
        try:
            self._outcomes.join(due.project_id, due.dataset_id)
        except Exception as error:  # the failure of one dataset must not delay the others
            with self._lock:
                pause = min(2 * self._resting.get(due, (self._tick_seconds / 2, 0.0))[0], _LONGEST_PAUSE_SECONDS)
                self._resting[due] = (pause, self._clock() + pause)
            log.warning("outcomes_wait", project_id=due.project_id, dataset_id=due.dataset_id, reason=str(error))
        else:
            with self._lock:
                self._resting.pop(due, None)
        finally:
            with self._lock:
                self._busy.discard(due)
            self._woken.set()  # another version may have been added meanwhile

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()  # before reading, so that no notification is missed
            try:
                self.tick()
            except Exception as error:
                log.warning("outcomes_wait", reason=str(error))
            self._woken.wait(self._tick_seconds)
