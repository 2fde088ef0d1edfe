"""A small platform around the real launcher, real children and a real SQLite file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ConfigDict, RootModel

import azuraforge
from azuraforge.events.service import EventLog
from azuraforge.processes.kernels import PREPARE, PREPARE_SECONDS
from azuraforge.processes.launcher import Launcher
from azuraforge.processes.prepared import Prepared
from azuraforge.runs import handlers
from azuraforge.runs.artifacts import ArtifactStore
from azuraforge.runs.execution.supervisor import Supervisor
from azuraforge.runs.execution.worker import Worker
from azuraforge.runs.handlers import Finish, PreparedRun
from azuraforge.runs.reaper import Reaper
from azuraforge.runs.schemas import RunRequest, RunSummary
from azuraforge.runs.service import RunService
from azuraforge.runs.trash import Needs
from azuraforge.settings import RunSettings, Settings
from tests.process_checks import Patience

ENTRIES = Path(__file__).parent / "entries"
#: Children find the toy entries, and the very package that is under test here.
CHILD_PATH = f"{ENTRIES}{os.pathsep}{Path(azuraforge.__file__).parents[1]}"
ENDED = ("succeeded", "failed", "cancelled", "quarantined")


class Free(RootModel[dict[str, Any]]):
    """A payload or a result of any fields."""


class FreeSummary(RunSummary):
    """Any values."""

    model_config = ConfigDict(extra="allow")

    kind: str = "train"


class ToyHandler(handlers.Handler):
    """One phase per name in ``config["phases"]``; by default it trains."""

    kind = "train"

    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        return PreparedRun(request.name or "toy", request.plugin, request.config)

    def execute(self, job) -> Finish:
        results: list[dict[str, Any]] = []
        phases = job.run.config.get("phases", ["train"])
        for entry in phases:
            done = job.phase(entry, f"toy_steps:{entry}", Free(job.run.config), share=1 / len(phases), result=Free)
            results.append(done.value.root)
        return Finish(FreeSummary(**{key: value for result in results for key, value in result.items()}))


class Stand:
    """Everything that runs need, wired as the platform wires it."""

    def __init__(self, database, launcher: Launcher, home: Path, project_id: str, handler, **runs: Any) -> None:
        quick = {"lease_seconds": 2.0, "beat_seconds": 0.4, "reap_seconds": 0.3, "cancel_grace_seconds": 0.5}
        quick["sample_seconds"] = 3600.0  # curves of the machine are asked for by their own tests
        self.settings = Settings(home=home, runs=RunSettings(**{"concurrency": 2, **quick, **runs}))
        self.database = database
        self.project_id = project_id
        self.launcher = launcher
        self.events = EventLog(database)
        self.artifacts = ArtifactStore(self.settings.artifacts)
        self.handler = handler
        self.worker = self.new_worker()
        self.supervisor = Supervisor(database, self.events, self.worker, self.settings)
        self.needs: list[Needs] = []
        self.service = RunService(
            database, self.events, [handler], self.artifacts, self.supervisor, self.settings, needs=self.needs
        )

    def new_worker(self) -> Worker:
        return Worker(self.database, self.events, self.launcher, self.artifacts, [self.handler], self.settings)

    def reaper(self) -> Reaper:
        """One that has been looking for a while: a new one waits a beat first."""
        made = Reaper(self.database, self.events, self.settings)
        made._last = (self.database.clock(), time.monotonic())
        return made

    def create(self, seed: int = 0, **config: Any):
        return self.service.create(self.project_id, RunRequest(config=config, seed=seed), "someone")

    def get(self, run_id: str):
        return self.service.get(self.project_id, run_id)

    def wait(self, run_id: str, until: Callable[[Any], bool] | None = None, seconds: float = 120):
        """Poll the run until it ended (or ``until`` holds)."""
        holds = until or (lambda run: run.state in ENDED)
        patience = Patience(seconds)
        while not holds(run := self.get(run_id)):
            assert not patience.over, f"still {run.state} after {seconds} s: {run}"
            time.sleep(0.02)
        return run

    def events_of(self, run_id: str) -> list[tuple[str, dict[str, Any]]]:
        return [(event.type, event.data) for event in self.events.read(self.project_id, f"run/{run_id}", limit=10_000)]


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    """One launcher for the whole folder; it starts itself again where a test killed it."""
    made = Launcher({"PYTHONPATH": CHILD_PATH})
    made.start()
    settings = Settings()  # what kernels are compiled from is tested elsewhere; here they are at hand
    made.call(PREPARE, {"folder": str(settings.kernels), "instruction_set": None}, Prepared, PREPARE_SECONDS)
    yield made
    made.stop()


@pytest.fixture
def make_stand(database, project_id, launcher, tmp_path) -> Iterator[Callable[..., Stand]]:
    """Makes stands; their supervisors are stopped when the test ends."""
    made: list[Stand] = []

    def make(handler=None, *, start: bool = True, **runs: Any) -> Stand:
        stand = Stand(database, launcher, tmp_path / "home", project_id, handler or ToyHandler(), **runs)
        made.append(stand)
        if start:
            stand.supervisor.start()
        return stand

    yield make
    for stand in made:
        stand.supervisor.stop()


@pytest.fixture
def stand(make_stand) -> Stand:
    """A running stand with default limits."""
    return make_stand()
