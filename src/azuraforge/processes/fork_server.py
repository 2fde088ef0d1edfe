"""Process of the launcher: imports modules once, then forks a child for each request. It has no threads or kernels.

Worker → launcher: ``frames.Spawn``, ``Signal`` and ``Share``. Launcher → worker: ``Hello``, ``Born`` and ``Ended``.

Only the launcher signals its children by their pids. It alone reaps them, in its only thread, so the pid of an unreaped
child never belongs to another process. The worker identifies a child by its ticket.

All processes that a child started end with it. The launcher kills the child's group. It adopts processes that left the
group (``setsid``) when their parent ends, since it is the reaper of its descendants. On systems without such reapers,
it finds them by a mark in their environment.

Polars is not imported here: importing it starts threads, and a process with threads must not fork. A child that needs
Polars may be a prestarted child (``prefork.py``), which imported it in advance.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Sequence
from typing import NoReturn

import numpy  # noqa: F401
import pydantic  # noqa: F401
import safetensors.numpy  # noqa: F401

import azuraforge.engine
import azuraforge.plugins.forecasting.config
import azuraforge.plugins.vision.config  # noqa: F401  preloaded for every child, with the whole contract
from azuraforge.processes.child_main import live, wait_and_live
from azuraforge.processes.environment import describe_environment
from azuraforge.processes.frames import TO_LAUNCHER, FromLauncher, ToLauncher, encode
from azuraforge.processes.orphans import VARIABLE, end_detached, end_left
from azuraforge.processes.prefork import PrestartedChildren, Warm
from azuraforge.processes.process_table import LINUX, TABLE
from azuraforge.processes.shared_imports import SharedImports

_LENGTH = struct.Struct(">I")
_PR_SET_CHILD_SUBREAPER = 36
#: Maximum wait for killed children when this process ends, so that adopted orphans are killed too.
_LAST_SECONDS = 2.0
#: Interval for checking prestarted children, if there are any.
_LOOK_SECONDS = 5.0


class ForkServer:
    """Server that forks children on request, reaps them, and kills them all when the worker has ended."""

    def __init__(self, control: socket.socket, preload: Sequence[str] = ()) -> None:
        self._control = control
        self._preload = preload
        self._pid = os.getpid()
        #: Tickets of the unreaped children, by pid; None for a prestarted child that is not in use yet.
        self._children: dict[int, int | None] = {}
        self._prestarted = PrestartedChildren()
        self._shared = SharedImports(_thread_count)
        self._woken, self._wake = os.pipe()

    def serve(self) -> None:
        """Serve until the worker's end of the control socket closes."""
        if LINUX:
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        os.set_blocking(self._wake, False)
        os.set_blocking(self._woken, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        try:
            self._send({"type": "hello", "environment": describe_environment()})
            for module in self._preload:
                with contextlib.suppress(Exception):  # the child that needs it reports why it cannot be imported
                    importlib.import_module(module)
            gc.collect()
            gc.freeze()  # the collector ignores imported objects, so their pages stay shared
            while True:
                patience = _LOOK_SECONDS if len(self._prestarted) else None
                patience = 0 if self._shared.pending else patience
                readable, _, _ = select.select([self._control.fileno(), self._woken], [], [], patience)
                if not readable and self._shared.pending:
                    self._shared.advance()
                if self._woken in readable:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._woken, 4096)
                    self._reap()
                if self._control.fileno() in readable and not self._fork():
                    return
                self._prestarted.end_old()
                if (probe := self._shared.probe(self._leave)) is not None:
                    self._adopt(probe)
        except (BrokenPipeError, ConnectionResetError):  # the platform was killed
            return
        finally:
            self._end_all()

    def _fork(self) -> bool:
        received = _receive(self._control)
        if received is None:
            return False
        request, descriptors = received
        if request["type"] == "share":
            self._shared.want(request["names"])
            return True
        if request["type"] == "signal":
            self._signal(request["ticket"], request["number"])
            return True
        warm = request["warm"]
        pid = self._prestarted.take(warm, descriptors) if warm is not None else None
        if pid is None:
            pid = os.fork()
            if pid == 0:
                self._become_child(descriptors)
            self._adopt(pid)
        self._children[pid] = request["ticket"]
        for descriptor in descriptors:
            os.close(descriptor)
        self._send({"type": "born", "ticket": request["ticket"], "pid": pid})
        if warm is not None:
            self._prestart_next(warm)
        return True

    def _prestart_next(self, warm: Warm) -> None:
        def become(orders: socket.socket) -> NoReturn:
            self._leave()
            wait_and_live(orders, warm, self._pid)

        pid = self._prestarted.make(warm, become)
        if pid is not None:
            self._adopt(pid)

    def _adopt(self, pid: int) -> None:
        with contextlib.suppress(OSError):  # the child does this too; one of the two comes first
            os.setpgid(pid, pid)
        self._children[pid] = None

    def _become_child(self, descriptors: list[int]) -> NoReturn:
        try:
            self._leave()
            live(descriptors, self._pid)
        finally:
            os._exit(1)  # must not return to the launcher's loop, which kills all children when it ends

    def _signal(self, ticket: int, number: int) -> None:
        for pid, given in self._children.items():
            if given == ticket:
                _signal_group(pid, number)

    def _leave(self) -> None:
        """Close the launcher's resources in a forked child."""
        signal.set_wakeup_fd(-1)
        self._control.close()
        self._prestarted.close()
        os.close(self._woken)
        os.close(self._wake)

    def _reap(self) -> None:
        while (pid := self._ended()) is not None:
            # Signal before reaping: while the child is a zombie, the id of its group is not reused.
            _signal_group(pid, signal.SIGKILL)
            self._kill_orphans()
            _, status = os.waitpid(pid, 0)
            self._prestarted.forget(pid)
            self._shared.ended(pid, status)
            ticket = self._children.pop(pid, None)
            if ticket is not None:
                self._send({"type": "ended", "ticket": ticket, "status": os.waitstatus_to_exitcode(status)})

    def _ended(self) -> int | None:
        """Return the pid of a descendant that has ended but is not reaped; None if there is none."""
        if not LINUX:  # before Python 3.13 there is no waitid on macOS
            return next((pid for pid in self._children if TABLE.state_of_child(pid) == "ended"), None)
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:  # there are no children
            return None
        return found.si_pid if found is not None else None

    def _kill_orphans(self) -> None:
        """Kill adopted orphans outside the groups of running children; the next pass kills the orphans' children."""
        if not LINUX:
            end_detached(os.environ.get(VARIABLE, ""), self._children)
            return
        for pid in _own_children() - self._children.keys():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if os.getpgid(pid) not in self._children:
                    os.kill(pid, signal.SIGKILL)

    def _end_all(self) -> None:
        until = time.monotonic() + _LAST_SECONDS
        for pid in self._children:
            _signal_group(pid, signal.SIGKILL)
        self._children.clear()
        if not LINUX:
            end_left(os.environ.get(VARIABLE, ""), self._pid)
        while (left := _own_children()) and time.monotonic() < until:
            self._kill_orphans()
            for pid in left:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
            time.sleep(0.01)

    def _send(self, frame: FromLauncher) -> None:
        self._control.sendall(encode(frame))


def _receive(control: socket.socket) -> tuple[ToLauncher, list[int]] | None:
    head = b""
    descriptors: list[int] = []
    while len(head) < _LENGTH.size:
        data, found, _, _ = socket.recv_fds(control, _LENGTH.size - len(head), 2)
        descriptors += found
        if not data:
            return None
        head += data
    body = b""
    (length,) = _LENGTH.unpack(head)
    while len(body) < length:
        data = control.recv(length - len(body))
        if not data:
            return None
        body += data
    return TO_LAUNCHER.read(body), descriptors


def _own_children() -> set[int]:
    """Return the pids of this process's children, including adopted ones; empty on systems other than Linux."""
    if not LINUX:
        return set()
    with contextlib.suppress(OSError), open(f"/proc/self/task/{os.getpid()}/children") as file:
        return {int(pid) for pid in file.read().split()}
    return set()


def _signal_group(pid: int, number: int) -> None:
    """Send a signal to the process group of an unreaped child."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _thread_count() -> int:
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 1


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    ForkServer(control, sys.argv[2:]).serve()
