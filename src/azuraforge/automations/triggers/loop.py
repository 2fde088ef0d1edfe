"""Loop that executes automations. Several loops may run at once, in one or several processes."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from azuraforge.automations.triggers import store
from azuraforge.automations.triggers.consuming import Consumer
from azuraforge.automations.triggers.stepping import Stepping
from azuraforge.automations.triggers.watching import Watch
from azuraforge.database import Database
from azuraforge.events.notifier import Notifier
from azuraforge.telemetry import logger

TICK_SECONDS = 1.0
#: Minimum time between rounds that notifications trigger; notifications in between are handled together.
BREATH_SECONDS = 0.05
_AT_ONCE = 200
_ROUNDS = 50
_LONGEST_PAUSE_SECONDS = 60.0

K = TypeVar("K", bound=Hashable)
log = logger("automations")


class AutomationLoop:
    """Loop that consumes new events, checks due times and measures, and executes the steps of firings.

    An idle round reads only keys from the database. An event of this process wakes the loop immediately; otherwise a
    round starts every ``tick_seconds``.
    """

    def __init__(
        self,
        database: Database,
        notifier: Notifier,
        consumer: Consumer,
        watch: Watch,
        stepping: Stepping,
        tick_seconds: float = TICK_SECONDS,
    ) -> None:
        self._database = database
        self._notifier = notifier
        self._consumer = consumer
        self._watch = watch
        self._stepping = stepping
        self._tick_seconds = tick_seconds
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="automations", daemon=True)
        #: Back-off of work that failed: its duration and its end.
        self._resting: dict[Hashable, tuple[float, float]] = {}

    def start(self) -> None:
        """Start the loop."""
        self._notifier.subscribe(self.notice)
        self._thread.start()

    def stop(self) -> None:
        """Stop the loop after the step in progress, and wait up to 10 seconds for its end."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def notice(self, project_id: str, stream: str) -> None:
        """Wake the loop because of an event of this process."""
        if stream == store.PROJECT:
            self._woken.set()

    def tick(self) -> int:
        """Process everything that is due now. Return the number of completed actions."""
        moves, now = 0, time.monotonic()
        self._resting = {key: rest for key, rest in self._resting.items() if rest[1] + 10 * rest[0] > now}
        for _ in range(_ROUNDS):
            with self._database.read_system() as session:
                unread = store.unread(session, _AT_ONCE)
                due = store.due(session, _AT_ONCE + len(self._resting))
                firings = store.firings_due(session, _AT_ONCE + len(self._resting))
            made = self._each(unread, lambda project_id: self._consumer.consume(project_id) > 0)
            made += self._each(due, self._watch.look)
            made += self._each(firings, self._stepping.move)
            moves += made
            if not made or self._stopping.is_set():
                break
        return moves

    def _each(self, keys: Iterable[K], act: Callable[[K], bool]) -> int:
        """Process the keys in random order, so that several loops do not prepare the same work at once."""
        waiting = [key for key in keys if not self._rests(key)]
        random.shuffle(waiting)
        return sum(self._try(key, act) for key in waiting if not self._stopping.is_set())

    def _try(self, key: K, act: Callable[[K], bool]) -> bool:
        try:
            made = act(key)
        except Exception as error:  # an error of one key must not delay the others
            before, _ = self._resting.get(key, (self._tick_seconds / 2, 0.0))
            pause = min(2 * before, _LONGEST_PAUSE_SECONDS)
            self._resting[key] = (pause, time.monotonic() + pause)
            log.warning("automation_waits", about=str(key), reason=str(error))
            return False
        self._resting.pop(key, None)
        return made

    def _rests(self, key: Hashable) -> bool:
        return key in self._resting and time.monotonic() < self._resting[key][1]

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()  # before the round, so that no notification is missed
            try:
                self.tick()
            except Exception as error:
                log.warning("automations_wait", reason=str(error))
            if self._woken.wait(self._tick_seconds):
                self._stopping.wait(BREATH_SECONDS)
