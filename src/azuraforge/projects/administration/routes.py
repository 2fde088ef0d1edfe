"""HTTP routes of the platform's projects and settings, for its administrators, and of a project's use of its quota."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.requests import HTTPConnection

from azuraforge.paging import PAGE, After, Limit
from azuraforge.people.administration.access import AdministratorOf
from azuraforge.projects.access import Reader
from azuraforge.projects.administration.schemas import ProjectSize, ProjectSizePage, SettingsOut
from azuraforge.projects.administration.service import ProjectAdministration
from azuraforge.projects.quotas.schemas import QuotaLimits, UsageOut
from azuraforge.projects.quotas.service import Quotas

router = APIRouter(tags=["platform"])


async def project_administration(connection: HTTPConnection) -> ProjectAdministration:
    service: ProjectAdministration = connection.app.state.project_administration
    return service


async def quotas_of(connection: HTTPConnection) -> Quotas:
    quotas: Quotas = connection.app.state.quotas
    return quotas


Administration = Annotated[ProjectAdministration, Depends(project_administration)]
QuotaService = Annotated[Quotas, Depends(quotas_of)]
Slug = Annotated[str, Path(min_length=1, max_length=64)]


@router.get("/platform/projects")
def list_all_projects(
    caller: AdministratorOf, administration: Administration, limit: Limit = PAGE, after: After = None
) -> ProjectSizePage:
    """List all projects of the platform with their sizes, ordered by slug."""
    return administration.projects(limit=limit, after=after)


@router.put("/platform/projects/{slug}/quota")
def set_quota(slug: Slug, body: QuotaLimits, caller: AdministratorOf, administration: Administration) -> ProjectSize:
    """Set all limits of a project; null removes a limit. A project that uses more than a limit keeps what it has."""
    return administration.set_quota(caller, slug, body)


@router.get("/platform/settings")
def get_settings(caller: AdministratorOf, administration: Administration) -> SettingsOut:
    """Return the settings of the process that answers, without secrets. They are changed by a restart."""
    return administration.settings()


@router.get("/projects/current/usage")
def get_usage(access: Reader, quotas: QuotaService) -> UsageOut:
    """Return what the project uses of each limited resource, and its limits."""
    return quotas.usage(access.project_id)
