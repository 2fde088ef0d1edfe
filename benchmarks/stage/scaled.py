"""The scaled platform under measurement: an API, a worker and a scheduler on PostgreSQL and Valkey."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.stage import PLUGINS, Stage, _used
from tests.postgres import Cluster, make_cluster
from tests.valkey import Valkey, _free_port

_START_SECONDS = 90
_SETTLE_SECONDS = 3.0


class ScaledStage(Stage):
    """Asked like the embedded one; ``pid`` is the API's."""

    def __init__(self, home: Path, cluster: Cluster, valkey: Valkey, **environment: str) -> None:
        same = self.python == sys.executable
        database = cluster.create("azuraforge_template" if same else "template1")
        if not same:  # another commit has a schema of its own
            urls = {"AZURAFORGE_DATABASE_URL": database.url, "AZURAFORGE_DATABASE_OWNER_URL": database.owner_url}
            command = [self.python, "-m", "azuraforge.cli.main", "database", "upgrade"]
            subprocess.run(command, env={**os.environ, "AZURAFORGE_HOME": str(home), **urls}, check=True)
        super().__init__(home, AZURAFORGE_DATABASE_URL=database.url, AZURAFORGE_BROKER_URL=valkey.url, **environment)
        self.owner_url = database.owner_url
        self._servers = (cluster, valkey)
        self._logged = 0
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.others: list[subprocess.Popen[bytes]] = []

    def start(self) -> ScaledStage:
        """Start all of it, and wait until it is ready."""
        self.process = self._part("api", "--port", str(self.port), module=self.module)
        self.others = [self._part("worker", "--concurrency", "1"), self._part("scheduler")]
        until = time.monotonic() + _START_SECONDS
        while not self._serves():
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"the platform did not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.05)
        self.read_token()
        time.sleep(_SETTLE_SECONDS)  # the worker listens a moment after the API does
        return self

    def stop(self) -> None:
        """End every part; with force after half a minute."""
        for process in (*self.others, self.process):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in (*self.others, self.process):
            if process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(30)
                process.kill()
                process.wait()

    def tree(self) -> list[psutil.Process]:
        """Return every running process of all parts, without the servers that they use."""
        roots = [psutil.Process(process.pid) for process in (self.process, *self.others) if process is not None]
        return [each for root in roots for each in (root, *root.children(recursive=True))]

    def processor_parts(self) -> dict[str, float]:
        cluster, valkey = self._servers
        roots = {
            "API": self.process,
            "worker": self.others[0],
            "scheduler": self.others[1],
            "PostgreSQL": cluster._process,
            "Valkey": valkey.process,
        }
        parts = {name: psutil.Process(process.pid) for name, process in roots.items() if process is not None}
        return {name: _used([root, *root.children(recursive=True)]) for name, root in parts.items()}

    def server_log(self) -> list[str]:
        """Return the log from the first call on: statements of more than 20 ms, and each autovacuum."""
        cluster, _ = self._servers
        if not self._logged:
            for setting in (
                "log_min_duration_statement = 20",
                "log_autovacuum_min_duration = 0",
                "log_lock_waits = on",
            ):
                cluster.execute(f"ALTER SYSTEM SET {setting}")
            cluster.execute("SELECT pg_reload_conf()")
        text = (cluster.folder / "log").read_bytes()
        since, self._logged = text[self._logged :], len(text)
        return [
            line for line in since.decode(errors="replace").splitlines() if "duration" in line or "automatic" in line
        ]

    @property
    def _log(self) -> Path:
        return self.home.parent / f"{self.home.name}.log"

    def _part(self, *arguments: str, module: str = "azuraforge.cli.main") -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [self.python, "-m", module, *arguments],
                env={**os.environ, "AZURAFORGE_HOME": str(self.home), **self.environment},
                stdout=log,
                stderr=log,
            )

    def _serves(self) -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
            return bool(answer.status == 200) and (self.home / "token").exists()
        return False


@contextmanager
def scaled_stage(*plugins: str, **environment: str) -> Iterator[ScaledStage]:
    """A running scaled platform with the named plugin files; everything of it is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="azuraforge-bench-"))
    cluster, valkey = make_cluster(), Valkey(folder)
    try:
        valkey.start()
        made = ScaledStage(folder / "home", cluster, valkey, **environment)
        (made.home / "plugins").mkdir(parents=True, exist_ok=True)
        for name in plugins:
            shutil.copy(PLUGINS / f"{name}.py", made.home / "plugins")
        try:
            yield made.start()
        finally:
            made.stop()
    finally:
        valkey.kill()
        cluster.remove()
        shutil.rmtree(folder, ignore_errors=True)
