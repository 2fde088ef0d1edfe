"""Protocols of a long-lived child process, as far as a replica uses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from azuraforge.strict_json import JsonObject


class Pipe(Protocol):
    """Protocol of a non-blocking socket."""

    def fileno(self) -> int: ...
    def send(self, data: bytes | memoryview, /) -> int: ...
    def recv(self, count: int, /) -> bytes: ...


class ChildSession(Protocol):
    """Protocol of a long-lived child process; see ``processes.exchange``."""

    @property
    def resident_bytes(self) -> int:
        """Resident memory of the child process in bytes; 0 if it has died."""
        ...

    @property
    def ended(self) -> bool:
        """Return whether the child process is known to have ended."""
        ...

    def pipe(self) -> Pipe:
        """Return the socket of the child process, for pipelined requests."""
        ...

    def death(self) -> Exception:
        """Return the error that explains why the socket was closed."""
        ...

    def ask(self, payload: Mapping[str, object], timeout_seconds: float) -> JsonObject:
        """Send a request and return the reply.

        Raises the child's own AzuraError, or TransientError if the process dies or exceeds the timeout.
        """
        ...

    def close(self) -> None:
        """End the child process."""
        ...
