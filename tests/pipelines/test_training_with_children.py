"""Training and agent runs as the platform carries them: real queue, real worker, real children."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from azuraforge.database import Database
from azuraforge.datasets.schemas import FileOptions
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import NotFound
from azuraforge.events.service import EventLog
from azuraforge.models.registry.folder import VersionFolders, read_card
from azuraforge.models.schemas import PredictRequest
from azuraforge.models.service import ModelService
from azuraforge.models.serving.pool import ReplicaPool
from azuraforge.pipelines.agents.handler import AgentHandler
from azuraforge.pipelines.baseline_cache import BaselineCache
from azuraforge.pipelines.training import TrainingHandler
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.processes.kernels import Kernels
from azuraforge.processes.launcher import Launcher
from azuraforge.runs.artifacts import ArtifactStore
from azuraforge.runs.execution.supervisor import Supervisor
from azuraforge.runs.execution.worker import Worker
from azuraforge.runs.handlers import Handler
from azuraforge.runs.schemas import RunDetail, RunRequest
from azuraforge.runs.service import RunService
from azuraforge.settings import RunSettings, Settings
from tests.conftest import add_project
from tests.pipelines.conftest import PIPELINES
from tests.task_kinds import use_baselines

AGENT = """
from azuraforge.plugins import Agent, Config

class Request(Config):
    times: int = 1

class Counter(Agent):
    name = "counter"
    Request = Request

    def execute(self, request):
        for done in range(request.times):
            self.context.progress(done + 1, request.times)
        return {"counted": request.times}
"""


class Stand:
    """The packages that a run passes through, wired as the platform wires them."""

    def __init__(self, database: Database, project_id: str, home: Path, plugins: Path) -> None:
        settings = Settings(home=home, runs=RunSettings(concurrency=1, beat_seconds=0.5, reap_seconds=0.5))
        self.project_id = project_id
        self.home = home
        self.database = database
        self.launcher = Launcher()
        events = EventLog(database)
        catalogue = Catalogue(self.launcher.call, plugins, home / "pretrained", home / "catalogue.json")
        self.datasets = DatasetService(database, events, self.launcher.call, settings)
        kernels = Kernels(self.launcher.call, settings.engine, settings.kernels)
        warm = ReplicaPool(self.launcher.open, str(plugins), lambda: kernels.folder)
        self.models = ModelService(
            *(database, events, VersionFolders(settings.artifacts), self.datasets, warm, self.launcher.call),
            catalogue.task_kinds,
        )
        cold = ReplicaPool(self.launcher.open, str(plugins))
        self.without_kernels = ModelService(
            *(database, events, self.models.folders, self.datasets, cold, self.launcher.call),
            catalogue.task_kinds,
        )
        training = TrainingHandler(
            *(database, catalogue, self.datasets, self.models, self.launcher.call), BaselineCache(home / "baselines")
        )
        handlers: list[Handler] = [training, AgentHandler(catalogue)]
        artifacts = ArtifactStore(settings.artifacts)
        worker = Worker(database, events, self.launcher, artifacts, handlers, settings, kernels=kernels)
        self.supervisor = Supervisor(database, events, worker, settings)
        self.runs = RunService(database, events, handlers, artifacts, self.supervisor, settings)

    def add_series(self, folder: Path, name: str = "series", rows: int = 400) -> None:
        rng = np.random.default_rng(0)
        start, lines = datetime(2024, 1, 1, tzinfo=UTC), ["at,value"]
        values = 50 + np.cumsum(rng.normal(size=rows)) * 0.1 + 3 * np.sin(2 * np.pi * np.arange(rows) / 7)
        lines += [f"{(start + timedelta(days=row)).isoformat()},{value:.6f}" for row, value in enumerate(values)]
        (folder / "series.csv").write_text("\n".join(lines) + "\n")
        options = FileOptions(name=name, time="at", target="value")
        self.datasets.add_file(self.project_id, folder / "series.csv", "series.csv", options)

    def carry(self, **request: Any) -> RunDetail:
        run = self.runs.create(self.project_id, RunRequest(**request), "somebody")
        until = time.monotonic() + 120
        while run.state in ("queued", "running"):
            assert time.monotonic() < until, run
            time.sleep(0.05)
            run = self.runs.get(self.project_id, run.id)
        return run

    def explained(self, run: RunDetail) -> RunDetail:
        """The run once everything that follows its success has ended."""
        until = time.monotonic() + 60
        while (run := self.runs.get(self.project_id, run.id)).follow_ups:
            assert time.monotonic() < until, run
            time.sleep(0.05)
        return run

    def train(self, plugin: str, model: str = "series", dataset: str = "series", **config: Any) -> RunDetail:
        return self.carry(plugin=plugin, dataset=dataset, model=model, config={"horizon": 3, **config}, seed=5)

    def stop(self) -> None:
        self.supervisor.stop()
        self.models.close()
        self.without_kernels.close()
        self.launcher.stop()


@pytest.fixture(scope="module")
def started(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """One stand for all tests, because its children take longer to import than a run takes to train."""
    folder = tmp_path_factory.mktemp("training")
    shutil.copyfile(sqlite_template, folder / "azuraforge.db")
    database = Database(f"sqlite:///{folder / 'azuraforge.db'}")
    plugins = folder / "plugins"
    plugins.mkdir()
    (plugins / "pipelines.py").write_text(PIPELINES)
    (plugins / "counter.py").write_text(AGENT)
    made = Stand(database, add_project(database, "first"), folder / "home", plugins)
    made.add_series(folder, rows=390)
    made.supervisor.start()
    yield made
    made.stop()
    database.close()


@pytest.fixture
def stand(started: Stand, monkeypatch: pytest.MonkeyPatch) -> Stand:
    use_baselines(monkeypatch, "forecast", "test.last", "test.mean", "test.failing")
    return started


def test_a_training_run_from_queue_to_champion(stand: Stand) -> None:
    run = stand.train("test.linear", model="linear")
    assert (run.state, run.error) == ("succeeded", None)
    assert run.summary is not None
    assert run.summary["version"] == 1
    assert run.summary["weights_sha256"]
    assert run.progress.share == 1.0
    assert {"errors.npz", "evaluation.json"} <= {artifact.name for artifact in run.artifacts}
    assert set(run.figures) & {"forecast", "shapley"} == {"forecast"}  # the verdict waits for no explanation
    run = stand.explained(run)
    assert set(run.figures) == {
        "actual_predicted",
        "forecast",
        "importance",
        "residuals",
        "shapley",
        "slices",
    }
    assert stand.runs.figure(stand.project_id, run.id, "importance")["inputs"][0]["increase"] > 0
    residuals = stand.runs.figure(stand.project_id, run.id, "residuals")
    assert residuals["baseline"] == run.summary["best_baseline"]
    assert [name for name in run.metric_series if not name.startswith("system/")] == ["loss"]
    evaluation = stand.models.reads.evaluation(stand.project_id, run.id)
    assert evaluation.verdict.champion == run.summary["champion"]
    assert stand.models.reads.show(stand.project_id, "linear").champion == run.summary["champion_version"]


def test_killed_in_mid_training_it_ends_with_the_same_weights(stand: Stand, tmp_path: Path) -> None:
    undisturbed = stand.train("test.stepwise", model="undisturbed")
    killed = stand.train("test.stepwise", model="killed", marker=str(tmp_path / "died"))
    assert (tmp_path / "died").exists()
    assert (undisturbed.state, undisturbed.attempt) == ("succeeded", 1)
    assert (killed.state, killed.attempt) == ("succeeded", 2)
    assert undisturbed.summary is not None
    assert killed.summary is not None
    for weights in ("weights_sha256", "refitted_sha256"):
        assert killed.summary[weights] == undisturbed.summary[weights]
    drawn = [stand.runs.figure(stand.project_id, each.id, "forecast") for each in (undisturbed, killed)]
    assert drawn[0] == drawn[1]
    resumed = killed.attempts[1].resumed_from_step  # the newest checkpoint's message may have died with the child
    assert resumed is not None
    assert 0 < resumed <= 7


def test_a_leak_fails_the_run_and_promotes_nothing(stand: Stand) -> None:
    run = stand.train("leak.whole_part_scaler", model="leak")
    assert run.state == "failed"
    assert run.error is not None
    assert run.error.code == "looks_into_the_future"
    assert "changes by" in run.error.message
    with pytest.raises(NotFound):
        stand.models.reads.show(stand.project_id, "leak")


def test_an_agent_run(stand: Stand) -> None:
    run = stand.carry(kind="agent", plugin="counter", config={"times": 3})
    assert (run.state, run.error) == ("succeeded", None)
    assert run.summary == {"kind": "agent", "result": {"counted": 3}, "truncated": False, "bytes": 13}
    _, path = stand.runs.artifact(stand.project_id, run.id, "result.json")
    assert json.loads(path.read_text()) == {"counted": 3}


def test_a_version_serves_the_bits_that_its_run_has_shown_on_the_kernels_that_made_it(
    stand: Stand, tmp_path: Path
) -> None:
    stand.add_series(tmp_path, "served")  # its own rows, because evaluations of one test set share an error budget
    small = {"epochs": 4, "hidden_size": 8, "window": 14, "dataset": "served"}
    run = stand.train("forecasting.lstm", **small)
    assert run.state == "succeeded", run.error
    assert run.environment is not None
    assert run.environment["backend"] == "cpu"
    assert run.summary is not None
    assert run.summary["decision"] == "promoted", "else the figure shows a baseline"
    version = stand.models.reads.show_version(stand.project_id, "series", 1)
    card = read_card(stand.models.folders.path(stand.project_id, version.content_hash))
    assert card.engine == {name: run.environment[name] for name in ("backend", "instruction_set", "threads")}

    def figure(run: RunDetail) -> list[float]:
        found = stand.runs.figure(stand.project_id, run.id, "forecast")
        assert found["refitted"] is True
        return [point["value"] for point in found["next"]]

    def errors(run: RunDetail, contender: str) -> Any:
        return np.load(stand.runs.artifact(stand.project_id, run.id, "errors.npz")[1])[contender]

    shown = figure(run)

    def served(models: ModelService) -> list[float]:
        answer = asyncio.run(models.predict(stand.project_id, "series", PredictRequest(), by="somebody"))
        return [point.value for point in answer.predictions]

    assert served(stand.models) == shown
    on_numpy = served(stand.without_kernels)
    assert on_numpy == pytest.approx(shown, rel=1e-4)
    assert on_numpy != shown, "another backend gives other low bits; that the first were equal was no accident"
    again = stand.train("forecasting.lstm", **small)
    assert again.summary is not None
    assert again.summary["weights_sha256"] == run.summary["weights_sha256"]
    assert stand.models.reads.show_version(stand.project_id, "series", 2).content_hash == version.content_hash
    assert np.array_equal(errors(again, "series v1"), errors(run, "forecasting.lstm")), "the evaluated bits are judged"
    assert figure(again) == shown, "the champion that stays shows the values that it serves"


def test_a_baseline_s_card_says_nothing_of_an_engine_that_it_does_not_use(stand: Stand) -> None:
    run = stand.train("forecasting.ridge", model="ridge")
    assert run.state == "succeeded", run.error
    version = stand.models.reads.show_version(stand.project_id, "ridge", 1)
    assert read_card(stand.models.folders.path(stand.project_id, version.content_hash)).engine is None


def phases_of(stand: Stand, run: RunDetail) -> list[str]:
    events = EventLog(stand.database).read(stand.project_id, f"run/{run.id}", 0)
    return [str(event.data["name"]) for event in events if event.type == "run.phase"]


def test_kept_baselines_change_no_bit_of_the_result(stand: Stand, monkeypatch: Any) -> None:
    """The second run of the same seed finds the first one's baselines; the third has no cache at all."""
    use_baselines(monkeypatch, "forecast", "test.last", "test.mean")
    kept = stand.home / "baselines"
    shutil.rmtree(kept, ignore_errors=True)
    first, second = stand.train("test.linear", model="one"), stand.train("test.linear", model="two")
    shutil.rmtree(kept)
    third = stand.train("test.linear", model="three")
    other = stand.carry(plugin="test.linear", dataset="series", model="four", config={"horizon": 3}, seed=6)
    learned = {"fit_baselines", "predict_baselines"}
    ran = [learned & {*phases_of(stand, run)} for run in (first, second, third, other)]
    assert ran == [learned, set(), learned, learned]

    def stored(run: RunDetail) -> tuple[Any, bytes]:
        found = stand.models.reads.evaluation(stand.project_id, run.id).model_dump(mode="json")
        for each in found["evaluation"]["contenders"]:
            del each["seconds"]  # of the clock
        errors = stand.runs.artifact(stand.project_id, run.id, "errors.npz")[1].read_bytes()
        return found["evaluation"]["contenders"], errors

    assert stored(first) == stored(second) == stored(third)
    assert {run.state for run in (first, second, third, other)} == {"succeeded"}


def test_a_failed_baseline_is_tried_again(stand: Stand) -> None:
    """A reason to fail may have gone."""
    runs = [stand.train("test.linear", model=name) for name in ("fails", "again")]
    assert all("fit_baselines" in phases_of(stand, run) for run in runs)
    assert [run.summary["failed_baselines"] for run in runs if run.summary] == [["test.failing"]] * 2
