"""Execution of one phase of an attempt: its child process, messages, limits and end."""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from azuraforge.processes.child_process import ChildProcess
from azuraforge.processes.failures import Cancelled, Draining, Replaced, restore
from azuraforge.processes.frames import (
    FROM_CHILD,
    Failure,
    FrameReader,
    Result,
    SavedCheckpoint,
    SentMessage,
    Start,
    encode,
)
from azuraforge.processes.log_file import LogFile
from azuraforge.processes.messages import sent
from azuraforge.processes.resources.usage import Sampler, measure
from azuraforge.runs.execution.outgoing import Outgoing
from azuraforge.runs.handlers import ChildSettings
from azuraforge.runs.limits import Limits
from azuraforge.strict_json import JsonObject

_READ_BYTES = 1 << 16
_LIMITS_SECONDS = 0.5
#: Time to wait for remaining output after the result.
_LAST_WORDS_SECONDS = 1.0

_RANK: dict[type[Exception], int] = {Cancelled: 0, Draining: 1, Replaced: 2}

#: Stores a batch of frames and returns the replies.
Record = Callable[[Sequence[SentMessage]], Sequence[SentMessage]]


class Interrupt:
    """Request from another thread that an attempt stop, with its reason: Cancelled, Draining or Replaced."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._why: Exception | None = None
        self._woken, self._wake = socket.socketpair()

    def set(self, why: Cancelled | Draining | Replaced) -> None:
        """Request a stop. Replaced overrides Draining, which overrides Cancelled."""
        with self._lock:
            if self._why is None or _RANK[type(why)] > _RANK[type(self._why)]:
                self._why = why
        with contextlib.suppress(OSError):
            self._wake.send(b"!", socket.MSG_DONTWAIT)

    @property
    def why(self) -> Exception | None:
        return self._why

    @property
    def woken(self) -> socket.socket:
        """Socket that becomes readable when a reason is set."""
        return self._woken

    def check(self) -> None:
        """Raise the reason if a stop was requested."""
        if self._why is not None:
            raise self._why

    def close(self) -> None:
        self._woken.close()
        self._wake.close()


class PhaseChild:
    """Driver of one child process until it sends its result.

    Args:
        record: stores each batch of frames before the next is read; the replies that it returns are sent to the child.
        outgoing: messages for the child from other threads.
    """

    def __init__(
        self,
        child: ChildProcess,
        interrupt: Interrupt,
        limits: Limits,
        log: LogFile,
        record: Record,
        outgoing: Outgoing,
        sampler: Sampler | None = None,
    ) -> None:
        self._child = child
        self._interrupt = interrupt
        self._limits = limits
        self._log = log
        self._record = record
        self._outgoing = outgoing
        self._sampler = sampler
        self._limits_at = 0.0
        self._reader = FrameReader(FROM_CHILD)
        self._terminate_at: float | None = None
        self._killed = False

    def run(self, start: Start) -> Result:
        """Run the child and return its ``result`` frame.

        Raises the error that the child reported; ChildDied or LauncherDied if it ended without a result; Cancelled,
        Draining or Replaced if it was interrupted; or UserError if it exceeded a limit. Errors of ``record`` propagate.
        """
        answer: Result | Failure | None = None
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._child.connection, selectors.EVENT_READ)
                selector.register(self._interrupt.woken, selectors.EVENT_READ)
                selector.register(self._outgoing.woken, selectors.EVENT_READ)
                if self._child.output is not None:
                    selector.register(self._child.output, selectors.EVENT_READ)
                with contextlib.suppress(OSError):  # the child has already died; its exit status gives the reason
                    self._child.connection.sendall(encode(start))
                while answer is None:
                    answer = self._step(selector)
            if self._sampler is not None and (points := self._sampler.sample(self._child.pid, last=True)):
                self._record([sent("usage", {"points": points})])
        finally:
            if answer is None:
                self._child.signal(signal.SIGKILL)
            self._drain_output()
            self._child.close()
        if answer["type"] == "error":
            raise restore(answer["family"], answer["error"], answer["kind"])
        return answer

    def _step(self, selector: selectors.BaseSelector) -> Result | Failure | None:
        ended = (
            self._child.ended.is_set()
        )  # read before the select: if the child has ended and nothing is readable, no more data will arrive
        found = selector.select(0.0 if ended else self._wait_seconds())
        ready = {key.fileobj for key, events in found if events & selectors.EVENT_READ}
        if self._child.output in ready:
            self._read_output(selector)
        if self._outgoing.woken in ready or not self._outgoing.empty:
            self._outgoing.send(self._child.connection)
            events = selectors.EVENT_READ if self._outgoing.empty else selectors.EVENT_READ | selectors.EVENT_WRITE
            selector.modify(self._child.connection, events)
        answer: Result | Failure | None = None
        if self._child.connection in ready:
            answer = self._read_frames()
        elif ended:  # a descendant still has the child's end of the socket open
            raise self._death()
        if answer is None:
            self._check_interrupt()
            self._check_limits()
        return answer

    def _wait_seconds(self) -> float:
        if self._terminate_at is None or self._killed:
            return _LIMITS_SECONDS
        return max(0.0, min(_LIMITS_SECONDS, self._terminate_at - time.monotonic()))

    def _read_frames(self) -> Result | Failure | None:
        try:
            data = self._child.connection.recv(_READ_BYTES)
        except OSError:
            data = b""
        if not data:
            raise self._death()
        messages: list[SentMessage] = []
        answer: Result | Failure | None = None
        for frame in self._reader.feed(data):
            if frame["type"] == "result" or frame["type"] == "error":
                answer = frame
                break
            if frame["type"] == "piece":
                raise ValueError("a phase's child sent a piece of an answer; it answers once")
            messages.append(frame)
        if messages:
            for reply in self._record(messages):
                self._outgoing.put(reply)
        return answer

    def _death(self) -> Exception:
        """Return the error for a child that ended without a result. Raises the interrupt's reason if one is set."""
        death = self._child.death()
        self._interrupt.check()
        return death

    def _read_output(self, selector: selectors.BaseSelector) -> None:
        output = self._child.output
        assert output is not None
        if data := os.read(output, _READ_BYTES):
            self._log.write(data)
        else:
            selector.unregister(output)

    def _drain_output(self) -> None:
        """Read the remaining output until the child and all its descendants have closed the pipe, or time is up."""
        output = self._child.output
        if output is None:
            return
        until = time.monotonic() + _LAST_WORDS_SECONDS
        while (left := until - time.monotonic()) > 0 and select.select([output], [], [], left)[0]:
            if not (data := os.read(output, _READ_BYTES)):
                break
            self._log.write(data)
        self._log.end_line()

    def _check_interrupt(self) -> None:
        why = self._interrupt.why
        if why is None:
            return
        if not isinstance(why, Cancelled):
            self._child.signal(signal.SIGKILL)
            self._child.ended.wait(5)
            raise why
        with contextlib.suppress(BlockingIOError):
            self._interrupt.woken.recv(4096, socket.MSG_DONTWAIT)
        if self._terminate_at is None:
            self._terminate_at = time.monotonic() + self._limits.cancel_grace_seconds
            self._child.signal(signal.SIGTERM)
        elif time.monotonic() >= self._terminate_at and not self._killed:
            self._killed = True
            self._child.signal(signal.SIGKILL)

    def _check_limits(self) -> None:
        self._limits.check_time()
        if (at := time.monotonic()) < self._limits_at:  # do not measure the child after every message
            return
        self._limits_at = at + _LIMITS_SECONDS
        if self._limits.memory_bytes is not None:
            self._limits.check_memory(measure(self._child.pid).memory_bytes)
        if self._sampler is not None and (points := self._sampler.sample(self._child.pid)):
            self._record([sent("usage", {"points": points})])


def start_frame(
    entry: str,
    payload: JsonObject,
    folder: Path,
    outputs: Path,
    checkpoints: Path,
    saved: Sequence[SavedCheckpoint],
    settings: ChildSettings,
) -> Start:
    """Return the frame that starts a phase in its child process."""
    return {
        "type": "run",
        "entry": entry,
        "payload": payload,
        "folder": str(folder),
        "outputs": str(outputs),
        "checkpoints": str(checkpoints),
        "saved": saved,
        "seed": settings.seed,
        "threads": settings.threads,
        "environment": settings.environment,
        "kernels_folder": settings.kernels_folder,
    }
