"""Replica of a version: a queue of requests, and the child process that answers them in order.

Callers send a few requests ahead of the replies, without an intermediate thread. A thread of the replica receives the
replies, starts the child process, and notices if it dies. Equal requests that wait at the same time are sent once. If
the process dies, the request it was working on is suspected: it is sent once more, to a new process. The requests
behind it are sent again.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future

from pydantic import JsonValue

from azuraforge.errors import TransientError
from azuraforge.models.serving.child_session import ChildSession, Pipe
from azuraforge.models.serving.messages import Reply
from azuraforge.processes.exchange import TOO_SLOW
from azuraforge.processes.failures import restore
from azuraforge.processes.frames import FROM_CHILD, FrameReader
from azuraforge.telemetry import logger

#: Maximum number of requests sent to the process at a time. Further ones would not be answered sooner, and equal ones
#: could no longer be merged.
IN_FLIGHT = 4
#: Limits of the queue in requests and in bytes; a queue that only grows would answer none of them in time.
MOST_WAITING = 1000
_MOST_WAITING_BYTES = 256 << 20
TOO_MANY = "too_many_questions"
_TRIES = 2
_READ_BYTES = 1 << 16
#: Seconds until the end of a process is noticed if another process still has its socket open.
_POLL_SECONDS = 0.5
#: Seconds between memory measurements; each costs as much as a reply.
_MEASURE_SECONDS = 5.0

#: Callback for the pieces of a reply in order; it runs on the replica's thread and must return quickly.
OnPiece = Callable[[Reply], None]

log = logger("models")


class _Question:
    """Encoded request, and the futures that wait for its reply."""

    def __init__(self, frame: bytes, timeout_seconds: float, on_piece: OnPiece | None = None) -> None:
        self.frame = frame
        self.on_piece = on_piece
        self.has_begun = False
        self.timeout_seconds = timeout_seconds
        self.waiting: list[Future[Reply]] = []
        self.tries = 0
        self.due = 0.0
        self.asked_at = time.monotonic()

    def deliver(self, piece: Reply) -> None:
        """Pass a piece to the callback.

        A callback that fails receives no further pieces; the request is still answered.
        """
        self.has_begun = True
        if self.on_piece is None:
            return
        try:
            self.on_piece(piece)
        except Exception as error:
            log.warning("piece_not_received", reason=str(error))
            self.on_piece = None

    @property
    def is_wanted(self) -> bool:
        return not all(each.cancelled() for each in self.waiting)

    def begin(self) -> bool:
        """Mark the futures as running, so that they can no longer be cancelled; return whether any future is left."""
        self.waiting = [each for each in self.waiting if each.running() or each.set_running_or_notify_cancel()]
        return bool(self.waiting)

    def settle(self, answer: Reply | None, error: BaseException | None = None) -> None:
        self.begin()
        for each in self.waiting:
            if error is not None:
                each.set_exception(error)
            else:
                each.set_result(answer or {})


class Replica:
    """Queue and child process of one version. Safe to use from many threads.

    Args:
        open_child: function that returns a new child process that has loaded the version; it may take seconds.
        answered: callback on the replica's thread before each reply is delivered; ``bytes`` may have changed by then.
    """

    def __init__(self, open_child: Callable[[], ChildSession], answered: Callable[[Replica], None]) -> None:
        self._open_child = open_child
        self._answered = answered
        self._lock = threading.Lock()
        self._waiting: deque[_Question] = deque()
        self._sent: deque[_Question] = deque()
        self._out = memoryview(b"")
        self._child_session: ChildSession | None = None
        self._pipe: Pipe | None = None
        self._reader = FrameReader(FROM_CHILD)
        self._measured_at = 0.0
        self._closed = False
        #: Resident memory of the child process in bytes, up to a few seconds old.
        self.bytes = 0
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._run, name="serving", daemon=True)
        self._thread.start()

    @property
    def is_loaded(self) -> bool:
        """Return whether a running child process has loaded the version."""
        return self._child_session is not None

    def ask(self, frame: bytes, timeout_seconds: float, on_piece: OnPiece | None = None) -> Future[Reply]:
        """Queue a request and return its future reply; never blocks.

        The future raises the child's own AzuraError, or TransientError if the process dies twice or exceeds the
        timeout. A request that is cancelled while it waits is not sent.

        Args:
            frame: encoded request.
            timeout_seconds: limit from the moment at which the process begins this request, and again from each piece.
            on_piece: callback for the pieces of a streamed reply. After the first piece, the request is not sent again
                if the process dies.

        Raises TransientError if the replica is closed, the queue is full, or its first request has waited too long.
        """
        answer: Future[Reply] = Future()
        with self._lock:
            if self._closed:
                raise _stopping()
            self._check_room(len(frame))
            alike = next((each for each in self._waiting if each.frame == frame and each.on_piece is None), None)
            if alike is not None and on_piece is None:
                alike.waiting.append(answer)
                return answer
            question = _Question(frame, timeout_seconds, on_piece)
            question.waiting.append(answer)
            self._waiting.append(question)
            awake = self._pipe is not None
            if awake:
                self._send()
            if not awake or self._out:
                self._wake()
        return answer

    def _check_room(self, more_bytes: int) -> None:
        """Raise TransientError if the queue is full; cancelled requests do not count. Requires the lock."""
        if self._is_full(more_bytes):
            self._waiting = deque(each for each in self._waiting if each.is_wanted)
            if self._is_full(more_bytes):
                raise TransientError(
                    "too many requests are waiting for this version", next_step="try again", code=TOO_MANY
                )

    def _is_full(self, more_bytes: int) -> bool:
        if not self._waiting:
            return False
        head = self._waiting[0]
        return (
            len(self._waiting) >= MOST_WAITING
            or time.monotonic() > head.asked_at + head.timeout_seconds
            or sum(len(each.frame) for each in self._waiting) + more_bytes > _MOST_WAITING_BYTES
        )

    def close_if_idle(self) -> bool:
        """End the replica if no request is pending; return whether it ended."""
        with self._lock:
            if self._waiting or self._sent:
                return False
            self._closed = True
            self._wake()
        return True

    def close(self) -> None:
        """End the replica and its child process; pending futures raise TransientError."""
        with self._lock:
            self._closed = True
            self._wake()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # the thread has ended
            os.write(self._wake_write, b".")

    def _send(self) -> None:
        """Send as much as the socket accepts; the thread sends the rest. Requires the lock."""
        assert self._pipe is not None
        while True:
            if not self._out:
                if not self._waiting or len(self._sent) >= IN_FLIGHT:
                    return
                question = self._waiting.popleft()
                if not question.begin():
                    continue
                if not self._sent:
                    question.due = time.monotonic() + question.timeout_seconds
                self._sent.append(question)
                self._out = memoryview(question.frame)
            try:
                self._out = self._out[self._pipe.send(self._out) :]
            except BlockingIOError:
                return
            except OSError:  # the thread notices the end and its cause
                self._out = memoryview(b"")
                return

    def _run(self) -> None:
        try:
            while not self._closed:
                try:
                    if self._child_session is None:
                        self._start_child()
                    else:
                        self._wait(self._child_session)
                except Exception as error:  # such as an unreadable reply; the replica continues
                    log.warning("predictor_unreadable", reason=str(error))
                    self._end()
                    self._requeue(_unreadable(error), _TRIES)
        finally:
            self._end()
            with self._lock:
                self._closed = True
                left = [*self._sent, *self._waiting]
                self._sent.clear()
                self._waiting.clear()
                os.close(self._wake_write)
                self._wake_write = -1
            os.close(self._wake_read)
            for question in left:
                question.settle(None, _stopping())

    def _start_child(self) -> None:
        """Start a child process if a request is waiting; otherwise wait for a wake-up and return."""
        with self._lock:
            idle = not self._waiting
        if idle:
            os.read(self._wake_read, 1024)
            return
        try:
            child_session = self._open_child()
        except Exception as error:
            self._refuse(error)
            return
        with self._lock:
            self._child_session, self._pipe, self._reader = child_session, child_session.pipe(), FrameReader(FROM_CHILD)
            self._measured_at = -_MEASURE_SECONDS
            self._send()

    def _refuse(self, error: Exception) -> None:
        """Keep the requests for one more attempt after a temporary error; otherwise fail every waiting request."""
        with self._lock:
            head = self._waiting[0]
            head.tries += 1
            if isinstance(error, TransientError) and head.tries < _TRIES:
                return
            refused = list(self._waiting)
            self._waiting.clear()
        for question in refused:
            question.settle(None, error)

    def _wait(self, child_session: ChildSession) -> None:
        """Wait briefly for a reply, space to send, the end of the process or a request's deadline, and handle it."""
        assert self._pipe is not None
        poll = select.poll()
        with self._lock:
            patience = min(_POLL_SECONDS, self._sent[0].due - time.monotonic()) if self._sent else _POLL_SECONDS
            poll.register(self._pipe.fileno(), select.POLLIN | (select.POLLOUT if self._out else 0))
        poll.register(self._wake_read, select.POLLIN)
        gone = child_session.ended  # checked first: if it has ended and nothing is readable, nothing will follow
        ready = dict(poll.poll(max(0.0, patience) * 1e3))
        if self._wake_read in ready:
            os.read(self._wake_read, 1024)
        if self._closed:
            return
        happened = ready.get(self._pipe.fileno(), 0)
        if happened & ~select.POLLOUT:
            self._read(child_session)
        elif happened:
            with self._lock:
                self._send()
        elif gone:
            self._died(child_session)
        elif self._sent and time.monotonic() >= self._sent[0].due:
            self._too_slow()

    def _read(self, child_session: ChildSession) -> None:
        assert self._pipe is not None
        try:
            data = self._pipe.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._died(child_session)
            return
        for frame in self._reader.feed(data):
            if frame["type"] == "message":
                raise ValueError(f"a serving child sent a message {frame['name']!r}; it only answers")
            if frame["type"] == "piece":
                with self._lock:
                    question = self._sent[0]
                    question.due = time.monotonic() + question.timeout_seconds
                question.deliver(_object(frame["value"]))
                continue
            with self._lock:
                question = self._sent.popleft()
                if self._sent:
                    self._sent[0].due = time.monotonic() + self._sent[0].timeout_seconds
                self._send()
            answer: Reply | None = None
            error: Exception | None = None
            try:
                self._measure(child_session)
                self._answered(self)
                if frame["type"] == "error":
                    error = restore(frame["family"], frame["error"], frame["kind"])
                else:
                    answer = _object(frame["value"])
            except Exception as unreadable:
                question.settle(None, _unreadable(unreadable))
                raise
            question.settle(answer, error)

    def _measure(self, child_session: ChildSession) -> None:
        if (at := time.monotonic()) >= self._measured_at + _MEASURE_SECONDS:
            self.bytes, self._measured_at = child_session.resident_bytes, at

    def _died(self, child_session: ChildSession) -> None:
        self._detach()  # nothing more is sent to this process
        reason = child_session.death() if self._sent else None
        child_session.close()
        if reason is not None:
            self._requeue(TransientError("{reason}", next_step="try again", reason=str(reason)), _TRIES)

    def _too_slow(self) -> None:
        seconds = self._sent[0].timeout_seconds
        self._end()
        self._requeue(
            TransientError(
                "the version did not answer within {seconds:g} [second|seconds]",
                next_step="try again",
                code=TOO_SLOW,
                seconds=seconds,
            ),
            1,
        )

    def _requeue(self, error: TransientError, tries: int) -> None:
        """Queue the sent requests again, except possibly the first, which may have caused the failure."""
        with self._lock:
            if not self._sent:
                return
            head, *behind = self._sent
            self._sent.clear()
            head.tries += 1
            given_up = head.tries >= tries or head.has_begun
            self._waiting.extendleft(reversed(behind if given_up else [head, *behind]))
        if given_up:
            head.settle(None, error)

    def _detach(self) -> ChildSession | None:
        with self._lock:
            child_session, self._child_session, self._pipe = self._child_session, None, None
            self._out, self.bytes = memoryview(b""), 0
        return child_session

    def _end(self) -> None:
        if (child_session := self._detach()) is not None:
            child_session.close()


def _object(value: JsonValue) -> Reply:
    if isinstance(value, dict):
        return value
    raise TypeError(f"a serving child answered with {type(value).__name__}; it answers with a dictionary")


def _unreadable(error: Exception) -> TransientError:
    return TransientError(
        "{error_type}: {reason}", next_step="try again", error_type=type(error).__name__, reason=str(error)
    )


def _stopping() -> TransientError:
    return TransientError("the platform is stopping", next_step="try again when the platform is running")
