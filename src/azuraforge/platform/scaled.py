"""The scaled platform: API, worker and scheduler as separate processes, any number of each.

They share PostgreSQL, a broker (Redis or Valkey) and the data home. All state is in the database; the broker only
transports ids and notifications, and losing them causes no harm.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec

from azuraforge import telemetry
from azuraforge.database import AWAY
from azuraforge.database.package import DATABASE
from azuraforge.errors import InvalidInput, TransientError
from azuraforge.events.package import EVENTS, NOTIFIER
from azuraforge.events.redis_notifier import RedisNotifier, answers
from azuraforge.package import LOOPS, BackgroundLoop, Services
from azuraforge.people.package import PEOPLE
from azuraforge.platform.allocator import share_arenas
from azuraforge.platform.composition import Owner, Supplied, application, build_services, prepare
from azuraforge.platform.home import open_home
from azuraforge.platform.readiness import Readiness
from azuraforge.platform.up import Running, address_of, bind, require_public_url, when_ready
from azuraforge.processes.package import LAUNCHER
from azuraforge.projects.package import PROJECTS
from azuraforge.reports.package import REPORTER, reporter
from azuraforge.runs.broker.dispatch import CeleryDispatch
from azuraforge.runs.broker.dispatcher import Dispatcher
from azuraforge.runs.broker.worker import QueueWorker
from azuraforge.runs.package import HANDLERS, RUN_DISPATCH, WORKER
from azuraforge.runs.reaper import Reaper
from azuraforge.settings import Queue, Settings
from azuraforge.telemetry import logger

#: Interval at which a scheduler dispatches due runs whose broker message is missing.
DISPATCH_SECONDS = 0.5
#: Interval at which a scheduler looks for ended runs without a report.
REPORT_SECONDS = 5.0
#: Interval at which an API checks whether the one that commands on this data home use has ended.
_ANNOUNCE_SECONDS = 1.0
#: Maximum time that a starting process waits for the database.
DATABASE_SECONDS = 60.0
_DATABASE_PAUSE_SECONDS = 0.5

log = logger("platform")

OnReady = Callable[[], None]


def serve_api(settings: Settings, on_ready: Callable[[Running], None] | None = None) -> None:
    """Answer requests until SIGINT or SIGTERM; execute no runs. ``on_ready`` is called in a separate thread.

    Raises InvalidInput for unsuitable settings, Conflict, StorageError, and TransientError if the database is
    unavailable or the launcher does not start, all before the server starts.
    """
    from azuraforge.platform.http import HttpServer  # imported here, because workers and schedulers serve no HTTP

    require_public_url(settings.server)
    url = _broker_of(settings)
    home = open_home(settings, together=True)
    share_arenas()
    telemetry.configure(settings.log_level)
    try:
        with bind(settings.server.host, settings.server.port, command="api") as listener:
            address = address_of(settings.server.host, listener)
            notifier = RedisNotifier(url, streams=True, on_forget=lambda key: services[PEOPLE].revocations.forget(key))
            dispatch = CeleryDispatch(url, notifier)
            services = _services(settings, {NOTIFIER: lambda _: notifier, RUN_DISPATCH: lambda _: dispatch})
            owner = Owner(services[PROJECTS], settings)
            readiness = Readiness(owner.look, lambda: {"broker": "away" if notifier.disconnected else "ready"})
            announce = partial(home.announce_unless_another_does, address, owner.opens, owner.local_token)
            announcer = _Loop("announcer", _ANNOUNCE_SECONDS, announce, at_once=True)
            try:
                app = application(services, readiness, address)
                server = HttpServer(app, listener, notifier.close, settings.server)
                services[LAUNCHER].start()
                notifier.start()
                dispatch.start()
                prepare(services)
                readiness.started = True
                if not answers(url):
                    log.warning(
                        "broker_away", note="requests are served; runs stay queued until the broker is available again"
                    )
                announcer.start()
                if on_ready is not None:
                    running = Running(settings.server.public_url or address, owner.sign_in_url(address))
                    threading.Thread(target=when_ready, args=(server, on_ready, running), daemon=True).start()
                server.run()
            finally:
                readiness.started = False
                notifier.close()
                announcer.stop()
                services.close()
                dispatch.stop()
                notifier.stop()
    finally:
        home.close()


def serve_worker(
    settings: Settings,
    queues: Sequence[Queue],
    concurrency: int,
    standing: int,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Execute up to ``concurrency`` runs of ``queues`` at once until SIGINT or SIGTERM; then requeue running ones.

    In addition, execute up to ``standing`` runs without end. ``on_ready`` is called with the worker's name. Raises the
    same errors as ``serve_api``.
    """
    url = _broker_of(settings)
    stop = _stop_on_signals()
    home = open_home(settings, together=True)
    share_arenas()
    telemetry.configure(settings.log_level)
    notifier = RedisNotifier(url, on_cancel=lambda _project_id, run_id: worker.notice_cancel(run_id))
    try:
        services = _services(settings, {NOTIFIER: lambda _: notifier}, stop)
        worker = services[WORKER]
        carrying = QueueWorker(worker, url, queues, concurrency, standing)
        try:
            services[LAUNCHER].start()
            notifier.start()
            prepare(services)
            carrying.start()
            log.info("worker_ready", worker=worker.name, queues=list(queues), slots=concurrency)
            if on_ready is not None:
                on_ready(worker.name)
            stop.wait()
            log.info("worker_drains", worker=worker.name)
        finally:
            carrying.stop()
            services.close()
            notifier.stop()
    finally:
        home.close()


def serve_scheduler(settings: Settings, on_ready: OnReady | None = None) -> None:
    """Fire schedules, requeue runs with expired leases, dispatch queued runs again and clean up.

    Runs until SIGINT or SIGTERM; ``on_ready`` is called once all loops have started. Raises InvalidInput, Conflict,
    StorageError and TransientError as ``serve_api`` does.
    """
    url = _broker_of(settings)
    stop = _stop_on_signals()
    home = open_home(settings, together=True)
    share_arenas()
    telemetry.configure(settings.log_level)
    try:
        notifier = RedisNotifier(url)
        dispatch = CeleryDispatch(url, notifier)
        supplied: Supplied = {
            NOTIFIER: lambda _: notifier,
            RUN_DISPATCH: lambda _: dispatch,
            REPORTER: lambda services: reporter(services, REPORT_SECONDS),
        }
        services = _services(settings, supplied, stop)
        database = services[DATABASE]
        kinds = [handler.kind for handler in services.all(HANDLERS)]
        dispatcher = Dispatcher(database, dispatch, url, kinds)
        reaper = Reaper(database, services[EVENTS], settings)
        loops: list[BackgroundLoop] = [
            _Loop("reaper", settings.runs.reap_seconds, reaper.reap),
            _Loop("dispatcher", DISPATCH_SECONDS, dispatcher.dispatch),
            *services.all(LOOPS),
        ]
        try:
            notifier.start()
            dispatch.start()
            for loop in loops:
                loop.start()
            log.info("scheduler_ready")
            if on_ready is not None:
                on_ready()
            stop.wait()
        finally:
            for loop in reversed(loops):
                loop.stop()
            dispatcher.close()
            services.close()
            dispatch.stop()
            notifier.stop()
    finally:
        home.close()


def _services(settings: Settings, supplied: Supplied, stop: threading.Event | None = None) -> Services:
    """Build the services of this process; wait up to ``DATABASE_SECONDS`` for a database that is still starting.

    Raises TransientError if the database stays unavailable or ``stop`` is set.
    """
    until = time.monotonic() + DATABASE_SECONDS
    logged = False
    while True:
        try:
            services = build_services(settings, supplied)
            services[PROJECTS].ensure_default()
            return services
        except TransientError as error:
            if error.error_code != AWAY or time.monotonic() > until or (stop is not None and stop.is_set()):
                raise
            if not logged:
                log.warning("database_awaited", reason=str(error), at_most_seconds=DATABASE_SECONDS)
            logged = True
            time.sleep(_DATABASE_PAUSE_SECONDS)


class _Loop:
    """Thread that repeats a task and logs its errors."""

    def __init__(self, name: str, every_seconds: float, work: Callable[[], object], *, at_once: bool = False) -> None:
        self._name = name
        self._every_seconds = every_seconds
        self._work = work
        self._at_once = at_once
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def _live(self) -> None:
        if self._at_once:
            self._try()
        while not self._stopping.wait(self._every_seconds):
            self._try()

    def _try(self) -> None:
        try:
            self._work()
        except Exception as error:
            log.warning("loop_failed", loop=self._name, reason=str(error))


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _broker_of(settings: Settings) -> str:
    """Return the broker's address. Raises InvalidInput if packages or settings of a scaled platform are missing."""
    if find_spec("celery") is None or find_spec("redis") is None:
        raise InvalidInput("the scaled platform is not installed", next_step="pip install 'azuraforge[scaled]'")
    if settings.url.startswith("sqlite"):
        raise InvalidInput(
            "several processes need a PostgreSQL database, but none is set",
            where="database_url",
            next_step="set AZURAFORGE_DATABASE_URL=postgresql+psycopg://…, or run a single process with azuraforge up",
        )
    if settings.broker_url is None:
        raise InvalidInput(
            "several processes need a message broker, but none is set",
            where="broker_url",
            next_step="set AZURAFORGE_BROKER_URL=redis://…, or run a single process with azuraforge up",
        )
    return settings.broker_url
