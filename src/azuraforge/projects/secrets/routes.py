"""HTTP routes of secrets. Values are write-only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.requests import HTTPConnection

from azuraforge.paging import PAGE, After, Limit
from azuraforge.projects.access import Admin, Member
from azuraforge.projects.secrets.schemas import Name, SecretOut, SecretPage, SecretRequest
from azuraforge.projects.secrets.service import SecretService

router = APIRouter(prefix="/secrets", tags=["secrets"])


async def secret_service(connection: HTTPConnection) -> SecretService:
    service: SecretService = connection.app.state.secrets
    return service


Service = Annotated[SecretService, Depends(secret_service)]


@router.get("")
def list_secrets(access: Member, service: Service, limit: Limit = PAGE, after: After = None) -> SecretPage:
    """List secrets by name, without their values."""
    return service.list(access.project_id, limit=limit, after=after)


@router.put("/{name}")
def set_secret(name: Name, body: SecretRequest, access: Admin, service: Service) -> SecretOut:
    """Store a value, replacing an earlier one. It is never shown again."""
    return service.set(access.project_id, name, body.value.get_secret_value(), access.person_name)


@router.delete("/{name}", status_code=204)
def delete_secret(name: Name, access: Admin, service: Service) -> None:
    """Delete a secret. Plugins that use it will fail with an error that names it."""
    service.delete(access.project_id, name, access.person_name)
