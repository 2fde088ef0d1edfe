"""HTTP routes of projects: projects, tokens, retention and trash."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.requests import HTTPConnection

from azuraforge.database.short_ids import ShortId
from azuraforge.paging import PAGE, After, Limit
from azuraforge.people.access import Person
from azuraforge.projects.access import Admin, Reader, Unit, project_service
from azuraforge.projects.registry import ProjectRegistry
from azuraforge.projects.schemas import (
    AccessTokenOut,
    AccessTokenRequest,
    CurrentProjectOut,
    NewProject,
    ProjectOut,
    ProjectPage,
    ProjectRename,
    PurgeOut,
    RetentionPolicy,
    TokenCreated,
    TokenPage,
    TokenRequest,
    TrashOut,
)
from azuraforge.projects.service import ProjectService
from azuraforge.projects.short_ids import path_id
from azuraforge.projects.tables import Token
from azuraforge.projects.trash import Trash

router = APIRouter(tags=["projects"])
Service = Annotated[ProjectService, Depends(project_service)]


async def project_registry(connection: HTTPConnection) -> ProjectRegistry:
    registry: ProjectRegistry = connection.app.state.registry
    return registry


Registry = Annotated[ProjectRegistry, Depends(project_registry)]


def project_trash(connection: HTTPConnection) -> Trash:
    trash: Trash = connection.app.state.trash
    return trash


Bins = Annotated[Trash, Depends(project_trash)]
_TOKENS = ShortId("token", Token.id)
#: A token's id in a path, which may be shortened.
TokenId = Annotated[str, Depends(path_id("token_id", _TOKENS))]
#: Header of responses that contain a secret: neither caches nor the platform may store them.
_SECRET = {"Cache-Control": "no-store"}


@router.get("/projects")
def list_projects(caller: Person, service: Service, limit: Limit = PAGE, after: After = None) -> ProjectPage:
    """List the projects that the caller can use, ordered by slug. An API token has one project."""
    return service.projects(caller, limit=limit, after=after)


@router.post("/projects", status_code=201)
def create_project(body: NewProject, caller: Person, registry: Registry, unit: Unit) -> ProjectOut:
    """Create a project that the caller owns. An API token cannot create one."""
    return registry.create(caller, body, unit=unit)


@router.patch("/projects/current")
def rename_project(body: ProjectRename, access: Admin, registry: Registry) -> ProjectOut:
    """Change the project's name. Its slug stays the same."""
    return registry.rename(access, body.name)


@router.get("/projects/current")
async def current_project(access: Reader, request: Request) -> CurrentProjectOut:
    """Return the project that the request names, and the caller's role in it."""
    return CurrentProjectOut.model_validate(
        {
            "slug": access.project_slug,
            "name": access.project_name,
            "role": access.role,
            "archived": access.archived,
            "person": access.person_name,
            "max_upload_bytes": request.app.state.settings.server.max_body_bytes,
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


@router.post("/access-tokens")
def create_access_token(
    body: AccessTokenRequest, access: Reader, response: Response, service: Service
) -> AccessTokenOut:
    """Exchange a session, this machine's command line token or an API token for a JWT of at most 15 minutes.

    An access token cannot create tokens, and ends with the secret that it was exchanged for.
    """
    response.headers.update(_SECRET)
    return service.create_access_token(access, body)


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
    return trash.set_policy(access.project_id, body, access.person_name)


@router.get("/projects/trash")
def list_trash(access: Reader, trash: Bins, limit: Limit = PAGE, after: After = None) -> TrashOut:
    """List deleted items that can be restored, latest first."""
    return trash.list(access.project_id, limit=limit, after=after)


@router.delete("/projects/trash")
def empty_trash(access: Admin, trash: Bins) -> PurgeOut:
    """Purge all items in the trash that are not needed. Repeat the request while ``left`` is true."""
    return trash.empty(access.project_id, access.person_name)
