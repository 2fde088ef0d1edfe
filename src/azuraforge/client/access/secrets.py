"""Client for the secrets of a project, whose values cannot be read back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class Secret(Shape):
    """A secret without its value.

    ``state`` is ``ready``, ``older_key`` (encrypted with an older key) or ``unreadable`` (the key is missing).
    """

    name: str
    state: str
    created_at: datetime | None = None
    updated_at: datetime | None = None
    updated_by: str = ""


SecretList: TypeAlias = list[Secret]


class Secrets:
    """Methods of ``client.secrets``.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def set(self, name: str, value: str) -> Secret:
        """Store a secret, replacing an earlier value of the same name."""
        return Secret.from_json(self._connection.request("PUT", f"/secrets/{segment(name)}", json={"value": value}))

    def list(self, *, limit: int | None = None) -> SecretList:
        """Return the project's secrets without their values, sorted by name; at most ``limit`` of them (None: all)."""
        return listed(self._connection, "/secrets", Secret, limit)

    def delete(self, name: str) -> None:
        """Delete a secret. Sources and targets that use the secret will fail."""
        self._connection.delete(f"/secrets/{segment(name)}")
