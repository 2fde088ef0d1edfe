"""Secrets of requests: a session cookie (browsers) or a bearer token (all other clients), and their person."""

from __future__ import annotations

from typing import Annotated, Protocol

from fastapi import Depends
from fastapi.requests import HTTPConnection

from azuraforge.database import UnitOfWork
from azuraforge.errors import Forbidden, Unauthorized
from azuraforge.people.address import Address
from azuraforge.people.callers import Caller
from azuraforge.people.service import PeopleService
from azuraforge.waiting.threads import OwnThreads

#: Threads that verify secrets, separate from those of the routes, so that slow routes do not delay authentication.
VERIFIERS = OwnThreads("verifiers", 4)
#: Key in a connection's scope for the unit of work of a request with an ``Idempotency-Key``.
UNIT_OF_WORK = "azuraforge.unit_of_work"
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class Verifier(Protocol):
    """Interface of the service that knows all secrets, also API tokens; ``ProjectService`` implements it."""

    def remembered_caller(self, secret: str) -> Caller | None:
        """Return the person of a secret that was verified recently; None if the database must be read."""
        ...

    def identify(self, secret: str) -> Caller:
        """Return the person of a secret. Raises Unauthorized if it is unknown or has expired."""
        ...


async def people_service(connection: HTTPConnection) -> PeopleService:
    """Return the application's service of people."""
    service: PeopleService = connection.app.state.people
    return service


async def served_address(connection: HTTPConnection) -> Address:
    """Return the address at which browsers reach the platform."""
    address: Address = connection.app.state.address
    return address


async def require_person(connection: HTTPConnection) -> Caller:
    """Authenticate a request that concerns no project, and return its person.

    Raises Unauthorized without a valid secret, and Forbidden for a page of another origin.
    """
    verifier: Verifier = connection.app.state.projects
    secret = own_secret(connection)
    known = verifier.remembered_caller(secret)
    return known if known is not None else await VERIFIERS.run(verifier.identify, secret)


async def unit_of_work(connection: HTTPConnection) -> UnitOfWork | None:
    """Return the unit of work of a request with an ``Idempotency-Key``; None without the header."""
    unit: UnitOfWork | None = connection.scope.get(UNIT_OF_WORK)
    return unit


def own_secret(connection: HTTPConnection) -> str:
    """Return the caller's secret.

    Raises Unauthorized if the request contains none, and Forbidden for the cookie of another origin's page.
    """
    secret = secret_of(connection)
    if not secret:
        raise Unauthorized(
            "authentication required", next_step="run `azuraforge link` and open the link, or send a bearer token"
        )
    if not _bearer(connection):
        _refuse_foreign_page(connection)
    return secret


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


#: The person of a request that concerns no project.
Person = Annotated[Caller, Depends(require_person)]
#: Unit of work of the request: each POST route passes it to the write that is the request's effect.
Unit = Annotated[UnitOfWork | None, Depends(unit_of_work)]
