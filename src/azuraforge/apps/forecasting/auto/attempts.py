"""Work in forked processes with a deadline, so that a member that fails, crashes or hangs costs only itself.

Each process stays in the group of the run's own, which is killed as a whole; on Linux it also ends with its parent.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn

_PR_SET_PDEATHSIG = 1
#: Longer reasons are cut; a pipe takes this much without a reader.
_REASON_BYTES = 1000
_MOST_DESCRIPTORS = 4096


@dataclass(frozen=True)
class Attempt:
    """The end of one piece of work: ``detail`` is the message of its error or the exit code of its process."""

    name: str
    seconds: float
    ended: Literal["done", "failed", "crashed", "stopped", "not_started"] = "done"
    detail: str = ""


@dataclass(frozen=True)
class _Process:
    name: str
    pid: int
    began: float


def attempts(work: Mapping[str, Callable[[], None]], at_once: int, seconds: float) -> Iterator[Attempt]:
    """Call each function in a forked process, at most ``at_once`` at a time; yield how each ended.

    Those that have not ended after ``seconds`` are killed, and those that have not begun are not started.
    """
    deadline = time.monotonic() + seconds
    waiting, running = list(work), dict[int, _Process]()
    try:
        while waiting or running:
            while waiting and len(running) < at_once and time.monotonic() < deadline:
                name = waiting.pop(0)
                reader, pid = _fork(work[name])
                running[reader] = _Process(name, pid, time.monotonic())
            if not running:
                for name in waiting:
                    yield Attempt(name, 0.0, "not_started")
                return
            ready, _, _ = select.select(list(running), [], [], max(0.0, deadline - time.monotonic()))
            late = not ready and time.monotonic() >= deadline
            for reader in [*running] if late else ready:
                process = running[reader]
                if late:
                    os.kill(process.pid, signal.SIGKILL)
                reason = b"" if late else os.read(reader, _REASON_BYTES)
                _, status = os.waitpid(process.pid, 0)
                os.close(reader)
                del running[reader]
                took = time.monotonic() - process.began
                yield Attempt(process.name, took, "stopped") if late else _ended(process.name, took, reason, status)
    finally:
        for reader, process in running.items():
            os.kill(process.pid, signal.SIGKILL)
            os.waitpid(process.pid, 0)
            os.close(reader)


def _ended(name: str, seconds: float, reason: bytes, status: int) -> Attempt:
    if reason:
        return Attempt(name, seconds, "failed", reason.decode("utf-8", "replace"))
    code = os.waitstatus_to_exitcode(status)
    return Attempt(name, seconds) if code == 0 else Attempt(name, seconds, "crashed", str(code))


def _fork(work: Callable[[], None]) -> tuple[int, int]:
    """Return the end of a pipe that closes when the process ends, and its pid."""
    reader, writer = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _live(work, writer, parent)
    os.close(writer)
    return reader, pid


def _live(work: Callable[[], None], writer: int, parent: int) -> NoReturn:
    code = 1
    try:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        # The run's own pipe must end with the run's process.
        os.closerange(3, writer)
        os.closerange(writer + 1, _MOST_DESCRIPTORS)
        work()
        code = 0
    except BaseException as error:
        with contextlib.suppress(BaseException):
            text = " ".join(str(error).split()) or type(error).__name__
            os.write(writer, text.encode("utf-8", "replace")[:_REASON_BYTES])
    finally:
        os._exit(code)
