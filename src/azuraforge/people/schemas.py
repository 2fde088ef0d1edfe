"""API shapes of people: accounts, passwords, sign-in links and sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from azuraforge.errors import InvalidValue
from azuraforge.paging import Page

#: A person's name, at most as long as its column.
PersonName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")
]
#: A password as it was typed. Rules for new ones are in ``passwords.check_new``.
GivenPassword = Annotated[str, Field(min_length=1, max_length=1000)]


class SignInRequest(BaseModel):
    """Request to sign in: with the one-time secret of a sign-in link, or with name and password."""

    model_config = ConfigDict(extra="forbid")

    link: str | None = Field(default=None, min_length=1, max_length=200)
    name: PersonName | None = None
    password: GivenPassword | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.link is None) == (self.name is None) or (self.name is None) != (self.password is None):
            raise InvalidValue("give either a link, or a name and a password")
        return self


class NewLink(BaseModel):
    """Request for a sign-in link. ``next`` is the path on this platform that opens after signing in."""

    model_config = ConfigDict(extra="forbid")

    person: PersonName | None = Field(
        default=None,
        description="name of the person who signs in; only the command line of the platform's machine"
        " may name another one",
    )
    next: str | None = Field(default=None, pattern=r"^/[^/\\]", max_length=500)


class LinkOut(BaseModel):
    """A new one-time sign-in link."""

    url: str
    expires_at: datetime


class SessionOut(BaseModel):
    """The signed-in person. ``expires_at`` is null for a secret that does not expire."""

    person: str
    expires_at: datetime | None


class AccountOut(BaseModel):
    """The account of the caller. ``password_changed_at`` is null without a password."""

    name: str
    password_changed_at: datetime | None
    administrator: bool


class AccountChange(BaseModel):
    """Change of the caller's account."""

    model_config = ConfigDict(extra="forbid")

    name: PersonName


class PasswordChange(BaseModel):
    """A new password. ``current`` is required if there is a password, unless a link was opened a short time ago."""

    model_config = ConfigDict(extra="forbid")

    password: GivenPassword
    current: GivenPassword | None = None


class BrowserSession(BaseModel):
    """A browser session of the caller. ``used_at`` is accurate to an hour; null: not since signing in."""

    id: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    method: Literal["link", "password", "invitation"] | None = Field(description="how the person signed in")
    current: bool = Field(description="whether the request uses this session")


class BrowserSessionPage(Page[BrowserSession]):
    """A page of the caller's browser sessions, latest first."""
