"""Cancelling: in the queue, while running, and where the child will not listen."""

from __future__ import annotations

import psutil
import pytest

from azuraforge.errors import Conflict
from tests.process_checks import still_alive


def test_a_queued_run_is_cancelled_at_once(make_stand):
    stand = make_stand(start=False)
    run = stand.service.cancel(stand.project_id, stand.create().id)
    assert run.state == "cancelled"
    assert stand.events_of(run.id)[-1] == ("run.finished", {"state": "cancelled", "summary": None, "error": None})
    stand.supervisor.start()
    assert stand.get(run.id).attempt == 0


def test_a_running_run_is_cancelled_and_resumed_from_its_checkpoint(stand):
    run = stand.create(steps=400, every=10, pause=0.005)
    stand.wait(run.id, lambda run: run.progress.done > 25)
    asked = stand.service.cancel(stand.project_id, run.id)
    assert asked.cancel_requested or asked.state == "cancelled"
    run = stand.wait(run.id)
    assert run.state == "cancelled"
    assert run.attempts[-1].ended_as == "cancelled"
    stand.service.resume(stand.project_id, run.id)
    run = stand.wait(run.id)
    assert run.state == "succeeded"
    assert run.attempts[1].resumed_from_step >= 20
    assert not run.cancel_requested


def test_a_child_that_ignores_the_request_is_killed_with_all_it_started(stand, launcher):
    run = stand.create(phases=["stubborn"])
    stand.wait(run.id, lambda run: run.progress.note == "ignoring signals")
    family = psutil.Process(launcher.pid).children(recursive=True)
    stand.service.cancel(stand.project_id, run.id)
    run = stand.wait(run.id)
    assert run.state == "cancelled"
    assert still_alive(family, 2) == []


def test_the_beat_tells_of_a_cancellation_that_the_bell_did_not(make_stand):
    stand = make_stand()
    stand.supervisor.cancelled = lambda project_id, run_id: None
    run = stand.create(phases=["hang"])
    stand.wait(run.id, lambda run: run.progress.phase == "hang")
    stand.service.cancel(stand.project_id, run.id)
    assert stand.wait(run.id).state == "cancelled"


def test_what_has_ended_can_be_neither_cancelled_nor_resumed(stand):
    run = stand.wait(stand.create(steps=1).id)
    with pytest.raises(Conflict, match="has ended"):
        stand.service.cancel(stand.project_id, run.id)
    with pytest.raises(Conflict, match="succeeded"):
        stand.service.resume(stand.project_id, run.id)
