"""HTTP of projects: sign-in, sessions, tokens, what is kept and what was thrown away."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.requests import HTTPConnection
from pydantic import BaseModel, ConfigDict, Field

from azuraforge.bounds import Name
from azuraforge.errors import Forbidden
from azuraforge.projects.access import COOKIE, Admin, Reader, project_service
from azuraforge.projects.schemas import (
    LinkOut,
    LinkRequest,
    Policy,
    PurgeOut,
    SessionOut,
    TokenCreated,
    TokenOut,
    TokenRequest,
    TrashOut,
)
from azuraforge.projects.service import SESSION_SECONDS, ProjectService, session_out
from azuraforge.projects.trash import Trash

router = APIRouter(tags=["projects"])
Service = Annotated[ProjectService, Depends(project_service)]


def project_trash(connection: HTTPConnection) -> Trash:
    trash: Trash = connection.app.state.trash
    return trash


Bins = Annotated[Trash, Depends(project_trash)]
#: Of answers that hold a secret: nobody keeps them, and what is kept for a repetition is sealed.
_SECRET = {"Cache-Control": "no-store"}


class NewLink(BaseModel):
    """Where the page goes after signing in: a path of this platform."""

    model_config = ConfigDict(extra="forbid")

    next: str | None = Field(default=None, pattern=r"^/[^/\\]", max_length=500)


@router.post("/sessions", status_code=201)
def sign_in(body: LinkRequest, request: Request, response: Response, service: Service) -> SessionOut:
    """Exchange a one-time link for a session cookie."""
    secret, access = service.sign_in(body.link)
    response.set_cookie(
        COOKIE,
        secret,
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path="/",
    )
    return session_out(access)


@router.get("/sessions/current")
async def current_session(access: Reader) -> SessionOut:
    """Who is signed in, and in which project."""
    return session_out(access)


@router.delete("/sessions/current", status_code=204)
def sign_out(access: Reader, response: Response, service: Service) -> None:
    """End this session."""
    service.sign_out(access)
    response.delete_cookie(COOKIE, path="/")


@router.post("/links", status_code=201)
def create_link(body: NewLink, access: Reader, request: Request, response: Response, service: Service) -> LinkOut:
    """A fresh one-time sign-in link for the caller: a session's, or this machine's command line's.

    A named token makes none: a session would outlive it.
    """
    if access.kind == "token":
        raise Forbidden(
            "a named token cannot make sign-in links", next_step="run `azuraforge link` on the machine itself"
        )
    response.headers.update(_SECRET)
    base_url = str(request.base_url).rstrip("/")
    return service.link(access.project_id, access.user_id, access.role, base_url, body.next)


@router.get("/tokens")
def list_tokens(access: Admin, service: Service) -> list[TokenOut]:
    """The project's API tokens, without their secrets."""
    return service.tokens(access.project_id)


@router.post("/tokens", status_code=201)
def create_token(body: TokenRequest, access: Admin, response: Response, service: Service) -> TokenCreated:
    """A new API token; the secret is shown once."""
    response.headers.update(_SECRET)
    return service.create_token(access, body)


@router.delete("/tokens/{token_id}", status_code=204)
def revoke_token(token_id: Name, access: Admin, service: Service) -> None:
    """Remove a token."""
    service.revoke_token(access.project_id, token_id)


@router.get("/projects/policy")
def get_policy(access: Reader, trash: Bins) -> Policy:
    """What the project keeps, and for how long."""
    return trash.policy(access.project_id)


@router.put("/projects/policy")
def set_policy(body: Policy, access: Admin, trash: Bins) -> Policy:
    """Change what the project keeps."""
    return trash.set_policy(access.project_id, body, access.user_name)


@router.get("/projects/trash")
def list_trash(access: Reader, trash: Bins) -> TrashOut:
    """What was deleted and can be restored."""
    return trash.list(access.project_id)


@router.delete("/projects/trash")
def empty_trash(access: Admin, trash: Bins) -> PurgeOut:
    """Purge everything in the trash that nobody needs; again, as long as the answer says that more is left."""
    return trash.empty(access.project_id, access.user_name)
