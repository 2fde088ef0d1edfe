"""Schedules alongside a real queue of runs; nothing carries the runs, so that they can be counted where they lie."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from azuraforge.automations import store
from azuraforge.automations.firing import Firing
from azuraforge.automations.scheduler import Scheduler
from azuraforge.automations.schemas import ScheduleRequest
from azuraforge.automations.service import ScheduleService
from azuraforge.automations.tables import Schedule, ScheduleFire
from azuraforge.database import Database, Session
from azuraforge.errors import InvalidInput, TransientError
from azuraforge.events.service import EventLog
from azuraforge.runs import handlers
from azuraforge.runs.artifacts import ArtifactStore
from azuraforge.runs.handlers import PreparedRun
from azuraforge.runs.schemas import RunRequest
from azuraforge.runs.service import RunService
from azuraforge.runs.tables import Run
from azuraforge.settings import Settings
from tests.automations.receiving import Receiver


class Handler(handlers.Handler):
    """Prepares what it is asked for, refuses ``config["refuse"]``, and is away while ``away`` says so."""

    kind = "train"
    away = False

    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        time.sleep(random.uniform(0, request.config.get("slow_seconds", 0)))
        if self.away:
            raise TransientError("the launcher is starting")
        if request.config.get("refuse"):
            raise InvalidInput("the plugin 'gone' does not exist", where="plugin", next_step="install it")
        return PreparedRun(request.name or "toy", request.plugin, request.config)

    def execute(self, job: Any) -> Any:
        raise AssertionError("nothing is carried here")


class RunDispatch:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.submissions: list[str] = []

    def submitted(self, project_id: str, run_id: str, queue: str) -> None:
        self.submissions.append(run_id)

    def cancelled(self, project_id: str, run_id: str) -> None:
        raise AssertionError("nothing is cancelled here")


class Stand:
    """Everything that schedules need, wired as the platform wires it."""

    def __init__(self, database: Database, home: Path, project_id: str = "") -> None:
        self.database = database
        self.home = home
        self.project_id = project_id
        self.events = EventLog(database)
        self.handler, self.dispatch = Handler(), RunDispatch()
        settings = Settings(home=home)
        artifacts = ArtifactStore(settings.artifacts)
        self.runs = RunService(database, self.events, [self.handler], artifacts, self.dispatch, settings)
        self.firing = Firing(database, self.events, self.runs)
        self.service = ScheduleService(database, self.runs, self.firing)
        self.scheduler = Scheduler(database, self.firing, tick_seconds=0.05)

    def create(self, name: str = "nightly", **fields: Any):
        given = {"interval": {"every": 1, "unit": "hours"}, "run": {"config": {"epochs": 3}}, **fields}
        if "cron" in given:
            del given["interval"]
        return self.service.create(self.project_id, ScheduleRequest(name=name, **given), "somebody")

    def overdue(self, schedule_id: str, seconds: float) -> None:
        """Move the beginning and the next fire into the past, as if nobody had been there since."""

        def move(session: Session) -> None:
            row = store.lock(session, schedule_id)
            at = store.clock(session) - timedelta(seconds=seconds)
            store.change(session, row, next_fire_at=at, anchor_at=at)

        self.database.write(self.project_id, move)

    def row(self, schedule_id: str) -> Schedule:
        with self.database.read(self.project_id) as session:
            return session.scalars(
                select(Schedule).where(Schedule.project_id == self.project_id, Schedule.id == schedule_id)
            ).one()

    def fires(self, schedule_id: str) -> list[ScheduleFire]:
        with self.database.read(self.project_id) as session:
            of = (ScheduleFire.project_id == self.project_id, ScheduleFire.schedule_id == schedule_id)
            return list(session.scalars(select(ScheduleFire).where(*of).order_by(ScheduleFire.fire_time)))

    def queued(self) -> list[Run]:
        with self.database.read(self.project_id) as session:
            return list(session.scalars(select(Run).where(Run.project_id == self.project_id)))

    def told(self, stream: str) -> list[tuple[str, dict[str, Any]]]:
        return [(event.type, event.data) for event in self.events.read(self.project_id, stream, limit=100_000)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def stand(database: Database, project_id: str, tmp_path: Path) -> Stand:
    return Stand(database, tmp_path / "home", project_id)


@pytest.fixture
def refused() -> Callable[..., Any]:
    """Call something that must be refused; returns the error."""

    def call(kind: type[Exception], work: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        with pytest.raises(kind) as raised:
            work(*arguments, **more)
        return raised.value

    return call
