"""A kind of run that only this file knows: registered, with its own extra facts, shapes and messages."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from azuraforge.errors import InvalidInput
from azuraforge.processes.frames import FROM_CHILD, encode
from azuraforge.processes.messages import message_frame
from azuraforge.runs import store
from azuraforge.runs.execution.recording import by_name
from azuraforge.runs.handlers import Finish, Handler, MessageKind, PreparedRun, Received, RunExtra, by_kind
from azuraforge.runs.lease import Held
from azuraforge.runs.schemas import RunRequest
from azuraforge.runs.tables import Run
from tests.entries.counting_steps import Asked, Commit, Counted, Stored, Word
from tests.stand import FreeSummary


class CountExtra(RunExtra):
    last: int


class Typed(BaseModel):
    type: str


class CountHandler(Handler):
    """Counts to ``last``; outputs are notes, state and position a figure."""

    kind = "count"
    extra = CountExtra

    def __init__(self) -> None:
        self.messages = [MessageKind("commit", Commit, self.commit)]
        self.attempts: list[int] = []
        self.database = None  # the stand's

    def prepare(self, project_id, request):
        return PreparedRun("count", None, request.config, extra=CountExtra(last=6))

    def execute(self, job):
        run = job.run
        with self.database.read(run.project_id) as session:
            figure = store.figure(session, run.id, "state")
        position = figure.data["position"] if figure is not None else 0
        self.attempts.append(position)
        asked = Asked(position=position, last=run.carries(CountExtra).last, **run.config)
        done = job.phase("count", "counting_steps:count", asked, share=1.0, result=Counted)
        assert done.outputs.is_dir()
        return Finish(FreeSummary(kind="count", **done.value.model_dump()))

    @staticmethod
    def commit(received, body):
        key = (received.session, received.run_id)
        store.add_note(*key, received.attempt, f"output {body.position}")
        store.save_figure(*key, "state", body.model_dump())
        if body.total < 0:
            raise InvalidInput("a total cannot be negative")
        return Stored(position=body.position)


@pytest.fixture
def stand(make_stand):
    made = make_stand(CountHandler(), start=False)
    made.handler.database = made.database
    return made


def start(stand, **config):
    return stand.service.create(stand.project_id, RunRequest(kind="count", config=config), "someone").id


def test_outputs_state_and_position_are_committed_together_and_a_killed_child_goes_on_from_there(stand):
    run_id = start(stand, dies_after=3)
    assert stand.worker.run_one()
    assert stand.get(run_id).state == "queued"
    stand.supervisor.start()
    stand.wait(run_id, lambda run: run.progress.note == "listening")
    assert stand.worker.send(run_id, "word", Word(text="enough"))
    run = stand.wait(run_id)
    assert (run.state, run.summary) == ("succeeded", {"kind": "count", "confirmed": [4, 5, 6], "word": "enough"})
    assert stand.handler.attempts == [0, 3]
    assert run.notes == [f"output {number}" for number in range(1, 7)], "each exactly once"
    assert stand.service.figure(stand.project_id, run_id, "state") == {"position": 6, "total": 21}
    stand.supervisor.stop()  # the worker lets go of a run a moment after its last write
    assert not stand.worker.send(run_id, "word", Word(text="too late"))


def test_a_message_that_the_kind_does_not_register_fails_the_run(stand):
    run_id = start(stand, undeclared=True)
    assert stand.worker.run_one()
    run = stand.get(run_id)
    assert run.state == "failed"
    assert "no message named 'gossip'" in run.error.message
    assert run.error.next_step == "use one of: metrics, usage, progress, checkpoint, resumed, note, figure, commit"


def test_the_platform_keeps_the_names_of_its_own_messages(stand):
    with pytest.raises(ValueError, match="two messages are registered as 'metrics'"):
        by_name([MessageKind("metrics", Commit, stand.handler.commit)])


def test_a_kind_may_name_its_messages_and_their_fields_as_the_platform_names_frames():
    """They travel inside a frame of their own, so a message named ``result`` does not end its child."""
    frame = message_frame("result", Typed(type="error"))
    assert frame == {"type": "message", "name": "result", "data": {"type": "error"}}
    assert FROM_CHILD.read(encode(frame)[4:]) == frame


def test_what_a_run_carries_is_checked_when_it_is_queued_and_when_it_is_read(stand):
    stand.handler.prepare = lambda *_: PreparedRun("count", None, {})
    with pytest.raises(TypeError, match="carries CountExtra, not RunExtra"):
        start(stand)
    del stand.handler.prepare
    run_id = start(stand)

    def stored_by_other_code(session):
        session.get(Run, (stand.project_id, run_id)).extra = {"first": 1}

    stand.database.write(stand.project_id, stored_by_other_code)
    assert stand.worker.run_one()
    assert "does not match CountExtra" in stand.get(run_id).error.message


def test_an_unknown_kind_is_refused_with_the_known_ones(stand):
    with pytest.raises(InvalidInput, match="'train' is not a kind of run") as refused:
        stand.service.create(stand.project_id, RunRequest(kind="train"), "someone")
    assert refused.value.next_step == "choose one of: count, external"
    with pytest.raises(ValueError, match="two handlers"):
        by_kind([stand.handler, CountHandler()])


def test_a_malformed_batch_is_one_short_error():
    with pytest.raises(InvalidInput, match="1 validation error") as caught:
        by_name()["metrics"].read(None, {"points": [0] * 10_000})
    assert len(caught.value.message) < 3000


@pytest.mark.parametrize(
    "point", [("", 1, 0.5, 0), ("loss", 2**63, 0.5, 0), ("loss", 1, 0.5, 2**63), ("loss", 1, 0.5, -1)]
)
def test_points_have_bounds(point):
    with pytest.raises(InvalidInput, match="malformed"):
        by_name()["metrics"].read(None, {"points": [point]})


@pytest.mark.parametrize(
    "folder", ["/runs/a/../b", "/runs/a", "/runs/a/checkpoints/train/1/..", "/runs/a/checkpoints/fit/1/5"]
)
def test_a_checkpoint_lies_in_the_folder_of_its_phase(folder):
    received = Received(None, None, Held("p", "a", 1), "train", Path("/runs/a"), None, [])
    with pytest.raises(InvalidInput, match="outside the folder"):
        by_name()["checkpoint"].read(received, {"step": 5, "folder": folder, "sha256": "0", "bytes": 1})
