"""Loop that advances studies. Several loops may run, in any number of processes."""

from __future__ import annotations

import random
import threading
import time

from azuraforge.database import Database
from azuraforge.events.notifier import Notifier
from azuraforge.studies import store
from azuraforge.studies.advance import Advance
from azuraforge.studies.sampler_process import SamplerProcess
from azuraforge.telemetry import logger

#: Interval between checks of active studies without a notification. If a trial ends in another process, the next one
#: starts up to this much later.
TICK_SECONDS = 0.2
#: Interval between reads of curves for pruning, which cost more than checks for ended trials.
_PRUNE_SECONDS = 0.3
_IDLE_SECONDS = 1.0
_AT_ONCE = 200
_STEPS_EACH = 20
_LONGEST_PAUSE_SECONDS = 30.0

log = logger("studies")


class StudyScheduler:
    """Loop that finds active studies and advances them, with short intervals while there are any."""

    def __init__(
        self,
        database: Database,
        notifier: Notifier,
        advance: Advance,
        sampler: SamplerProcess,
        tick_seconds: float = TICK_SECONDS,
    ) -> None:
        self._database = database
        self._notifier = notifier
        self._advance = advance
        self._sampler = sampler
        self._tick_seconds = tick_seconds
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="studies", daemon=True)
        self._prune_at = 0.0
        self._goes_on = False
        #: Studies whose step failed: the seconds of their current pause, and the time at which it ends.
        self._resting: dict[store.Active, tuple[float, float]] = {}

    def start(self) -> None:
        """Start the loop."""
        self._notifier.subscribe(self.notice)
        self._thread.start()

    def stop(self) -> None:
        """Stop the loop after the current step, and wait up to 10 seconds for its end."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def wake(self) -> None:
        """Start the next round immediately."""
        self._woken.set()

    def notice(self, project_id: str, stream: str) -> None:
        """Wake the loop after an event of this process, so that a run's end starts the next trial immediately."""
        if stream == "project" and self._goes_on:
            self._woken.set()

    def tick(self) -> int:
        """Advance each active study by a limited number of steps; return the number of active studies."""
        with self._database.read_system() as session:
            found = store.active(session, _AT_ONCE)
        prune = time.monotonic() >= self._prune_at
        if prune:
            self._prune_at = time.monotonic() + _PRUNE_SECONDS
        self._resting = {key: rest for key, rest in self._resting.items() if key in found}
        self._advance.keep({key.study_id for key in found})
        # A random order, so that several schedulers do not sample the same trial at the same time.
        random.shuffle(found)
        for key in found:
            self._take(key, prune)
        return len(found)

    def _take(self, key: store.Active, prune: bool) -> None:
        if key in self._resting and time.monotonic() < self._resting[key][1]:
            return
        try:
            for _ in range(_STEPS_EACH):  # limited, so that one study does not delay the others
                if self._stopping.is_set() or not self._advance.step(key, prune=prune):
                    break
        except Exception as error:  # an error of one study must not delay the others
            before, _ = self._resting.get(key, (0.5, 0.0))
            pause = min(2 * before, _LONGEST_PAUSE_SECONDS)
            self._resting[key] = (pause, time.monotonic() + pause)
            log.warning("study_waits", project_id=key.project_id, study_id=key.study_id, reason=str(error))
        else:
            self._resting.pop(key, None)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            found = 0
            self._woken.clear()  # before the read, so that no notification is missed
            try:
                found = self.tick()
                self._goes_on = bool(found)
                if not found:
                    self._sampler.rest()
            except Exception as error:
                log.warning("studies_wait", reason=str(error))
            self._woken.wait(self._tick_seconds if found else _IDLE_SECONDS)
