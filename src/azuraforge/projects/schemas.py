"""API shapes of projects, sessions and tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Role = Literal["viewer", "member", "admin", "owner"]


class LinkRequest(BaseModel):
    """The one-time part of a sign-in link, taken from the address's fragment."""

    model_config = ConfigDict(extra="forbid")

    link: str = Field(min_length=20, max_length=200)


class LinkOut(BaseModel):
    """A fresh one-time sign-in link."""

    url: str
    expires_at: datetime


class SessionOut(BaseModel):
    """Who is signed in, and in which project."""

    user: str
    role: Role
    project: str
    project_slug: str
    expires_at: datetime | None


class TokenRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    role: Role = "member"
    expires_in_days: int | None = Field(default=None, ge=1, le=3650)


class TokenOut(BaseModel):
    """An API token; its secret is shown once, when it is made."""

    id: str
    name: str
    role: Role
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


class TokenCreated(TokenOut):
    token: str
