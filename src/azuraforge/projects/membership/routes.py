"""HTTP routes of members."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.requests import HTTPConnection

from azuraforge.paging import PAGE, After, Limit
from azuraforge.projects.access import Admin, Owner, Reader, Unit
from azuraforge.projects.membership.schemas import MemberOut, MemberPage, NewServiceAccount, RoleRequest
from azuraforge.projects.membership.service import MemberService

router = APIRouter(prefix="/members", tags=["members"])


async def member_service(connection: HTTPConnection) -> MemberService:
    service: MemberService = connection.app.state.members
    return service


Service = Annotated[MemberService, Depends(member_service)]
PersonId = Annotated[str, Path(min_length=1, max_length=16)]


@router.get("")
def list_members(access: Reader, service: Service, limit: Limit = PAGE, after: After = None) -> MemberPage:
    """List the project's members and their roles, longest membership first."""
    return service.list(access, limit=limit, after=after)


@router.post("/service-accounts", status_code=201)
def create_service_account(body: NewServiceAccount, access: Admin, service: Service, unit: Unit) -> MemberOut:
    """Create a service account: a member that cannot sign in, for the API tokens of scheduled jobs."""
    return service.add_service_account(access, body, unit=unit)


@router.patch("/{person_id}")
def set_role(person_id: PersonId, body: RoleRequest, access: Admin, service: Service) -> MemberOut:
    """Change a member's role. The caller can neither give a role above the own one, nor change a member above it."""
    return service.set_role(access, person_id, body.role)


@router.delete("/{person_id}", status_code=204)
def remove_member(person_id: PersonId, access: Reader, service: Service) -> None:
    """Leave the project with the own id; with another one, remove this member, which requires the role admin."""
    service.remove(access, person_id)


@router.post("/{person_id}/transfer")
def transfer_project(person_id: PersonId, access: Owner, service: Service, unit: Unit) -> MemberOut:
    """Make another member an owner, and the caller an admin."""
    return service.transfer(access, person_id, unit=unit)
