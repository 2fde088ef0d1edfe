"""Child process as the platform handles it: a process group that is reached over a socket.

The platform never signals a child by its pid: after the launcher has reaped the child, the pid may belong to another
process before the platform is notified. It requests signals from the launcher instead.
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
    """Running or ended child process. ``close`` kills its process group.

    Args:
        connection: socket to the child; the child ends when it is closed.
        output: pipe from which its stdout and stderr are read; None if they are discarded.
        send_signal: makes the launcher send a signal to the child's process group.
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
        """Send a signal to the child's process group, unless the child has ended."""
        if not self.ended.is_set():
            self._send_signal(number)

    def death(self, wait_seconds: float = 5.0) -> Interruption:
        """Return the error that explains why the child ended.

        Wait at most ``wait_seconds`` for the launcher's report; without it, the exit status is unknown.
        """
        self.ended.wait(wait_seconds)
        return LauncherDied() if self.launcher_died else ChildDied(self.status)

    def resident_bytes(self) -> int:
        """Return the resident memory of the child process in bytes, without descendants; 0 if it has ended."""
        # Reading the file takes 15 µs; psutil takes 100 µs.
        with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{self.pid}/statm", "rb") as statm:
            return int(statm.read().split()[1]) * _PAGE_BYTES
        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def close(self) -> None:
        """Kill the child's process group and close the pipes."""
        self.signal(signal.SIGKILL)
        self.connection.close()
        if self.output is not None:
            os.close(self.output)
            self.output = None

    def finished(self, status: int | None, *, launcher_died: bool = False) -> None:
        """Record the end of the child. Called by the thread that reads the launcher's frames."""
        self.status = status
        self.launcher_died = launcher_died
        self.ended.set()
        self.born.set()
        if launcher_died:
            with contextlib.suppress(OSError):  # ends the child if the kernel has not killed it
                self.connection.shutdown(socket.SHUT_WR)
