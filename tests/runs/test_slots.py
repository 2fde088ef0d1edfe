"""A free slot sleeps until it is called, looks twice, and outlives whatever goes wrong in its work."""

from __future__ import annotations

import queue
import threading
import time

from azuraforge.errors import TransientError
from azuraforge.runs.execution.slots import Slots


class Work:
    """Answers as it is told, and notes each look."""

    def __init__(self) -> None:
        self.answers: queue.SimpleQueue[object] = queue.SimpleQueue()
        self.looks = 0
        self.freed = threading.Semaphore(0)
        self._lock = threading.Lock()

    def __call__(self) -> bool:
        with self._lock:
            self.looks += 1
        try:
            answer = self.answers.get_nowait()
        except queue.Empty:
            return False
        if isinstance(answer, Exception):
            raise answer
        return True

    def wait_free(self, times: int = 1) -> None:
        for _ in range(times):
            assert self.freed.acquire(timeout=10), "no slot became free"


def test_a_slot_works_until_nothing_is_due_and_then_asks_once():
    work = Work()
    for _ in range(3):
        work.answers.put(True)
    slots = Slots(work, work.freed.release, 1)
    slots.start()
    work.wait_free()
    assert work.looks == 4
    time.sleep(0.3)
    assert work.looks == 4, "it sleeps"
    slots.call()
    work.wait_free()
    assert work.looks == 6, "it looks twice before it sleeps again"
    slots.stop()


def test_what_appears_a_moment_after_the_call_is_found():
    work = Work()
    slots = Slots(work, work.freed.release, 1)
    slots.start()
    work.wait_free()
    slots.call()
    deadline = time.monotonic() + 120
    while work.looks < 2 and time.monotonic() < deadline:
        time.sleep(0.001)
    work.answers.put(True)
    work.wait_free()
    assert work.answers.empty()
    slots.stop()


def test_each_call_wakes_one_slot_and_each_free_slot_asks_once():
    work = Work()
    slots = Slots(work, work.freed.release, 3)
    slots.start()
    work.wait_free(3)
    slots.call()
    work.wait_free()
    time.sleep(0.2)
    assert not work.freed.acquire(blocking=False)
    slots.stop()


def test_trouble_is_waited_out_and_the_slot_lives_on():
    work = Work()
    work.answers.put(TransientError("the database is away"))
    work.answers.put(RuntimeError("a bug"))
    work.answers.put(True)
    slots = Slots(work, work.freed.release, 1)
    slots.start()
    work.wait_free()
    assert work.looks == 4
    slots.stop()
