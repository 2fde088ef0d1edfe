"""Outgoing frames of a child: they are queued immediately and sent by a background thread."""

from __future__ import annotations

import os
import socket
import threading
import time
import traceback

from azuraforge.errors import InvalidInput
from azuraforge.processes.failures import sayable
from azuraforge.processes.frames import Failure, Result, SentMessage, encode, spell
from azuraforge.processes.messages import sent
from azuraforge.processes.points import MAX_STEP, problem_with_series

#: Maximum delay of points, so that training sends one frame per tenth of a second instead of one per step.
BATCH_SECONDS = 0.1
#: Maximum number of points in a frame, so that frames stay short even if the socket was not read for long.
_FRAME_POINTS = 10_000
_COUNT = 2**63 - 1


class Outbox:
    """Ordered queue of outgoing frames. Only ``flush`` and ``close`` wait for the socket.

    Data that cannot be sent is rejected in the calling thread, so that the traceback shows the caller.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._changed = threading.Condition()
        self._ready: list[bytes] = []
        self._points: list[tuple[str, int, float | str, int]] = []
        self._series: set[str] = set()
        self._progress: SentMessage | None = None
        self._sending = False
        self._closed = False
        self._thread = threading.Thread(target=self._send, name="outbox", daemon=True)
        self._thread.start()

    def point(self, step: int, metrics: dict[str, float]) -> None:
        """Queue one point of each series. Raises InvalidInput if the step or a series' name cannot be stored."""
        if not -MAX_STEP <= step <= MAX_STEP:
            raise InvalidInput(
                "a step must be between -2^62 and 2^62; this one is {step}",
                next_step="count steps from 0",
                where="log()",
                step=step,
            )
        for name in metrics.keys() - self._series:
            if (problem := problem_with_series(name)) is not None:
                shown = str(sayable(str(name)))[:80]
                raise InvalidInput(
                    "{shown!r} cannot be a metric's name: {problem}",
                    next_step="choose another name",
                    where="step {step}",
                    shown=shown,
                    problem=problem,
                    step=step,
                )
            self._series.add(name)
        at = time.time_ns() // 1_000_000
        with self._changed:
            self._points.extend((series, step, spell(value), at) for series, value in metrics.items())
            self._changed.notify_all()

    def progress(self, done: int, total: int, note: str) -> None:
        """Queue a progress report, which replaces an unsent older one.

        Raises InvalidInput if ``done`` or ``total`` exceeds 64 bits.
        """
        if not (-_COUNT <= done <= _COUNT and -_COUNT <= total <= _COUNT):
            raise InvalidInput(
                "the progress {done} of {total} exceeds 64 bits",
                next_step="report smaller numbers",
                where="progress()",
                done=done,
                total=total,
            )
        frame = sent("progress", {"done": done, "total": total, "note": sayable(note)})
        with self._changed:
            self._progress = frame
            self._changed.notify_all()

    def message(self, frame: SentMessage | Result | Failure) -> None:
        """Queue a frame after all earlier ones, to be sent without delay.

        Raises TypeError if the frame is not JSON, and ValueError if it is too long.
        """
        encoded = encode(frame)
        with self._changed:
            self._collect()
            self._ready.append(encoded)
            self._changed.notify_all()

    def flush(self, timeout_seconds: float) -> None:
        """Wait until all queued messages are written to the socket, so that they arrive even if this process dies.

        Return after ``timeout_seconds`` in any case.
        """
        with self._changed:
            self._changed.wait_for(lambda: not (self._ready or self._sending), timeout_seconds)

    def close(self) -> None:
        """Send all queued frames and end the sending thread."""
        with self._changed:
            self._collect()
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _collect(self) -> None:
        if self._points:
            points = self._points
            self._points = []
            for start in range(0, len(points), _FRAME_POINTS):
                self._ready.append(encode(sent("metrics", {"points": points[start : start + _FRAME_POINTS]})))
        if self._progress is not None:
            self._ready.append(encode(self._progress))
            self._progress = None

    def _send(self) -> None:
        try:
            self._send_all()
        except Exception:  # training must not continue if its results can no longer be sent
            traceback.print_exc()
            os._exit(1)

    def _send_all(self) -> None:
        last_at = 0.0
        while True:
            with self._changed:
                while not (self._ready or self._points or self._progress or self._closed):
                    self._changed.wait()
                while not (self._ready or self._closed):
                    wait = last_at + BATCH_SECONDS - time.monotonic()
                    if wait <= 0:
                        self._collect()
                    else:
                        self._changed.wait(wait)
                data, self._ready = b"".join(self._ready), []
                self._sending = True
                closed = self._closed
            if data:
                try:
                    self._connection.sendall(data)
                except OSError:
                    return  # the worker is gone; the watcher ends this process
            last_at = time.monotonic()
            with self._changed:
                self._sending = False
                self._changed.notify_all()
            if closed:
                return
