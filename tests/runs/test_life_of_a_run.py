"""A run from its creation to each of its ends, with real children."""

from __future__ import annotations

import asyncio
import hashlib
import math

import pytest

from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.processes.environment import code_version
from azuraforge.runs import handlers
from azuraforge.runs.filters.store import Selection
from azuraforge.runs.handlers import Finish, PreparedRun
from azuraforge.runs.listing.pages import Listing
from azuraforge.runs.schemas import RunRequest
from azuraforge.runs.tables import Run
from tests.stand import Free, FreeSummary


def expected_hash(seed: int, steps: int) -> str:
    state = f"seed {seed}"
    for step in range(1, steps + 1):
        state = hashlib.sha256(f"{state} {step}".encode()).hexdigest()
    return state


def test_a_run_succeeds_and_tells_everything_in_order(stand):
    run = stand.wait(stand.create(seed=7, steps=30).id)
    assert run.state == "succeeded"
    assert run.summary == {"kind": "train", "hash": expected_hash(7, 30)}
    assert run.progress.share == 1.0
    assert run.environment["threads"] == 1
    assert run.environment["backend"] == "cpu"
    assert run.bit_reproducible
    assert [(attempt.attempt, attempt.ended_as) for attempt in run.attempts] == [(1, "succeeded")]
    events = stand.events_of(run.id)
    assert [data["state"] for type_, data in events if type_ == "run.state"] == ["queued", "running", "succeeded"]
    assert events[-1] == ("run.finished", {"state": "succeeded", "summary": run.summary, "error": None})
    assert [data["name"] for type_, data in events if type_ == "run.phase"] == ["train"]
    points = [pair for type_, data in events if type_ == "run.metrics" for pair in data["points"]["loss"]]
    assert points == [[step, 1.0 / step] for step in range(1, 31)]
    assert run.last_event_seq == len(events)
    [curve] = stand.service.metrics(stand.project_id, run.id).series
    assert (curve.series, curve.total_points) == ("loss", 30)
    assert curve.values == [1.0 / step for step in range(1, 31)]
    stand.wait(run.id, lambda _: not (stand.settings.scratch / run.id).exists())
    [log] = run.artifacts
    _, path = stand.service.artifact(stand.project_id, run.id, log.name)
    assert path.read_text() == "from step 0\n"


class _Remembering(handlers.Handler):
    """One short phase; the summary has the code version that a model's version would get."""

    kind = "train"

    def prepare(self, project_id, request):
        return PreparedRun("toy", request.plugin, request.config)

    def execute(self, job):
        job.phase("train", "toy_steps:train", Free(job.run.config), share=1.0, result=Free)
        return Finish(FreeSummary(code_version=job.run.code_version), timed=bool(job.run.config.get("timed")))


def test_a_result_that_the_clock_decided_is_not_called_reproducible(make_stand):
    stand = make_stand(handler=_Remembering())
    for timed in (False, True):
        run = stand.wait(stand.create(steps=1, timed=timed).id)
        assert (run.state, run.bit_reproducible) == ("succeeded", not timed)


def test_nothing_is_claimed_about_a_run_before_its_first_attempt(make_stand):
    stand = make_stand(start=False, handler=_Remembering())
    run, given_up = stand.create(steps=1), stand.create(steps=1)
    stand.service.cancel(stand.project_id, given_up.id)
    for each in (stand.get(run.id), stand.get(given_up.id)):
        assert (each.bit_reproducible, each.code_version, each.environment) == (None, None, None)

    def queued_by_an_earlier_release(session):
        session.get(Run, (stand.project_id, run.id)).code_version = "0.0.1+gabc"

    stand.database.write(stand.project_id, queued_by_an_earlier_release)
    assert stand.get(run.id).code_version is None
    stand.worker.run_one((stand.project_id, run.id))
    run = stand.get(run.id)
    assert (run.bit_reproducible, run.code_version) == (True, code_version())
    assert run.summary == {"kind": "train", "code_version": code_version()}


def test_the_project_hears_of_each_state(stand):
    run = stand.wait(stand.create(steps=1).id)
    heard = [event.data for event in stand.events.read(stand.project_id, "project")]
    assert [(each["run_id"], each["state"]) for each in heard] == [
        (run.id, state) for state in ("queued", "running", "succeeded")
    ]


def test_an_error_of_the_user_fails_the_run_at_once_and_says_what_where_and_next(stand):
    run = stand.wait(stand.create(phases=["refuse"]).id)
    assert run.state == "failed"
    assert run.error.model_dump(exclude={"details"}) == {
        "code": "invalid_input",
        "message": "this cannot be",
        "where": "the toy",
        "next_step": "choose another",
    }
    assert len(run.attempts) == 1
    assert stand.events_of(run.id)[-1][0] == "run.finished"


def test_a_bug_is_one_line_for_the_person_and_a_traceback_in_the_log(stand):
    run = stand.wait(stand.create(phases=["bug"], divisor=0).id)
    assert (run.state, run.error.code) == ("failed", "internal")
    assert run.error.message == "ZeroDivisionError: division by zero"
    _, path = stand.service.artifact(stand.project_id, run.id, "log-1.txt")
    assert "Traceback" in path.read_text()
    assert "toy_steps.py" in path.read_text()


@pytest.mark.parametrize(
    ("what", "code", "message"),
    [
        ("message", "internal", "ValueError: bad file name ?\N{REPLACEMENT CHARACTER}"),
        ("details", "invalid_input", "no ?"),
        ("metric name", "invalid_input", "'lo?ss' cannot be a metric's name: it contains a character"),
        ("empty metric name", "invalid_input", "'' cannot be a metric's name: it is empty"),
        ("long metric name", "invalid_input", "201 characters; at most 200 are allowed"),
        ("metric value", "invalid_input", "a metric is not a number"),
        ("step", "invalid_input", "a step must be between -2^62 and 2^62; this one is 9223372036854775808"),
        ("step that is none", "invalid_input", "step is not a whole number"),
        ("checkpoint step", "invalid_input", "a step must be between"),
        ("progress", "invalid_input", "exceeds 64 bits"),
        ("figure", "invalid_input", "the figure 'line' is not JSON"),
    ],
)
def test_what_json_cannot_say_is_an_error_of_the_run_and_no_death(stand, what, code, message):
    run = stand.wait(stand.create(phases=["unsayable"], what=what).id)
    assert (run.state, run.error.code) == ("failed", code)
    assert message in run.error.message
    if what == "details":
        assert {"path": "/x", "size": str(2**70), "seen": {"1": "{2}"}}.items() <= run.error.details.items()
    assert len(run.attempts) == 1


def test_a_broken_character_in_a_note_does_not_end_a_run(stand):
    run = stand.wait(stand.create(phases=["odd_words"]).id)
    assert run.state == "succeeded"
    assert run.notes == ["note ?\N{REPLACEMENT CHARACTER}"]
    assert run.progress.note == "half ?"


def test_a_transient_error_is_retried_with_a_pause_then_fails(make_stand):
    stand = make_stand(max_transient_retries=1)
    run = stand.wait(stand.create(steps=5, raise_at=3, error="transient").id)
    assert (run.state, run.error.code) == ("failed", "transient")
    assert [attempt.ended_as for attempt in run.attempts] == ["transient", "failed"]


def test_a_phase_that_ended_is_not_run_again(stand, tmp_path):
    marks = tmp_path / "marks"
    config = {"phases": ["count_calls", "train"], "marks": str(marks), "steps": 20, "die_at": 15, "die_once": True}
    run = stand.wait(stand.create(**config).id)
    assert run.state == "succeeded"
    assert len(run.attempts) == 2
    assert marks.read_text() == "x"


def test_a_phase_whose_outputs_were_changed_is_run_again(stand, tmp_path, make_stand):
    marks = tmp_path / "marks"
    config = {"phases": ["count_calls", "train"], "marks": str(marks), "steps": 5, "raise_at": 3, "error": "user"}
    run = stand.wait(stand.create(**config).id)
    assert run.state == "failed"
    [made] = (stand.settings.scratch / run.id / "phases" / "count_calls").rglob("made.txt")
    made.write_text("edited")
    stand.service.resume(stand.project_id, run.id)
    stand.wait(run.id, lambda run: run.state == "failed" and run.attempt == 2)
    assert marks.read_text() == "xx"


def test_notes_and_figures_arrive(stand):
    run = stand.wait(stand.create(phases=["describe"]).id)
    assert run.notes == ["One paragraph."]
    assert run.figures == ["line"]
    assert stand.service.figure(stand.project_id, run.id, "line") == {"points": [1, 2, 3]}


def test_metrics_that_are_no_numbers_are_kept(stand):
    run = stand.wait(stand.create(phases=["odd_metrics"]).id)
    [curve] = stand.service.metrics(stand.project_id, run.id).series
    assert curve.steps == [1, 2, 3, 4]
    assert curve.values == [None, None, None, 0.1 + 0.2]
    from azuraforge.runs.metrics import store as metric_store

    with stand.database.read(stand.project_id) as session:
        values = metric_store.read(session, run.id, "loss").values.tolist()
    assert math.isnan(values[0])
    assert values[1:3] == [math.inf, -math.inf]


def test_too_much_memory_fails_the_run_with_a_sentence(make_stand):
    stand = make_stand(memory_limit_bytes=300_000_000)
    run = stand.wait(stand.create(phases=["greedy"], bytes=600_000_000).id)
    assert (run.state, run.error.code) == ("failed", "memory_limit")
    assert len(run.attempts) == 1


def test_too_much_time_fails_the_run_with_a_sentence(make_stand):
    stand = make_stand(time_limit_seconds=0.5)
    run = stand.wait(stand.create(phases=["hang"]).id)
    assert (run.state, run.error.code) == ("failed", "time_limit")


def test_the_same_idempotency_key_is_the_same_run(make_stand):
    stand = make_stand(start=False)
    request = RunRequest(config={"steps": 1}, idempotency_key="once")
    first = stand.service.create(stand.project_id, request)
    assert stand.service.create(stand.project_id, request).id == first.id
    with pytest.raises(Conflict, match="with a different request"):
        stand.service.create(stand.project_id, request.model_copy(update={"seed": 1}))


def test_an_unknown_kind_is_refused(make_stand):
    stand = make_stand(start=False)
    with pytest.raises(InvalidInput, match="'agent' is not a kind of run"):
        stand.service.create(stand.project_id, RunRequest(kind="agent"))


def test_runs_come_by_priority_then_by_age(make_stand):
    stand = make_stand(start=False, concurrency=1)
    ids = [
        stand.service.create(stand.project_id, RunRequest(config={"steps": 1}, priority=priority)).id
        for priority in (0, 5, 0, -1)
    ]
    stand.supervisor.start()
    for run_id in ids:
        stand.wait(run_id)
    started = sorted(ids, key=lambda run_id: stand.get(run_id).started_at)
    assert started == [ids[1], ids[0], ids[2], ids[3]]


def test_pages_are_newest_first_and_complete(make_stand):
    stand = make_stand(start=False)
    ids = [stand.create(number=number).id for number in range(5)]
    first = asyncio.run(stand.service.lookup.list(stand.project_id, Listing(limit=2)))
    second = asyncio.run(stand.service.lookup.list(stand.project_id, Listing(limit=2, after=first.next)))
    third = asyncio.run(stand.service.lookup.list(stand.project_id, Listing(limit=2, after=second.next)))
    assert [run.id for page in (first, second, third) for run in page.items] == ids[::-1]
    assert third.next is None
    assert asyncio.run(stand.service.lookup.list(stand.project_id, Listing(Selection(state="failed")))).items == []


def test_another_project_sees_nothing(make_stand, other_project_id):
    stand = make_stand(start=False)
    run = stand.create(steps=1)
    service = stand.service
    for attempt in (
        lambda: service.get(other_project_id, run.id),
        lambda: service.cancel(other_project_id, run.id),
        lambda: service.resume(other_project_id, run.id),
        lambda: service.metrics(other_project_id, run.id),
        lambda: service.figure(other_project_id, run.id, "x"),
        lambda: service.renew_lease(other_project_id, run.id, "someone"),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert asyncio.run(service.lookup.list(other_project_id)).items == []
