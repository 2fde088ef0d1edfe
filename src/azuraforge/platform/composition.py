"""Who is wired to whom. Nothing else knows all rooms; what differs between processes is who carries runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from starlette.types import ASGIApp

from azuraforge.automations import needs
from azuraforge.automations.firing import Firing
from azuraforge.automations.scheduler import Scheduler
from azuraforge.automations.service import ScheduleService
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import Unauthorized
from azuraforge.events.bell import Bell
from azuraforge.events.service import EventLog
from azuraforge.models.comparison.service import Comparisons
from azuraforge.models.drift.watch import DriftWatch
from azuraforge.models.predictions.outcomes import Outcomes
from azuraforge.models.predictions.service import PredictionService
from azuraforge.models.registry.folder import VersionFolders
from azuraforge.models.service import ModelService
from azuraforge.models.serving.warm import WarmPredictors
from azuraforge.pipelines.agents.handler import AgentHandler
from azuraforge.pipelines.batches.handler import BatchPredictHandler
from azuraforge.pipelines.training import TrainingHandler
from azuraforge.pipelines.trials.handler import TrialHandler
from azuraforge.pipelines.trials.parts import StudyParts
from azuraforge.platform.opening import open_at_start
from azuraforge.platform.promises import log_not_kept
from azuraforge.platform.readiness import Readiness
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.processes.kernels import Kernels, News
from azuraforge.processes.launcher import Launcher
from azuraforge.processes.memory import MemoryLimit
from azuraforge.projects.history import History
from azuraforge.projects.housekeeping import Housekeeping
from azuraforge.projects.service import ProjectService
from azuraforge.projects.trash import Bin, Trash
from azuraforge.reports.reporter import ROUND_SECONDS, Reporter
from azuraforge.reports.service import RunReports
from azuraforge.runs.artifacts import ArtifactStore
from azuraforge.runs.carrier import Carrier
from azuraforge.runs.execution.supervisor import Supervisor
from azuraforge.runs.execution.worker import Worker
from azuraforge.runs.handlers import Handler
from azuraforge.runs.scratch import sweep
from azuraforge.runs.service import RunService
from azuraforge.settings import Settings
from azuraforge.studies.advance import Advance
from azuraforge.studies.sampler_process import Asker
from azuraforge.studies.scheduler import StudyScheduler
from azuraforge.studies.service import StudyService
from azuraforge.telemetry import logger

#: What children of runs import: the launcher does so for all of them. It starts no thread, and computes nothing.
PRELOADED = ("azuraforge.pipelines.trials.steps",)

log = logger("platform")


class House:
    """Every room of one data home, built but not yet started. ``furnish`` it with a carrier.

    Raises Conflict where the database is newer than this code and StorageError where it cannot be opened.
    """

    runs: RunService
    schedules: ScheduleService
    scheduler: Scheduler
    studies: StudyService
    study_scheduler: StudyScheduler
    trash: Trash
    housekeeping: Housekeeping
    reporter: Reporter

    def __init__(self, settings: Settings, bell: Bell | None = None) -> None:
        self.settings = settings
        self.database = open_at_start(settings)
        self.events = EventLog(self.database, bell)
        self.projects = ProjectService(self.database, self.events.bell.ring_forget)
        self.project_id = self.projects.ensure_default()
        self.launcher = Launcher(preload=PRELOADED)
        log_not_kept()
        self.catalogue = Catalogue(self.launcher.call, settings.plugins, settings.home / "catalogue.json")
        memory = MemoryLimit(settings.reading.memory_bytes, "AZURAFORGE_READING__MEMORY_BYTES")
        read = partial(self.launcher.call, memory=memory)
        self.datasets = DatasetService(self.database, self.events, read, settings)
        self.kernels = Kernels(self.launcher.call, settings.engine, settings.kernels)
        self.warm = WarmPredictors(
            self.launcher.open, str(settings.plugins), lambda: self.kernels.folder, settings.serving.warm_bytes
        )
        self.models = ModelService(
            self.database,
            self.events,
            VersionFolders(settings.artifacts),
            self.datasets,
            self.warm,
            self.launcher.call,
            self.catalogue.task_kinds,
        )
        outcomes = Outcomes(self.database, self.events, self.datasets, self.launcher.call)
        outcomes.listeners.append(self.models.deployments.watch)
        drift = DriftWatch(self.database, self.events, self.datasets, self.models.online)
        self.predictions = PredictionService(self.database, outcomes, drift)
        self.datasets.listeners.append(self.predictions.look_at)
        training = TrainingHandler(self.database, self.catalogue, self.datasets, self.models, self.launcher.call)
        trial = TrialHandler(self.datasets, self.catalogue, settings.home / "studies")
        batch = BatchPredictHandler(self.datasets, self.models, self.launcher.call, settings.plugins)
        self.handlers: list[Handler] = [training, trial, batch, AgentHandler(self.catalogue)]
        self.artifacts = ArtifactStore(settings.artifacts)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of run that workers carry."""
        return tuple(handler.kind for handler in self.handlers)

    def worker(self) -> Worker:
        """A worker for this process's slots."""
        return Worker(
            self.database,
            self.events,
            self.launcher,
            self.artifacts,
            self.handlers,
            self.settings,
            kernels=self.kernels,
        )

    def furnish(self, carrier: Carrier, report_round_seconds: float = ROUND_SECONDS) -> None:
        """Build the rooms that create runs, which ``carrier`` then brings to workers."""
        self.runs = RunService(self.database, self.events, self.handlers, self.artifacts, carrier, self.settings)
        self.reports = RunReports(self.database, self.artifacts, self.runs, self.launcher.call)
        self.reporter = Reporter(self.database, self.events, self.reports, self.launcher.open, report_round_seconds)
        self.comparisons = Comparisons(self.runs, self.launcher.call, str(self.catalogue.plugins_folder))
        firing = Firing(self.database, self.events, self.runs)
        self.schedules = ScheduleService(self.database, self.runs, firing)
        self.scheduler = Scheduler(self.database, firing)
        self._asker = Asker(self.launcher.open)
        advance = Advance(
            self.database, self.events, self.runs, self._asker, StudyParts(self.settings.home / "studies").forget
        )
        self.studies = StudyService(
            self.database,
            self.events,
            self.catalogue,
            self.datasets,
            self.runs,
            advance,
            self._asker,
            self.launcher.call,
        )
        self.study_scheduler = StudyScheduler(self.database, advance, self._asker)
        self._tie_trash()

    def _tie_trash(self) -> None:
        """Who is asked before something is deleted or resumed, and for whom something is kept though it was deleted."""
        runs, datasets, models = self.runs.trash, self.datasets.trash, self.models.trash
        runs.needs.append(models.needed_runs)
        datasets.needs.append(models.needed_versions)
        self.runs.objections.append(self.studies.object_to_resuming)
        datasets.objections += [runs.object_to_dataset, needs.object_to_dataset, self.studies.object_to_dataset]
        models.objections += [runs.object_to_model, needs.object_to_model, self.studies.object_to_model]
        # Who needs others comes first.
        bins: list[Bin] = [self.studies.trash, models, runs, datasets, self.predictions.bin]
        self.trash = Trash(self.database, self.events, bins)
        scratch = self.settings.scratch
        self.housekeeping = Housekeeping(
            self.database,
            self.trash,
            lambda held: sweep(self.database, scratch, held),
            self.events,
            History(self.events, self.settings.history),
            self.settings.event_days,
        )

    def readiness(self, about: Callable[[], dict[str, str]] = dict) -> Readiness:
        """Return the state of this process, not yet started; ``about`` adds fields to its report."""
        return Readiness(lambda: self.projects.look(self.project_id), about)

    def application(self, readiness: Readiness, url: str = "") -> ASGIApp:
        """Build the HTTP application; see ``create_application``."""
        # Imported here: a worker serves nothing, and starts half a second sooner without.
        from azuraforge.server.application import Rooms, create_application

        rooms = Rooms(
            self.projects,
            self.trash,
            self.catalogue,
            self.datasets,
            self.runs,
            self.reports,
            self.models,
            self.predictions,
            self.comparisons,
            self.studies,
            self.schedules,
            self.events,
        )
        return create_application(rooms, self.settings, readiness.state, url)

    def prepare(self, tell: Callable[[News], None] | None = None) -> None:
        """Off the path to readiness: the first run finds its kernels, the first page the plugins."""
        self.kernels.start(tell)
        threading.Thread(target=self._describe_plugins, name="catalogue", daemon=True).start()

    def sign_in_url(self, url: str) -> str:
        """Create a one-time link for the owner, at the public URL where one is set."""
        return self.projects.owner_link(self.project_id, self.settings.server.public_url or url).url

    def local_token(self) -> str:
        """Replace the token of this data home's command line."""
        return self.projects.local_token(self.project_id)

    def opens(self, token: str) -> bool:
        """Return whether a token still belongs to an owner of the default project."""
        try:
            access = self.projects.authenticate(token)
            return access.project_id == self.project_id and access.role == "owner"
        except Unauthorized:
            return False

    def close(self) -> None:
        """End every child, close the database."""
        self.predictions.close()
        self.models.close()
        if hasattr(self, "_asker"):  # a worker starts no studies
            self._asker.close()
        self.launcher.stop()
        self.database.close()

    def _describe_plugins(self) -> None:
        try:
            self.catalogue.list()
        except Exception as error:  # a start must not fail over a plugin; the page shows the reason later
            log.warning("catalogue_failed", error=str(error))


class Platform:
    """The embedded platform: one process that serves, carries runs and fires schedules."""

    def __init__(self, settings: Settings) -> None:
        self.house = House(settings)
        self.supervisor = Supervisor(self.house.database, self.house.events, self.house.worker(), settings)
        self.house.furnish(self.supervisor)
        self.readiness = self.house.readiness()

    def application(self, url: str) -> ASGIApp:
        """Build the HTTP application of a platform that listens at ``url``."""
        return self.house.application(self.readiness, url)

    def start(self, tell: Callable[[News], None] | None = None) -> None:
        """Start the launcher and begin to carry runs. ``tell`` hears where making the engine's kernels takes time."""
        self.house.launcher.start()
        self.supervisor.start()
        self.house.scheduler.start()
        self.house.studies.wake = self.house.study_scheduler.wake
        self.house.events.bell.listeners.append(self.house.study_scheduler.hear)
        self.house.study_scheduler.start()
        self.house.housekeeping.start()
        if self.house.settings.runs.reports:
            self.house.events.bell.listeners.append(self.house.reporter.hear)
            self.house.reporter.start()
        self.readiness.started = True
        self.house.prepare(tell)

    def end_streams(self) -> None:
        """Let live streams end, so that the server need not wait for them."""
        self.house.events.bell.close()

    def stop(self) -> None:
        """Put running runs back, end every child, close the database."""
        self.readiness.started = False
        self.end_streams()
        self.house.reporter.stop()
        self.house.housekeeping.stop()
        self.house.study_scheduler.stop()
        self.house.scheduler.stop()
        self.supervisor.stop()
        self.house.close()

    def local_token(self) -> str:
        """The secret that lets the command line of this machine in."""
        return self.house.local_token()

    def sign_in_url(self, url: str) -> str:
        """A fresh one-time link for the owner."""
        return self.house.sign_in_url(url)
