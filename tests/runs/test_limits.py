"""Time and memory: a run may ask for less than the platform allows, and hears which limit it met."""

from __future__ import annotations

import os

import pytest

from azuraforge.errors import InvalidInput
from azuraforge.runs.schemas import RunRequest

MEBIBYTE = 2**20


def start(stand, **fields):
    return stand.service.create(stand.project_id, RunRequest(**fields), "someone")


def test_a_run_that_takes_longer_than_it_asked_for_fails_and_hears_where_to_raise_that(make_stand):
    stand = make_stand(time_limit_seconds=3600)
    asked = start(stand, config={"phases": ["hang"]}, time_limit_seconds=0.5)
    assert asked.time_limit_seconds == 0.5
    run = stand.wait(asked.id)
    assert (run.state, run.error.code, run.error.where) == ("failed", "time_limit", "time_limit_seconds of the run")
    assert "limit of 0.5 seconds" in run.error.message
    assert "start the run again with a higher time_limit_seconds" in run.error.next_step
    assert len(run.attempts) == 1


def test_the_platforms_own_limit_names_its_setting(make_stand):
    stand = make_stand(time_limit_seconds=0.5)
    run = stand.wait(start(stand, config={"phases": ["hang"]}).id)
    assert (run.error.code, run.error.where) == ("time_limit", "runs.time_limit_seconds of the platform")
    assert "AZURAFORGE_RUNS__TIME_LIMIT_SECONDS" in run.error.next_step


def test_memory_counts_for_all_processes_of_the_attempt(make_stand):
    stand = make_stand()
    # Each of its processes alone stays far below the limit; together they do not.
    config = {"phases": ["many_greedy"], "bytes": 120 * MEBIBYTE, "processes": 4}
    run = stand.wait(start(stand, config=config, memory_limit_bytes=420 * MEBIBYTE).id)
    assert (run.state, run.error.code, run.error.where) == ("failed", "memory_limit", "memory_limit_bytes of the run")
    assert f"{420 * MEBIBYTE:,} bytes are allowed" in run.error.message


def test_pages_that_its_processes_share_count_once(make_stand):
    stand = make_stand()
    config = {"phases": ["sharing"], "bytes": 200 * MEBIBYTE, "processes": 5}
    run = stand.wait(start(stand, config=config, memory_limit_bytes=600 * MEBIBYTE).id)
    assert run.state == "succeeded", run.error


@pytest.mark.parametrize(("name", "asked"), [("time_limit_seconds", 61.0), ("memory_limit_bytes", 2**30 + 1)])
def test_more_than_the_platform_allows_is_refused_before_the_run_exists(make_stand, name, asked):
    stand = make_stand(start=False, time_limit_seconds=60.0, memory_limit_bytes=2**30)
    with pytest.raises(InvalidInput, match=f"{name} is .*; this platform allows") as refused:
        start(stand, **{name: asked})
    assert f"AZURAFORGE_RUNS__{name.upper()}" in refused.value.next_step
    assert start(stand, **{name: asked - 1}).state == "queued"


def test_a_limit_for_a_run_that_a_client_carries_is_refused(make_stand):
    stand = make_stand(start=False)
    with pytest.raises(InvalidInput, match="sets no limits for a run"):
        start(stand, kind="external", time_limit_seconds=1.0)


@pytest.mark.parametrize(
    "wrong", [{"time_limit_seconds": 0}, {"time_limit_seconds": float("inf")}, {"memory_limit_bytes": 0}]
)
def test_a_limit_that_means_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RunRequest(**wrong)


def test_a_fresh_attempt_has_the_whole_time_again(make_stand):
    stand = make_stand()
    config = {"steps": 40, "every": 5, "pause": 0.05, "die_at": 25, "die_once": True}
    run = stand.wait(start(stand, config=config, time_limit_seconds=30.0).id)
    assert (run.state, len(run.attempts)) == ("succeeded", 2)


def test_what_a_run_uses_is_recorded_apart_from_its_own_curves(make_stand):
    stand = make_stand(sample_seconds=0.6)
    config = {"phases": ["train", "burn"], "steps": 20, "every": 5, "pause": 0.05, "seconds": 3.0}
    run = stand.wait(start(stand, config=config).id)
    assert run.state == "succeeded"
    assert [series for series in run.metric_series if not series.startswith("system/")] == ["loss"]
    curves = {each.series: each for each in stand.service.metrics(stand.project_id, run.id).series}
    assert set(curves) >= {"loss", "system/memory_bytes", "system/cpu_percent"}
    assert max(curves["system/cpu_percent"].values) > 50 * run.summary["share_of_core"]  # a busy machine gives it less
    assert max(curves["system/cpu_percent"].values) < 100 * (os.cpu_count() or 1) + 50
    assert all(10 * MEBIBYTE < value < 2**34 for value in curves["system/memory_bytes"].values)
    steps = curves["system/memory_bytes"].steps
    assert steps == sorted(set(steps))
    assert steps[-1] <= (run.finished_at - run.attempts[0].started_at).total_seconds()


def test_a_run_shorter_than_the_time_between_two_points_has_some_too(make_stand):
    stand = make_stand(sample_seconds=5.0)
    run = stand.wait(start(stand, config={"steps": 20, "every": 5, "pause": 0.12}).id)
    curves = {each.series: each for each in stand.service.metrics(stand.project_id, run.id).series}
    assert all(value > 10 * MEBIBYTE for value in curves["system/memory_bytes"].values)
    assert curves["system/cpu_percent"].steps[0] < 5


def test_those_curves_go_on_where_an_interrupted_attempt_left_them(make_stand):
    stand = make_stand(sample_seconds=0.5)
    config = {"steps": 60, "every": 5, "pause": 0.06, "die_at": 45, "die_once": True}
    run = stand.wait(start(stand, config=config).id)
    assert (run.state, len(run.attempts)) == ("succeeded", 2)
    second = (run.attempts[1].started_at - run.attempts[0].started_at).total_seconds()
    curves = {each.series: each for each in stand.service.metrics(stand.project_id, run.id).series}
    assert curves["loss"].steps == list(range(1, 61))
    steps = curves["system/memory_bytes"].steps
    assert min(steps) < second < max(steps) + 1  # nothing of the first attempt was cut, and the second added to it
