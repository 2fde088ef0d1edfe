"""How a request proves who asks: a session cookie (browsers) or a bearer token (everybody else)."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from fastapi import Depends
from fastapi.requests import HTTPConnection

from azuraforge.errors import Forbidden, Unauthorized
from azuraforge.projects.service import Access, ProjectService

COOKIE = "azuraforge_session"
#: Threads that verify secrets. They are not those of the routes, so that slow routes do not keep callers out.
_VERIFIERS = 4
_limiter: RunVar[CapacityLimiter] = RunVar("azuraforge_verifiers")
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def _service(connection: HTTPConnection) -> ProjectService:
    service: ProjectService = connection.app.state.projects
    return service


async def project_service(connection: HTTPConnection) -> ProjectService:
    """The room's service, as every route gets it."""
    return _service(connection)


async def require_access(connection: HTTPConnection) -> Access:
    """Who asks; works for HTTP and for the WebSocket handshake. Only a secret that is not remembered costs a thread.

    Raises Unauthorized or Forbidden.
    """
    service, secret = _service(connection), _secret(connection)
    known = service.remembered(secret)
    return known if known is not None else await to_thread.run_sync(service.authenticate, secret, limiter=_verifiers())


def _verifiers() -> CapacityLimiter:
    """The threads of the running event loop."""
    try:
        return _limiter.get()
    except LookupError:
        made = CapacityLimiter(_VERIFIERS)
        _limiter.set(made)
        return made


def _secret(connection: HTTPConnection) -> str:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    cookie = connection.cookies.get(COOKIE)
    if not cookie:
        raise Unauthorized(
            "nobody is signed in", next_step="run `azuraforge link` and open the link, or send a bearer token"
        )
    _refuse_foreign_origin(connection)
    return cookie


def _refuse_foreign_origin(connection: HTTPConnection) -> None:
    """A cookie is sent by any page that can reach us, so writes and live streams must come from our own."""
    writes = connection.scope["type"] == "websocket" or connection.scope["method"] not in _SAFE_METHODS
    origin = connection.headers.get("origin")
    if not writes:
        return
    if origin is None or _netloc(origin) != connection.headers.get("host"):
        raise Forbidden(f"a page from {origin or 'an unknown origin'} may not use this session")


def _netloc(origin: str) -> str | None:
    """The host and port of an origin; None where it is no address at all, such as ``http://[::1``."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


#: Whoever is let in at all may look.
viewer = require_access


async def member(access: Annotated[Access, Depends(require_access)]) -> Access:
    return _at_least(access, "member")


async def admin(access: Annotated[Access, Depends(require_access)]) -> Access:
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
