"""How a request proves who asks: a session cookie (browsers) or a bearer token (everybody else)."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends
from fastapi.requests import HTTPConnection

from azuraforge.errors import Forbidden, Unauthorized
from azuraforge.projects.service import Access, ProjectService

COOKIE = "azuraforge_session"
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def project_service(connection: HTTPConnection) -> ProjectService:
    """The room's service, as every route gets it."""
    service: ProjectService = connection.app.state.projects
    return service


def require_access(connection: HTTPConnection) -> Access:
    """Who asks; works for HTTP and for the WebSocket handshake. Raises Unauthorized or Forbidden."""
    service = project_service(connection)
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return service.authenticate(token.strip())
    cookie = connection.cookies.get(COOKIE)
    if not cookie:
        raise Unauthorized(
            "nobody is signed in", next_step="run `azuraforge link` and open the link, or send a bearer token"
        )
    _refuse_foreign_origin(connection)
    return service.authenticate(cookie)


def _refuse_foreign_origin(connection: HTTPConnection) -> None:
    """A cookie is sent by any page that can reach us, so writes and live streams must come from our own."""
    writes = connection.scope["type"] == "websocket" or connection.scope["method"] not in _SAFE_METHODS
    origin = connection.headers.get("origin")
    if not writes:
        return
    if origin is None or urlsplit(origin).netloc != connection.headers.get("host"):
        raise Forbidden(f"a page from {origin or 'an unknown origin'} may not use this session")


def viewer(access: Annotated[Access, Depends(require_access)]) -> Access:
    return access


def member(access: Annotated[Access, Depends(require_access)]) -> Access:
    return _at_least(access, "member")


def admin(access: Annotated[Access, Depends(require_access)]) -> Access:
    return _at_least(access, "admin")


def _at_least(access: Access, role: str) -> Access:
    if not access.may(role):
        raise Forbidden(f"this needs the role {role}; yours is {access.role}", next_step="ask an admin of the project")
    return access


Reader = Annotated[Access, Depends(viewer)]
Writer = Annotated[Access, Depends(member)]
Admin = Annotated[Access, Depends(admin)]
#: The contract's first name for ``Writer``: whoever may start, cancel, promote.
Member = Writer
