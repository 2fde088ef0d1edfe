"""Runs that a client carries: points once, a lease, loss and return."""

from __future__ import annotations

import pytest

from azuraforge.errors import Conflict, Forbidden
from azuraforge.runs.schemas import FinishRequest, MetricPoints, RunProgress, RunRequest

ME = "me"


@pytest.fixture
def run(make_stand):
    stand = make_stand(start=False)
    made = stand.service.create(stand.project_id, RunRequest(kind="external", name="mine", config={"lr": 0.1}), ME)
    return stand, made


def points(*pairs, series: str = "loss", batch: int | None = None) -> MetricPoints:
    return MetricPoints(points={series: list(pairs)}, batch=batch, progress=RunProgress(done=1, total=4, share=0.25))


def lose(stand, run_id: str) -> None:
    from azuraforge.database import seconds_from_now
    from azuraforge.runs.tables import Run

    def expire(session):
        session.get(Run, (stand.project_id, run_id)).lease_until = seconds_from_now(-1)

    stand.database.write(stand.project_id, expire)
    assert stand.reaper().reap() == 1


def test_an_external_run_is_running_at_once_and_nobody_claims_it(run):
    stand, made = run
    assert made.state == "running"
    assert made.config == {"lr": 0.1}
    assert not stand.worker.run_one()
    assert made.attempts[0].worker == f"client:{ME}"


def test_points_sent_twice_are_taken_once(run):
    stand, made = run
    stand.service.record(stand.project_id, made.id, ME, points((1, 0.5), (2, None), batch=1))
    told = stand.service.record(stand.project_id, made.id, ME, points((1, 0.5), (2, None), (3, 0.1), batch=1))
    assert told.progress.share == 0.25
    [curve] = stand.service.metrics(stand.project_id, made.id).series
    assert (curve.steps, curve.values) == ([1, 2, 3], [0.5, None, 0.1])


def told_points(stand, run_id: str) -> list[dict]:
    return [data.get("points") for type_, data in stand.events_of(run_id) if type_ == "run.metrics"]


def test_points_sent_twice_are_one_event(run):
    stand, made = run
    stand.service.record(stand.project_id, made.id, ME, points((1, 0.5), (2, None)))
    stand.service.record(stand.project_id, made.id, ME, points((1, 0.75), (2, None)))
    stand.service.record(stand.project_id, made.id, ME, MetricPoints(points={"loss": []}))
    stand.service.record(stand.project_id, made.id, ME, points((2, 0.75), (3, 0.1)))
    assert told_points(stand, made.id) == [{"loss": [[1, 0.5], [2, None]]}, {"loss": [[3, 0.1]]}]


def test_a_run_that_ended_keeps_its_points_as_a_curve_and_only_the_last_lines_in_the_log(run):
    stand, made = run
    for step in range(100):
        body = MetricPoints(points={"loss": [(step, 0.5)]})
        stand.service.record(stand.project_id, made.id, ME, body)
    assert all(told_points(stand, made.id))
    stand.service.finish(stand.project_id, made.id, ME, FinishRequest(state="succeeded"))
    told = told_points(stand, made.id)
    assert len(told) == 100
    assert not any(told[:50])
    assert told[-1] == {"loss": [[99, 0.5]]}
    [curve] = stand.service.metrics(stand.project_id, made.id).series
    assert curve.steps == list(range(100))


def test_it_ends_as_the_client_says_and_may_say_so_twice(run):
    stand, made = run
    end = FinishRequest(state="succeeded", summary={"accuracy": 0.9})
    stand.service.finish(stand.project_id, made.id, ME, end)
    told = stand.service.finish(stand.project_id, made.id, ME, end)
    assert (told.state, told.summary) == ("succeeded", {"kind": "external", "values": {"accuracy": 0.9}})
    with pytest.raises(Conflict, match="has ended"):
        stand.service.record(stand.project_id, made.id, ME, points((9, 9.0)))
    assert [type_ for type_, _ in stand.events_of(made.id)].count("run.finished") == 1


def test_a_silent_client_loses_the_run_and_its_journal_reopens_it(run):
    stand, made = run
    stand.service.record(stand.project_id, made.id, ME, points((1, 0.5)))
    lose(stand, made.id)
    lost = stand.get(made.id)
    assert (lost.state, lost.error.code) == ("failed", "lost")
    stand.service.record(stand.project_id, made.id, ME, points((1, 0.5), (2, 0.4)))
    back = stand.get(made.id)
    assert (back.state, back.attempt, back.error) == ("running", 2, None)
    stand.service.finish(stand.project_id, made.id, ME, FinishRequest(state="succeeded"))
    [curve] = stand.service.metrics(stand.project_id, made.id).series
    assert curve.steps == [1, 2]


def test_somebody_elses_client_cannot_write(run):
    stand, made = run
    with pytest.raises(Forbidden):
        stand.service.renew_lease(stand.project_id, made.id, "somebody else")


def test_nobody_else_ends_it_nor_is_told_of_its_end(run):
    stand, made = run
    end = FinishRequest(state="succeeded")
    for _ in range(2):  # running, then ended
        with pytest.raises(Forbidden):
            stand.service.finish(stand.project_id, made.id, "somebody else", end)
        assert stand.service.finish(stand.project_id, made.id, ME, end).state == "succeeded"
    queued = stand.create(steps=1)
    with pytest.raises(Conflict, match="worker"):
        stand.service.finish(stand.project_id, queued.id, ME, end)


def test_a_lease_keeps_it_and_tells_of_a_request_to_cancel(run):
    stand, made = run
    assert not stand.service.renew_lease(stand.project_id, made.id, ME).cancel_requested
    stand.service.cancel(stand.project_id, made.id)
    assert stand.service.renew_lease(stand.project_id, made.id, ME).cancel_requested
    end = FinishRequest(state="failed", error="stopped by request")
    assert stand.service.finish(stand.project_id, made.id, ME, end).state == "cancelled"


def test_a_lost_run_that_was_to_be_cancelled_is_cancelled(run):
    stand, made = run
    stand.service.cancel(stand.project_id, made.id)
    lose(stand, made.id)
    assert stand.get(made.id).state == "cancelled"


def test_an_external_run_cannot_be_resumed_by_us_nor_written_by_a_worker_kind(run):
    stand, made = run
    lose(stand, made.id)
    with pytest.raises(Conflict, match="client"):
        stand.service.resume(stand.project_id, made.id)
    queued = stand.create(steps=1)
    with pytest.raises(Conflict, match="worker"):
        stand.service.record(stand.project_id, queued.id, ME, points((1, 1.0)))


def test_the_platform_claims_nothing_about_a_run_that_it_does_not_execute(run):
    stand, made = run
    for shown in (made, stand.service.get(stand.project_id, made.id)):
        assert (shown.bit_reproducible, shown.code_version) == (None, None)
