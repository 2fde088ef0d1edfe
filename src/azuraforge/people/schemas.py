"""API shapes of people: sign-in links and sessions."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from azuraforge.paging import Page


class LinkRequest(BaseModel):
    """Request to sign in, with the one-time secret from the fragment of a sign-in link."""

    model_config = ConfigDict(extra="forbid")

    link: str = Field(min_length=20, max_length=200)


class NewLink(BaseModel):
    """Request for a sign-in link. ``next`` is the path on this platform that opens after signing in."""

    model_config = ConfigDict(extra="forbid")

    next: str | None = Field(default=None, pattern=r"^/[^/\\]", max_length=500)


class LinkOut(BaseModel):
    """A new one-time sign-in link."""

    url: str
    expires_at: datetime


class SessionOut(BaseModel):
    """The signed-in person. ``expires_at`` is null for a secret that does not expire."""

    person: str
    expires_at: datetime | None


class BrowserSession(BaseModel):
    """A browser session of the caller. ``used_at`` is accurate to an hour; null: not since signing in."""

    id: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    current: bool = Field(description="whether the request uses this session")


class BrowserSessionPage(Page[BrowserSession]):
    """A page of the caller's browser sessions, latest first."""
