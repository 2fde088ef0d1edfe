"""Exchange of frames with a child: questions and answers."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping

from pydantic import JsonValue

from azuraforge.errors import TransientError
from azuraforge.processes.child_process import ChildProcess
from azuraforge.processes.failures import Interruption, restore
from azuraforge.processes.frames import FROM_CHILD, FrameReader, Question, SentMessage, Start, encode
from azuraforge.strict_json import JsonObject

#: Error code if a child was killed because it did not answer in time.
TOO_SLOW = "too_slow"
_READ_BYTES = 1 << 16
#: Interval for checking whether a child has ended whose socket another process keeps open.
_LOOK_SECONDS = 0.5


class ChildSession:
    """Session with a long-lived child that answers one question at a time."""

    def __init__(self, child: ChildProcess) -> None:
        self._child = child
        self._talk = Exchange(child)
        self._lock = threading.Lock()

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def resident_bytes(self) -> int:
        """Current resident memory of the child in bytes; 0 if it has ended."""
        return self._child.resident_bytes()

    def ask(self, payload: Mapping[str, object], timeout_seconds: float) -> JsonObject:
        """Ask the child a question and return its answer.

        Raises the error that the child reported, TypeError if the answer is not a JSON object, or TransientError if
        the child died or did not answer in time, in which case it is killed.
        """
        return self.send({"type": "question", "payload": payload}, timeout_seconds)

    def send(self, frame: Start | Question, timeout_seconds: float) -> JsonObject:
        """Send one frame and return its answer. Raises the same errors as ``ask``."""
        with self._lock:
            try:
                answer = self._talk.exchange(frame, time.monotonic() + timeout_seconds)
            except TimeoutError:
                self._child.close()
                raise TransientError(
                    "no answer within {timeout_seconds:g} [second|seconds]",
                    next_step="try again",
                    code=TOO_SLOW,
                    timeout_seconds=timeout_seconds,
                ) from None
            except Interruption as error:
                self._child.close()
                raise TransientError("{reason}", next_step="try again", reason=error.sentence) from None
        if not isinstance(answer, dict):
            raise TypeError(f"a child answered a question with {type(answer).__name__}; it returns a dictionary")
        return answer

    def pipe(self) -> socket.socket:
        """Make the child's socket non-blocking and return it, for callers that send several questions at once.

        Answers arrive in the order of the questions. ``ask`` must not be called afterwards.
        """
        self._child.connection.setblocking(False)
        return self._child.connection

    @property
    def ended(self) -> bool:
        """Return whether the child process is known to have ended."""
        return self._child.ended.is_set()

    def death(self) -> Interruption:
        """Return the error that explains why the child ended; wait up to 5 seconds for the launcher's report."""
        return self._child.death()

    def kill(self) -> None:
        """Kill the child. Thread-safe; a thread that waits for an answer then raises the error of the child's death."""
        self._child.signal(signal.SIGKILL)

    def close(self) -> None:
        """Kill the child with its descendants and close its pipes."""
        self._child.close()


class Exchange:
    """Sender of frames to a child that waits for each answer; ``hear`` receives messages in the meantime."""

    def __init__(self, child: ChildProcess, hear: Callable[[SentMessage], None] | None = None) -> None:
        self._child = child
        self._hear = hear
        self._reader = FrameReader(FROM_CHILD)

    def __enter__(self) -> Exchange:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.close()

    def exchange(self, frame: Start | Question, deadline: float) -> JsonValue:
        """Send a frame and return its answer.

        Raises the error that the child reported, Interruption if it died, or TimeoutError after ``deadline``, a value
        of ``time.monotonic``. Raises TypeError if the frame is not JSON, and ValueError if it is too long.
        """
        connection = self._child.connection
        try:
            connection.settimeout(max(0.001, deadline - time.monotonic()))
            connection.sendall(encode(frame))
            while True:
                data = self._receive(deadline)
                if not data:
                    raise self._child.death()
                for answer in self._reader.feed(data):
                    if answer["type"] == "result":
                        return answer["value"]
                    if answer["type"] == "error":
                        raise restore(answer["family"], answer["error"], answer["kind"])
                    if answer["type"] == "message" and self._hear is not None:
                        self._hear(answer)
        except TimeoutError:
            raise
        except (ConnectionError, OSError) as error:
            raise self._child.death() from error

    def _receive(self, deadline: float) -> bytes:
        """Return received bytes; empty if the child has ended, even if a descendant keeps the socket open."""
        while True:
            ended = self._child.ended.is_set()  # read before receiving: if it has ended, no data means the end
            left = deadline - time.monotonic()
            self._child.connection.settimeout(max(0.001, min(left, _LOOK_SECONDS)))
            try:
                return self._child.connection.recv(_READ_BYTES)
            except TimeoutError:
                if ended:
                    return b""
                if time.monotonic() >= deadline:
                    raise
