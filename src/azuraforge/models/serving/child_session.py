"""The part of a long-lived child that a replica needs."""

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
        """Its memory now; 0 where it has died."""
        ...

    @property
    def ended(self) -> bool:
        """Whether the child's process is known to be gone."""
        ...

    def pipe(self) -> Pipe:
        """Its socket, to ask ahead of the answers."""
        ...

    def death(self) -> Exception:
        """Why its pipe ended."""
        ...

    def ask(self, payload: Mapping[str, object], timeout_seconds: float) -> JsonObject:
        """Its answer. Raises the child's own AzuraError, or TransientError where it died or was too slow."""
        ...

    def close(self) -> None:
        """End it."""
        ...
