"""Versions of a dataset judge what continues it, each point once; revisions judge again and keep what was there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from azuraforge.datasets.schemas import FileOptions
from azuraforge.events.notifier import Notifier
from azuraforge.models.deployments.schemas import DeploymentRequest
from azuraforge.models.drift.store import judged_errors
from azuraforge.models.predictions import progress
from azuraforge.models.predictions.outcome_loop import OutcomeLoop
from azuraforge.models.predictions.outcomes import Outcomes
from azuraforge.models.predictions.truths import Truths
from tests.models.predictions.conftest import HOURS, Ground


def _due(ground: Ground) -> list[str]:
    with ground.system.database.read_system() as session:
        return [each.dataset_id for each in progress.due(session, 10) if each.project_id == ground.project_id]


def _actuals(ground: Ground, made: Any) -> list[float]:
    return [each.actual for each in ground.show(made.prediction_id).outcomes]


def _errors(ground: Ground) -> list[float]:
    with ground.system.database.read(ground.project_id) as session:
        model_id = ground.system.service.reads.show(ground.project_id, "load").id
        return [each.error for each in judged_errors(session, model_id, 1, 10)]


def _look(ground: Ground) -> int:
    """One look of a loop, with its workers awaited."""
    loop = OutcomeLoop(ground.system.database, Notifier(), ground.service.outcomes)
    begun = loop.tick()
    loop.stop()
    return begun


def test_a_revision_judges_again_and_keeps_the_former_judgement(ground: Ground) -> None:
    ground.accept_revisions()
    made = ground.predict()  # says 6, 7, 8; naive 5
    ground.post({"prediction_id": made.prediction_id, "at": HOURS[3], "value": 100.0})
    ground.add_rows([7.5, 7.0])
    assert ground.join() == 2
    before = ground.service.reads.scores(ground.project_id, "load", None)
    ground.append({1: 6.5, 2: 7.0, 3: 8.0})
    assert ground.join() == 1, "one value changed; what was sent stays, and so does what came again"
    first, second, sent = ground.show(made.prediction_id).outcomes
    assert (first.actual, first.loss, first.naive_loss, first.hit) == (6.5, 0.5, 1.5, True)
    assert first.source == "dataset load v3"
    (former,) = first.earlier
    assert (former.actual, former.loss, former.naive_loss, former.hit) == (7.5, 1.5, 2.5, False)
    assert former.source == "dataset load v2"
    assert former.judged_at <= former.replaced_at <= first.judged_at
    assert (second.actual, second.earlier, sent.actual, sent.earlier) == (7.0, [], 100.0, [])
    told = {"dataset_id": ground.dataset_id, "dataset": "load", "version": 3}
    assert ground.events("prediction.judged_again") == [{**told, "points": 1, "predictions": 1, "models": ["load"]}]
    after = ground.service.reads.scores(ground.project_id, "load", None)
    assert (before.judged_again, after.judged_again) == (0, 1)
    assert before.total[0].loss - after.total[0].loss == pytest.approx(1.0 / 3)
    ground.append({1: 9.0})
    assert ground.join() == 1
    assert [each.actual for each in ground.show(made.prediction_id).outcomes[0].earlier] == [7.5, 6.5]
    assert ground.join() == 0
    assert _due(ground) == []


def test_a_file_that_rewrites_the_past_is_a_revision_only_where_the_dataset_accepts_them(ground: Ground) -> None:
    made = ground.predict()
    ground.add_rows([7.5, 7.0])
    ground.join()
    ground.add_rows([0.0, 7.0])
    assert ground.join() == 0
    ground.accept_revisions()
    ground.add_rows([1.0, 7.0])
    assert ground.join() == 1
    assert _actuals(ground, made) == [1.0, 7.0]


def test_a_revision_takes_nothing_back_that_a_canarys_tests_have_counted(ground: Ground, make_folder: Any) -> None:
    system, project_id = ground.system, ground.project_id
    ground.accept_revisions()
    schema = system.datasets.get(project_id, "load").schema
    system.add_version(project_id, make_folder(3.0), schema=schema.model_dump(), dataset_id=ground.dataset_id)
    request = DeploymentRequest(reason="try", version=2, mode="shadow")
    system.service.deployments.start(project_id, "load", request, "ayşe")
    ground.service.outcomes._after_judging = [system.service.deployments.watch]
    ground.predict()
    system.service.deployments.drain()
    ground.add_rows([6.0, 7.0, 8.0])
    assert ground.join() == 6
    (before,) = system.service.deployments.list(project_id, "load").items
    assert before.losses.worse == 1
    errors = _errors(ground)
    assert errors == [0.0]
    ground.append({1: 8.0, 2: 11.0, 3: 14.0})  # now the shadow was right
    assert ground.join() == 6
    (after,) = system.service.deployments.list(project_id, "load").items
    assert after == before
    assert _errors(ground) == errors, "the test of drift has counted the first judgement"


def test_a_version_is_due_until_it_has_judged_and_a_loop_in_any_process_finds_it(ground: Ground) -> None:
    assert _due(ground) == [], "nothing continues the dataset"
    made = ground.predict()
    ground.append({1: 7.5})
    assert _due(ground) == [ground.dataset_id]
    assert _look(ground) == 1
    assert _actuals(ground, made) == [7.5]
    assert _due(ground) == []


def test_equal_rows_of_another_dataset_are_no_truth(ground: Ground, tmp_path: Path) -> None:
    made = ground.predict()
    rows = "\n".join(f"{at},{value},1" for value, at in enumerate(HOURS))
    (tmp_path / "copy.csv").write_text(f"at,load,heat\n{rows}\n")
    options = FileOptions(name="copy", time="at", target="load", unit="kW")
    other = ground.system.datasets.add_file(ground.project_id, tmp_path / "copy.csv", "copy.csv", options)
    assert ground.service.outcomes.join(ground.project_id, other.id) == 0
    assert _actuals(ground, made) == []


@pytest.mark.parametrize("again", [False, True], ids=["first", "again"])
def test_a_process_that_dies_while_it_judges_leaves_the_rest_to_the_next_one(
    ground: Ground, tmp_path: Path, again: bool
) -> None:
    ground.accept_revisions()
    made = [ground.predict() for _ in range(3)]
    ground.append({1: 7.5})
    if again:
        ground.join()
        ground.append({1: 6.5})
    url = ground.system.database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.models.predictions.killed_judging", url, str(tmp_path)]
    done = subprocess.run(
        [*command, ground.project_id, ground.dataset_id],
        env={**os.environ, "AZURAFORGE_CRASHPOINT": "outcomes_before_commit"},
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    expected, events = (6.5, "prediction.judged_again") if again else (7.5, "prediction.judged")
    assert all(_actuals(ground, each) == ([7.5] if again else []) for each in made)
    assert _due(ground) == [ground.dataset_id]
    _look(ground)
    assert all(_actuals(ground, each) == [expected] for each in made)
    assert [each["points"] for each in ground.events(events)] == [3]
    assert [len(ground.show(each.prediction_id).outcomes[0].earlier) for each in made] == [int(again)] * 3


def test_several_platforms_judge_once(ground: Ground, launcher: Any) -> None:
    ground.accept_revisions()
    made = [ground.predict() for _ in range(4)]
    told: list[int] = []

    def join() -> None:
        truths = Truths(ground.system.service.versions, launcher.call)
        mine = Outcomes(ground.system.database, ground.system.events, ground.system.datasets, truths)
        told.append(mine.join(ground.project_id, ground.dataset_id))

    for value in (7.5, 6.5):
        ground.append({1: value})
        threads = [threading.Thread(target=join) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(told) == [0] * 6 + [4, 4]
    for each in made:
        (point,) = ground.show(each.prediction_id).outcomes
        assert (point.actual, [former.actual for former in point.earlier]) == (6.5, [7.5])


def test_a_process_with_older_rows_does_not_judge_behind_one_with_newer_rows(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground.accept_revisions()
    made = ground.predict(horizon=1)
    ground.append({1: 7.5})
    ground.join()
    ground.append({1: 6.5})
    read = Truths.read

    def slow(self: Truths, *asked: Any) -> Any:
        found = read(self, *asked)
        monkeypatch.setattr(Truths, "read", read)
        ground.append({1: 7.5, 2: 1.0})  # what was revised is revised back
        ground.join()
        return found

    monkeypatch.setattr(Truths, "read", slow)
    assert ground.join() == 0
    assert _actuals(ground, made) == [7.5]
