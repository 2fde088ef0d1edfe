"""HTTP routes of a project's states."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.requests import HTTPConnection

from azuraforge.projects.access import Owner, Unit
from azuraforge.projects.lifecycle.service import LifecycleService
from azuraforge.projects.schemas import ProjectOut

router = APIRouter(tags=["projects"])


async def lifecycle_service(connection: HTTPConnection) -> LifecycleService:
    service: LifecycleService = connection.app.state.lifecycle
    return service


Service = Annotated[LifecycleService, Depends(lifecycle_service)]


@router.post("/projects/current/archive")
def archive_project(access: Owner, service: Service, unit: Unit) -> ProjectOut:
    """Archive the project: it can only be read, and the platform starts no work in it. No effect if it is archived."""
    return service.archive(access, unit=unit)


@router.post("/projects/current/unarchive")
def unarchive_project(access: Owner, service: Service, unit: Unit) -> ProjectOut:
    """Make an archived project writable again. No effect if it is not archived."""
    return service.unarchive(access, unit=unit)
