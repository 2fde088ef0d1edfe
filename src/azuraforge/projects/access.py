"""Access to projects: authentication of a request for the project that it names, and the roles that routes require."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends
from fastapi.requests import HTTPConnection

from azuraforge.errors import Conflict, Forbidden
from azuraforge.people.access import VERIFIERS, Unit, own_secret, secret_of
from azuraforge.projects.callers import Access
from azuraforge.projects.named import named_project
from azuraforge.projects.service import ProjectService

__all__ = [
    "Access",
    "Admin",
    "Member",
    "Owner",
    "Reader",
    "Unit",
    "Writer",
    "require_access",
    "require_member",
    "while_member",
]

T = TypeVar("T")

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_PREFIX = "/api/v1"
#: Routes that do not only read, but work in an archived project: they take access away, end its
#: state, or store nothing.
ALLOWED_IN_ARCHIVE = frozenset(
    {
        ("DELETE", "/members/{person_id}"),
        ("DELETE", "/invitations/{invitation_id}"),
        ("DELETE", "/tokens/{token_id}"),
        ("DELETE", "/secrets/{name}"),
        ("DELETE", "/projects/current"),
        ("POST", "/members/{person_id}/transfer"),
        ("POST", "/projects/current/archive"),
        ("POST", "/projects/current/unarchive"),
        ("POST", "/access-tokens"),
        ("POST", "/automations/dry-run"),
        ("POST", "/schedules/times"),
    }
)


def _service(connection: HTTPConnection) -> ProjectService:
    service: ProjectService = connection.app.state.projects
    return service


async def project_service(connection: HTTPConnection) -> ProjectService:
    """Return the application's project service."""
    return _service(connection)


async def require_access(connection: HTTPConnection) -> Access:
    """Authenticate a request or a WebSocket handshake for the project that it names.

    Only secrets that are not cached need a thread. Raises Unauthorized without a valid secret, Forbidden for a page of
    another origin, InvalidInput if the project is missing or contradicts another one, NotFound if the person has no
    such project, and Conflict for a request that writes to an archived project.
    """
    access = await require_member(connection)
    refuse_archived(connection, access)
    return access


async def require_member(connection: HTTPConnection) -> Access:
    """Authenticate a request as ``require_access`` does, also if it writes to an archived project.

    For work before the request's route is known.
    """
    service, secret = _service(connection), own_secret(connection)
    project = named_project(connection)
    known = service.remembered(secret, project)
    return known if known is not None else await VERIFIERS.run(service.authenticate, secret, project)


def refuse_archived(connection: HTTPConnection, access: Access) -> None:
    """Raise Conflict if a request writes to an archived project and its route is not in ``ALLOWED_IN_ARCHIVE``."""
    method = connection.scope.get("method", "GET")  # a WebSocket has no method, and only reads
    if not access.archived or method in _READING:
        return
    if (method, getattr(connection.scope.get("route"), "path", "").removeprefix(_PREFIX)) in ALLOWED_IN_ARCHIVE:
        return
    raise Conflict(
        "the project {slug!r} is archived and can only be read",
        code="project_archived",
        next_step="an owner can make it writable again: azuraforge --project {slug} projects unarchive",
        slug=access.project_slug,
    )


#: Every authenticated caller may read.
viewer = require_access


async def member(access: Annotated[Access, Depends(require_access)]) -> Access:
    return _at_least(access, "member")


async def admin(access: Annotated[Access, Depends(require_access)]) -> Access:
    return _at_least(access, "admin")


async def owner(access: Annotated[Access, Depends(require_access)]) -> Access:
    return _at_least(access, "owner")


def while_member(connection: HTTPConnection, access: Access, work: Callable[[], T]) -> Callable[[], T]:
    """Return a function that checks that the caller is still a member, and then calls ``work``.

    Use it for work after a long wait: an upload may take hours, and its sender may lose the role meanwhile. If the
    role was read too long ago, the function reads the database, so call it in a thread. It raises Unauthorized,
    Forbidden or NotFound.
    """

    def checked() -> T:
        if not access.is_current:
            renewed = _service(connection).authenticate(secret_of(connection), named_project(connection))
            refuse_archived(connection, _at_least(renewed, "member"))
        return work()

    return checked


def _at_least(access: Access, role: str) -> Access:
    if not access.may(role):
        raise Forbidden(
            "this requires the role {role}, but yours is {own}",
            next_step="ask an owner or admin of the project",
            role=role,
            own=access.role,
        )
    return access


Reader = Annotated[Access, Depends(viewer)]
Writer = Annotated[Access, Depends(member)]
Admin = Annotated[Access, Depends(admin)]
Owner = Annotated[Access, Depends(owner)]
#: Another name of ``Writer``: callers who may start, cancel and promote.
Member = Writer
