"""Studies alongside a real queue of runs; nothing carries the runs: each test says how a trial ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from azuraforge.database import Database, Session
from azuraforge.events.service import EventLog
from azuraforge.pipelines.extra import TrainExtra, TrialExtra
from azuraforge.pipelines.summaries import TrialSummary
from azuraforge.runs import handlers, lease
from azuraforge.runs.artifacts import ArtifactStore
from azuraforge.runs.handlers import PreparedRun
from azuraforge.runs.lease import Held
from azuraforge.runs.metrics import store as metric_store
from azuraforge.runs.schemas import RunRequest
from azuraforge.runs.service import Objection, RunService
from azuraforge.runs.tables import Run
from azuraforge.runs.transitions import Transitions
from azuraforge.settings import Settings
from azuraforge.studies import sampler_child, store
from azuraforge.studies.advance import Advance
from azuraforge.studies.sampler_process import SamplerProcess
from azuraforge.studies.scheduler import StudyScheduler
from azuraforge.studies.tables import Study, StudyTrial

SPACE = {
    "learning_rate": {"kind": "float", "low": 1e-4, "high": 1e-1, "log": True, "step": None},
    "hidden_size": {"kind": "int", "low": 4, "high": 64, "log": False, "step": None},
}


class Handler(handlers.Handler):
    """Prepares what it is asked for."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.extra = TrialExtra if kind == "trial" else TrainExtra

    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        return PreparedRun(
            request.name or "toy",
            request.plugin,
            request.config,
            model=request.model,
            extra=self.extra(task="forecast"),
        )

    def execute(self, job: Any) -> Any:
        raise AssertionError("nothing is carried here")


class RunDispatch:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.submissions: list[str] = []
        self.cancellations: list[str] = []

    def submitted(self, project_id: str, run_id: str, queue: str) -> None:
        self.submissions.append(run_id)

    def cancelled(self, project_id: str, run_id: str) -> None:
        self.cancellations.append(run_id)


class InThisProcess:
    """The child's own functions without the child: Optuna is asked as it is on the platform."""

    def __init__(self) -> None:
        self._answer = sampler_child.serve({})

    def ask(self, payload: dict[str, Any], timeout_seconds: float) -> dict[str, Any]:
        return self._answer(payload)

    def close(self) -> None:
        pass


class Stand:
    """Everything that takes a study onwards, wired as the platform wires it."""

    def __init__(self, database: Database, home: Path, project_id: str) -> None:
        self.database, self.project_id = database, project_id
        self.events = EventLog(database)
        self.dispatch = RunDispatch()
        settings = Settings(home=home)
        handlers = [Handler("train"), Handler("trial")]
        artifacts = ArtifactStore(settings.artifacts)
        self.objections: list[Objection] = []
        self.runs = RunService(
            database, self.events, handlers, artifacts, self.dispatch, settings, objections=self.objections
        )
        self.sampler = SamplerProcess(lambda entry, payload: InThisProcess())
        self.advance = Advance(database, self.events, self.runs, self.sampler)
        self.scheduler = StudyScheduler(database, self.events.notifier, self.advance, self.sampler)

    def create(self, name: str = "search", **fields: Any) -> str:
        values: dict[str, Any] = {
            "name": name, "plugin": "test.net", "plugin_version": "1", "task": "forecast", "model": "co2",
            "dataset_id": "d" * 16, "dataset_name": "co2", "dataset_version": 1, "dataset_fingerprint": "sha256:0",
            "config": {"epochs": 9, "stop_after": None}, "space": SPACE, "sampler": "tpe",
            "pruner": {"name": "none", "series": "validation_loss", "direction": "minimize", "startup_trials": 1,
                       "warmup_reports": 1, "most_reports": 9, "reduction_factor": 3},
            "objectives": [{"metric": "rmse", "direction": "minimize"}], "warm_start_from": [], "budget_trials": 5,
            "parallel": 1, "seed": 3, "threads": 1, "priority": 0, "retrain": True, "same_parts": True,
            "state": "running", "active": True,
            **fields,
        }  # fmt: skip

        def work(session: Session) -> str:
            row = Study(project_id=self.project_id, running_since=store.clock(session), **values)
            store.add(session, row)
            return row.id

        return self.database.write(self.project_id, work)

    def go(self, study_id: str) -> None:
        """As far as it goes now."""
        for _ in range(100):
            if not self.advance.step(store.Active(self.project_id, study_id)):
                return
        raise AssertionError("it never rests")

    def study(self, study_id: str) -> Study:
        with self.database.read(self.project_id) as session:
            found = store.find(session, study_id)
        assert found is not None
        return found

    def trials(self, study_id: str) -> list[StudyTrial]:
        with self.database.read(self.project_id) as session:
            return list(store.trials(session, study_id))

    def run(self, run_id: str) -> Run:
        with self.database.read(self.project_id) as session:
            found = session.get(Run, (self.project_id, run_id))
        assert found is not None
        return found

    def claim(self, run_id: str) -> Held:
        def work(session: Session) -> Held:
            attempt = self.run(run_id).attempt
            row = lease.claim(session, Held(self.project_id, run_id, attempt), "tester", 60)
            assert row is not None
            Transitions(self.events).claimed(session, row, "tester")
            return Held(self.project_id, run_id, row.attempt)

        return self.database.write(self.project_id, work)

    def report(self, held: Held, values: list[float]) -> None:
        """Points of the validation curve."""
        points = [("validation_loss", step, value, None) for step, value in enumerate(values, 1)]

        def work(session: Session) -> None:
            metric_store.append(session, held.run_id, held.attempt, "fit", points)

        self.database.write(self.project_id, work)

    def end(self, held: Held, state: str = "succeeded", **metrics: float) -> None:
        done = TrialSummary(study=None, metrics=metrics, cpu_seconds=1.5, app_seconds=1.0)
        summary = done if state == "succeeded" else None
        error = {"code": "invalid_input", "message": "it broke"} if state == "failed" else None

        def work(session: Session) -> None:
            Transitions(self.events).ended(session, held, state, summary=summary, error=error)

        self.database.write(self.project_id, work)

    def carry(self, study_id: str, score: Callable[[Mapping[str, Any]], float]) -> None:
        """Carry every trial to its end, as a worker would."""
        for _ in range(200):
            self.go(study_id)
            waiting = [trial for trial in self.trials(study_id) if trial.state == "running"]
            if not waiting:
                return
            for trial in waiting:
                self.end(self.claim(trial.run_id), rmse=score(trial.params))
        raise AssertionError("it never ends")


@pytest.fixture
def stand(database: Database, project_id: str, tmp_path: Path) -> Stand:
    return Stand(database, tmp_path / "home", project_id)
