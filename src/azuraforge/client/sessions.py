"""Client for sessions, and for one-time links that sign a browser in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from azuraforge.client.http.connection import Connection
from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class Session(Shape):
    """The person that a client's token belongs to. ``expires_at`` is None for a token that does not expire."""

    person: str
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Link(Shape):
    """A sign-in link that works once, until ``expires_at``."""

    url: str
    expires_at: datetime


class Sessions:
    """Methods of ``client.sessions``.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def current(self) -> Session:
        """Return the person of this client."""
        return Session.from_json(self._connection.get("/sessions/current"))

    def link(self, next_path: str | None = None) -> Link:
        """Create a one-time sign-in link. ``next_path`` is the page to open after signing in; None: the home page."""
        return Link.from_json(self._connection.post("/links", {"next": next_path}))
