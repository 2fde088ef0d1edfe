"""The first launcher of a platform that was forked: a fork too, which finds everything imported that launchers import.

A launcher's imports take 0.4 seconds of processor time. SciPy, pandas and statsmodels take another 1.1, three times for
each platform that trains: in the first child that needs them, in the probe and in the launcher
(``processes.shared_imports``).

The platform forks the process while it has only one thread. The process waits until the platform starts a launcher and
is then what the platform would have started: its child, the leader of a session, with the same command line and
environment in ``/proc``. A second launcher, after the first was killed, is started in the usual way.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from azuraforge import crashpoints
from azuraforge.processes import fork_server, launcher, shared_imports

#: Read as libraries are imported; set before them.
os.environ.update(shared_imports.ENVIRONMENT)
#: What the launcher sets for itself and libraries read later or not at all.
_OWN = {"PYTHONUNBUFFERED", "NUMEXPR_NUM_THREADS", *shared_imports.ENVIRONMENT}
_MOST_BYTES = 100_000


def preload() -> None:
    """Import what launchers and their children import, without starting a thread."""
    for name in shared_imports.SHARED:
        shared_imports._import(name)
    threads = len(os.listdir("/proc/self/task"))
    assert threads == 1, f"{threads} threads: nothing may be forked from this process"


def arm() -> None:
    """Arm the crash point that this process's environment names."""
    name, _, count = os.environ.get("AZURAFORGE_CRASHPOINT", "").partition(":")
    vars(crashpoints).update(_NAME=name, _left=int(count or 1))


def keep_one_ready() -> None:
    """Fork the process that becomes the first launcher of this one."""
    if not launcher.LINUX:
        return
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    inherited = dict(os.environ)
    pid = os.fork()
    if pid == 0:
        mine.close()
        _wait(theirs)
    theirs.close()
    vars(launcher)["subprocess"] = _Subprocess(mine, pid, inherited)


class _Subprocess:
    """What the module ``launcher`` uses of ``subprocess``."""

    DEVNULL = subprocess.DEVNULL

    def __init__(self, orders: socket.socket, pid: int, inherited: Mapping[str, str]) -> None:
        self._orders: socket.socket | None = orders
        self._pid = pid
        self._inherited = inherited

    def Popen(
        self, arguments: Sequence[str], *, env: Mapping[str, str], pass_fds: Sequence[int], **others: Any
    ) -> subprocess.Popen[bytes]:
        orders, self._orders = self._orders, None
        if orders is None:
            return subprocess.Popen(arguments, env=env, pass_fds=pass_fds, **others)
        with orders:
            asked = {"arguments": list(arguments), "environment": dict(env), "umask": _umask()}
            order = json.dumps(asked).encode()
            if len(order) < _MOST_BYTES and self._fits(env):
                with contextlib.suppress(OSError):  # a test has killed it
                    socket.send_fds(orders, [order], list(pass_fds))
                    return _Started(arguments, self._pid)
        os.waitpid(self._pid, 0)
        return subprocess.Popen(arguments, env=env, pass_fds=pass_fds, **others)

    def _fits(self, environment: Mapping[str, str]) -> bool:
        """Whether what was imported would be the same with this environment."""
        others = {name: value for name, value in environment.items() if not name.startswith("AZURAFORGE_")}
        return all(self._inherited.get(name) == value for name, value in others.items() if name not in _OWN)


class _Started(subprocess.Popen[bytes]):
    """A child that exists already."""

    def __init__(self, arguments: Sequence[str], pid: int) -> None:
        self.args = arguments
        self.pid = pid
        self.returncode = None  # type: ignore[assignment]
        self.stdin = self.stdout = self.stderr = None
        self._child_created = True
        self._waitpid_lock = threading.Lock()


def _umask() -> int:
    """Read the umask without changing it: other threads create files."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("Umask:")), 8)


def _wait(orders: socket.socket) -> NoReturn:
    code = 1
    try:
        with orders:
            order, descriptors, _, _ = socket.recv_fds(orders, _MOST_BYTES, 1)
        if order:
            _become(json.loads(order), descriptors[0])
        code = 0
    finally:
        os._exit(code)


def _become(order: dict[str, Any], control: int) -> None:
    """Do what ``_Server`` asks of ``Popen``, and then what the new process would do."""
    os.environ.clear()
    os.environ.update(order["environment"])
    arguments = order["arguments"]
    arguments[4] = str(control)
    os.setsid()
    os.umask(order["umask"])
    os.chdir("/")
    with open(os.devnull, "r+b") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    sys.stdout, sys.stderr = (  # unbuffered
        io.TextIOWrapper(io.FileIO(number, "w", closefd=False), write_through=True) for number in (1, 2)
    )
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = arguments[3:]
    _show(arguments, order["environment"])
    arm()
    fork_server.main()


def _show(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Write the command line and the environment to where ``/proc/PID/cmdline`` and ``environ`` read them."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    places = [int(each) for each in fields[45:49]]
    texts = ("\0".join(arguments), "\0".join(f"{name}={value}" for name, value in environment.items()))
    for text, start, end in zip(texts, places[::2], places[1::2], strict=True):
        data = text.encode()[: end - start - 1]
        ctypes.memmove(start, data.ljust(end - start, b"\0"), end - start)
