"""Who is wired to whom in the embedded platform. Nothing else knows all rooms."""

from __future__ import annotations

import threading
from collections.abc import Callable

from starlette.types import ASGIApp

from azuraforge.automations.firing import Firing
from azuraforge.automations.scheduler import Scheduler
from azuraforge.automations.service import ScheduleService
from azuraforge.database.schema import open_database
from azuraforge.datasets.service import DatasetService
from azuraforge.events.service import EventLog
from azuraforge.models.folder import VersionFolders
from azuraforge.models.service import ModelService
from azuraforge.models.serving import WarmPredictors
from azuraforge.pipelines.agents import AgentHandler
from azuraforge.pipelines.training import TrainingHandler
from azuraforge.plugins.catalogue import Catalogue
from azuraforge.projects.service import ProjectService
from azuraforge.runs.artifacts import ArtifactStore
from azuraforge.runs.handlers import Handler
from azuraforge.runs.kernels import Kernels, News
from azuraforge.runs.launcher import Launcher
from azuraforge.runs.service import RunService
from azuraforge.runs.supervisor import Supervisor
from azuraforge.runs.worker import Worker
from azuraforge.server.application import Rooms, create_application
from azuraforge.settings import Settings
from azuraforge.telemetry import logger

log = logger("platform")


class Platform:
    """Every room of one data home, built but not yet started.

    Raises Conflict where the database is newer than this code and StorageError where it cannot be opened.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = open_database(settings.url, settings.database_owner_url)
        self.events = EventLog(self.database)
        self.projects = ProjectService(self.database)
        self.project_id = self.projects.ensure_default()
        self.launcher = Launcher()
        self.catalogue = Catalogue(self.launcher.call, settings.plugins, settings.home / "catalogue.json")
        self.datasets = DatasetService(self.database, self.events, self.launcher.call, settings)
        self.kernels = Kernels(self.launcher.call, settings.engine, settings.kernels)
        self.warm = WarmPredictors(self.launcher.open, str(settings.plugins), lambda: self.kernels.folder)
        self.models = ModelService(
            self.database, self.events, VersionFolders(settings.artifacts), self.datasets, self.warm
        )
        training = TrainingHandler(self.database, self.catalogue, self.datasets, self.models, self.launcher.call)
        handlers: list[Handler] = [training, AgentHandler(self.catalogue)]
        artifacts = ArtifactStore(settings.artifacts)
        worker = Worker(self.database, self.events, self.launcher, artifacts, handlers, settings, kernels=self.kernels)
        self.supervisor = Supervisor(self.database, self.events, worker, settings)
        self.runs = RunService(self.database, self.events, handlers, artifacts, self.supervisor, settings)
        firing = Firing(self.database, self.events, self.runs)
        self.schedules = ScheduleService(self.database, self.runs, firing)
        self.scheduler = Scheduler(self.database, firing)
        self._ready = threading.Event()

    def application(self) -> ASGIApp:
        """The HTTP application over these rooms."""
        rooms = Rooms(self.projects, self.catalogue, self.datasets, self.runs, self.models, self.schedules, self.events)
        return create_application(rooms, self.settings, self._ready.is_set)

    def start(self, tell: Callable[[News], None] | None = None) -> None:
        """Start the launcher and begin to carry runs. ``tell`` hears where making the engine's kernels takes time."""
        self.launcher.start()
        self.supervisor.start()
        self.scheduler.start()
        self._ready.set()
        # Both off the path to readiness: the first run finds its kernels, the first page the plugins.
        self.kernels.start(tell)
        threading.Thread(target=self._describe_plugins, name="catalogue", daemon=True).start()

    def end_streams(self) -> None:
        """Let live streams end, so that the server need not wait for them."""
        self.events.bell.close()

    def stop(self) -> None:
        """Put running runs back, end every child, close the database."""
        self._ready.clear()
        self.end_streams()
        self.scheduler.stop()
        self.supervisor.stop()
        self.models.close()
        self.launcher.stop()
        self.database.close()

    def local_token(self) -> str:
        """The secret that lets the command line of this machine in."""
        return self.projects.local_token(self.project_id)

    def sign_in_url(self, url: str) -> str:
        """A fresh one-time link for the owner."""
        return self.projects.owner_link(self.project_id, url).url

    def _describe_plugins(self) -> None:
        try:
            self.catalogue.list()
        except Exception as error:  # a start must not fail over a plugin; the page shows the reason later
            log.warning("catalogue_failed", error=str(error))
