"""The rules of who may change the members of a project.

Each rule is checked in the transaction of the change, behind a lock on the project: a request may have been
authenticated up to a minute before, and two changes may arrive at once.
"""

from __future__ import annotations

from azuraforge.database import Session
from azuraforge.errors import AzuraError, Conflict, Forbidden
from azuraforge.projects import store as projects_store
from azuraforge.projects.callers import ROLES, Access, lower_role
from azuraforge.projects.membership import store
from azuraforge.projects.named import unknown_project
from azuraforge.projects.tables import Member


def own_role(session: Session, access: Access, required: str) -> str:
    """Lock the project's members, and return the present role of the caller.

    Raises NotFound if the caller is not a member any more, and Forbidden for a role below ``required``.
    """
    projects_store.seize_project(session)
    present = projects_store.role_of(session, access.person_id)
    if present is None:
        raise unknown_project(access.project_slug)
    role = lower_role(access.role, present)  # an API token may have less than its member
    if is_above(required, role):
        raise Forbidden(
            "this requires the role {role}, but yours is {own}",
            next_step="ask an owner or admin of the project",
            role=required,
            own=role,
        )
    return role


def may_grant(own: str, role: str) -> None:
    """Raise Forbidden if ``role`` is above the caller's own role."""
    if is_above(role, own):
        raise Forbidden(
            "the role {own} cannot give the role {role}",
            next_step="choose {own} or a lower role, or ask a member with the role {role}",
            code="role_above_own",
            own=own,
            role=role,
        )


def may_change(own: str, target: Member) -> None:
    """Raise Forbidden if the member has a role above the caller's own."""
    if is_above(target.role, own):
        raise Forbidden(
            "the role {own} cannot change a member with the role {role}",
            next_step="ask a member with the role {role}",
            code="role_above_own",
            own=own,
            role=target.role,
        )


def keep_an_owner(session: Session, target: Member) -> None:
    """Raise Conflict if the member is the project's only owner."""
    if target.role == "owner" and store.count_owners(session) == 1:
        raise last_owner()


def last_owner() -> AzuraError:
    """Return the error for a change that would leave the project without an owner."""
    return Conflict(
        "the project's only owner can neither leave, nor be removed, nor get another role",
        next_step="make another member an owner first, or transfer the project: azuraforge members transfer NAME",
        code="last_owner",
    )


def is_above(one: str, other: str) -> bool:
    """Return whether a role is higher than another one.

    Example:
        >>> is_above("admin", "member"), is_above("admin", "admin")
        (True, False)
    """
    return ROLES.index(one) > ROLES.index(other)
