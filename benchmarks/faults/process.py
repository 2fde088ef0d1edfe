"""One process of the platform under the storm, with all that it starts."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

import azuraforge
from benchmarks.report import ROOT
from tests.process_checks import still_alive

_STOP_SECONDS = 40
_ORPHAN_SECONDS = 2.0


class Part:
    """``azuraforge <arguments>``; started again after each death."""

    def __init__(self, name: str, arguments: tuple[str, ...], variables: dict[str, str], folder: Path) -> None:
        self.name = name
        self.arguments = arguments
        self.variables = variables
        self.log_path = folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        #: Exit statuses of deaths that no fault caused.
        self.unasked: list[int] = []
        self._asked = True

    def start(self) -> Part:
        self._note_end()
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.faults.part", *self.arguments],
                cwd=ROOT,
                env=self.variables,
                stdout=log,
                stderr=log,
            )
        self._asked = False
        return self

    def _note_end(self) -> None:
        """Keep the exit status of a process that has ended without a request."""
        if not self._asked and self.process is not None and (status := self.process.poll()) is not None:
            self.unasked.append(status)
            self._asked = True

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tree(self) -> list[psutil.Process]:
        """Itself and everything below it, itself first."""
        assert self.process is not None
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(self.process.pid)
            return [root, *root.children(recursive=True)]
        return []

    def launchers(self) -> list[psutil.Process]:
        """Return the processes that fork."""
        return [
            each
            for each in self.tree()[1:]
            if _runs(each, "processes.launcher") and not _runs(each.parent(), "launcher")
        ]

    def children(self) -> list[psutil.Process]:
        """Return the forked processes, mostly runs."""
        return [child for launcher in self.launchers() for child in _children(launcher)]

    def consumers(self) -> list[psutil.Process]:
        """Return the processes that listen to the broker."""
        return [each for each in self.tree()[1:] if _runs(each, "consumer_child")]

    def kill(self) -> list[psutil.Process]:
        """kill -9 of the process alone; returns what else belonged to it and should be gone soon."""
        assert self.process is not None
        self._note_end()
        self._asked = True
        others = self.tree()[1:]
        self.process.kill()
        self.process.wait()
        return others

    def freeze(self, seconds: float) -> None:
        """SIGSTOP for a while."""
        assert self.process is not None
        self._note_end()
        freeze(psutil.Process(self.process.pid), seconds)

    def drain(self) -> int:
        """SIGTERM, and wait for its end."""
        assert self.process is not None
        self._note_end()
        self._asked = True
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def end(self) -> None:
        """kill -9 of everything."""
        self._note_end()
        self._asked = True
        for process in self.tree():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if self.process is not None:
            self.process.wait()


def freeze(process: psutil.Process, seconds: float) -> None:
    """Stop it by SIGSTOP for a while; do nothing if it has ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.suspend()
    time.sleep(seconds)
    with contextlib.suppress(psutil.NoSuchProcess):
        process.resume()


def outlived(others: list[psutil.Process], killed_at: float) -> list[str]:
    """Return the processes that should have ended with a killed one but still run two seconds later."""
    found = []
    for process in still_alive(others, killed_at + _ORPHAN_SECONDS - time.time()):
        with contextlib.suppress(psutil.Error):
            found.append(f"{' '.join(process.cmdline()[-3:])} ({process.status()})")
    return found


def variables(home: Path, **more: str) -> dict[str, str]:
    """The environment of every part. ``TMPDIR`` is passed on to children and so marks what belongs to this storm."""
    marked = home.parent / "tmp"
    marked.mkdir(exist_ok=True)
    return {
        **os.environ,
        "AZURAFORGE_HOME": str(home),
        "AZURAFORGE_LANG": "en",
        "COLUMNS": "200",
        "TMPDIR": str(marked),
        "PYTHONPATH": f"{Path(azuraforge.__file__).parents[1]}{os.pathsep}{ROOT}",
        **more,
    }


def left_over(home: Path) -> list[psutil.Process]:
    """Processes that belong to a storm whose parts have all ended."""
    mark = f"TMPDIR={home.parent / 'tmp'}".encode()
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):
            if process.pid != os.getpid() and mark in Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0"):
                found.append(process)
    return found


def _runs(process: psutil.Process | None, word: str) -> bool:
    with contextlib.suppress(psutil.Error):
        return process is not None and any(word in part for part in process.cmdline())
    return False


def _children(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return list(process.children())
    return []
