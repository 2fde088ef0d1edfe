"""Platforms of tests that need not import what each platform imports: forked from a process that has.

Of the 1.6 seconds of processor time until ``azuraforge up`` answers, imports take 1.4. Their launchers are forks of the
same process (``entries/forked_launcher.py``). A test about the start itself, or about what a process has loaded, starts
a fresh interpreter instead (``fresh`` of ``start``).
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

_ENTRY = Path(__file__).parent / "entries" / "preloaded.py"
#: Space in which forks write their own command lines.
_ROOM = "-" * 1000
#: Read by modules while they are imported.
_AT_IMPORT = {"AZURAFORGE_PORTABLE_PROCESSES"}
_ANY_TIME = {"COLUMNS", "PYTEST_CURRENT_TEST"}


class _Nursery:
    """The process that has imported everything, started when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._environment: dict[str, str] = {}

    def fits(self, variables: Mapping[str, str]) -> bool:
        """Whether a fork with these variables is what a process that starts with them would be."""
        mine = self._environment or dict(os.environ)
        changed = {name for name in {*mine, *variables} if mine.get(name) != variables.get(name)}
        return all(name.startswith("AZURAFORGE_") for name in changed - _ANY_TIME) and not changed & _AT_IMPORT

    def ask(self, request: object) -> int:
        with self._lock:
            process = self._process
            if process is None or process.poll() is not None:
                process = self._start()
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            assert answer, "the process that has imported everything has ended"
            return int(answer)

    def _start(self) -> subprocess.Popen[str]:
        self._environment = dict(os.environ)
        command = [sys.executable, str(_ENTRY), _ROOM]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        atexit.register(self._stop, self._process)
        return self._process

    @staticmethod
    def _stop(process: subprocess.Popen[str]) -> None:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.wait()


_NURSERY = _Nursery()


class Forked:
    """A forked platform, used as ``subprocess.Popen`` is."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ends = os.pidfd_open(pid)

    def poll(self) -> int | None:
        return self._wait(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._wait(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _wait(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._ends], [], [], seconds)[0]:
            os.close(self._ends)
            self.returncode = _NURSERY.ask(self.pid)
        return self.returncode


def start(
    arguments: Sequence[str], variables: Mapping[str, str], log: Path, *, fresh: bool = False
) -> Forked | subprocess.Popen[str]:
    """Start a command that serves; what it writes is added to ``log``.

    ``fresh``: in an interpreter of its own, as people start it; so also where the platform is not Linux, and where the
    environment holds what a process reads before it runs a command.
    """
    log.touch()
    if not fresh and hasattr(os, "pidfd_open") and _NURSERY.fits(variables):
        asked = {"arguments": list(arguments), "environment": dict(variables), "log": str(log.absolute())}
        return Forked(_NURSERY.ask(asked))
    command = [sys.executable, "-m", "azuraforge.cli.main", *arguments]
    with log.open("a") as output:
        return subprocess.Popen(command, env=dict(variables), stdout=output, stderr=output, text=True)
