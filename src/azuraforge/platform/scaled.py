"""The scaled platform: API, worker and scheduler as processes of their own, any number of each.

They share PostgreSQL, a broker (Redis or Valkey) and the data home. The database knows everything; the broker only
carries ids and rings bells, and may forget them.
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
from azuraforge.errors import InvalidInput, TransientError
from azuraforge.events.redis_bell import RedisBell, answers
from azuraforge.platform.composition import House
from azuraforge.platform.home import open_home
from azuraforge.platform.up import Running, address_of, bind, require_public_url, when_ready
from azuraforge.runs.broker.carrier import CeleryCarrier
from azuraforge.runs.broker.dispatcher import Dispatcher
from azuraforge.runs.broker.worker import QueueWorker
from azuraforge.runs.reaper import Reaper
from azuraforge.settings import Queue, Settings
from azuraforge.telemetry import logger

#: How often a scheduler looks for due runs that no message waits for.
DISPATCH_SECONDS = 0.5
#: How often a scheduler looks for runs that ended and have no report yet.
REPORT_SECONDS = 5.0
#: Commands on this data home find another API so soon after theirs has ended.
_ANNOUNCE_SECONDS = 1.0
#: So long a starting process waits for its database.
DATABASE_SECONDS = 60.0
_DATABASE_PAUSE_SECONDS = 0.5

log = logger("platform")

OnReady = Callable[[], None]


def serve_api(settings: Settings, on_ready: Callable[[Running], None] | None = None) -> None:
    """Answer requests until SIGINT or SIGTERM; carry nothing. ``on_ready`` is called on a thread of its own.

    Raises InvalidInput for settings that do not fit, Conflict and StorageError, before anything has started.
    """
    from azuraforge.platform.http import HttpServer  # workers and schedulers serve nothing

    require_public_url(settings.server)
    url = _broker_of(settings)
    home = open_home(settings, together=True)
    telemetry.configure(settings.log_level)
    try:
        with bind(settings.server.host, settings.server.port, command="api") as listener:
            address = address_of(settings.server.host, listener)
            bell = RedisBell(url, streams=True, on_forget=lambda key: house.projects.forget(key))
            house = _house(settings, bell)
            carrier = CeleryCarrier(url, bell)
            house.furnish(carrier)
            readiness = house.readiness(lambda: {"broker": "away" if bell.deaf else "ready"})
            announce = partial(home.announce_unless_another_does, address, house.opens, house.local_token)
            announcer = _Loop("announcer", _ANNOUNCE_SECONDS, announce, at_once=True)
            try:
                server = HttpServer(house.application(readiness, address), listener, bell.close, settings.server)
                house.launcher.start()
                bell.start()
                carrier.start()
                house.prepare()
                readiness.started = True
                if not answers(url):
                    log.warning("broker_away", note="requests are answered; runs stay queued until it is back")
                announcer.start()
                if on_ready is not None:
                    running = Running(settings.server.public_url or address, house.sign_in_url(address))
                    threading.Thread(target=when_ready, args=(server, on_ready, running), daemon=True).start()
                server.run()
            finally:
                readiness.started = False
                bell.close()
                announcer.stop()
                house.close()
                carrier.stop()
                bell.stop()
    finally:
        home.close()


def serve_worker(
    settings: Settings, queues: Sequence[Queue], concurrency: int, on_ready: Callable[[str], None] | None = None
) -> None:
    """Carry runs of ``queues``, ``concurrency`` at once, until SIGINT or SIGTERM; then put them back at once.

    ``on_ready`` is told the worker's name. Raises as ``serve_api`` does.
    """
    url = _broker_of(settings)
    stop = _stop_on_signals()
    home = open_home(settings, together=True)
    telemetry.configure(settings.log_level)
    bell = RedisBell(url, on_cancel=lambda _project_id, run_id: worker.notice_cancel(run_id))
    try:
        house = _house(settings, bell, stop)
        worker = house.worker()
        carrying = QueueWorker(worker, url, queues, concurrency)
        try:
            house.launcher.start()
            bell.start()
            house.prepare()
            carrying.start()
            log.info("worker_ready", worker=worker.name, queues=list(queues), slots=concurrency)
            if on_ready is not None:
                on_ready(worker.name)
            stop.wait()
            log.info("worker_drains", worker=worker.name)
        finally:
            carrying.stop()
            house.close()
            bell.stop()
    finally:
        home.close()


def serve_scheduler(settings: Settings, on_ready: OnReady | None = None) -> None:
    """Fire schedules, take runs from workers that are gone, send again what no message waits for, keep house."""
    url = _broker_of(settings)
    stop = _stop_on_signals()
    home = open_home(settings, together=True)
    telemetry.configure(settings.log_level)
    try:
        bell = RedisBell(url)
        house = _house(settings, bell, stop)
        carrier = CeleryCarrier(url, bell)
        house.furnish(carrier, REPORT_SECONDS)
        dispatcher = Dispatcher(house.database, carrier, url, house.kinds)
        reaper = Reaper(house.database, house.events, settings)
        loops = [
            _Loop("reaper", settings.runs.reap_seconds, reaper.reap),
            _Loop("dispatcher", DISPATCH_SECONDS, dispatcher.dispatch),
        ]
        try:
            bell.start()
            carrier.start()
            house.scheduler.start()
            house.study_scheduler.start()
            house.housekeeping.start()
            if settings.runs.reports:
                house.reporter.start()
            for loop in loops:
                loop.start()
            log.info("scheduler_ready")
            if on_ready is not None:
                on_ready()
            stop.wait()
        finally:
            house.reporter.stop()
            house.housekeeping.stop()
            house.study_scheduler.stop()
            house.scheduler.stop()
            for loop in loops:
                loop.stop()
            dispatcher.close()
            house.close()
            carrier.stop()
            bell.stop()
    finally:
        home.close()


def _house(settings: Settings, bell: RedisBell, stop: threading.Event | None = None) -> House:
    """The rooms; a database that is just starting is waited for, as whoever starts everything at once expects.

    Raises TransientError where it stays away, or ``stop`` is set.
    """
    until = time.monotonic() + DATABASE_SECONDS
    told = False
    while True:
        try:
            return House(settings, bell)
        except TransientError as error:
            if error.error_code != AWAY or time.monotonic() > until or (stop is not None and stop.is_set()):
                raise
            if not told:
                log.warning("database_awaited", reason=str(error), at_most_seconds=DATABASE_SECONDS)
            told = True
            time.sleep(_DATABASE_PAUSE_SECONDS)


class _Loop:
    """Something done again and again on a thread of its own, whatever goes wrong with it."""

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
    """The broker's address. Raises InvalidInput where these settings are not those of a scaled platform."""
    if find_spec("celery") is None or find_spec("redis") is None:
        raise InvalidInput("the scaled platform is not installed", next_step="pip install 'azuraforge[scaled]'")
    if settings.url.startswith("sqlite"):
        raise InvalidInput(
            "several processes share one PostgreSQL, and none is named",
            where="database_url",
            next_step="set AZURAFORGE_DATABASE_URL=postgresql+psycopg://…, or run everything in one: azuraforge up",
        )
    if settings.broker_url is None:
        raise InvalidInput(
            "several processes need a broker between them, and none is named",
            where="broker_url",
            next_step="set AZURAFORGE_BROKER_URL=redis://…, or run everything in one: azuraforge up",
        )
    return settings.broker_url
