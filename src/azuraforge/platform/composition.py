"""Composition root: builds and starts the services and loops that the packages declare."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from starlette.types import ASGIApp

from azuraforge.database.package import DATABASE
from azuraforge.errors import Unauthorized
from azuraforge.events.package import EVENTS, NOTIFIER
from azuraforge.package import LOOPS, SETTINGS, BackgroundLoop, Package, Service, Services
from azuraforge.platform.opening import open_at_start
from azuraforge.platform.promises import log_not_kept
from azuraforge.platform.readiness import Readiness
from azuraforge.plugins.package import CALL, CATALOGUE
from azuraforge.processes.kernels import News
from azuraforge.processes.package import KERNELS, LAUNCHER
from azuraforge.projects.package import PROJECTS
from azuraforge.projects.service import ProjectService
from azuraforge.runs.execution.supervisor import Supervisor
from azuraforge.runs.package import RUN_DISPATCH, WORKER
from azuraforge.server.packages import PACKAGES
from azuraforge.settings import Settings
from azuraforge.telemetry import logger

log = logger("platform")

Supplied = Mapping[Service[object], Callable[[Services], object]]


def build_services(settings: Settings, supplied: Supplied, packages: Sequence[Package] = PACKAGES) -> Services:
    """Open the database and return the services of this process.

    Args:
        supplied: services that this kind of process builds differently, such as the dispatch of runs.

    Raises Conflict if the database is newer than this code, and StorageError if it cannot be opened.
    """
    database = open_at_start(settings)
    log_not_kept()
    known: Supplied = {
        SETTINGS: lambda _: settings,
        DATABASE: lambda _: database,
        CALL: lambda services: services[LAUNCHER].call,
    }
    services = Services(packages, {**known, **supplied})
    assert services[DATABASE] is database  # builds the service, so that ``Services.close`` closes the database, too
    return services


class Owner:
    """The owner's access to the default project, used by the command line on this machine."""

    def __init__(self, projects: ProjectService, settings: Settings) -> None:
        self._projects = projects
        self._public_url = settings.server.public_url
        self.project_id = projects.ensure_default()

    def sign_in_url(self, url: str) -> str:
        """Create a one-time sign-in link for the owner, at the public URL if one is set, else at ``url``."""
        return self._projects.owner_link(self.project_id, self._public_url or url).url

    def local_token(self) -> str:
        """Create a token for the command line of this data home; it replaces the previous one."""
        return self._projects.local_token(self.project_id)

    def opens(self, token: str) -> bool:
        """Return whether a token still authenticates an owner of the default project."""
        try:
            access = self._projects.authenticate(token)
            return access.project_id == self.project_id and access.role == "owner"
        except Unauthorized:
            return False

    async def look(self) -> None:
        """Read the default project's row. Raises an error if the database cannot answer requests."""
        await self._projects.look(self.project_id)


def application(services: Services, readiness: Readiness, url: str = "") -> ASGIApp:
    """Build the HTTP application; see ``create_application``."""
    # Imported here, because a worker serves no HTTP and starts half a second faster without it.
    from azuraforge.server.application import create_application

    return create_application(services, readiness.state, url)


def prepare(services: Services, tell: Callable[[News], None] | None = None) -> None:
    """Start compiling kernels and describing plugins in the background.

    ``tell`` receives news about the compilation of the kernels.
    """
    services[KERNELS].start(tell)
    catalogue = services[CATALOGUE]

    def describe() -> None:
        try:
            catalogue.list()
        except Exception as error:  # a plugin must not prevent the start; the page of plugins shows the reason
            log.warning("catalogue_failed", error=str(error))

    threading.Thread(target=describe, name="catalogue", daemon=True).start()


#: Supervisor of the embedded platform, which executes runs in the process that serves HTTP.
SUPERVISOR: Service[Supervisor] = Service(
    "supervisor",
    lambda services: Supervisor(services[DATABASE], services[EVENTS], services[WORKER], services[SETTINGS]),
)


class Platform:
    """The embedded platform: one process that serves HTTP, executes runs and fires schedules."""

    def __init__(self, settings: Settings, packages: Sequence[Package] = PACKAGES) -> None:
        self.services = build_services(settings, {RUN_DISPATCH: lambda services: services[SUPERVISOR]}, packages)
        self.owner = Owner(self.services[PROJECTS], settings)
        self.readiness = Readiness(self.owner.look)
        self._loops: list[BackgroundLoop] = [self.services[SUPERVISOR], *self.services.all(LOOPS)]

    def begin(self) -> None:
        """Start the launcher's process early; it imports its modules while this process builds the HTTP application."""
        self.services[LAUNCHER].begin()

    def application(self, url: str) -> ASGIApp:
        """Build the HTTP application of a platform that listens at ``url``."""
        return application(self.services, self.readiness, url)

    def start(self, tell: Callable[[News], None] | None = None) -> None:
        """Start the launcher, the execution of runs and the background loops, then ``prepare`` kernels and plugins.

        ``tell`` receives news about the compilation of the kernels. Raises TransientError if the launcher does not
        start.
        """
        self.services[LAUNCHER].start()
        for loop in self._loops:
            loop.start()
        self.readiness.started = True
        prepare(self.services, tell)

    def end_streams(self) -> None:
        """End all live streams, so that the server's shutdown does not wait for them."""
        self.services[NOTIFIER].close()

    def stop(self) -> None:
        """Requeue running runs, end all child processes and close the database."""
        self.readiness.started = False
        self.end_streams()
        for loop in reversed(self._loops):
            loop.stop()
        self.services.close()
