"""API shapes of invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from azuraforge.paging import Page
from azuraforge.people.schemas import GivenPassword, PersonName
from azuraforge.projects.schemas import Role

#: Secret in the fragment of an invitation's link. A part of one gets the same answer as an unknown one.
_Secret = Annotated[str, Field(min_length=1, max_length=200)]


class InvitationRequest(BaseModel):
    """Request to invite a person. The role is at most the caller's."""

    model_config = ConfigDict(extra="forbid")

    role: Role = "member"


class InvitationOut(BaseModel):
    """An invitation to the project. Its link is shown only once, at creation.

    ``created_by`` is null if this person is no longer a member.
    """

    id: str
    role: Role
    state: Literal["open", "used", "expired"]
    created_by: str | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class InvitationPage(Page[InvitationOut]):
    """A page of the project's invitations, latest first."""


class InvitationCreated(InvitationOut):
    url: str


class GivenInvitation(BaseModel):
    """The secret from the fragment of an invitation's link."""

    model_config = ConfigDict(extra="forbid")

    invitation: _Secret


class InvitationLookup(BaseModel):
    """An invitation as its recipient sees it before accepting. ``project`` is the project's name."""

    project: str
    role: Role
    created_by: str
    expires_at: datetime


class Acceptance(GivenInvitation):
    """Request to accept an invitation. Without a session, ``name`` creates an account, which is then signed in.

    Without a password, the account can only sign in with links.
    """

    name: PersonName | None = None
    password: GivenPassword | None = None
