"""HTTP routes of projects: sign-in, sessions, tokens, retention and trash."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.requests import HTTPConnection
from pydantic import BaseModel, ConfigDict, Field

from azuraforge.database.short_ids import ShortId
from azuraforge.errors import Forbidden
from azuraforge.paging import PAGE, After, Limit
from azuraforge.projects.access import (
    Admin,
    Person,
    Reader,
    Unit,
    project_service,
    refuse_foreign_origin,
    served_address,
)
from azuraforge.projects.address import Address
from azuraforge.projects.callers import Caller
from azuraforge.projects.schemas import (
    CurrentProjectOut,
    LinkOut,
    LinkRequest,
    ProjectPage,
    PurgeOut,
    RetentionPolicy,
    SessionOut,
    TokenCreated,
    TokenPage,
    TokenRequest,
    TrashOut,
)
from azuraforge.projects.service import SESSION_SECONDS, ProjectService
from azuraforge.projects.short_ids import path_id
from azuraforge.projects.tables import Credential
from azuraforge.projects.trash import Trash

router = APIRouter(tags=["projects"])
Service = Annotated[ProjectService, Depends(project_service)]
Served = Annotated[Address, Depends(served_address)]


def project_trash(connection: HTTPConnection) -> Trash:
    trash: Trash = connection.app.state.trash
    return trash


Bins = Annotated[Trash, Depends(project_trash)]
_TOKENS = ShortId("token", Credential.id, where=[Credential.kind == "token"])
#: A token's id in a path, which may be shortened.
TokenId = Annotated[str, Depends(path_id("token_id", _TOKENS))]
#: Header of responses that contain a secret: neither caches nor the platform may store them.
_SECRET = {"Cache-Control": "no-store"}


class NewLink(BaseModel):
    """Request for a sign-in link. ``next`` is the path on this platform that opens after signing in."""

    model_config = ConfigDict(extra="forbid")

    next: str | None = Field(default=None, pattern=r"^/[^/\\]", max_length=500)


@router.post("/sessions", status_code=201, dependencies=[Depends(refuse_foreign_origin)])
def sign_in(body: LinkRequest, address: Served, response: Response, service: Service) -> SessionOut:
    """Exchange a one-time link for a session cookie."""
    secret, caller = service.sign_in(body.link)
    response.set_cookie(
        address.cookie,
        secret,
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="strict",
        secure=address.secure,
        path="/",
    )
    return _session_out(caller)


@router.get("/sessions/current")
async def current_session(caller: Person) -> SessionOut:
    """Return the signed-in person."""
    return _session_out(caller)


def _session_out(caller: Caller) -> SessionOut:
    return SessionOut(person=caller.person_name, expires_at=caller.expires_at)


@router.delete("/sessions/current", status_code=204)
def sign_out(caller: Person, address: Served, response: Response, service: Service) -> None:
    """Sign out and end this session."""
    service.sign_out(caller)
    response.delete_cookie(address.cookie, path="/", secure=address.secure, httponly=True, samesite="strict")


@router.post("/links", status_code=201)
def create_link(
    body: NewLink, caller: Person, address: Served, response: Response, service: Service, unit: Unit
) -> LinkOut:
    """Create a one-time sign-in link for the caller, who uses a browser session or this machine's command line.

    A named token cannot create one, because the session would outlive the token.
    """
    if caller.kind == "token":
        raise Forbidden(
            "a named token cannot create sign-in links",
            next_step="run `azuraforge link` on the machine of the platform",
        )
    response.headers.update(_SECRET)
    return service.link(caller, address.url, body.next, unit=unit)


@router.get("/projects")
def list_projects(caller: Person, service: Service, limit: Limit = PAGE, after: After = None) -> ProjectPage:
    """List the projects that the caller can use, ordered by slug. An API token has one project."""
    return service.projects(caller, limit=limit, after=after)


@router.get("/projects/current")
async def current_project(access: Reader) -> CurrentProjectOut:
    """Return the project that the request names, and the caller's role in it."""
    return CurrentProjectOut.model_validate(
        {
            "slug": access.project_slug,
            "name": access.project_name,
            "role": access.role,
            "person": access.user_name,
        }
    )


@router.get("/tokens")
def list_tokens(access: Admin, service: Service, limit: Limit = PAGE, after: After = None) -> TokenPage:
    """List the project's API tokens without their secrets, oldest first."""
    return service.tokens(access.project_id, limit=limit, after=after)


@router.post("/tokens", status_code=201)
def create_token(body: TokenRequest, access: Admin, response: Response, service: Service, unit: Unit) -> TokenCreated:
    """Create an API token. Its secret is shown only once."""
    response.headers.update(_SECRET)
    return service.create_token(access, body, unit=unit)


@router.delete("/tokens/{token_id}", status_code=204)
def revoke_token(token_id: TokenId, access: Admin, service: Service) -> None:
    """Revoke a token."""
    service.revoke_token(access.project_id, token_id)


@router.get("/projects/policy")
def get_policy(access: Reader, trash: Bins) -> RetentionPolicy:
    """Return the project's retention policy."""
    return trash.policy(access.project_id)


@router.put("/projects/policy")
def set_policy(body: RetentionPolicy, access: Admin, trash: Bins) -> RetentionPolicy:
    """Change the project's retention policy."""
    return trash.set_policy(access.project_id, body, access.user_name)


@router.get("/projects/trash")
def list_trash(access: Reader, trash: Bins, limit: Limit = PAGE, after: After = None) -> TrashOut:
    """List deleted items that can be restored, latest first."""
    return trash.list(access.project_id, limit=limit, after=after)


@router.delete("/projects/trash")
def empty_trash(access: Admin, trash: Bins) -> PurgeOut:
    """Purge all items in the trash that are not needed. Repeat the request while ``left`` is true."""
    return trash.empty(access.project_id, access.user_name)
