"""Client for the API tokens of a project."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class Token(Shape):
    """An API token. ``token`` contains the secret value in the result of ``create`` only, otherwise None."""

    id: str
    name: str
    role: str
    prefix: str = ""
    person: str = ""
    service: bool = False
    created_at: datetime | None = None
    expires_at: datetime | None = None
    used_at: datetime | None = None
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class AccessToken(Shape):
    """A JWT of at most 15 minutes for another program."""

    token: str = field(repr=False)
    person: str
    project: str
    role: str
    expires_at: datetime | None = None


TokenList: TypeAlias = list[Token]


class Tokens:
    """Methods of ``client.tokens``.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(
        self,
        name: str,
        role: str = "member",
        expires_in_days: int | None = None,
        *,
        service_account: str | None = None,
    ) -> Token:
        """Create a token that expires after the given number of days (None: never). Its value cannot be read again.

        ``service_account`` is the id of a service account of the project; None: the token is the own one.
        """
        body = {"name": name, "role": role, "expires_in_days": expires_in_days, "service_account": service_account}
        return Token.from_json(self._connection.post("/tokens", body))

    def access(self, role: str | None = None, expires_in_seconds: int = 900) -> AccessToken:
        """Exchange the client's own secret for an access token of the project, with a lower role if one is given.

        It expires with this secret, or after ``expires_in_seconds``, 900 at most.
        """
        body = {"role": role, "expires_in_seconds": expires_in_seconds}
        return AccessToken.from_json(self._connection.post("/access-tokens", body))

    def list(self, *, limit: int | None = None) -> TokenList:
        """Return the project's tokens without their values, oldest first; at most ``limit`` of them (None: all)."""
        return listed(self._connection, "/tokens", Token, limit)

    def revoke(self, token_id: str) -> None:
        """Revoke a token, so that requests with it are refused immediately."""
        self._connection.delete(f"/tokens/{segment(token_id)}")
