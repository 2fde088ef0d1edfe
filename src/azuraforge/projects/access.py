"""Access to projects: authentication of a request for the project that it names, and the roles that routes require."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends
from fastapi.requests import HTTPConnection

from azuraforge.errors import Forbidden
from azuraforge.people.access import VERIFIERS, Unit, own_secret, secret_of
from azuraforge.projects.callers import Access
from azuraforge.projects.named import named_project
from azuraforge.projects.service import ProjectService

__all__ = ["Access", "Admin", "Member", "Owner", "Reader", "Unit", "Writer", "require_access", "while_member"]

T = TypeVar("T")


def _service(connection: HTTPConnection) -> ProjectService:
    service: ProjectService = connection.app.state.projects
    return service


async def project_service(connection: HTTPConnection) -> ProjectService:
    """Return the application's project service."""
    return _service(connection)


async def require_access(connection: HTTPConnection) -> Access:
    """Authenticate a request or a WebSocket handshake for the project that it names.

    Only secrets that are not cached need a thread. Raises Unauthorized without a valid secret, Forbidden for a page of
    another origin, InvalidInput if the project is missing or contradicts another one, and NotFound if the person has
    no such project.
    """
    service, secret = _service(connection), own_secret(connection)
    project = named_project(connection)
    known = service.remembered(secret, project)
    return known if known is not None else await VERIFIERS.run(service.authenticate, secret, project)


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
            _at_least(_service(connection).authenticate(secret_of(connection), named_project(connection)), "member")
        return work()

    return checked


def _at_least(access: Access, role: str) -> Access:
    if not access.may(role):
        raise Forbidden(
            "this requires the role {role}, but yours is {own}",
            next_step="ask an admin of the project",
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
