"""A child as its platform handles it: a process group behind a socket.

The platform never signals a child by its number: the launcher reaps the child, and afterwards the number may belong to
another process, long before the platform learns of the end. It asks the launcher, which knows.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable

import psutil

from azuraforge.processes.failures import ChildDied, Interruption, LauncherDied

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class ChildProcess:
    """A running or ended child. Its group is killed when it is closed.

    Args:
        connection: the socket to the child; the child ends with it.
        output: the pipe of its stdout and stderr, if there is one.
        send_signal: asks the launcher to send a signal to the child's group.
    """

    def __init__(self, connection: socket.socket, output: int | None, send_signal: Callable[[int], None]) -> None:
        self._send_signal = send_signal
        self.connection = connection
        self.output = output
        self.pid = 0
        self.status: int | None = None
        self.launcher_died = False
        self.born = threading.Event()
        self.ended = threading.Event()

    def signal(self, number: int) -> None:
        """Send a signal to the child's whole group, if the child has not ended."""
        if not self.ended.is_set():
            self._send_signal(number)

    def death(self, wait_seconds: float = 5.0) -> Interruption:
        """Return the error that explains why the pipe ended; waits for the launcher's report."""
        self.ended.wait(wait_seconds)
        return LauncherDied() if self.launcher_died else ChildDied(self.status)

    def resident_bytes(self) -> int:
        """Resident memory of the child itself; 0 if it has ended."""
        # 15 µs on Linux, where psutil takes 100.
        with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{self.pid}/statm", "rb") as statm:
            return int(statm.read().split()[1]) * _PAGE_BYTES
        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def close(self) -> None:
        """Kill the rest of the group and close the pipes."""
        self.signal(signal.SIGKILL)
        self.connection.close()
        if self.output is not None:
            os.close(self.output)
            self.output = None

    def finished(self, status: int | None, *, launcher_died: bool = False) -> None:
        """Record the child's end; called by the launcher's reader."""
        self.status = status
        self.launcher_died = launcher_died
        self.ended.set()
        self.born.set()
        if launcher_died:
            with contextlib.suppress(OSError):  # if the kernel does not end the child, the end of its pipe does
                self.connection.shutdown(socket.SHUT_WR)
