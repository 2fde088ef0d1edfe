"""API tokens of the project."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class Token(Shape):
    """An API token. ``token``, the secret itself, is set only when it was created."""

    id: str
    name: str
    role: str
    created_at: datetime | None = None
    expires_at: datetime | None = None
    used_at: datetime | None = None
    token: str | None = field(default=None, repr=False)


TokenList: TypeAlias = list[Token]


class Tokens:
    """``client.tokens``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, name: str, role: str = "member", expires_in_days: int | None = None) -> Token:
        """Create a token; keep its secret, which cannot be shown again."""
        body = {"name": name, "role": role, "expires_in_days": expires_in_days}
        return Token.from_json(self._connection.post("/tokens", body))

    def list(self, *, limit: int | None = None) -> TokenList:
        """Return the project's tokens, without their secrets, the oldest first; ``limit``: the first so many."""
        return listed(self._connection, "/tokens", Token, limit)

    def revoke(self, token_id: str) -> None:
        """Revoke a token; requests with it are refused at once."""
        self._connection.delete(f"/tokens/{segment(token_id)}")
