"""A wall clock that jumps: which periods end early, and which do not; ``docs/reliability.md`` lists them."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from azuraforge.clock import utc_now
from azuraforge.events.service import EventLog
from azuraforge.projects import history, unnamed
from azuraforge.projects.history import LEAST_DAYS, History, hold_all

DAY = 24 * 3600.0
JUMP_DAYS = 10


class Clock:
    """The clock of this machine, ``days`` ahead."""

    days = 0.0

    def time(self) -> float:
        return time.time() + self.days * DAY

    def utc_now(self):
        return utc_now() + timedelta(days=self.days)


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(history, "utc_now", made.utc_now)
    monkeypatch.setattr(unnamed, "time", made)
    return made


def test_a_hold_that_outlasts_a_jump_holds_through_it_and_a_shorter_one_holds_again_afterwards(
    database, project_id, tmp_path, clock
):
    hold_all(tmp_path)
    found = History(EventLog(database), tmp_path)
    until = found.held_until(project_id, 30)
    assert until is not None
    clock.days = JUMP_DAYS
    assert found.held_until(project_id, 30) == until
    assert LEAST_DAYS < JUMP_DAYS
    assert found.held_until(project_id, 0) is None, "released while the clock is ahead"
    clock.days = 0
    assert found.held_until(project_id, 30) == until
    assert found.held_until(project_id, 0) is not None


def test_a_hold_that_begins_while_the_clock_is_ahead_is_not_shortened(database, project_id, tmp_path, clock):
    found = History(EventLog(database), tmp_path)
    clock.days = JUMP_DAYS
    hold_all(tmp_path)
    clock.days = LEAST_DAYS + 0.5
    assert found.held_until(project_id, 0) is not None


@pytest.mark.parametrize(("period_days", "released"), [(JUMP_DAYS + 1, []), (JUMP_DAYS - 1, ["file"])])
@pytest.mark.parametrize("days", [JUMP_DAYS, -JUMP_DAYS], ids=["ahead and back", "behind and back"])
def test_a_jump_releases_only_what_lacks_less_than_the_jump(tmp_path, clock, days, period_days, released):
    def look() -> list[str]:
        return unnamed.outlasted(tmp_path, ["file"], period_days * DAY)

    assert look() == []
    clock.days = days
    first = look()
    clock.days = 0
    assert first + look() == released


def test_a_file_first_seen_while_the_clock_is_ahead_waits_its_whole_period(tmp_path, clock):
    clock.days = JUMP_DAYS
    assert unnamed.outlasted(tmp_path, ["file"], 8 * DAY) == []
    clock.days = 0
    assert unnamed.outlasted(tmp_path, ["file"], 8 * DAY) == []
    clock.days = 7.9
    assert unnamed.outlasted(tmp_path, ["file"], 8 * DAY) == []
    clock.days = 8.1
    assert unnamed.outlasted(tmp_path, ["file"], 8 * DAY) == ["file"]
