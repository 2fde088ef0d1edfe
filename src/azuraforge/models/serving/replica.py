"""Replica of a version: its queue of questions, and the child that answers them in order.

Callers send questions ahead of the answers, a few at a time, without a thread in between. A thread of the replica
receives the answers, starts the child, and notices when it dies. The same question that waits more than once is asked
once. When a child dies, the question it was working on is suspected: it is asked once more, of a fresh child; the
questions behind it are asked again.
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

#: Questions that are with the child at a time. More would not be answered sooner, and could not be merged.
IN_FLIGHT = 4
#: Most other questions that wait, and their bytes: a queue that only grows answers none of them in time.
MOST_WAITING = 1000
_MOST_WAITING_BYTES = 256 << 20
TOO_MANY = "too_many_questions"
_TRIES = 2
_READ_BYTES = 1 << 16
#: How soon the end of a child is noticed whose socket something else still holds open.
_POLL_SECONDS = 0.5
#: Asking the system for a child's memory costs as much as its answer.
_MEASURE_SECONDS = 5.0

#: Receives the pieces of an answer in order, on the replica's thread: it must be quick.
OnPiece = Callable[[Reply], None]

log = logger("models")


class _Question:
    """A frame, and the futures that wait for its answer."""

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
        """Deliver a piece. A failing receiver gets no further pieces, but its question is still answered."""
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
        """Mark the futures as running, so that none can be cancelled any more; return whether any is left."""
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
    """One version's queue and child. Safe to use from many threads.

    Args:
        open_child: a fresh child that has loaded the version; may take seconds.
        answered: called on the replica's thread before an answer is given, after ``bytes`` may have changed.
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
        #: Resident memory of the child, as it was a few seconds ago.
        self.bytes = 0
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._run, name="serving", daemon=True)
        self._thread.start()

    @property
    def is_loaded(self) -> bool:
        """True if a running child has loaded the version."""
        return self._child_session is not None

    def ask(self, frame: bytes, timeout_seconds: float, on_piece: OnPiece | None = None) -> Future[Reply]:
        """Return the future answer: the child's own AzuraError, or TransientError if it died twice or was too slow.

        A child may answer in pieces: ``on_piece`` receives each, and the answer comes last. A question of which a piece
        was delivered is not asked again when the child dies.

        ``timeout_seconds`` count from when the child turns to this question, and again from each piece. Never blocks.
        A question whose answer is cancelled while it waits is not asked. Raises TransientError if too many wait
        already, or one for too long.
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
        """Refuse a question that would wait too long; call with the lock. Cancelled ones do not count."""
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
        """End the replica if no question waits; return whether it ended."""
        with self._lock:
            if self._waiting or self._sent:
                return False
            self._closed = True
            self._wake()
        return True

    def close(self) -> None:
        """End the replica and its child; pending futures get the error of a stopping platform."""
        with self._lock:
            self._closed = True
            self._wake()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # the thread has ended
            os.write(self._wake_write, b".")

    def _send(self) -> None:
        """Send as much as fits, with the lock; the thread sends the rest."""
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
            except OSError:  # the thread will see that it ended, and why
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
                except Exception as error:  # an unreadable answer, for example: the replica continues
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
        """Wait for a question, then open a child for it."""
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
        """Retry once if no child could be started for a temporary reason; otherwise fail every question."""
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
        """Wait for an answer, for room to send, for the child's end or a question's deadline."""
        assert self._pipe is not None
        poll = select.poll()
        with self._lock:
            patience = min(_POLL_SECONDS, self._sent[0].due - time.monotonic()) if self._sent else _POLL_SECONDS
            poll.register(self._pipe.fileno(), select.POLLIN | (select.POLLOUT if self._out else 0))
        poll.register(self._wake_read, select.POLLIN)
        gone = child_session.ended  # before looking: then nothing readable means that nothing will come
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
        self._detach()  # from here on nothing more is sent to it
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
        """Ask the sent questions again, except possibly the first, which may have caused the failure."""
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
    return TransientError("the platform is stopping", next_step="try again when it is running")
