"""Any number of schedulers, and some that are killed in the middle of a fire."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from azuraforge.automations.store import Due
from azuraforge.clock import iso

ROOT = Path(__file__).parents[2]
ENTRY = Path(__file__).parent / "entries" / "scheduler_process.py"
SCHEDULERS = 3
EVERY_SECONDS = 10


class Schedulers:
    """Scheduler processes that come back after each kill."""

    def __init__(self, url: str, home: Path) -> None:
        self._command = [sys.executable, str(ENTRY), url, str(home)]
        self._running = [self._start() for _ in range(SCHEDULERS)]

    def kill_one(self) -> None:
        """The one that is up for the longest time, in the middle of whatever it does."""
        process = self._running.pop(0)
        process.stdout.readline()  # its pid: it fires by now
        time.sleep(random.uniform(0.02, 0.2))
        process.kill()
        process.wait()
        process.stdout.close()
        self._running.append(self._start())

    def end(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()
            process.stdout.close()

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(self._command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def test_every_fire_is_made_once_through_kills_of_many_schedulers(stand):
    storm(stand, schedules=3, missed=30, kills=4)


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_every_fire_is_made_once_through_a_long_storm(stand):
    storm(stand, schedules=5, missed=60, kills=60)


def storm(stand, *, schedules: int, missed: int, kills: int) -> None:
    """Kill schedulers while they catch up, then count what they wrote."""
    run = {"config": {"slow_seconds": 0.2}}
    interval = {"every": EVERY_SECONDS, "unit": "seconds"}
    fields = {"interval": interval, "misfire": "all", "grace_seconds": 1, "run": run}
    made = [stand.create(f"schedule {number}", **fields) for number in range(schedules)]
    for schedule in made:
        stand.overdue(schedule.id, EVERY_SECONDS * missed)
    begins = {schedule.id: stand.row(schedule.id).next_fire_at for schedule in made}
    schedulers = Schedulers(stand.database.url, stand.home)
    try:
        hits = 0
        while hits < kills and not _caught_up(stand, made, missed):
            schedulers.kill_one()
            hits += 1
        assert hits > 0
        until = time.monotonic() + 240
        while not _caught_up(stand, made, missed):
            assert time.monotonic() < until, "the schedulers do not catch up"
            time.sleep(0.1)
    finally:
        schedulers.end()

    runs = {run.idempotency_key: run for run in stand.queued()}
    total = 0
    for schedule in made:
        fires = stand.fires(schedule.id)
        total += len(fires)
        times = [fire.fire_time for fire in fires]
        assert times[0] == begins[schedule.id]
        assert {second - first for first, second in pairwise(times)} == {timedelta(seconds=EVERY_SECONDS)}, (
            "one was left out"
        )
        assert stand.row(schedule.id).next_fire_at == times[-1] + timedelta(seconds=EVERY_SECONDS)
        assert stand.row(schedule.id).fires == len(fires)
        for fire in fires:
            assert fire.error is None
            assert runs[f"schedule:{schedule.id}:{iso(fire.fire_time)}"].id == fire.run_id
        told = [data["fire_time"] for type_, data in stand.told(f"schedule/{schedule.id}") if type_ == "schedule.fired"]
        assert told == [iso(at) for at in times]
    assert len(stand.queued()) == total >= schedules * missed


def _caught_up(stand, made, missed: int) -> bool:
    return all(stand.row(schedule.id).fires >= missed for schedule in made)


def test_a_scheduler_that_dies_before_its_commit_has_done_nothing_and_another_does_it(stand):
    made = stand.create()
    stand.overdue(made.id, 5)
    command = [sys.executable, str(ENTRY), stand.database.url, str(stand.home)]
    environment = {**os.environ, "AZURAFORGE_CRASHPOINT": "fire_before_commit", "PYTHONPATH": str(ROOT)}
    died = subprocess.run(command, env=environment, capture_output=True, timeout=120)
    assert died.returncode == -signal.SIGKILL
    assert (stand.fires(made.id), stand.queued()) == ([], [])
    assert stand.scheduler.tick() == 1
    [fire], [run] = stand.fires(made.id), stand.queued()
    assert fire.run_id == run.id


def test_schedulers_at_the_same_instant_fire_once(stand):
    made = stand.create()
    for _ in range(10):
        stand.overdue(made.id, 5)
        others = [type(stand)(stand.database, stand.home, stand.project_id) for _ in range(6)]
        barrier = threading.Barrier(len(others))
        steps = []

        def look(one, barrier=barrier, steps=steps):
            barrier.wait()
            steps.append(one.firing.due(Due(stand.project_id, made.id)))

        threads = [threading.Thread(target=look, args=(one,)) for one in others]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(steps) == [False] * 5 + [True]
    assert len(stand.fires(made.id)) == len(stand.queued()) == 10


def test_the_loop_fires_by_itself_and_ends_when_it_is_stopped(stand):
    made = stand.create(interval={"every": 1, "unit": "seconds"})
    stand.scheduler.start()
    until = time.monotonic() + 120
    while len(stand.fires(made.id)) < 2:
        assert time.monotonic() < until, "it does not fire"
        time.sleep(0.05)
    stand.scheduler.stop()
    assert not any(thread.name == "scheduler" for thread in threading.enumerate())


def test_a_database_that_is_away_for_a_moment_does_not_end_the_loop(stand, monkeypatch):
    made = stand.create(interval={"every": 1, "unit": "seconds"})
    asked = []
    real = stand.database.read_system

    def away():
        asked.append(1)
        if len(asked) < 5:
            raise OSError("connection refused")
        return real()

    monkeypatch.setattr(stand.database, "read_system", away)
    stand.scheduler.start()
    until = time.monotonic() + 120
    while not stand.fires(made.id):
        assert time.monotonic() < until, "it does not come back"
        time.sleep(0.05)
    stand.scheduler.stop()


def test_the_time_is_the_database_s(stand, monkeypatch):
    import azuraforge.clock

    made = stand.create()
    wrong = azuraforge.clock.utc_now() + timedelta(days=400)
    monkeypatch.setattr("azuraforge.automations.service.utc_now", lambda: wrong)
    other = stand.create("other")
    assert abs(other.anchor_at - made.anchor_at) < timedelta(minutes=5)
    assert stand.scheduler.tick() == 0
