"""Fixtures of the whole suite: a database with every table, a project in it, and the real data where it is."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import json
import os
import pkgutil
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Engine, event

import azuraforge
from azuraforge.database import Base, Database, Owned, PersonOwned, new_id
from azuraforge.database.scopes import SCOPE
from azuraforge.projects.tables import Project
from tests import preloaded
from tests.command_line import NO_REPORTS, SERVING, run_command
from tests.preloaded import Forked
from tests.process_checks import Stall

pytest_plugins = ["tests.cpu_report", "tests.longest_first", "tests.valkey", "tests.postgres", "tests.scaled"]

# How fast a busy machine draws examples says nothing about the code.
hypothesis_settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("suite")

# One thread of BLAS: two on a busy two-core machine ran fifteen times slower than one.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
# One cache of kernels for all platforms of the suite; its files are named by what they were made from.
os.environ.setdefault(
    "AZURAFORGE_ENGINE__KERNELS", str(Path(tempfile.gettempdir()) / f"azuraforge-kernels-{os.getuid()}")
)


def import_all_tables() -> None:
    """Import every package's modules of tables, so that ``Base.metadata`` is whole."""
    from azuraforge.server.packages import import_tables

    import_tables()
    for package in pkgutil.iter_modules(azuraforge.__path__):
        for name in ("tables", "deployment_tables"):
            module = f"azuraforge.{package.name}.{name}"
            if package.ispkg and importlib.util.find_spec(module):
                importlib.import_module(module)


#: The tables after a keyword of a statement, each with its alias.
_TABLE = r"\w+(?:\s+as\s+\w+)?"
_TABLES = re.compile(rf"\b(?:from|join|update)\s+\(?({_TABLE}(?:,\s+{_TABLE})*)")


#: The column that says whose a row is: in a project's session and in a person's.
_OWNER = {"project": "project_id", "person": "person_id"}
#: Tables without such a column, which a condition on their id confines.
_ROOTS = ("project", "person")


@functools.cache
def _tables_seen(scope: str, _tables: int) -> dict[str, str]:
    """The tables that a session of a project or a person sees, each with the column that confines it."""
    mixin = {"project": Owned, "person": PersonOwned}[scope]
    owned = {each.local_table.name: _OWNER[scope] for each in Base.registry.mappers if issubclass(each.class_, mixin)}
    return {**owned, **dict.fromkeys(_ROOTS, "id")}


#: Tables that only sessions of system scope see.
_SYSTEM = {"sign_in_counter"}


@functools.lru_cache(maxsize=5000)
def _tables_of(statement: str, scope: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Tables that a statement reads or changes, those that the scope never sees, and those that no condition confines
    to its project or person."""
    text = " ".join(statement.lower().replace('"', "").split())
    if not text.startswith(("select", "update", "delete")):
        return frozenset(), frozenset(), frozenset()
    each = [words.split() for tables in _TABLES.findall(text) for words in tables.split(",")]
    found = [(words[0], words[-1]) for words in each if words[0] in Base.metadata.tables]
    named = frozenset(table for table, _ in found)
    if not scope:
        return named, frozenset(), frozenset()
    seen = _tables_seen(scope, len(Base.metadata.tables))  # a test may import further tables
    if len(found) == 1 and re.search(rf"(?<![.\w]){seen.get(found[0][0], '-')}\s*(=|in\b)", text):
        return named, frozenset(), frozenset()
    loose = {
        alias
        for table, alias in found
        if table in seen and not re.search(rf"\b{alias}\.{seen[table]}\s*(=|in\b)|=\s*{alias}\.{seen[table]}\b", text)
    }
    return named, named - seen.keys(), frozenset(loose)


@event.listens_for(Engine, "before_cursor_execute")
def _guard_statements(connection, _cursor, statement, _parameters, context, _many) -> None:  # type: ignore[no-untyped-def]
    """SQLite's stand-in for row-level security while tests run: inside the session of a project or a person, no
    statement may read or change a table that no condition confines to it; outside of both, only cross-project queries
    may. The session confines ORM statements; Core and raw statements must do so for each of their tables."""
    scope = connection.info.get(SCOPE)
    if connection.dialect.name != "sqlite" or scope is None:
        return
    if context and context.execution_options.get("crosses_projects"):
        return
    kind = "project" if scope.project_id is not None else "person" if scope.person_id is not None else ""
    named, hidden, loose = _tables_of(statement, kind)
    assert not named - _SYSTEM or kind, f"{named} asked outside of a project: {statement}"
    assert not hidden, f"{hidden} asked in the session of a {kind}: {statement}"
    assert not loose, f"no {kind} in the condition on {loose}: {statement}"


@pytest.fixture
def dialect(request: pytest.FixtureRequest) -> str:
    """Which database ``database`` is; the packages of ``postgres.BOTH`` run on both."""
    chosen: str = getattr(request, "param", "sqlite")
    return chosen


@pytest.fixture
def database(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database with every table."""
    import_all_tables()
    if dialect == "postgresql":
        made = Database(request.getfixturevalue("postgres").url)
    else:
        file = tmp_path / "azuraforge.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        made = Database(f"sqlite:///{file}")
    yield made
    made.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table and no row, to copy."""
    import_all_tables()
    file = tmp_path_factory.mktemp("sqlite") / "azuraforge.db"
    made = Database(f"sqlite:///{file}")
    Base.metadata.create_all(made.engine)
    made.close()
    return file


@pytest.fixture
def project_id(database: Database) -> str:
    """A project in ``database``."""
    return add_project(database, "first")


@pytest.fixture
def other_project_id(database: Database) -> str:
    """A second project, whose rows the first must never see."""
    return add_project(database, "second")


def add_project(database: Database, slug: str) -> str:
    """A project without members."""
    id_ = new_id()
    database.write(id_, lambda session: session.add(Project(id=id_, slug=slug, name=slug.title())))
    return id_


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data alongside the checkout; tests that need it are marked ``realdata``."""
    folder = Path(os.environ.get("AZURAFORGE_SHARED", Path(__file__).parents[2] / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"real data is not here ({folder})")
    return folder


@dataclass
class PlatformProcess:
    """A real ``azuraforge up`` in a process of its own, on a free port and a data home of its own."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: Forked | subprocess.Popen[str] | None = None
    url: str = ""
    #: Whether it starts as people start it, in an interpreter that has imported nothing.
    fresh: bool = False
    #: The project that ``api`` names; None where there is only one.
    project: str | None = None

    @property
    def variables(self) -> dict[str, str]:
        return {**os.environ, **NO_REPORTS, "AZURAFORGE_HOME": str(self.home), **self.environment}

    @property
    def token(self) -> str:
        return (self.home / "token").read_text()

    def start(self) -> PlatformProcess:
        log = self.home.parent / f"{self.home.name}.log"
        self.process = preloaded.start(("up", "--port", "0"), self.variables, log, fresh=self.fresh)
        stall = Stall(psutil.Process(self.process.pid))
        while not stall.over:
            if self.process.poll() is not None:
                raise AssertionError(f"the platform ended with {self.process.returncode}: {self.log()[-2000:]}")
            if self._answers():
                return self
            time.sleep(0.05)
        raise AssertionError(f"the platform did not become ready: {self.log()[-2000:]}")

    def _answers(self) -> bool:
        try:
            address = json.loads((self.home / "platform.json").read_text())
            if address["pid"] != self.process.pid:
                return False
            self.url = address["url"]
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return answer.status == 200
        except (OSError, ValueError, urllib.error.URLError):
            return False

    def log(self) -> str:
        return (self.home.parent / f"{self.home.name}.log").read_text()

    def tree(self) -> list[psutil.Process]:
        """Every process that this platform started, itself first."""
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def kill(self) -> list[psutil.Process]:
        """kill -9 of the platform's own process; returns what else was alive in its tree."""
        others = self.tree()[1:]
        self.process.kill()
        self.process.wait()
        return others

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to stop and wait for it."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(120)
        return self.process.returncode

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one command on this data home, inside the test's process unless it serves."""
        if arguments[0] in SERVING:
            return self.run_process(*arguments, check=check)
        return _checked(run_command(self._command_variables, *arguments), check)

    def run_process(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one command on this data home, in a process of its own."""
        command = [sys.executable, "-m", "azuraforge.cli.main", *arguments]
        done = subprocess.run(command, env=self._command_variables, capture_output=True, text=True, timeout=280)
        return _checked(done, check)

    @property
    def _command_variables(self) -> dict[str, str]:
        return {"AZURAFORGE_LANG": "en", **self.variables, "COLUMNS": "200"}

    def api(self, path: str) -> dict:
        """GET below /api/v1 with the command line's own token, in ``project`` if it is set."""
        named = {} if self.project is None else {"AzuraForge-Project": self.project}
        headers = {"Authorization": f"Bearer {self.token}", **named}
        request = urllib.request.Request(f"{self.url}/api/v1{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read())

    def json(self, *arguments: str) -> object:
        return json.loads(self.run(*arguments, "--json").stdout)


@pytest.fixture
def make_platform(tmp_path: Path) -> Iterator[Callable[..., PlatformProcess]]:
    """Makes platforms that are killed, with all they started, when the test ends."""
    made: list[PlatformProcess] = []

    def make(name: str = "home", *, fresh: bool = False, **environment: str) -> PlatformProcess:
        platform = PlatformProcess(tmp_path / name, environment, fresh=fresh)
        made.append(platform)
        return platform

    yield make
    for platform in made:
        _kill_tree(platform)


@pytest.fixture(scope="module")
def plugin_files() -> dict[str, str]:
    """Names and texts of the files in the plugins folder of ``platform``; a test file that needs some overrides it."""
    return {}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, plugin_files: dict[str, str]) -> Iterator[PlatformProcess]:
    """One running platform for a whole test file."""
    folder = tmp_path_factory.mktemp("platform")
    for name, text in plugin_files.items():
        file = folder / "home" / "plugins" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    yield from running_platform(folder)


def running_platform(folder: Path, *, fresh: bool = False, **environment: str) -> Iterator[PlatformProcess]:
    """Start a platform, yield it, and stop it with all that it started."""
    running = PlatformProcess(folder / "home", environment, fresh=fresh)
    running.start()
    yield running
    running.stop()
    _kill_tree(running)


def _checked(done: subprocess.CompletedProcess[str], check: bool) -> subprocess.CompletedProcess[str]:
    if check and done.returncode != 0:
        raise AssertionError(f"{done.args} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done


def _kill_tree(platform: PlatformProcess) -> None:
    if platform.process is not None and platform.process.poll() is None:
        for process in platform.tree():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        platform.process.wait()
