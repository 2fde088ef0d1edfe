"""The platform under measurement: a process tree of its own, on a data home of its own, that may be killed."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

PLUGINS = Path(__file__).parent / "plugins"
_START_SECONDS = 60
#: The platform closes a connection that was silent for five seconds.
_KEPT_SECONDS = 3.0


class Stage:
    """One `azuraforge up`. Keeps its port over restarts, so that clients can come back to it."""

    #: What is started; ``benchmarks.stage.watched`` is the same with a watch on it.
    module = "azuraforge.cli.main"
    #: The interpreter that starts it; ``benchmarks.commits`` sets another checkout's.
    python = sys.executable

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""
        self.port = 0
        self._token = ""
        self._own = threading.local()

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "process": None, "_own": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._own = threading.local()

    def start(self) -> Stage:
        """Start it, and wait until it is ready."""
        (self.home / "plugins").mkdir(parents=True, exist_ok=True)
        with (self.home.parent / f"{self.home.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.python, "-m", self.module, "up", "--port", str(self.port)],
                env={**os.environ, "AZURAFORGE_HOME": str(self.home), **self.environment},
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"the platform did not start:\n{Path(log.name).read_text()[-2000:]}")
            time.sleep(0.01)
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        try:
            address = json.loads((self.home / "platform.json").read_text())
            if address["pid"] != self.process.pid:
                return False
            self.url = address["url"]
            self.port = int(self.url.rpartition(":")[2])
            self.read_token()
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, ValueError):
            return False

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def token(self) -> str:
        """The bearer token of this machine's command line; a new one after each start."""
        return self._token

    def read_token(self) -> None:
        """Take the token that the platform wrote last; another process may have restarted it."""
        self._token = (self.home / "token").read_text()

    def tree(self) -> list[psutil.Process]:
        """Every living process of the platform, itself first."""
        root = psutil.Process(self.pid)
        return [root, *root.children(recursive=True)]

    def kill(self) -> None:
        """Kill the platform's own process by SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Stop it; by force after half a minute."""
        if self.process is None or self.process.poll() is not None:
            return
        tree = self.tree()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            for process in tree:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            self.process.wait()

    def processor_seconds(self) -> float:
        """Processor time that the platform's own process has used so far."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def processor_parts(self) -> dict[str, float]:
        """Processor seconds so far of each part of the platform and of the servers that it uses."""
        root = psutil.Process(self.pid)
        return {"platform": _used([root]), "its children": _used(root.children(recursive=True))}

    def server_log(self) -> list[str]:
        """Return the database server's log since the last call; SQLite has none."""
        return []

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send one request below /api/v1 over this thread's kept connection; raise an error unless it succeeds."""
        status, answer = self.ask(method, path, body)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return answer

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request like ``call``, but return the status. Raises OSError if there is no answer."""
        connection = getattr(self._own, "connection", None)
        if connection is None or connection.port != self.port or time.monotonic() > self._own.used_at + _KEPT_SECONDS:
            connection = self._own.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self._own.used_at = time.monotonic()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            connection.request(
                method, f"/api/v1{path}", None if body is None else json.dumps(body).encode(), headers=headers
            )
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ConnectionError(str(error)) from error
        return answer.status, json.loads(content) if content else None


@contextmanager
def stage(*plugins: str, **environment: str) -> Iterator[Stage]:
    """A running platform with the named plugin files, on a data home that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="azuraforge-bench-"))
    made = Stage(folder / "home", **environment)
    try:
        (made.home / "plugins").mkdir(parents=True)
        for name in plugins:
            shutil.copy(PLUGINS / f"{name}.py", made.home / "plugins")
        yield made.start()
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _used(processes: list[psutil.Process]) -> float:
    """Processor seconds so far of those that still live."""
    total = 0.0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def pss_megabytes(processes: list[psutil.Process]) -> float:
    """Memory of a tree: pages that several processes share count once."""
    total = 0
    for process in processes:
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
            total += next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return total / 1024


def percentile(values: list[float], share: float) -> float:
    """Return the value below which ``share`` (0 to 1) of the values lie; nearest rank, so an observed one."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * share // 1).__int__() - 1))]
