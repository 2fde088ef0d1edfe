"""Interface of a long-lived child, as far as a replica uses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from azuraforge.strict_json import JsonObject


class Pipe(Protocol):
    """A socket that does not block."""

    def fileno(self) -> int: ...
    def send(self, data: bytes | memoryview, /) -> int: ...
    def recv(self, count: int, /) -> bytes: ...


class ChildSession(Protocol):
    """A long-lived child, see ``runs.child_session``."""

    @property
    def resident_bytes(self) -> int:
        """Current memory of the child; 0 if it has died."""
        ...

    @property
    def ended(self) -> bool:
        """True if the child's process is known to have ended."""
        ...

    def pipe(self) -> Pipe:
        """Return the child's socket, for pipelined questions."""
        ...

    def death(self) -> Exception:
        """Return the error that explains why the pipe ended."""
        ...

    def ask(self, payload: Mapping[str, object], timeout_seconds: float) -> JsonObject:
        """Return the child's answer. Raises the child's own AzuraError, or TransientError if it died or was too
        slow."""
        ...

    def close(self) -> None:
        """End the child."""
        ...
