"""Client for the invitations of a project."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from azuraforge.client.access.projects import Project
from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class Invitation(Shape):
    """An invitation. ``url`` contains the link in the result of ``create`` only, otherwise None.

    ``state`` is ``open``, ``used`` or ``expired``.
    """

    id: str
    role: str
    state: str
    created_at: datetime
    expires_at: datetime
    created_by: str | None = None
    used_at: datetime | None = None
    url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class InvitationLookup(Shape):
    """An invitation as its recipient sees it. ``project`` is the project's name."""

    project: str
    role: str
    created_by: str
    expires_at: datetime


InvitationList: TypeAlias = list[Invitation]


class Invitations:
    """Methods of ``client.invitations``. ``secret`` is the part of an invitation's link after ``invitation=``.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, role: str = "member") -> Invitation:
        """Create a link by which one person becomes a member. It works once, for 72 hours."""
        return Invitation.from_json(self._connection.post("/invitations", {"role": role}))

    def list(self, *, limit: int | None = None) -> InvitationList:
        """Return the project's invitations, latest first; at most ``limit`` of them (None: all)."""
        return listed(self._connection, "/invitations", Invitation, limit)

    def revoke(self, invitation_id: str) -> None:
        """Revoke an invitation that was not used."""
        self._connection.delete(f"/invitations/{segment(invitation_id)}")

    def look_up(self, secret: str) -> InvitationLookup:
        """Return the project and the role of an invitation, which stays unused."""
        return InvitationLookup.from_json(self._connection.post("/invitations/lookup", {"invitation": secret}))

    def accept(self, secret: str) -> Project:
        """Accept an invitation as this client's person, and return the project."""
        return Project.from_json(self._connection.post("/invitations/accept", {"invitation": secret}))
