"""Children forked in advance: they import the modules that the next child of their kind needs, and wait for a request.

Importing Polars takes about 0.15 s and starts threads, so a process that has imported it must not fork
(``docs/decisions/0007``). The import can only begin earlier: after a child of one kind was requested, the next is
likely to follow, as in the phases of a run and the trials of a study. A prestarted child is forked from the launcher
like any other child, with its own process group and without modules of apps. It serves one request or is killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, TypedDict

#: Time after which an unused prestarted child is killed, so that an idle platform has none.
SPARE_SECONDS = 20.0
_MOST = 2
_WANTED = b"!"
#: Modules that are slow to import and start threads. Polars reads the number of threads from the environment when it
#: is imported; statsforecast imports Polars.
HEAVY = ("polars", "statsforecast.arima")
_REMEMBERED = 1000


class Warm(TypedDict):
    """Modules that a child will need, and its number of threads."""

    modules: list[str]
    threads: int


@dataclass(frozen=True)
class _Prestarted:
    pid: int
    orders: socket.socket
    made: float = field(default_factory=time.monotonic)


class Habits:
    """Heavy modules that children of each kind had loaded when they ended, for prestarting the next child of the kind.

    Example:
        >>> habits = Habits()
        >>> habits.learn("fit lstm", ["polars"])
        >>> habits.warm("fit lstm", 1), habits.warm("fit naive", 1)
        ({'modules': ['polars'], 'threads': 1}, None)
    """

    def __init__(self) -> None:
        self._known: dict[str, list[str]] = {}

    def learn(self, kind: str, heavy: Sequence[str]) -> None:
        """Record the modules that an ended child of this kind had loaded."""
        self._known.pop(kind, None)
        self._known[kind] = list(heavy)
        while len(self._known) > _REMEMBERED:
            self._known.pop(next(iter(self._known)))

    def warm(self, kind: str, threads: int) -> Warm | None:
        """Return the imports for the next child of this kind; None if it needs no heavy modules or is unknown."""
        modules = self._known.get(kind)
        return {"modules": modules, "threads": threads} if modules else None


class PrestartedChildren:
    """Prestarted children of the launcher: at most one for each set of modules and threads, and ``_MOST`` in total."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str | int, ...], _Prestarted] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self, warm: Warm, descriptors: Sequence[int]) -> int | None:
        """Pass a request's descriptors to a prestarted child. Return its pid, or None if none is available."""
        child = self._waiting.pop(_key(warm), None)
        if child is None:
            return None
        with child.orders, contextlib.suppress(OSError):  # the child has died but is not reaped yet
            socket.send_fds(child.orders, [_WANTED], list(descriptors))
            return child.pid
        return None

    def make(self, warm: Warm, become: Callable[[socket.socket], NoReturn]) -> int | None:
        """Fork a child that calls ``become`` and return its pid; None if such a child is already waiting."""
        if _key(warm) in self._waiting:
            return None
        while len(self._waiting) >= _MOST:
            _end(self._waiting.pop(min(self._waiting, key=lambda key: self._waiting[key].made)))
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            try:
                ours.close()
                become(theirs)
            finally:
                os._exit(1)
        theirs.close()
        self._waiting[_key(warm)] = _Prestarted(pid, ours)
        return pid

    def end_old(self) -> None:
        """Kill the children that were not requested within ``SPARE_SECONDS``."""
        before = time.monotonic() - SPARE_SECONDS
        for key in [key for key, child in self._waiting.items() if child.made < before]:
            _end(self._waiting.pop(key))

    def forget(self, pid: int) -> None:
        """Remove an ended process, if it is one of the prestarted children."""
        for key in [key for key, child in self._waiting.items() if child.pid == pid]:
            self._waiting.pop(key).orders.close()

    def close(self) -> None:
        """Close the pipes to all prestarted children; called in a forked child."""
        for child in self._waiting.values():
            child.orders.close()


def wanted(orders: socket.socket) -> list[int] | None:
    """Wait in a prestarted child for the descriptors of its request; None if the child is not needed."""
    try:
        with orders:
            received, descriptors, _, _ = socket.recv_fds(orders, len(_WANTED), 2)
    except OSError:
        return None
    return descriptors if received else None


def _key(warm: Warm) -> tuple[str | int, ...]:
    return (*warm["modules"], warm["threads"])


def _end(child: _Prestarted) -> None:
    """Kill a prestarted child. It is not reaped yet, so no other process has its pid."""
    child.orders.close()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(child.pid, signal.SIGKILL)
