"""The scaled platform in the storm: API, workers and schedulers, PostgreSQL, Valkey, and messages that go astray."""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg

from azuraforge.runs.broker.celery_app import make_app, queue_name, send
from benchmarks.faults.clock import JUMPS, Clock
from benchmarks.faults.process import Part, freeze, outlived, variables
from benchmarks.faults.target import Kind
from tests.postgres import make_cluster
from tests.valkey import Valkey

_READY_SECONDS = 180  # a busy machine starts five processes slowly
_WORKERS = _SCHEDULERS = 2


class Scaled:
    """``azuraforge api``, ``worker`` and ``scheduler``."""

    name = "scaled"

    def __init__(self, slots: int, lease_seconds: float) -> None:
        self.lease_seconds = lease_seconds
        self.orphans: list[str] = []
        self.skipped: list[str] = []
        self.folder = Path(tempfile.mkdtemp(prefix="azuraforge-storm-"))
        self.home = self.folder / "home"
        self.home.mkdir()
        self._cluster = make_cluster()
        self._postgres = self._cluster.create("azuraforge_template")
        self._valkey = Valkey(self.folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        given = variables(
            self.home,
            AZURAFORGE_DATABASE_URL=self._postgres.url,
            AZURAFORGE_BROKER_URL=self._valkey.url,
            AZURAFORGE_RUNS__LEASE_SECONDS=str(lease_seconds),
            AZURAFORGE_RUNS__BEAT_SECONDS=str(lease_seconds / 4),
            AZURAFORGE_RUNS__REAP_SECONDS=str(lease_seconds / 8),
        )
        each = str(max(1, -(-slots // _WORKERS)))
        self._clocks: list[Clock] = []

        def part(name: str, *arguments: str) -> Part:
            clock = Clock(self.folder, name)
            self._clocks.append(clock)
            return Part(name, arguments, {**given, **clock.variables}, self.folder)

        self.api = part("api", "api", "--port", str(self.port))
        self.workers = [part(f"worker-{number}", "worker", "--concurrency", each) for number in range(_WORKERS)]
        self.schedulers = [part(f"scheduler-{number}", "scheduler") for number in range(_SCHEDULERS)]
        self.kinds = {
            "child killed": Kind(6, self._killing(lambda worker: worker.children())),
            "launcher killed": Kind(3, self._killing(lambda worker: worker.launchers())),
            "consumer killed": Kind(2, self._killing(lambda worker: worker.consumers())),
            "worker killed": Kind(5, self._kill_worker),
            "worker drained and started": Kind(2, self._drain_worker),
            "worker frozen beyond the lease": Kind(2, self._freeze_worker),
            "consumer wedged": Kind(2, self._freeze_consumer),
            "api killed": Kind(2, self._kill_api),
            "scheduler killed": Kind(3, self._kill_scheduler),
            "scheduler frozen": Kind(1, self._freeze_scheduler),
            "broker emptied (FLUSHALL)": Kind(4, self._flush),
            "broker killed and started": Kind(2, self._restart_broker),
            "messages doubled": Kind(3, self._double),
            "messages delayed and turned around": Kind(3, self._delay),
            "database connections cut": Kind(3, self._cut),
            "database stopped and started": Kind(1, self._restart_database),
            "database crashed and started": Kind(1, self._crash_database),
        }
        if problem := self._clocks[0].problem:
            self.skipped.append(f"clock jumped: {problem}")
        else:  # last: afterwards times that the processes wrote say nothing about recovery
            self.kinds["clock of one process jumped"] = Kind(1, self._jump, last=True)

    @property
    def token(self) -> str:
        with contextlib.suppress(OSError):
            return (self.home / "token").read_text()
        return ""

    @property
    def parts(self) -> list[Part]:
        return [self.api, *self.workers, *self.schedulers]

    def start(self) -> None:
        """Start everything and wait until the API serves."""
        self._valkey.start()
        for part in self.parts:
            part.start()
        until = time.monotonic() + _READY_SECONDS
        while not self._serves():
            if time.monotonic() > until or not self.api.alive:
                raise SystemExit(f"the platform did not start:\n{self.api.log_path.read_text()[-3000:]}")
            time.sleep(0.05)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Query as the superuser, past row-level security; retry while the database is under a fault."""
        until = time.monotonic() + 60
        while True:
            try:
                return self._cluster.execute(sql, self._postgres.name)
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def messages(self) -> list[str]:
        """Return the messages that wait in the broker; none while it is under a fault."""
        with contextlib.suppress(Exception), self._valkey.client() as client:
            return [str(each, "utf-8") for each in client.lrange(queue_name("cpu"), 0, 100)]
        return []

    def end(self) -> None:
        """Stop as a person would; what is still there afterwards counts as left over."""
        for part in self.parts:
            if part.alive:
                part.drain()

    def remove(self) -> None:
        for part in self.parts:
            part.end()
        self._valkey.kill()
        self._cluster.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _serves(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as connection:
            connection.sendall(b"GET /readyz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            return b" 200 " in connection.recv(100) and bool(self.token)
        return False

    def _killing(self, find: Callable[[Part], list[psutil.Process]]) -> Callable[[random.Random], float]:
        """Kills one of what is found below a worker."""

        def kill(chance: random.Random) -> float:
            if found := find(chance.choice(self.workers)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    chance.choice(found).kill()
            return time.time()

        return kill

    def _kill_worker(self, chance: random.Random) -> float:
        return self._kill(chance.choice(self.workers))

    def _kill_api(self, chance: random.Random) -> float:
        return self._kill(self.api)

    def _kill_scheduler(self, chance: random.Random) -> float:
        return self._kill(chance.choice(self.schedulers))

    def _kill(self, part: Part) -> float:
        over, others = time.time(), part.kill()
        part.start()
        self.orphans += outlived(others, over)
        return over

    def _drain_worker(self, chance: random.Random) -> float:
        worker = chance.choice(self.workers)
        worker.drain()
        worker.start()
        return time.time()

    def _freeze_worker(self, chance: random.Random) -> float:
        """Others carry on while it is frozen, so the clock runs from the first moment."""
        at = time.time()
        chance.choice(self.workers).freeze(self.lease_seconds * 1.5)
        return at

    def _freeze_consumer(self, chance: random.Random) -> float:
        if found := chance.choice(self.workers).consumers():
            freeze(found[0], self.lease_seconds * 1.5)
        return time.time()

    def _freeze_scheduler(self, chance: random.Random) -> float:
        chance.choice(self.schedulers).freeze(self.lease_seconds * 1.5)
        return time.time()

    def _jump(self, chance: random.Random) -> float:
        """The others' clocks and the database's stay right."""
        clock = chance.choice(self._clocks)
        clock.set(chance.choice(JUMPS))
        time.sleep(self.lease_seconds)
        clock.set(0)
        return time.time()

    def _flush(self, chance: random.Random) -> float:
        with self._valkey.client() as client:
            client.flushall()
        return time.time()

    def _restart_broker(self, chance: random.Random) -> float:
        self._valkey.kill()
        time.sleep(chance.uniform(0, 1))
        self._valkey.start()
        return time.time()

    def _double(self, chance: random.Random) -> float:
        """Messages for runs in every state, also for those that ended long ago."""
        app = make_app(self._valkey.url)
        rows = self.rows("SELECT project_id, id, queue FROM run ORDER BY id")
        for project_id, run_id, queue in chance.choices(rows, k=20) if rows else []:
            with contextlib.suppress(Exception):
                send(app, project_id, run_id, queue)
        app.close()
        return time.time()

    def _delay(self, chance: random.Random) -> float:
        """Take what waits, and bring it back later, in another order."""
        name = queue_name("cpu")
        with self._valkey.client() as client:
            taken = list(iter(lambda: client.lpop(name), None))
            time.sleep(chance.uniform(0.2, 1.0))
            chance.shuffle(taken)
            if taken:
                client.rpush(name, *taken)
        return time.time()

    def _cut(self, chance: random.Random) -> float:
        self.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'azuraforge_app' "
            f"AND pid % 3 = {chance.randrange(3)}"
        )
        return time.time()

    def _restart_database(self, chance: random.Random) -> float:
        self._cluster.stop(signal.SIGINT)
        time.sleep(chance.uniform(0, 1))
        self._cluster.start()
        return time.time()

    def _crash_database(self, chance: random.Random) -> float:
        self._cluster.stop(signal.SIGQUIT)
        self._cluster.start()
        return time.time()
