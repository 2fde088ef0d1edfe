"""A real scaled platform for tests: PostgreSQL, Valkey, and API, workers and schedulers as processes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests import preloaded
from tests.command_line import NO_REPORTS, SERVING, run_command
from tests.postgres import Cluster, Postgres
from tests.process_checks import Stall, words_of
from tests.valkey import Valkey

QUICK = {
    "AZURAFORGE_RUNS__LEASE_SECONDS": "6",
    "AZURAFORGE_RUNS__BEAT_SECONDS": "1.5",
    "AZURAFORGE_RUNS__REAP_SECONDS": "0.5",
}


class Part:
    """One process of the platform, and all that it starts."""

    def __init__(
        self, name: str, arguments: tuple[str, ...], variables: dict[str, str], folder: Path, *, fresh: bool = False
    ) -> None:
        self.name = name
        self.log_path = folder / f"{name}.log"
        self.process = preloaded.start(arguments, variables, self.log_path, fresh=fresh)

    def log(self) -> str:
        return self.log_path.read_text()

    def wait_for(self, words: str) -> Part:
        stall = Stall(psutil.Process(self.process.pid), 120)
        while words not in self.log():
            assert self.process.poll() is None, f"{self.name} ended: {self.log()[-2000:]}"
            assert not stall.over, f"{self.name} never said {words!r}: {self.log()[-2000:]}"
            time.sleep(0.05)
        return self

    def tree(self) -> list[psutil.Process]:
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def children(self, word: str) -> list[psutil.Process]:
        return [each for each in self.tree()[1:] if any(word in part for part in words_of(each))]

    def kill(self) -> list[psutil.Process]:
        """kill -9 of the process alone; returns what else belonged to it."""
        others = self.tree()[1:]
        self.process.kill()
        self.process.wait()
        return others

    def stop(self, seconds: float = 120) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


@dataclass
class Scaled:
    """The platform, reached as the command line reaches it."""

    home: Path
    postgres: Postgres
    valkey: Valkey
    environment: dict[str, str] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    url: str = ""
    #: How many of each kind were ever started: a log is one process's.
    started: Counter[str] = field(default_factory=Counter)

    @property
    def variables(self) -> dict[str, str]:
        return {
            **os.environ,
            **QUICK,
            **NO_REPORTS,
            "COLUMNS": "200",
            "AZURAFORGE_LANG": "en",
            "AZURAFORGE_HOME": str(self.home),
            "AZURAFORGE_DATABASE_URL": self.postgres.url,
            "AZURAFORGE_BROKER_URL": self.valkey.url,
            **self.environment,
        }

    @property
    def token(self) -> str:
        return (self.home / "token").read_text()

    def start(self, *arguments: str) -> Part:
        """``start("worker", "--concurrency", "1")``; returns at once."""
        self.started[arguments[0]] += 1
        part = Part(f"{arguments[0]}-{self.started[arguments[0]]}", arguments, self.variables, self.home.parent)
        self.parts.append(part)
        return part

    def start_api(self) -> Part:
        """An API that answers; the first one is where commands go."""
        part = self.start("api", "--port", "0").wait_for("is running at ")
        url = part.log().split("is running at ")[1].split()[0]
        self.url = self.url or url
        stall = Stall(psutil.Process(part.process.pid))
        while not self._answers(url):
            assert not stall.over, part.log()
            time.sleep(0.05)
        return part

    def _answers(self, url: str) -> bool:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def start_all(self, workers: int = 2, schedulers: int = 2) -> Scaled:
        """An API, workers with a slot each, and schedulers, all of them ready."""
        self.start_api()
        started = [(self.start("worker", "--concurrency", "1"), "Worker ") for _ in range(workers)]
        started += [(self.start("scheduler"), "The scheduler is running") for _ in range(schedulers)]
        for part, words in started:
            part.wait_for(words)
        return self

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one command, inside the test's process unless it serves."""
        if arguments[0] in SERVING:
            command = [sys.executable, "-m", "azuraforge.cli.main", *arguments]
            done = subprocess.run(command, env=self.variables, capture_output=True, text=True, timeout=280)
        else:
            done = run_command(self.variables, *arguments)
        if check and done.returncode != 0:
            raise AssertionError(f"{arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done

    def json(self, *arguments: str) -> object:
        return json.loads(self.run(*arguments, "--json").stdout)

    def api(self, path: str, body: dict | None = None, url: str | None = None) -> dict:
        """GET (or POST, with a body) below /api/v1 with the command line's token."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{url or self.url}/api/v1{path}", data, headers)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read())

    def stop(self) -> None:
        """kill -9 of everything."""
        for part in self.parts:
            with contextlib.suppress(psutil.NoSuchProcess):
                for process in part.tree():
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()
            part.process.wait()


def make_scaled(folder: Path, cluster: Cluster, valkey: Valkey, **environment: str) -> Scaled:
    return Scaled(folder / "home", cluster.create("azuraforge_template"), valkey, environment)


@pytest.fixture(scope="module")
def scaled_of_module(
    tmp_path_factory: pytest.TempPathFactory, postgres_cluster: Cluster, valkey_of_module: Valkey
) -> Iterator[Scaled]:
    """One scaled platform for a test file, with everything running."""
    made = make_scaled(tmp_path_factory.mktemp("scaled"), postgres_cluster, valkey_of_module)
    try:
        yield made.start_all()
    finally:
        made.stop()
        postgres_cluster.drop(made.postgres)


@pytest.fixture
def scaled(tmp_path: Path, postgres_cluster: Cluster, valkey: Valkey) -> Iterator[Scaled]:
    """A scaled platform of which nothing has been started yet."""
    made = make_scaled(tmp_path, postgres_cluster, valkey)
    yield made
    made.stop()
    postgres_cluster.drop(made.postgres)
