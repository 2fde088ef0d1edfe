"""Computations after a success: never awaited, kept over kill -9, attached once."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from azuraforge.runs.execution.follow_ups import FILE, FollowUps
from azuraforge.runs.execution.lost_follow_ups import end_lost
from azuraforge.runs.execution.scratch import sweep
from azuraforge.runs.handlers import Finish, FollowUp
from tests.process_checks import Patience
from tests.stand import Free, FreeSummary, ToyHandler

PROBLEM = {"en": "It could not be explained: {problem}", "tr": "Açıklanamadı: {problem}"}


class Explaining(ToyHandler):
    """Trains, and explains afterwards."""

    def execute(self, job: Any) -> Finish:
        done = job.phase("train", "toy_steps:train", Free(job.run.config), share=1, result=Free)
        payload = {**job.run.config["explain"], "folder": str(done.outputs)}
        steps = [FollowUp("why", "toy_steps:explain", payload, PROBLEM)]
        return Finish(FreeSummary(**done.value.root), follow_ups=steps)


@pytest.fixture
def explaining(make_stand: Any) -> Any:
    return make_stand(Explaining())


def wait_until_explained(stand: Any, run_id: str) -> Any:
    return stand.wait(run_id, lambda run: run.state == "succeeded" and not run.follow_ups, seconds=60)


def wait_until_gone(folder: Path) -> None:
    patience = Patience(60)
    while folder.exists():
        assert not patience.over, sorted(folder.rglob("*"))
        time.sleep(0.02)


def test_the_success_comes_first_and_the_explanation_behind_everybody_s_work(explaining: Any, tmp_path: Path) -> None:
    go = tmp_path / "go"
    run = explaining.create(steps=2, explain={"wait_for": str(go)})
    ended = explaining.wait(run.id)
    assert (ended.state, ended.figures, ended.follow_ups) == ("succeeded", [], ["why"])
    # Its files stay for as long, and another run need not wait.
    assert sweep(explaining.database, explaining.settings.scratch) == 0
    other = explaining.create(steps=2, explain={"wait_for": str(go)})
    assert explaining.wait(other.id).state == "succeeded"
    go.touch()
    explained = wait_until_explained(explaining, run.id)
    assert explained.notes == ["explained"]
    figure = explaining.service.figure(explaining.project_id, run.id, "explained")
    assert figure == {"read": explained.summary["hash"], "nice": os.nice(0) + 10}
    # ``run.finished`` stays the last line of the run's own stream.
    assert explaining.events_of(run.id)[-1][0] == "run.finished"
    wait_until_explained(explaining, other.id)
    wait_until_gone(explaining.settings.scratch / run.id)


def test_a_child_that_dies_is_replaced(explaining: Any, tmp_path: Path) -> None:
    run = explaining.create(steps=1, explain={"deaths": 2, "marks": str(tmp_path / "marks")})
    explained = wait_until_explained(explaining, run.id)
    assert (explained.figures, explained.notes) == (["explained"], ["explained"])
    assert (tmp_path / "marks").read_text().count("tried") == 3


def test_a_child_that_always_dies_leaves_one_note(explaining: Any, tmp_path: Path) -> None:
    run = explaining.create(steps=1, explain={"deaths": 99, "marks": str(tmp_path / "marks")})
    explained = wait_until_explained(explaining, run.id)
    assert explained.figures == []
    [note] = explained.notes
    assert note.startswith("It could not be explained: ")
    assert explained.state == "succeeded"
    wait_until_gone(explaining.settings.scratch / run.id)


def test_a_worker_that_stopped_in_between_goes_on_after_its_next_start(explaining: Any, tmp_path: Path) -> None:
    go = tmp_path / "go"
    run = explaining.create(steps=1, explain={"wait_for": str(go)})
    explaining.wait(run.id)
    explaining.supervisor.stop()
    assert explaining.get(run.id).follow_ups == ["why"]
    assert (explaining.settings.scratch / run.id / FILE).exists()
    go.touch()
    again = explaining.new_worker()
    again.start()
    explained = wait_until_explained(explaining, run.id)
    assert (explained.figures, explained.notes) == (["explained"], ["explained"])
    again.drain()


def test_two_workers_on_one_disk_and_a_second_look_attach_nothing_twice(explaining: Any, tmp_path: Path) -> None:
    go, marks = tmp_path / "go", tmp_path / "marks"
    run = explaining.create(steps=1, explain={"wait_for": str(go), "deaths": 0, "marks": str(marks)})
    explaining.wait(run.id)
    folder = explaining.settings.scratch / run.id
    second = FollowUps(explaining.database, explaining.events, explaining.launcher, explaining.settings.scratch)
    patience = Patience(60)
    while explaining.worker._follow_ups._child is None:  # it holds the file
        assert not patience.over
        time.sleep(0.01)
    kept = (folder / FILE).read_bytes()
    second.execute(folder)
    assert explaining.get(run.id).follow_ups == ["why"]
    go.touch()
    assert wait_until_explained(explaining, run.id).notes == ["explained"]
    wait_until_gone(folder)
    folder.mkdir()  # as after a kill between the transaction and the removal of the folder
    (folder / FILE).write_bytes(kept)
    second.execute(folder)
    assert explaining.get(run.id).notes == ["explained"]
    assert marks.read_text().count("tried") == 1
    assert not folder.exists()


def test_a_run_that_did_not_succeed_is_not_explained(explaining: Any, tmp_path: Path) -> None:
    """Its worker died between writing the file and the success: the next attempt writes it again."""
    go = tmp_path / "go"
    run = explaining.create(steps=1, explain={"wait_for": str(go)})
    explaining.wait(run.id)
    folder = explaining.settings.scratch / run.id
    kept = (folder / FILE).read_bytes()
    failed = explaining.create(steps=5, raise_at=2, error="user", explain={})
    explaining.wait(failed.id)
    home = explaining.settings.scratch / failed.id
    (home / FILE).write_bytes(kept.replace(run.id.encode(), failed.id.encode()))
    second = FollowUps(explaining.database, explaining.events, explaining.launcher, explaining.settings.scratch)
    second.execute(home)
    assert explaining.get(failed.id).figures == []
    assert home.exists()  # it can be resumed from there
    go.touch()
    wait_until_explained(explaining, run.id)


def test_what_a_lost_disk_took_ends_with_a_note(explaining: Any, tmp_path: Path) -> None:
    run = explaining.create(steps=1, explain={"wait_for": str(tmp_path / "never")})
    explaining.wait(run.id)
    explaining.supervisor.stop()
    database, events, scratch = explaining.database, explaining.events, explaining.settings.scratch
    assert end_lost(database, events, scratch) == 0  # the file is there
    shutil.rmtree(scratch / run.id)
    assert end_lost(database, events, None) == 0  # another disk may hold it
    assert explaining.get(run.id).follow_ups == ["why"]

    assert end_lost(database, events, scratch) == 1

    ended = explaining.get(run.id)
    assert ended.follow_ups == []
    [note] = ended.notes
    assert note.startswith("Not computed: why. The worker's files of this run are gone")
    assert end_lost(database, events, scratch) == 0
