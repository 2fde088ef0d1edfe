"""A study is taken onwards by its rows alone: no trial is doubled, none is lost, whoever looks and however often."""

from __future__ import annotations

import math
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from azuraforge.database import Database
from azuraforge.errors import Conflict, NotFound, TransientError
from azuraforge.projects.schemas import RetentionPolicy
from azuraforge.runs.trash import RunTrash
from azuraforge.studies import store
from azuraforge.studies.advance import FAILED_IN_A_ROW
from azuraforge.studies.needs import object_to_resuming
from azuraforge.studies.service import StudyService
from tests.studies.conftest import Stand


def bowl(params) -> float:
    """Best at a learning rate of 0.01 and 32."""
    return (math.log10(params["learning_rate"]) + 2) ** 2 + ((params["hidden_size"] - 32) / 32) ** 2 + 0.5


def test_a_study_from_its_first_trial_to_the_winner(stand: Stand) -> None:
    study_id = stand.create(budget_trials=6, parallel=2)
    stand.go(study_id)
    assert [trial.state for trial in stand.trials(study_id)] == ["running", "running"], "as many as may run at once"
    stand.carry(study_id, bowl)
    study, trials = stand.study(study_id), stand.trials(study_id)
    assert (study.state, study.reason, study.active) == ("finished", "trials", False)
    assert [trial.number for trial in trials] == list(range(6))
    assert {trial.state for trial in trials} == {"complete"}
    assert study.winner == min(trials, key=lambda trial: trial.scores[0]).number
    winner = stand.run(study.retrain_run_id)
    assert winner.kind == "train"
    assert winner.extra["trials"] == 6, "the gate counts every trial"
    assert winner.config["hidden_size"] == trials[study.winner].params["hidden_size"]
    kinds = [stand.run(trial.run_id).kind for trial in trials]
    assert kinds == ["trial"] * 6


def test_the_winner_is_trained_for_the_epochs_it_needed(stand: Stand) -> None:
    study_id = stand.create(budget_trials=1)
    stand.go(study_id)
    held = stand.claim(stand.trials(study_id)[0].run_id)
    stand.report(held, [5.0, 3.0, 2.0, 4.0])
    stand.end(held, rmse=1.0)
    stand.go(study_id)
    (trial,) = stand.trials(study_id)
    assert trial.best_epoch == 3
    retrained = stand.run(stand.study(study_id).retrain_run_id)
    assert retrained.config["stop_after"] == 3
    assert retrained.extra["retrained"] is True


def test_schedulers_at_once_make_no_trial_twice(stand: Stand) -> None:
    study_id = stand.create(budget_trials=20, parallel=4)
    key = store.Active(stand.project_id, study_id)
    problems = []

    def look() -> None:
        try:
            for _ in range(20):
                stand.advance.step(key)
        except Exception as error:
            problems.append(error)

    for _ in range(2):
        threads = [threading.Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        waiting = [trial for trial in stand.trials(study_id) if trial.state == "running"]
        assert len(waiting) == 4
        for trial in waiting:
            stand.end(stand.claim(trial.run_id), rmse=bowl(trial.params))
    assert not problems
    trials = stand.trials(study_id)
    assert [trial.number for trial in trials] == list(range(8))
    assert len({trial.run_id for trial in trials}) == 8
    assert len(stand.dispatch.submissions) == 8, "one run for each trial, and no other"


def test_after_a_restart_the_same_trial_is_asked(database: Database, project_id: str, tmp_path) -> None:
    chosen = []
    for life in ("one", "other"):
        stand = Stand(database, tmp_path / life, project_id)
        study_id = stand.create(life, budget_trials=12)
        for number in range(12):
            if life == "other":  # somebody else goes on after each single trial, with nothing but the rows
                stand = Stand(database, tmp_path / life / str(number), project_id)
            stand.go(study_id)
            trial = stand.trials(study_id)[-1]
            stand.end(stand.claim(trial.run_id), rmse=bowl(trial.params))
        chosen.append([trial.params for trial in stand.trials(study_id)])
    assert chosen[0] == chosen[1]


def test_a_trial_that_dies_counts_as_failed_and_the_study_goes_on(stand: Stand) -> None:
    study_id = stand.create(budget_trials=3)
    stand.go(study_id)
    stand.end(stand.claim(stand.trials(study_id)[0].run_id), "quarantined")
    stand.go(study_id)
    stand.end(stand.claim(stand.trials(study_id)[1].run_id), "failed")
    stand.carry(study_id, bowl)
    trials = stand.trials(study_id)
    assert [trial.state for trial in trials] == ["failed", "failed", "complete"]
    assert trials[1].error["message"] == "it broke"
    assert stand.study(study_id).state == "finished"
    assert stand.study(study_id).winner == 2


def test_a_study_whose_trials_all_fail_ends_and_says_why(stand: Stand) -> None:
    study_id = stand.create(budget_trials=50)
    for _ in range(FAILED_IN_A_ROW):
        stand.go(study_id)
        stand.end(stand.claim(stand.trials(study_id)[-1].run_id), "failed")
    stand.go(study_id)
    study = stand.study(study_id)
    assert (study.state, study.retrain_run_id, study.asked) == ("failed", None, FAILED_IN_A_ROW)
    assert "it broke" in study.error["message"]


def test_a_trial_without_the_objective_is_failed(stand: Stand) -> None:
    study_id = stand.create(budget_trials=2)
    stand.go(study_id)
    stand.end(stand.claim(stand.trials(study_id)[0].run_id), rmse=math.nan)
    stand.go(study_id)
    assert stand.trials(study_id)[0].state == "failed"
    assert stand.trials(study_id)[0].error["code"] == "no_score"


def test_a_bad_curve_is_pruned_and_its_run_cancelled_with_the_reason(stand: Stand) -> None:
    pruner = {"name": "median", "series": "validation_loss", "direction": "minimize", "startup_trials": 2,
              "warmup_reports": 2, "most_reports": None, "reduction_factor": 3}  # fmt: skip
    study_id = stand.create(budget_trials=4, pruner=pruner)
    for _ in range(2):
        stand.go(study_id)
        held = stand.claim(stand.trials(study_id)[-1].run_id)
        stand.report(held, [1.0, 0.5, 0.3])
        stand.end(held, rmse=0.3)
    stand.go(study_id)
    held = stand.claim(stand.trials(study_id)[2].run_id)
    stand.report(held, [9.0])
    stand.go(study_id)
    assert not stand.run(held.run_id).cancel_requested, "too early to tell"
    stand.report(held, [9.0, 8.0])
    stand.go(study_id)
    assert stand.run(held.run_id).cancel_requested
    assert stand.dispatch.cancellations == [held.run_id]
    assert "pruned after 2 reports" in stand.runs.get(stand.project_id, held.run_id).notes[0]
    stand.end(held, "cancelled")
    stand.go(study_id)
    trial = stand.trials(study_id)[2]
    assert (trial.state, trial.scores, trial.curve) == ("pruned", None, [9.0, 8.0])
    held = stand.claim(stand.trials(study_id)[3].run_id)
    stand.report(held, [0.9, 0.4, 0.2])
    stand.go(study_id)
    assert not stand.run(held.run_id).cancel_requested, "a good one goes on"


def test_budget_of_processor_time_ends_a_study(stand: Stand) -> None:
    study_id = stand.create(budget_trials=50, budget_cpu_seconds=4.0)
    stand.carry(study_id, bowl)
    study = stand.study(study_id)
    assert (study.state, study.reason) == ("finished", "cpu_seconds")
    assert study.asked == 3, "each trial took 1.5 seconds"


def test_budget_of_time_ends_a_study(stand: Stand) -> None:
    study_id = stand.create(budget_trials=50, budget_seconds=0.001)
    stand.carry(study_id, bowl)
    assert stand.study(study_id).state == "failed", "not one trial had begun"
    assert stand.study(study_id).asked <= 1


def test_a_grid_is_tried_as_a_whole_each_point_once(stand: Stand) -> None:
    space = {"learning_rate": {"kind": "choice", "choices": [0.1, 0.01, 0.001]},
             "hidden_size": {"kind": "choice", "choices": [8, 16]}}  # fmt: skip
    study_id = stand.create(sampler="grid", space=space, budget_trials=6, parallel=3)
    stand.carry(study_id, bowl)
    tried = {(trial.params["learning_rate"], trial.params["hidden_size"]) for trial in stand.trials(study_id)}
    assert tried == {(rate, size) for rate in (0.1, 0.01, 0.001) for size in (8, 16)}
    assert stand.study(study_id).reason == "grid"


def test_trials_of_an_earlier_study_count_and_tell_where_to_look(stand: Stand) -> None:
    first = stand.create("first", budget_trials=12)
    stand.carry(first, bowl)
    second = stand.create("second", budget_trials=3, warm_start_from=[first])
    cold = stand.create("cold", budget_trials=3)
    stand.carry(second, bowl)
    stand.carry(cold, bowl)
    assert stand.run(stand.study(second).retrain_run_id).extra["trials"] == 15
    params = [[trial.params for trial in stand.trials(each)] for each in (second, cold)]
    assert params[0] != params[1]


def test_an_earlier_study_that_is_reached_twice_counts_once(stand: Stand) -> None:
    first = stand.create("first", budget_trials=4)
    stand.carry(first, bowl)
    second = stand.create("second", budget_trials=2, warm_start_from=[first])
    stand.carry(second, bowl)
    third = stand.create("third", budget_trials=1, warm_start_from=[first, second])
    stand.carry(third, bowl)
    assert stand.run(stand.study(third).retrain_run_id).extra["trials"] == 7


def test_studies_are_found_by_state_and_name_and_trials_say_when_and_where_they_ran(stand: Stand) -> None:
    named = [stand.create(name, budget_trials=1, retrain=False) for name in ("Weather 100%", "weather b")]
    stand.go(named[0])
    (waiting,) = stand.trials(named[0])
    unused: Any = None
    service = StudyService(
        stand.database, stand.events, unused, unused, stand.runs, stand.advance, stand.sampler, unused
    )
    key = stand.project_id
    (item,) = service.trials(key, named[0]).items
    assert (item.started_at, item.worker) == (None, None), "its run waits in the queue"
    held = stand.claim(waiting.run_id)
    stand.report(held, [0.9, 0.4])
    (item,) = service.trials(key, named[0], curves=True).items
    assert (item.state, item.curve) == ("running", [[1, 0.9], [2, 0.4]]), "its values so far"
    stand.end(held, rmse=1.0)
    stand.go(named[0])
    (item,) = service.trials(key, named[0]).items
    assert item.worker == "tester"
    assert item.started_at is not None
    assert item.ended_at is not None
    assert item.created_at <= item.started_at <= item.ended_at

    def found(**wanted: Any) -> list[str]:
        return [each.name for each in service.list(key, **wanted).items]

    assert found(state="finished") == ["Weather 100%"]
    assert found(name="WEATHER") == ["weather b", "Weather 100%"]
    assert found(name="%") == ["Weather 100%"], "% is a character"
    assert found(state="running", name="100") == []


def test_a_study_whose_trials_another_began_from_is_kept_as_long_as_that(stand: Stand) -> None:
    first = stand.create("first", budget_trials=2)
    stand.carry(first, bowl)
    second = stand.create("second", budget_trials=1, warm_start_from=[first])
    stand.carry(second, bowl)
    unused: Any = None  # deleting asks nobody but the database
    service = StudyService(
        stand.database, stand.events, unused, unused, stand.runs, stand.advance, stand.sampler, unused
    )
    bin_, key = service.trash, stand.project_id
    with pytest.raises(Conflict, match="started from the trials of this study"):
        bin_.delete(key, first, None, "Ada")
    bin_.delete(key, second, None, "Ada")
    bin_.delete(key, first, None, "Ada")
    assert service.list(key).items == []
    bin_.restore(key, "second", None)
    with stand.database.read(key) as session:
        (item,) = bin_.contents(session, key, RetentionPolicy()).items
    assert (item.id, item.name, item.needed_by.name) == (first, "first", "second")
    kept = bin_.purge(key, None)
    assert (kept.counts["studies"], kept.kept) == (0, 1)
    assert service.get(key, second).counted_trials == 3, "the trials that it began from count all the same"
    bin_.delete(key, second, None, "Ada")
    trials = [trial.run_id for trial in stand.trials(first)]
    purged = bin_.purge(key, None)
    assert (purged.counts["studies"], purged.counts["runs"], purged.kept) == (2, 3, 0)
    with pytest.raises(NotFound):
        stand.runs.get(key, trials[0])
    with pytest.raises(NotFound):
        service.get(key, first)


def test_a_deleted_study_gives_its_name_up(stand: Stand) -> None:
    first = stand.create("search", budget_trials=1)
    unused: Any = None
    service = StudyService(
        stand.database, stand.events, unused, unused, stand.runs, stand.advance, stand.sampler, unused
    )
    bin_, key = service.trash, stand.project_id
    with pytest.raises(Conflict, match="still running"):
        bin_.delete(key, "search", None, "Ada")
    stand.carry(first, bowl)
    bin_.delete(key, "search", None, "Ada")
    bin_.delete(key, first, None, "Ada")
    second = stand.create("search", budget_trials=1)
    stand.carry(second, bowl)
    assert [each.id for each in service.list(key).items] == [second]
    with pytest.raises(Conflict, match="another study is now named 'search'"):
        bin_.restore(key, first, None)
    bin_.delete(key, second, None, "Ada")
    assert bin_.restore(key, first, None).id == first
    assert service.get(key, "search").id == first
    with pytest.raises(Conflict, match=r"now named"):
        bin_.restore(key, second, None)
    with pytest.raises(NotFound):
        bin_.restore(key, "nobody", None)


def a_service(stand: Stand) -> StudyService:
    unused: Any = None  # nobody is asked but the database
    return StudyService(stand.database, stand.events, unused, unused, stand.runs, stand.advance, stand.sampler, unused)


def test_a_purge_that_was_cut_off_is_not_undone_and_goes_on(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    study_id = stand.create(budget_trials=2)
    stand.carry(study_id, bowl)
    bin_, key = a_service(stand).trash, stand.project_id
    bin_.delete(key, study_id, None, "Ada")

    def dies(session: Any, study: Any) -> None:
        raise OSError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(store, "remove", dies)
        with pytest.raises(OSError, match="killed"):
            bin_.purge(key, None)
    with pytest.raises(Conflict, match="being purged"):
        bin_.restore(key, study_id, None)
    long_ago = datetime(2001, 1, 1, tzinfo=UTC)
    assert bin_.purge(key, long_ago).counts["studies"] == 1, "however young it is in the trash"


def test_a_study_is_kept_as_long_as_a_run_of_its_trials_goes_on(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    study_id = stand.create(budget_trials=2)
    stand.go(study_id)
    stand.end(stand.claim(stand.trials(study_id)[0].run_id), "failed")
    stand.carry(study_id, bowl)
    service, key = a_service(stand), stand.project_id
    bin_, run_id = service.trash, stand.trials(study_id)[0].run_id
    stand.runs.resume(key, run_id)
    bin_.delete(key, study_id, None, "Ada")
    purged = bin_.purge(key, None)
    assert (purged.counts["studies"], purged.counts["runs"], purged.kept) == (0, 0, 1)
    bin_.restore(key, study_id, None)  # nothing of it has gone
    bin_.delete(key, study_id, None, "Ada")
    with monkeypatch.context() as patch:  # resumed between looking and removing
        patch.setattr(RunTrash, "exist", lambda *_: 0)
        patch.setattr(store, "remove", lambda *_: patch.undo() or 1 / 0)
        with pytest.raises(ZeroDivisionError):
            bin_.purge(key, None)
    assert bin_.purge(key, None).kept == 1
    stand.end(stand.claim(run_id), "failed")
    purged = bin_.purge(key, None)
    assert (purged.counts["studies"], purged.counts["runs"], purged.kept) == (1, 1, 0)


def test_a_trial_is_resumed_only_while_its_study_goes_on(stand: Stand) -> None:
    key = stand.project_id
    stand.objections.append(object_to_resuming)
    study_id = stand.create(budget_trials=2)
    stand.go(study_id)
    run_id = stand.trials(study_id)[0].run_id
    stand.end(stand.claim(run_id), "failed")
    assert stand.runs.resume(key, run_id).state == "queued"
    stand.end(stand.claim(run_id), "failed")
    stand.carry(study_id, bowl)
    with pytest.raises(Conflict, match="has ended"):
        stand.runs.resume(key, run_id)
    winner = stand.study(study_id).retrain_run_id
    stand.end(stand.claim(winner), "failed")
    assert stand.runs.resume(key, winner).state == "queued", "it is a run of its own"


def test_a_name_that_is_taken_in_the_very_moment(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    first = stand.create("search", budget_trials=1)
    stand.carry(first, bowl)
    bin_, key = a_service(stand).trash, stand.project_id
    bin_.delete(key, first, None, "Ada")
    stand.create("search", budget_trials=1)
    monkeypatch.setattr(store, "find", lambda *_, **__: None)
    with pytest.raises(Conflict, match=r"now named"):
        bin_.restore(key, first, None)


def test_studies_in_the_trash_are_not_counted(stand: Stand) -> None:
    study_id = stand.create(budget_trials=1)
    stand.carry(study_id, bowl)
    a_service(stand).trash.delete(stand.project_id, study_id, None, "Ada")
    with stand.database.read(stand.project_id) as session:
        assert store.count(session) == 0


def test_a_verdict_that_was_not_stored_is_asked_for_again(
    stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pruner = {"name": "median", "series": "validation_loss", "direction": "minimize", "startup_trials": 1,
              "warmup_reports": 1, "most_reports": None, "reduction_factor": 3}  # fmt: skip
    study_id = stand.create(budget_trials=2, pruner=pruner)
    for values in ([0.5], [9.0]):
        stand.go(study_id)
        held = stand.claim(stand.trials(study_id)[-1].run_id)
        stand.report(held, values)
        if values == [0.5]:
            stand.end(held, rmse=0.3)

    def away(*_: Any) -> None:
        raise TransientError("the database does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(stand.database, "write", away)
        with pytest.raises(TransientError):
            stand.go(study_id)
    stand.go(study_id)
    assert stand.run(held.run_id).cancel_requested
    pruning = stand.advance._pruning
    assert pruning._looked == {study_id: {1: 1}}
    stand.scheduler.tick()
    assert pruning._looked, "it goes on"
    stand.end(held, "cancelled")
    Stand(stand.database, tmp_path, stand.project_id).go(study_id)
    stand.scheduler.tick()
    assert not pruning._looked, "another scheduler took it in"


def test_another_project_sees_nothing_of_it(stand: Stand, other_project_id: str) -> None:
    study_id = stand.create()
    with stand.database.read(other_project_id) as session:
        assert store.find(session, study_id) is None
    assert stand.advance.step(store.Active(other_project_id, study_id)) is False
    with stand.database.read_system() as session:
        assert store.active(session, 10) == [store.Active(stand.project_id, study_id)]
