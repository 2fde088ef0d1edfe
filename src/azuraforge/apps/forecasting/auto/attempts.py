"""Function calls in forked processes with a deadline: a member that fails, crashes or hangs does not stop the others.

A process calls one function after another, because forking takes longer than most members; after a failure or a crash,
a new process continues with the remaining functions. All processes stay in the process group of the run, which is
killed as a whole; on Linux they also end with their parent.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn

_PR_SET_PDEATHSIG = 1
#: Byte that a process writes after a successful call; after a failed one it writes the reason and exits.
_DONE = b"\0"
#: Maximum size of a reason; longer ones are truncated. A pipe buffers this much without a reader.
_REASON_BYTES = 1000
_MOST_DESCRIPTORS = 4096


@dataclass(frozen=True)
class Attempt:
    """Result of one call.

    Attributes:
        name: name of the function.
        seconds: wall time of the call.
        ended: how the call ended; ``"stopped"`` means killed at the deadline.
        detail: error message of a failed call, or exit code of a crashed process.
    """

    name: str
    seconds: float
    ended: Literal["done", "failed", "crashed", "stopped", "not_started"] = "done"
    detail: str = ""


@dataclass
class _Process:
    """Forked process, the pipes to and from it, and the index and start time of its current function."""

    pid: int
    orders: int
    reports: int
    place: int
    began: float

    def order(self, place: int) -> None:
        self.place, self.began = place, time.monotonic()
        # A process that was killed between two calls does not read the order; ``reports`` shows that it ended.
        with contextlib.suppress(BrokenPipeError):
            os.write(self.orders, place.to_bytes(4, "little"))

    def end(self, *, kill: bool = False) -> int:
        """Close the pipes, so that the process exits, and return its wait status; with ``kill``, kill it first."""
        if kill:
            os.kill(self.pid, signal.SIGKILL)
        os.close(self.orders)
        os.close(self.reports)
        return os.waitpid(self.pid, 0)[1]


def attempts(work: Mapping[str, Callable[[], None]], at_once: int, seconds: float) -> Iterator[Attempt]:
    """Call each function of ``work`` in a forked process, at most ``at_once`` at a time; yield each result.

    Results are yielded in the order in which the calls end. After ``seconds``, running calls are
    killed, and calls that have not begun are not started.
    """
    deadline = time.monotonic() + seconds
    names, functions = list(work), list(work.values())
    waiting, busy, idle = list(range(len(names))), dict[int, _Process](), list[_Process]()
    try:
        while waiting or busy:
            while waiting and len(busy) < at_once and time.monotonic() < deadline:
                process = idle.pop() if idle else _fork(functions)
                process.order(waiting.pop(0))
                busy[process.reports] = process
            if not busy:
                for place in waiting:
                    yield Attempt(names[place], 0.0, "not_started")
                return
            ready, _, _ = select.select(list(busy), [], [], max(0.0, deadline - time.monotonic()))
            late = not ready and time.monotonic() >= deadline
            for reports in [*busy] if late else ready:
                process = busy.pop(reports)
                name, took = names[process.place], time.monotonic() - process.began
                report = b"" if late else os.read(reports, _REASON_BYTES)
                if report == _DONE:
                    idle.append(process)
                    yield Attempt(name, took)
                    continue
                status = process.end(kill=late)
                yield Attempt(name, took, "stopped") if late else _ended(name, took, report, status)
    finally:
        for process in busy.values():
            process.end(kill=True)
        for process in idle:
            process.end()


def _ended(name: str, seconds: float, reason: bytes, status: int) -> Attempt:
    if reason:
        return Attempt(name, seconds, "failed", reason.decode("utf-8", "replace"))
    return Attempt(name, seconds, "crashed", str(os.waitstatus_to_exitcode(status)))


def _fork(functions: Sequence[Callable[[], None]]) -> _Process:
    theirs, orders = os.pipe()
    reports, own = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _live(functions, theirs, own, parent)
    os.close(theirs)
    os.close(own)
    return _Process(pid, orders, reports, 0, 0.0)


def _live(functions: Sequence[Callable[[], None]], orders: int, reports: int, parent: int) -> NoReturn:
    code = 1
    try:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        # Close inherited pipes: the run's pipe must close with the run's process, and the pipes of other forked
        # processes with their parent.
        low, high = sorted((orders, reports))
        os.closerange(3, low)
        os.closerange(low + 1, high)
        os.closerange(high + 1, _MOST_DESCRIPTORS)
        while order := os.read(orders, 4):
            functions[int.from_bytes(order, "little")]()
            os.write(reports, _DONE)
        code = 0
    except BaseException as error:
        with contextlib.suppress(BaseException):
            text = " ".join(str(error).split()) or type(error).__name__
            os.write(reports, text.encode("utf-8", "replace")[:_REASON_BYTES])
    finally:
        os._exit(code)
