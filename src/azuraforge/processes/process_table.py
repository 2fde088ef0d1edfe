"""Tables of the machine's processes, one for Linux and one for other systems.

A pid identifies a process only until its parent has reaped it; afterwards the kernel may reassign the pid. A process is
therefore checked again before it is killed: on Linux through a descriptor that always refers to the same process,
elsewhere immediately before the signal.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import psutil

#: Environment variable for tests: processes on Linux use the table for other systems.
PORTABLE = "AZURAFORGE_PORTABLE_PROCESSES"
LINUX = sys.platform == "linux" and os.environ.get(PORTABLE) != "1"

#: ``ended``: the child is a zombie, whose pid stays reserved until this process reaps it.
State = Literal["running", "ended", "gone"]
_PROC = Path("/proc")


class Place(NamedTuple):
    """Pid of a process's parent, and ids of its group and session."""

    parent: int
    group: int
    session: int


class ProcessTable(Protocol):
    """Interface for inspecting and killing processes. A zombie counts as ended in every method.

    Attributes:
        clock: name of the clock that ``began`` reads; start times of different clocks cannot be compared.
    """

    clock: str

    def living(self) -> Iterator[int]:
        """Yield the pids of running processes, except our own and those of other pid namespaces."""
        ...

    def variable(self, pid: int, name: str) -> str | None:
        """Return an environment variable that a process was started with; None if it is unset or unreadable."""
        ...

    def place(self, pid: int) -> Place | None:
        """Return the parent, group and session of a process; None if it has ended."""
        ...

    def began(self, pid: int) -> str:
        """Return the start time of a process; with the pid it identifies a process until the machine restarts.

        Raises ProcessLookupError if it has ended, another OSError if it cannot be read.
        """
        ...

    def state_of_child(self, pid: int) -> State:
        """Return the state of a child of this process without reaping it."""
        ...

    def kill_if(self, pid: int, still: Callable[[int], bool]) -> None:
        """Kill a process if ``still(pid)`` returns true."""
        ...


class LinuxTable:
    """Process table that reads ``/proc``."""

    clock = "boot"

    def living(self) -> Iterator[int]:
        ours = _namespaces("self")
        for name in os.listdir(_PROC):
            if name.isdigit() and int(name) != os.getpid() and ours and _namespaces(name) == ours:
                yield int(name)

    def variable(self, pid: int, name: str) -> str | None:
        try:
            variables = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
        except OSError:  # the process has ended or belongs to another user
            return None
        prefix = f"{name}=".encode()
        found = (line.removeprefix(prefix).decode(errors="replace") for line in variables if line.startswith(prefix))
        return next(found, None)

    def place(self, pid: int) -> Place | None:
        with contextlib.suppress(OSError):
            return Place(*map(int, _fields_of(pid)[1:4]))
        return None

    def began(self, pid: int) -> str:
        return _fields_of(pid)[19]

    def state_of_child(self, pid: int) -> State:
        try:
            found = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return "gone"
        return "running" if found is None else "ended"

    def kill_if(self, pid: int, still: Callable[[int], bool]) -> None:
        try:
            process = os.pidfd_open(pid)
        except OSError as error:
            if error.errno in (errno.ENOSYS, errno.EPERM):  # an old kernel, or a sandbox that forbids the call
                _check_and_kill(pid, still)
            return
        try:
            if still(pid):
                with contextlib.suppress(OSError):
                    signal.pidfd_send_signal(process, signal.SIGKILL)
        finally:
            os.close(process)


class PortableTable:
    """Process table that uses psutil, for example on macOS."""

    clock = "epoch"

    def living(self) -> Iterator[int]:
        for pid in psutil.pids():
            if pid > 1 and pid != os.getpid():
                yield pid

    def variable(self, pid: int, name: str) -> str | None:
        with contextlib.suppress(psutil.Error, OSError):
            found: str | None = psutil.Process(pid).environ().get(name)
            return found
        return None

    def place(self, pid: int) -> Place | None:
        with contextlib.suppress(psutil.Error, OSError):
            process = psutil.Process(pid)
            if process.status() != psutil.STATUS_ZOMBIE:
                return Place(process.ppid(), os.getpgid(pid), os.getsid(pid))
        return None

    def began(self, pid: int) -> str:
        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                raise ProcessLookupError(pid)
            return repr(process.create_time())
        except psutil.NoSuchProcess:
            raise ProcessLookupError(pid) from None
        except psutil.AccessDenied:
            raise PermissionError(pid) from None

    def state_of_child(self, pid: int) -> State:
        try:
            process = psutil.Process(pid)
            if process.ppid() != os.getpid():
                return "gone"
            return "ended" if process.status() == psutil.STATUS_ZOMBIE else "running"
        except psutil.NoSuchProcess:
            return "gone"

    def kill_if(self, pid: int, still: Callable[[int], bool]) -> None:
        _check_and_kill(pid, still)


def _check_and_kill(pid: int, still: Callable[[int], bool]) -> None:
    if still(pid):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def _fields_of(pid: int) -> list[str]:
    """Return the fields of ``/proc/<pid>/stat`` after the name. Raises ProcessLookupError if the process has ended."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        raise ProcessLookupError(pid) from None
    if fields[0] in "ZXx":
        raise ProcessLookupError(pid)
    return fields


def _namespaces(name: str) -> tuple[str, str] | None:
    """Return the pid and time namespaces of a process; None if unreadable.

    Pids and start times are comparable only within the same namespaces.
    """
    with contextlib.suppress(OSError):
        folder = _PROC / name / "ns"
        time = os.readlink(folder / "time") if (_PROC / "self" / "ns" / "time").exists() else ""
        return os.readlink(folder / "pid"), time
    return None


TABLE: ProcessTable = LinuxTable() if LINUX else PortableTable()
