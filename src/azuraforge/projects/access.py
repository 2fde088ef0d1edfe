"""Authentication of requests: a session cookie (browsers) or a bearer token (all other clients)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends
from fastapi.requests import HTTPConnection

from azuraforge.database import UnitOfWork
from azuraforge.errors import Forbidden, Unauthorized
from azuraforge.projects.address import Address
from azuraforge.projects.callers import Access, Caller
from azuraforge.projects.named import named_project
from azuraforge.projects.service import ProjectService
from azuraforge.waiting.threads import OwnThreads

T = TypeVar("T")
#: Threads that verify secrets, separate from those of the routes, so that slow routes do not delay authentication.
_verifiers = OwnThreads("verifiers", 4)
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
#: Key in a connection's scope for the unit of work of a request with an ``Idempotency-Key``.
UNIT_OF_WORK = "azuraforge.unit_of_work"


def _service(connection: HTTPConnection) -> ProjectService:
    service: ProjectService = connection.app.state.projects
    return service


async def project_service(connection: HTTPConnection) -> ProjectService:
    """Return the application's project service."""
    return _service(connection)


async def served_address(connection: HTTPConnection) -> Address:
    """Return the address at which browsers reach the platform."""
    address: Address = connection.app.state.address
    return address


async def require_access(connection: HTTPConnection) -> Access:
    """Authenticate a request or a WebSocket handshake for the project that it names.

    Only secrets that are not cached need a thread. Raises Unauthorized without a valid secret, Forbidden for a page of
    another origin, InvalidInput if the project is missing or contradicts another one, and NotFound if the person has
    no such project.
    """
    service, secret = _service(connection), _own_secret(connection)
    project = named_project(connection)
    known = service.remembered(secret, project)
    return known if known is not None else await _verifiers.run(service.authenticate, secret, project)


async def require_person(connection: HTTPConnection) -> Caller:
    """Authenticate a request that concerns no project, and return its person.

    Raises Unauthorized without a valid secret, and Forbidden for a page of another origin.
    """
    service, secret = _service(connection), _own_secret(connection)
    known = service.remembered_caller(secret)
    return known if known is not None else await _verifiers.run(service.identify, secret)


def _own_secret(connection: HTTPConnection) -> str:
    secret = secret_of(connection)
    if not secret:
        raise Unauthorized(
            "authentication required", next_step="run `azuraforge link` and open the link, or send a bearer token"
        )
    if not _bearer(connection):
        _refuse_foreign_page(connection)
    return secret


async def unit_of_work(connection: HTTPConnection) -> UnitOfWork | None:
    """Return the unit of work of a request with an ``Idempotency-Key``; None without the header."""
    unit: UnitOfWork | None = connection.scope.get(UNIT_OF_WORK)
    return unit


def secret_of(connection: HTTPConnection) -> str:
    """Return the caller's bearer token, or else its session cookie; empty if there is neither."""
    if token := _bearer(connection):
        return token
    address: Address = connection.app.state.address
    return connection.cookies.get(address.cookie, "")


async def refuse_foreign_origin(connection: HTTPConnection) -> None:
    """Raise Forbidden for a sign-in from another site's page. Programs send no Origin header and are accepted."""
    if "origin" in connection.headers:
        _refuse_foreign_page(connection)


def _bearer(connection: HTTPConnection) -> str:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _refuse_foreign_page(connection: HTTPConnection) -> None:
    """Raise Forbidden for writes and live streams from other origins, because browsers attach the cookie to them."""
    if connection.scope["type"] != "websocket" and connection.scope["method"] in _SAFE_METHODS:
        return
    address: Address = connection.app.state.address
    origin = connection.headers.get("origin")
    if not address.is_own_page(origin, connection.headers.get("host", "")):
        raise Forbidden(
            "a page from {origin} is not allowed to use this session",
            next_step="open {url}; behind a proxy, set AZURAFORGE_SERVER__PUBLIC_URL to the address that browsers use",
            origin=origin or "an unknown origin",
            url=address.url,
        )


#: Every authenticated caller may read.
viewer = require_access


async def member(access: Annotated[Access, Depends(require_access)]) -> Access:
    return _at_least(access, "member")


async def admin(access: Annotated[Access, Depends(require_access)]) -> Access:
    return _at_least(access, "admin")


def while_member(connection: HTTPConnection, access: Access, work: Callable[[], T]) -> Callable[[], T]:
    """Return a function that checks that the caller is still a member, and then calls ``work``.

    Use it for work after a long wait: an upload may take hours, and its sender may lose the role meanwhile. If the
    role was read too long ago, the function reads the database, so call it in a thread. It raises Unauthorized or
    Forbidden.
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


#: The person of a request that concerns no project.
Person = Annotated[Caller, Depends(require_person)]
Reader = Annotated[Access, Depends(viewer)]
Writer = Annotated[Access, Depends(member)]
Admin = Annotated[Access, Depends(admin)]
#: Unit of work of the request: each POST route passes it to the write that is the request's effect.
Unit = Annotated[UnitOfWork | None, Depends(unit_of_work)]
#: Another name of ``Writer``: callers who may start, cancel and promote.
Member = Writer
