"""Automations next to a real queue of runs, wired as the platform wires them; tests end the runs themselves."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, cast

from sqlalchemy import select, update

from azuraforge.automations.notifications import child
from azuraforge.automations.notifications.tables import NotificationTarget, secret_of
from azuraforge.automations.triggers import store
from azuraforge.automations.triggers.checking import Checks
from azuraforge.automations.triggers.consuming import Consumer
from azuraforge.automations.triggers.firing import Firings
from azuraforge.automations.triggers.loop import AutomationLoop
from azuraforge.automations.triggers.messages import notify
from azuraforge.automations.triggers.schemas import AutomationOut, AutomationRequest
from azuraforge.automations.triggers.service import AutomationService
from azuraforge.automations.triggers.stepping import Stepping
from azuraforge.automations.triggers.tables import AutomationFiring
from azuraforge.automations.triggers.watching import Watch
from azuraforge.database import Database, now, seconds_from_now
from azuraforge.events.service import EventLog
from azuraforge.projects.secrets.keys import KeyRing
from azuraforge.projects.secrets.owned import OwnedSecrets
from azuraforge.runs import handlers
from azuraforge.runs.artifacts import ArtifactStore
from azuraforge.runs.handlers import PreparedRun
from azuraforge.runs.schemas import RunRequest
from azuraforge.runs.service import RunService
from azuraforge.runs.tables import Run
from azuraforge.settings import Settings
from tests.events.ticking import Happened


class RefreshHandler(handlers.Handler):
    """Prepares what it is asked for; nothing carries it."""

    kind = "refresh"

    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        return PreparedRun(f"{request.kind} {request.dataset}", request.plugin, request.config, model=request.model)

    def execute(self, job: Any) -> Any:
        raise AssertionError("nothing is carried here")


class PredictHandler(RefreshHandler):
    kind = "predict"


class RunDispatch:
    def submitted(self, project_id: str, run_id: str, queue: str) -> None: ...
    def cancelled(self, project_id: str, run_id: str) -> None: ...


class Dial:
    """A measure that a test sets."""

    name = "test.dial"
    about: ClassVar[dict[str, str]] = {"en": "a dial", "tr": "bir gösterge"}
    value: float | None = 0.0

    def read(self, project_id: str, of: str | None) -> float | None:
        return self.value


def call_here(entry: str, payload: Any, result: Any, timeout_seconds: float) -> Any:
    """Run a notifier in this process; forking is the launcher's concern."""
    assert entry == child.ENTRY
    return child.send(SimpleNamespace(payload=payload))


class Stand:
    """Everything that automations need, but for studies, and for models unless a test gives them."""

    def __init__(self, database: Database, home: Path, project_id: str = "", models: Any = None) -> None:
        self.database, self.project_id = database, project_id
        self.events = EventLog(database)
        settings = Settings(home=home)
        artifacts = ArtifactStore(settings.artifacts)
        kinds = [RefreshHandler(), PredictHandler()]
        self.runs = RunService(database, self.events, kinds, artifacts, RunDispatch(), settings)
        self.dial = Dial()
        home.mkdir(parents=True, exist_ok=True)
        self.secrets = OwnedSecrets(KeyRing(None, settings.secret_key_file), self.events)
        firings = Firings(self.events)
        watch = Watch(database, firings, [self.dial])
        nothing = cast(Any, None)
        checks = Checks(self.runs, nothing, watch)
        self.service = AutomationService(database, self.events, firings, watch, checks)
        stepping = Stepping(database, firings, self.runs, nothing, models, notify)
        consumer = Consumer(database, self.events, firings)
        self.loop = AutomationLoop(database, self.events.notifier, consumer, watch, stepping, tick_seconds=0.05)

    def create(self, name: str = "fresh", **fields: Any) -> AutomationOut:
        given = {
            "when": {"on": "event", "type": "test.happened"},
            "steps": [{"do": "refresh", "run": {"dataset": "co2"}}],
            **fields,
        }
        return self.service.create(self.project_id, AutomationRequest.model_validate({"name": name, **given}))

    def get(self, name: str = "fresh") -> AutomationOut:
        return self.service.get(self.project_id, name)

    def happen(self, type_: str = "test.happened", count: int = 1, **data: Any) -> None:
        def work(session: Any) -> None:
            for _ in range(count):
                self.events.append(session, "project", Happened.of(type_, data))

        self.database.write(self.project_id, work)

    def target(self, name: str = "me", **fields: Any) -> None:
        given = {
            "notifier": "webhook",
            "options": {"url": "http://127.0.0.1:1/x", "secret": "0123456789abcdef"},
            "shown_options": {},
            "language": "en",
            "group_seconds": 300,
            **fields,
        }
        options = given.pop("options")
        row = NotificationTarget(project_id=self.project_id, name=name, **given)
        key = self.secrets.key()

        def work(session: Any) -> None:
            store.add(session, row)
            self.secrets.put(session, key, secret_of(row.id), json.dumps(options), "")

        self.database.write(self.project_id, work)

    def end_runs(self, state: str = "succeeded") -> None:
        def work(session: Any) -> None:
            session.execute(update(Run).where(Run.state == "queued").values(state=state, finished_at=now()))

        self.database.write(self.project_id, work)

    def later(self, name: str, seconds: float) -> None:
        """As if so much time had passed since the newest firing."""

        def work(session: Any) -> None:
            row = store.find(session, name)
            store.change(session, row, last_fired_at=seconds_from_now(-seconds))
            if row.pending_at is not None:
                store.change(session, row, pending_at=seconds_from_now(-1))
            of = AutomationFiring.automation_id == row.id
            session.execute(update(AutomationFiring).where(of).values(fired_at=seconds_from_now(-seconds)))

        self.database.write(self.project_id, work)

    def due(self, name: str = "fresh") -> None:
        self.set(name, next_at=seconds_from_now(-0.01))

    def set(self, name: str = "fresh", **values: Any) -> None:
        """Write into an automation's row."""
        self.database.write(self.project_id, lambda s: store.change(s, store.find(s, name), **values))

    def look_now(self) -> None:
        """As if the pauses of all firings were over."""

        def work(session: Any) -> None:
            running = AutomationFiring.state == "running"
            session.execute(update(AutomationFiring).where(running).values(look_at=seconds_from_now(-1)))

        self.database.write(self.project_id, work)

    def queued(self) -> list[Run]:
        with self.database.read(self.project_id) as session:
            return list(session.scalars(select(Run).order_by(Run.created_at)))
