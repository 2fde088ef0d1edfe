"""The embedded platform in the storm: one process that serves and carries, its launcher, its children, SQLite."""

from __future__ import annotations

import contextlib
import random
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks.faults.clock import JUMPS, Clock
from benchmarks.faults.process import Part, freeze, outlived, variables
from benchmarks.faults.target import FULL_DISK, Kind

_READY_SECONDS = 90
_HOME_BYTES = 1 << 30


class Embedded:
    """``azuraforge up``."""

    name = "embedded"

    def __init__(self, slots: int, lease_seconds: float) -> None:
        self.lease_seconds = lease_seconds
        self.orphans: list[str] = []
        #: Faults that this machine does not allow, and why.
        self.skipped: list[str] = []
        self.folder = Path(tempfile.mkdtemp(prefix="azuraforge-storm-"))
        self.home = self.folder / "home"
        self.home.mkdir()
        self._small_disk = self._mount()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._clock = Clock(self.folder)
        more = {
            "AZURAFORGE_RUNS__CONCURRENCY": str(slots),
            "AZURAFORGE_RUNS__LEASE_SECONDS": str(lease_seconds),
            "AZURAFORGE_RUNS__BEAT_SECONDS": str(lease_seconds / 4),
            "AZURAFORGE_RUNS__REAP_SECONDS": str(lease_seconds / 8),
        }
        more |= self._clock.variables
        if self._clock.problem:
            self.skipped.append(f"clock jumped: {self._clock.problem}")
        self.platform = Part("up", ("up", "--port", str(self.port)), variables(self.home, **more), self.folder)
        self.kinds = {
            "child killed": Kind(8, self._kill_child),
            "launcher killed": Kind(4, self._kill_launcher),
            "platform killed": Kind(4, self._kill_platform),
            "platform frozen beyond the lease": Kind(2, self._freeze_platform),
            "launcher frozen": Kind(1, self._freeze_launcher),
            "child frozen": Kind(1, self._freeze_child),
            "platform drained and started": Kind(2, self._drain),
        }
        if self._small_disk:
            self.kinds[FULL_DISK] = Kind(1, self._fill_disk)
        if not self._clock.problem:  # last: afterwards the times in the rows say nothing about recovery
            self.kinds["clock jumped"] = Kind(1, self._jump, last=True)

    @property
    def token(self) -> str:
        with contextlib.suppress(OSError):
            return (self.home / "token").read_text()
        return ""

    @property
    def parts(self) -> list[Part]:
        return [self.platform]

    def start(self) -> None:
        """Start it and wait until it serves."""
        self.platform.start()
        until = time.monotonic() + _READY_SECONDS
        while not self._serves():
            if not self.platform.alive or time.monotonic() > until:
                raise SystemExit(f"the platform did not start:\n{self.platform.log_path.read_text()[-3000:]}")
            time.sleep(0.02)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Straight from the database file."""
        with contextlib.closing(sqlite3.connect(f"file:{self.home / 'azuraforge.db'}?mode=ro", 10, uri=True)) as found:
            return found.execute(sql).fetchall()

    def end(self) -> None:
        """Stop as a person would; what is still there afterwards counts as left over."""
        self.platform.drain()

    def remove(self) -> None:
        self.platform.end()
        if self._small_disk:
            subprocess.run(["umount", "-l", str(self.home)], capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _serves(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as connection:
            connection.sendall(b"GET /readyz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            return b" 200 " in connection.recv(100)
        return False

    def _mount(self) -> bool:
        """A small disk of our own for the data home, where we may."""
        command = ["mount", "-t", "tmpfs", "-o", f"size={_HOME_BYTES}", "tmpfs", str(self.home)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            self.skipped.append(f"{FULL_DISK}: no small disk can be mounted here ({done.stderr.strip()})")
        return done.returncode == 0

    def _kill_child(self, chance: random.Random) -> float:
        if children := self.platform.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                chance.choice(children).kill()
        return time.time()

    def _kill_launcher(self, chance: random.Random) -> float:
        for launcher in self.platform.launchers():
            with contextlib.suppress(psutil.NoSuchProcess):
                children = launcher.children(recursive=True)
                launcher.kill()
                self.orphans += outlived(children, time.time())
        return time.time()

    def _kill_platform(self, chance: random.Random) -> float:
        over, others = time.time(), self.platform.kill()
        self.start()  # at once, as a service manager would
        self.orphans += outlived(others, over)
        return over

    def _freeze_platform(self, chance: random.Random) -> float:
        self.platform.freeze(self.lease_seconds * 1.5)
        return time.time()

    def _freeze_launcher(self, chance: random.Random) -> float:
        for launcher in self.platform.launchers():
            freeze(launcher, self.lease_seconds * 1.5)
        return time.time()

    def _freeze_child(self, chance: random.Random) -> float:
        if children := self.platform.children():
            freeze(chance.choice(children), self.lease_seconds * 1.5)
        return time.time()

    def _drain(self, chance: random.Random) -> float:
        self.platform.drain()
        over = time.time()
        self.start()
        return over

    def _fill_disk(self, chance: random.Random) -> float:
        ballast = self.home / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * (1 << 20))
        time.sleep(self.lease_seconds / 2)
        ballast.unlink(missing_ok=True)
        return time.time()

    def _jump(self, chance: random.Random) -> float:
        self._clock.set(chance.choice(JUMPS))
        time.sleep(self.lease_seconds)
        self._clock.set(0)
        return time.time()
