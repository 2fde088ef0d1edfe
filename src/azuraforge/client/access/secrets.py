"""Secrets of the project: written, listed and deleted, never read back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class Secret(Shape):
    """A secret without its value. ``state``: ready, older_key or unreadable."""

    name: str
    state: str
    created_at: datetime | None = None
    updated_at: datetime | None = None
    updated_by: str = ""


SecretList: TypeAlias = list[Secret]


class Secrets:
    """``client.secrets``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def set(self, name: str, value: str) -> Secret:
        """Store a value, replacing a former one."""
        return Secret.from_json(self._connection.request("PUT", f"/secrets/{segment(name)}", json={"value": value}))

    def list(self, *, limit: int | None = None) -> SecretList:
        """Return the project's secrets by name, without their values; ``limit``: the first so many."""
        return listed(self._connection, "/secrets", Secret, limit)

    def delete(self, name: str) -> None:
        """Delete a secret; its users fail from then on."""
        self._connection.delete(f"/secrets/{segment(name)}")
