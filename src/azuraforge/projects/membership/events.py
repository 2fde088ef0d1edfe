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


EVENTS: tuple[type[EventBody], ...] = (MemberAdded, MemberRoleChanged, MemberRemoved)
