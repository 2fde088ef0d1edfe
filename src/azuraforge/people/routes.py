"""HTTP routes of people: sign-in, sessions and sign-in links."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from azuraforge.errors import Forbidden
from azuraforge.paging import PAGE, After, Limit
from azuraforge.people.access import VERIFIERS, Person, Unit, people_service, refuse_foreign_origin, served_address
from azuraforge.people.address import Address
from azuraforge.people.administration.access import Administration
from azuraforge.people.callers import Caller
from azuraforge.people.schemas import BrowserSessionPage, LinkOut, NewLink, SessionOut, SignInRequest
from azuraforge.people.service import PeopleService
from azuraforge.people.signing_in import AccountService, set_cookies, set_session_cookie, sign_in_with_password

router = APIRouter(tags=["people"])
Service = Annotated[PeopleService, Depends(people_service)]
Served = Annotated[Address, Depends(served_address)]
SessionId = Annotated[str, Path(min_length=1, max_length=16)]


@router.post("/sessions", status_code=201, dependencies=[Depends(refuse_foreign_origin)], responses={429: {}})
async def sign_in(
    body: SignInRequest,
    request: Request,
    address: Served,
    response: Response,
    service: Service,
    accounts: AccountService,
) -> SessionOut:
    """Exchange a one-time link, or a name and a password, for a session cookie.

    A wrong password and an unknown name get the same answer. After too many wrong passwords, unknown browsers get a
    429 for this name; a browser that signed in before is counted separately.
    """
    if body.link is not None:
        secret, caller = await VERIFIERS.run(service.sign_in, body.link)
        set_session_cookie(response, address, secret)
        return _session_out(caller)
    assert body.name is not None
    assert body.password is not None
    signed_in = await sign_in_with_password(request, accounts, body.name, body.password)
    set_cookies(response, address, signed_in)
    return _session_out(signed_in.caller)


@router.get("/sessions", responses={403: {}})
def list_sessions(caller: Person, service: Service, limit: Limit = PAGE, after: After = None) -> BrowserSessionPage:
    """List the caller's browser sessions, latest first."""
    _refuse_token(caller)
    return service.sessions(caller, limit=limit, after=after)


@router.delete("/sessions", status_code=204)
def end_sessions(caller: Person, service: Service) -> None:
    """End all browser sessions of the caller, this one included, and withdraw unused sign-in links."""
    _refuse_token(caller)
    service.end_sessions(caller.person_id)


@router.get("/sessions/current")
async def current_session(caller: Person) -> SessionOut:
    """Return the signed-in person."""
    return _session_out(caller)


@router.delete("/sessions/current", status_code=204)
def sign_out(caller: Person, address: Served, response: Response, service: Service) -> None:
    """Sign out and end this session."""
    service.sign_out(caller)
    response.delete_cookie(address.cookie, path="/", secure=address.secure, httponly=True, samesite="strict")


@router.delete("/sessions/{session_id}", status_code=204)
def end_session(session_id: SessionId, caller: Person, service: Service) -> None:
    """End one of the caller's browser sessions."""
    _refuse_token(caller)
    service.end_session(caller.person_id, session_id)


@router.post("/links", status_code=201)
def create_link(
    body: NewLink,
    caller: Person,
    address: Served,
    response: Response,
    service: Service,
    administration: Administration,
    unit: Unit,
) -> LinkOut:
    """Create a one-time sign-in link for the caller, who uses a browser session or this machine's command line.

    A named token cannot create one, because the session would outlive the token. The command line of the platform's
    machine may create a link for another person if its own person is an administrator.
    """
    if caller.kind == "token":
        raise Forbidden(
            "a named token cannot create sign-in links",
            next_step="run `azuraforge link` on the machine of the platform",
        )
    response.headers["Cache-Control"] = "no-store"  # the response contains a secret
    if body.person is not None:
        if caller.kind != "local":
            raise Forbidden(
                "only an administrator can create a sign-in link for another person, on the platform's machine",
                next_step="run `azuraforge people link NAME` there",
            )
        return administration.link_for(caller, body.person, address.url, body.next, unit=unit)
    until = caller.expires_at if caller.kind == "session" else None
    return service.link(caller.person_id, address.url, body.next, session_expires_at=until, unit=unit)


def _refuse_token(caller: Caller) -> None:
    if caller.kind == "token":
        raise Forbidden(
            "an API token cannot list or end the sessions of its person",
            next_step="sign in with a browser, or use this machine's command line",
        )


def _session_out(caller: Caller) -> SessionOut:
    return SessionOut(person=caller.person_name, expires_at=caller.expires_at)
