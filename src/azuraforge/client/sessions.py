"""Client for sessions, and for one-time links that sign a browser in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class Session(Shape):
    """The person that a client's token belongs to. ``expires_at`` is None for a token that does not expire."""

    person: str
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class BrowserSession(Shape):
    """A browser session. ``method`` states how the person signed in: link, password or invitation."""

    id: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    method: str | None = None
    current: bool = False


BrowserSessionList: TypeAlias = list[BrowserSession]


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

    def link(self, next_path: str | None = None, *, person: str | None = None) -> Link:
        """Create a one-time sign-in link.

        Args:
            next_path: the page to open after signing in; None: the home page.
            person: name of the person who signs in; None: this client's. Only an administrator's command line on the
                platform's machine may name another person.
        """
        body = {"next": next_path} if person is None else {"next": next_path, "person": person}
        return Link.from_json(self._connection.post("/links", body))

    def list(self, *, limit: int | None = None) -> BrowserSessionList:
        """Return the person's browser sessions, latest first; at most ``limit`` of them (None: all)."""
        return listed(self._connection, "/sessions", BrowserSession, limit)

    def end(self, session_id: str) -> None:
        """End a browser session."""
        self._connection.delete(f"/sessions/{segment(session_id)}")

    def end_all(self) -> None:
        """End all browser sessions of the person, and withdraw unused sign-in links."""
        self._connection.delete("/sessions")
