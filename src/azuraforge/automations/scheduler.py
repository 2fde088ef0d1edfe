"""Loop that fires due schedules. Several schedulers may run at once, in one or several processes."""

from __future__ import annotations

import random
import threading
import time

from azuraforge.automations import store
from azuraforge.automations.firing import Firing
from azuraforge.automations.misfire import MOST_MADE_UP
from azuraforge.database import Database
from azuraforge.telemetry import logger

TICK_SECONDS = 1.0
_AT_ONCE = 200
_LONGEST_PAUSE_SECONDS = 60.0

log = logger("automations")


class Scheduler:
    """Scheduler that fires due schedules every ``tick_seconds``. An idle pass reads only the keys of due schedules."""

    def __init__(self, database: Database, firing: Firing, tick_seconds: float = TICK_SECONDS) -> None:
        self._database = database
        self._firing = firing
        self._tick_seconds = tick_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="scheduler", daemon=True)
        #: Back-off of schedules that failed to fire: its duration and its end.
        self._resting: dict[store.Due, tuple[float, float]] = {}

    def start(self) -> None:
        """Start the loop."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the loop after the fire in progress, and wait up to 10 seconds for its end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def tick(self) -> int:
        """Fire schedules that are due now, except those in back-off. Return the number of fires and skips."""
        with self._database.read_system() as session:
            due = store.due(session, _AT_ONCE + len(self._resting))  # those in back-off are due longest
        self._resting = {key: rest for key, rest in self._resting.items() if key in due}
        waiting = [key for key in due if not self._rests(key)]
        # Each scheduler uses its own order, so that several do not prepare the same run at the same time.
        random.shuffle(waiting)
        steps = 0
        for _ in range(MOST_MADE_UP):  # in turn: a schedule with many missed fires does not delay the others
            waiting = [key for key in waiting if self._step(key)]
            steps += len(waiting)
            if not waiting:
                break
        return steps

    def _step(self, key: store.Due) -> bool:
        if self._stopping.is_set():
            return False
        try:
            made = self._firing.due(key)
        except Exception as error:  # an error of one schedule must not delay the others
            self._rest(key, error)
            return False
        self._resting.pop(key, None)
        return made

    def _rest(self, key: store.Due, error: Exception) -> None:
        before, _ = self._resting.get(key, (self._tick_seconds / 2, 0.0))
        pause = min(2 * before, _LONGEST_PAUSE_SECONDS)
        self._resting[key] = (pause, time.monotonic() + pause)
        log.warning("fire_waits", project_id=key.project_id, schedule_id=key.schedule_id, reason=str(error))

    def _rests(self, key: store.Due) -> bool:
        return key in self._resting and time.monotonic() < self._resting[key][1]

    def _loop(self) -> None:
        while not self._stopping.wait(self._tick_seconds):
            try:
                self.tick()
            except Exception as error:
                log.warning("scheduler_waits", reason=str(error))
