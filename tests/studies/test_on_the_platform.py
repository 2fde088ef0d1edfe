"""Studies on a real platform: real children, a kill in the middle, a curve that is pruned, noise that stays noise."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from azuraforge.client import ApiError, Client, ClientError, Study
from tests.conftest import PlatformProcess

#: Predicts the mean plus a pattern that the parameter ``pattern`` draws by lot: on noise, each is as good as any.
TOY = """
import json
import time

import numpy as np

from azuraforge.plugins import Config, Pipeline, Predictions
from azuraforge.plugins.forecasting.config import ForecastConfig, chronological_split


class ToyConfig(ForecastConfig):
    pattern: int = 0
    size: float = 0.0
    epochs: int = 3
    epoch_seconds: float = 0.0
    slow: bool = False


class Toy(Pipeline):
    name = "toy.pattern"
    kind = "forecast"
    Config = ToyConfig
    uses_engine = False

    def split(self, table, config):
        return chronological_split(table, config)

    def fit(self, run, train, validation):
        config = run.config
        for epoch in range(1, config.epochs + 1):
            run.log(epoch, validation_loss=(10.0 if config.slow else 1.0) / epoch)
            run.progress(epoch, config.epochs)
            time.sleep(config.epoch_seconds * (20 if config.slow else 1))
        values = train.frame[train.schema.target].to_numpy()[train.start :]
        return {"mean": float(np.mean(values)), "pattern": config.pattern, "size": config.size}

    def predict(self, predictor, part):
        rng = np.random.default_rng(predictor["pattern"])
        cycle = rng.normal(size=97) * predictor["size"]
        rows = part.origins[:, None] + np.arange(1, part.horizon + 1)
        return Predictions(predictor["mean"] + cycle[rows % 97], {})

    def save(self, predictor, folder):
        (folder / "toy.json").write_text(json.dumps(predictor))

    def load(self, folder):
        return json.loads((folder / "toy.json").read_text())
"""


def noise(folder: Path, rows: int = 500) -> Path:
    """White noise, one value a day."""
    values = np.random.default_rng(5).normal(size=rows)
    days = np.datetime64("2020-01-01") + np.arange(rows)
    path = folder / "noise.csv"
    path.write_text("at,value\n" + "\n".join(f"{day},{value:.6f}" for day, value in zip(days, values, strict=True)))
    return path


def until(client: Client, study: str, reached: Callable[[Study], bool], seconds: float = 120.0) -> Study:
    at = time.monotonic()
    while not reached(found := client.studies.get(study)):
        assert time.monotonic() < at + seconds, found
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformProcess]:
    folder = tmp_path_factory.mktemp("studies")
    running = PlatformProcess(folder / "home", {"AZURAFORGE_RUNS__CONCURRENCY": "2"})
    (running.home / "plugins").mkdir(parents=True)
    (running.home / "plugins" / "toy.py").write_text(TOY)
    running.start()
    with Client(home=running.home) as client:
        client.datasets.add(noise(folder), time="at", target="value", name="noise")
    yield running
    running.stop()


def search(client: Client, trials: int, **fields: Any) -> Study:
    space = {"pattern": {"low": 0, "high": 100_000}, "size": {"low": 0.05, "high": 0.5}}
    config = {"horizon": 1, **fields.pop("config", {})}
    return client.studies.create(
        f"noise {trials}", "toy.pattern", "noise", space, config=config, trials=trials, **fields
    )


def test_killed_in_the_middle_it_goes_on_doubles_no_trial_and_finds_nothing_in_noise(home) -> None:
    with Client(home=home.home) as client:
        study = search(client, 6, parallel=2, config={"epoch_seconds": 0.05})
        until(client, study.id, lambda found: found.trials.get("complete", 0) >= 2)
    home.kill()
    home.start()
    with Client(home=home.home) as client:
        found = client.studies.wait(study.id, 120)
        assert (found.state, found.reason) == ("finished", "trials")
        trials = client.studies.trials(study.id)
        assert [trial.number for trial in trials] == list(range(6))
        assert {trial.state for trial in trials} == {"complete"}
        runs = [run for run in client.runs.list(kind="trial", limit=100) if run.name.startswith("noise 6 #")]
        assert sorted(run.id for run in runs) == sorted(trial.run_id for trial in trials), "one run for each trial"
        assert {each.name for each in found.baselines} >= {"forecasting.naive", "forecasting.ridge"}
        winner = client.runs.wait(found.retrain_run_id)
        assert winner.state == "succeeded", winner.error
        assert winner.summary["decision"] != "promoted", "noise holds nothing to be learned"
        verdict = client.runs.evaluation(winner.id).verdict
        tightened = verdict.reasons[0]
        assert (tightened.code, tightened.params["trials"]) == ("level_tightened_by_trials", 6)
        assert winner.summary["trials"] == 6
        assert client.models.get("noise").versions


def test_killed_at_each_of_its_own_points_a_study_happens_once(home, tmp_path) -> None:
    home.stop()
    try:
        for number, point in enumerate(("trial_before_commit", "trials_before_collected", "study_before_ended")):
            mark = tmp_path / point
            home.environment.update(AZURAFORGE_CRASHPOINT=point, AZURAFORGE_CRASHPOINT_ONCE=str(mark))
            with contextlib.suppress(AssertionError):  # it may die before it is ready
                home.start()
            if number == 0:
                with Client(home=home.home) as client, contextlib.suppress(ClientError):
                    search(client, 5, parallel=2)
            assert home.process.wait(120) == -9, home.log()[-2000:]
            assert mark.exists()
    finally:
        home.environment.pop("AZURAFORGE_CRASHPOINT", None)
        home.start()
    with Client(home=home.home) as client:
        found = client.studies.wait("noise 5", 120)
        assert (found.state, found.reason) == ("finished", "trials")
        trials = client.studies.trials(found.id)
        assert [(trial.number, trial.state) for trial in trials] == [(number, "complete") for number in range(5)]
        runs = [run for run in client.runs.list(limit=500, trials=True) if run.name.startswith("noise 5")]
        assert sorted(run.id for run in runs if run.kind == "trial") == sorted(trial.run_id for trial in trials)
        assert [run.id for run in runs if run.kind != "trial"] == [found.retrain_run_id], "retrained once"


def test_pruned_paused_stopped_and_what_is_refused(home) -> None:
    with Client(home=home.home) as client:
        bad = {"epochs": {"choices": [3, "many"]}}
        with pytest.raises(ApiError, match="epochs=many: epochs: input should be"):
            client.studies.create("bad", "toy.pattern", "noise", bad)
        with pytest.raises(ApiError, match="horizn does not exist"):
            client.studies.create("rows", "toy.pattern", "noise", {"epochs": {"choices": [1]}}, config={"horizn": 2})
        space = {"slow": {"choices": [False, True]}, "pattern": {"choices": [1, 2, 3]}}
        study = client.studies.create(
            "pruned",
            "toy.pattern",
            "noise",
            space,
            config={"horizon": 1, "epochs": 4, "epoch_seconds": 0.05},
            sampler="grid",
            parallel=2,
            pruner={"name": "median", "startup_trials": 3, "warmup_reports": 1},
            retrain=False,
        )
        found = client.studies.wait(study.id, 120)
        trials = client.studies.trials(study.id)
        assert [trial.state for trial in trials] == ["complete"] * 3 + ["pruned"] * 3
        assert all(client.runs.get(trial.run_id).state == "cancelled" for trial in trials[3:])
        assert "pruned after" in client.runs.get(trials[3].run_id).raw["notes"][0]
        assert found.retrain_run_id is None

        slow = client.studies.create(
            "slow", "toy.pattern", "noise", {"pattern": {"low": 0, "high": 9}},
            config={"horizon": 1, "epochs": 50, "epoch_seconds": 0.5}, trials=10, retrain=False,
        )  # fmt: skip
        until(client, slow.id, lambda one: one.trials.get("running", 0) == 1)
        assert client.studies.pause(slow.id).state == "paused"
        client.runs.cancel(client.studies.trials(slow.id)[0].run_id)
        until(client, slow.id, lambda one: one.trials == {"failed": 1})
        with pytest.raises(ApiError, match="study 'slow'"):
            client.datasets.delete("noise")
        assert client.studies.resume(slow.id).state == "running"
        until(client, slow.id, lambda one: one.trials.get("running", 0) == 1)
        assert client.studies.stop(slow.id).state == "stopped"
        until(client, slow.id, lambda one: one.trials == {"failed": 2})
        trial = client.studies.trials(slow.id)[1]
        assert (trial.state, trial.run_state) == ("failed", "cancelled")


def test_trials_are_left_to_their_study_and_go_with_it_when_it_is_purged(home) -> None:
    with Client(home=home.home) as client:
        study = client.studies.create(
            "thrown away", "toy.pattern", "noise", {"pattern": {"choices": [1, 2]}}, config={"horizon": 1},
            sampler="grid", retrain=False,
        )  # fmt: skip
        client.studies.wait(study.id, 120)
        trials = [trial.run_id for trial in client.studies.trials(study.id)]
        assert not set(trials) & {run.id for run in client.runs.list(limit=500)}
        assert set(trials) <= {run.id for run in client.runs.list(kind="trial", limit=500)}
        assert set(trials) <= {run.id for run in client.runs.list(trials=True, limit=500)}
        link = client.runs.get(trials[1]).study
        assert (link.id, link.name, link.trial) == (study.id, "thrown away", 1)

        client.studies.delete("thrown away")
        assert study.id not in {each.id for each in client.studies.list()}
        deleted = client.studies.get(study.id)
        assert (deleted.name, deleted.deleted_at is not None) == ("thrown away", True)
        for change in (client.studies.resume, client.studies.stop, client.studies.retrain):
            with pytest.raises(ApiError, match="in the trash"):
                change(study.id)
        assert client.studies.restore("thrown away").id == study.id
        assert client.studies.get("thrown away").deleted_at is None
        client.studies.delete(study.id)
        (item,) = [item for item in client.trash.list().items if item.noun == "study"]
        assert (item.id, item.name) == (study.id, "thrown away")
        assert client.runs.get(trials[0]).state == "succeeded", "as long as the study can be restored"
        purged = client.trash.empty()
        assert (purged.studies, purged.runs) == (1, 2)
        for run_id in trials:
            with pytest.raises(ApiError, match="does not exist"):
                client.runs.get(run_id)
        with pytest.raises(ApiError, match="does not exist"):
            client.studies.restore(study.id)


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_the_winner_of_two_hundred_trials_on_noise_is_not_promoted(home) -> None:
    with Client(home=home.home) as client:
        study = search(client, 200, parallel=2)
        found = client.studies.wait(study.id, 1500)
        assert found.trials == {"complete": 200}
        winner = client.runs.wait(found.retrain_run_id)
        assert winner.summary["decision"] != "promoted"
        assert winner.summary["trials"] == 200


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_the_winner_of_two_hundred_networks_on_noise_is_not_promoted(home) -> None:
    space = {"learning_rate": {"low": 1e-4, "high": 0.3, "log": True}, "hidden_size": {"low": 2, "high": 12}}
    config = {"horizon": 1, "window": 4, "lstm_rows": 2, "epochs": 3, "batch_size": 256}
    with Client(home=home.home) as client:
        study = client.studies.create(
            "networks", "forecasting.lstm", "noise", space, config=config, trials=200, parallel=2, model="networks"
        )
        found = client.studies.wait(study.id, 1500)
        assert found.trials == {"complete": 200}
        winner = client.runs.wait(found.retrain_run_id)
        assert winner.state == "succeeded", winner.error
        assert winner.summary["decision"] != "promoted"
        assert winner.summary["trials"] == 200


DIGITS = {"channels": [4], "hidden_size": 16, "epochs": 3, "augment": False}


@pytest.fixture(scope="module")
def digits(home) -> None:
    with Client(home=home.home) as client:
        client.datasets.add_from_source("bundled", {"series": "digits"})


@pytest.mark.proof
@pytest.mark.usefixtures("digits")
def test_a_study_of_images_from_its_space_to_the_verdict(home) -> None:
    with Client(home=home.home) as client:
        space = {"learning_rate": {"low": 1e-3, "high": 1e-1, "log": True}, "channels": {"choices": [[4], [8]]}}
        fixed = {name: value for name, value in DIGITS.items() if name not in space}
        study = client.studies.create(
            "images", "vision.cnn", "digits", space, config=fixed, trials=4, parallel=2, objectives=["log_loss"]
        )
        found = client.studies.wait(study.id, 250)
        assert (found.state, found.trials) == ("finished", {"complete": 4}), found.error
        scores = [trial.scores[0] for trial in client.studies.trials(study.id)]
        assert min(scores) == found.best.scores[0]
        assert max(scores) > min(scores), "the configs differ"
        assert {each.name for each in found.baselines} >= {"vision.majority", "vision.logistic"}
        winner = client.runs.wait(found.retrain_run_id)
        assert winner.state == "succeeded", winner.error
        assert winner.summary["trials"] == 4
        codes = [reason.code for reason in client.runs.evaluation(winner.id).verdict.reasons]
        assert "level_tightened_by_trials" in codes
        assert client.models.get("digits").versions


@pytest.mark.proof
@pytest.mark.usefixtures("digits")
def test_a_run_on_images_that_is_killed_ends_with_the_same_weights(home) -> None:
    config = {**DIGITS, "epochs": 40, "patience": 1000}
    with Client(home=home.home) as client:
        undisturbed = client.runs.wait(client.runs.start("vision.cnn", dataset="digits", config=config, seed=5).id)
        assert undisturbed.state == "succeeded", undisturbed.error
        run_id = client.runs.start("vision.cnn", dataset="digits", config=config, seed=5).id
        deadline = time.monotonic() + 120
        while (run := client.runs.get(run_id)).progress.phase != "fit" or run.progress.share < 0.15:
            assert not run.has_ended, run
            assert time.monotonic() < deadline, run
            time.sleep(0.02)
    home.kill()
    home.start()
    with Client(home=home.home) as client:
        run = client.runs.wait(run_id)
        assert run.state == "succeeded", run.error
        assert len(run.attempts) == 2
        assert run.attempts[1].resumed_from_step, "it went on, and did not begin anew"
        assert run.summary["weights_sha256"] == undisturbed.summary["weights_sha256"]
        assert run.bit_reproducible
