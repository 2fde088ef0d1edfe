"""API shapes of members."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from azuraforge.paging import Page
from azuraforge.people.schemas import PersonName
from azuraforge.projects.schemas import Role


class MemberOut(BaseModel):
    """A member of the project: a person, or a service account."""

    id: str = Field(description="id of the person")
    name: str
    kind: Literal["person", "service"]
    role: Role
    joined_at: datetime
    own: bool = Field(description="whether this is the caller")


class MemberPage(Page[MemberOut]):
    """A page of the project's members, longest membership first."""


class NewServiceAccount(BaseModel):
    """Request for a service account. Its tokens have at most its role."""

    model_config = ConfigDict(extra="forbid")

    name: PersonName
    role: Literal["viewer", "member", "admin"] = "member"


class RoleRequest(BaseModel):
    """Request to change a member's role."""

    model_config = ConfigDict(extra="forbid")

    role: Role
