"""Buffer of messages to a child: any thread adds messages, and the thread that drives the child sends them."""

from __future__ import annotations

import contextlib
import socket
import threading

from azuraforge.processes.frames import SentMessage, encode


class Outgoing:
    """Message buffer whose methods never block, even if the child does not read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting = bytearray()
        self._woken, self._wake = socket.socketpair()

    @property
    def woken(self) -> socket.socket:
        """Socket that becomes readable when a message is added."""
        return self._woken

    @property
    def empty(self) -> bool:
        return not self._waiting

    def put(self, frame: SentMessage) -> None:
        """Add a frame. Raises TypeError if it is not JSON, and ValueError if it is too long."""
        encoded = encode(frame)
        with self._lock:
            self._waiting += encoded
        with contextlib.suppress(OSError):
            self._wake.send(b"!", socket.MSG_DONTWAIT)

    def send(self, connection: socket.socket) -> None:
        """Send as many buffered bytes as the socket accepts without blocking."""
        with contextlib.suppress(OSError):
            self._woken.recv(4096, socket.MSG_DONTWAIT)
        with self._lock, contextlib.suppress(OSError):  # if the child has ended, its exit status reports it
            sent = connection.send(self._waiting, socket.MSG_DONTWAIT) if self._waiting else 0
            del self._waiting[:sent]

    def clear(self) -> None:
        """Discard the unsent messages of a child that has ended."""
        with self._lock:
            self._waiting.clear()

    def close(self) -> None:
        self._woken.close()
        self._wake.close()
