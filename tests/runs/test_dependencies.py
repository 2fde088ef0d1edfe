"""Runs that need runs: who waits, who goes on, and what a failure means for those behind it."""

from __future__ import annotations

import asyncio

import pytest

from azuraforge.errors import Conflict, InvalidInput
from azuraforge.runs.schemas import RunRequest


def ask(stand, *needs, project_id: str | None = None, **fields):
    config = fields.pop("config", {"steps": 1})
    request = RunRequest(config=config, depends_on=[run.id for run in needs], **fields)
    return stand.service.create(project_id or stand.project_id, request, "someone")


def states(stand, *runs) -> list[str]:
    return [stand.get(run.id).state for run in runs]


def test_a_run_starts_when_all_that_it_needs_have_succeeded(make_stand):
    stand = make_stand(start=False, concurrency=1)
    first, second = ask(stand, config={"steps": 3}), ask(stand, config={"steps": 3})
    last = ask(stand, first, second, first, priority=100)
    assert last.waiting_on == 2
    assert [(each.id, each.state) for each in last.depends_on] == [(first.id, "queued"), (second.id, "queued")]
    assert [each.id for each in stand.get(first.id).needed_by] == [last.id]
    stand.supervisor.start()
    last = stand.wait(last.id)
    assert last.state == "succeeded"
    assert last.waiting_on == 0
    ends = [stand.get(run.id).finished_at for run in (first, second)]
    assert all(end <= last.started_at for end in ends)
    waited = [data for type_, data in stand.events_of(last.id) if type_ == "run.waiting"]
    assert waited == [{"waiting_on": 1}, {"waiting_on": 0}]


def test_what_becomes_ready_is_taken_at_once_by_every_free_slot(make_stand):
    stand = make_stand(start=False, concurrency=2, reap_seconds=3600)
    first = ask(stand)
    behind = [ask(stand, first, config={"steps": 20, "pause": 0.05}) for _ in range(2)]
    stand.supervisor.start()
    began = [stand.wait(run.id).started_at for run in behind]
    ended = [stand.get(run.id).finished_at for run in behind]
    assert max(began) < min(ended)  # side by side, though nobody looked again


@pytest.mark.parametrize("how", ["failed", "cancelled", "quarantined"])
def test_the_end_of_one_cancels_all_that_needed_it_at_once_and_says_why(make_stand, how):
    stand = make_stand(start=False, max_consecutive_deaths=1)
    config = {"failed": {"phases": ["refuse"]}, "cancelled": {"steps": 1}, "quarantined": {"phases": ["die"]}}[how]
    first = ask(stand, config=config, name="the first")
    second = ask(stand, first)
    third = ask(stand, second)
    aside = ask(stand)
    if how == "cancelled":
        stand.service.cancel(stand.project_id, first.id)
    else:
        stand.worker.run_one((stand.project_id, first.id))
    assert states(stand, first, second, third, aside) == [how, "cancelled", "cancelled", "queued"]
    second, third = stand.get(second.id), stand.get(third.id)
    what = {"failed": "failed", "cancelled": "was cancelled", "quarantined": "was quarantined"}[how]
    assert second.error.message == f"the run depends on run {first.id} (the first), which {what}"
    assert second.error.where == f"run {first.id}"
    assert third.error.where == f"run {second.id}"
    assert third.finished_at is not None
    told = stand.events_of(third.id)
    assert [data["state"] for type_, data in told if type_ == "run.state"] == ["queued", "cancelled"]
    assert told[-1][0] == "run.finished"


def test_a_run_may_ask_to_start_whatever_became_of_the_others(make_stand):
    stand = make_stand(start=False)
    first = ask(stand, config={"phases": ["refuse"]})
    after = ask(stand, first, on_failure="run")
    assert not stand.worker.run_one((stand.project_id, after.id))
    stand.worker.run_one()
    assert states(stand, first, after) == ["failed", "queued"]
    assert stand.worker.run_one((stand.project_id, after.id))
    assert stand.get(after.id).state == "succeeded"


def test_what_a_run_needs_may_have_ended_before_it_was_made(make_stand):
    stand = make_stand(start=False)
    good, bad = ask(stand), ask(stand, config={"phases": ["refuse"]})
    while stand.worker.run_one():
        pass
    assert ask(stand, good).waiting_on == 0
    late = ask(stand, good, bad)
    assert late.state == "cancelled"
    assert late.error.code == "needed_run"
    assert ask(stand, bad, on_failure="run").state == "queued"


def test_a_cancelled_run_resumed_waits_again(make_stand):
    stand = make_stand(start=False)
    first = ask(stand, config={"steps": 5, "raise_at": 3, "raise_once": True, "error": "user", "every": 2})
    second = ask(stand, first)
    stand.worker.run_one()
    with pytest.raises(Conflict, match="the run depends on run"):
        stand.service.resume(stand.project_id, second.id)
    stand.service.resume(stand.project_id, first.id)
    again = stand.service.resume(stand.project_id, second.id)
    assert (again.state, again.waiting_on, again.error) == ("queued", 1, None)
    assert stand.worker.run_one()
    assert stand.worker.run_one()
    assert not stand.worker.run_one()
    assert states(stand, first, second) == ["succeeded", "succeeded"]


def test_a_run_whose_need_was_purged_says_so_instead_of_running_without(make_stand):
    stand = make_stand(start=False)
    first = ask(stand, config={"phases": ["refuse"]})
    second = ask(stand, first)
    stand.worker.run_one()
    stand.service.trash.delete(stand.project_id, first.id, None, "Ada")
    assert stand.service.trash.purge(stand.project_id, None).counts["runs"] == 1
    with pytest.raises(Conflict, match=f"the run depends on run {first.id}, which did not succeed and was purged"):
        stand.service.resume(stand.project_id, second.id)
    assert stand.get(second.id).state == "cancelled"


def test_only_runs_of_the_project_can_be_needed(make_stand, other_project_id):
    stand = make_stand(start=False)
    foreign = ask(stand, project_id=other_project_id)
    for wrong in (foreign.id, "no-such-run"):
        with pytest.raises(InvalidInput, match=f"{wrong!r}, which does not exist"):
            stand.service.create(stand.project_id, RunRequest(depends_on=[wrong]))
    assert asyncio.run(stand.service.lookup.list(stand.project_id)).items == []


def test_a_run_that_a_client_carries_cannot_wait(make_stand):
    stand = make_stand(start=False)
    first = ask(stand)
    with pytest.raises(InvalidInput, match="a client executes"):
        ask(stand, first, kind="external")


def test_at_most_twenty_runs_can_be_needed():
    with pytest.raises(ValueError, match="at most 20"):
        RunRequest(depends_on=[f"run-{number}" for number in range(21)])


def test_a_long_chain_falls_in_one_piece(make_stand):
    stand = make_stand(start=False)
    chain = [ask(stand)]
    for _ in range(60):
        chain.append(ask(stand, chain[-1]))
    stand.service.cancel(stand.project_id, chain[0].id)
    assert set(states(stand, *chain)) == {"cancelled"}


def test_an_earlier_request_keeps_its_key_though_requests_can_say_more_now(make_stand):
    stand = make_stand(start=False)
    first = ask(stand, idempotency_key="k")
    assert ask(stand, idempotency_key="k", on_failure="cancel", time_limit_seconds=None).id == first.id
    with pytest.raises(Conflict, match="with a different request"):
        ask(stand, idempotency_key="k", on_failure="run")
