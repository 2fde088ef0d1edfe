"""HTTP routes of a project's states."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.requests import HTTPConnection

from azuraforge.paging import PAGE, After, Limit
from azuraforge.people.access import Person
from azuraforge.projects.access import Owner, Unit
from azuraforge.projects.lifecycle.schemas import DeletedProjectPage, ProjectPurgeOut
from azuraforge.projects.lifecycle.service import LifecycleService
from azuraforge.projects.lifecycle.trash import ProjectTrash
from azuraforge.projects.named import MOST_CHARACTERS
from azuraforge.projects.schemas import ProjectOut

router = APIRouter(tags=["projects"])


async def lifecycle_service(connection: HTTPConnection) -> LifecycleService:
    service: LifecycleService = connection.app.state.lifecycle
    return service


async def project_trash(connection: HTTPConnection) -> ProjectTrash:
    trash: ProjectTrash = connection.app.state.project_trash
    return trash


Trash = Annotated[ProjectTrash, Depends(project_trash)]
Slug = Annotated[str, Path(min_length=1, max_length=MOST_CHARACTERS)]
Confirm = Annotated[str, Query(max_length=MOST_CHARACTERS, description="the project's slug, repeated")]
Service = Annotated[LifecycleService, Depends(lifecycle_service)]


@router.post("/projects/current/archive")
def archive_project(access: Owner, service: Service, unit: Unit) -> ProjectOut:
    """Archive the project: it can only be read, and the platform starts no work in it. No effect if it is archived."""
    return service.archive(access, unit=unit)


@router.post("/projects/current/unarchive")
def unarchive_project(access: Owner, service: Service, unit: Unit) -> ProjectOut:
    """Make an archived project writable again. No effect if it is not archived."""
    return service.unarchive(access, unit=unit)


@router.delete("/projects/current", status_code=204)
def delete_project(access: Owner, trash: Trash, confirm: Confirm) -> None:
    """Move the project to the trash; its owner can restore it until the retention policy purges it."""
    trash.delete(access, confirm)


@router.get("/projects/deleted")
def list_deleted_projects(caller: Person, trash: Trash, limit: Limit = PAGE, after: After = None) -> DeletedProjectPage:
    """List the deleted projects that the caller owns and can restore, ordered by slug."""
    return trash.list(caller, limit=limit, after=after)


@router.post("/projects/{slug}/restore")
def restore_project(slug: Slug, caller: Person, trash: Trash) -> ProjectOut:
    """Restore a deleted project that the caller owns."""
    return trash.restore(caller, slug)


@router.delete("/projects/{slug}/purge")
def purge_project(slug: Slug, caller: Person, trash: Trash) -> ProjectPurgeOut:
    """Permanently delete a project in the trash that the caller owns, with everything in it."""
    return trash.purge(caller, slug)
