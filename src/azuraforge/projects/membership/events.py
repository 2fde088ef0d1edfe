"""Events of members and invitations, in the stream of their project."""

from __future__ import annotations

from typing import Literal

from azuraforge.events.body import EventBody
from azuraforge.projects.schemas import Role


class MemberAdded(EventBody):
    """Event: a person became a member. ``by`` is the creator of the invitation that the person accepted."""

    type: Literal["member.added"] = "member.added"
    person: str
    role: Role
    by: str


class MemberRoleChanged(EventBody):
    """Event: a member has another role."""

    type: Literal["member.role_changed"] = "member.role_changed"
    person: str
    role: Role
    previous_role: Role
    by: str


class MemberRemoved(EventBody):
    """Event: a person is no longer a member. If ``by`` is the same person, the person left."""

    type: Literal["member.removed"] = "member.removed"
    person: str
    role: Role
    by: str


class InvitationCreatedEvent(EventBody):
    """Event: a member created an invitation. ``invitation`` is its id."""

    type: Literal["invitation.created"] = "invitation.created"
    invitation: str
    role: Role
    by: str


class InvitationRevoked(EventBody):
    """Event: an invitation was revoked, or ended because its creator lost the role."""

    type: Literal["invitation.revoked"] = "invitation.revoked"
    invitation: str
    role: Role
    by: str


class InvitationAccepted(EventBody):
    """Event: a person accepted an invitation and became a member."""

    type: Literal["invitation.accepted"] = "invitation.accepted"
    invitation: str
    role: Role
    person: str


EVENTS: tuple[type[EventBody], ...] = (
    MemberAdded,
    MemberRoleChanged,
    MemberRemoved,
    InvitationCreatedEvent,
    InvitationRevoked,
    InvitationAccepted,
)
