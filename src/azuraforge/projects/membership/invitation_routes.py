"""HTTP routes of invitations. Their recipients may have no account, so looking up and accepting need no secret."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.requests import HTTPConnection, Request

from azuraforge.database.short_ids import ShortId
from azuraforge.errors import InvalidInput, Unauthorized
from azuraforge.paging import PAGE, After, Limit
from azuraforge.people.access import VERIFIERS, refuse_foreign_origin, require_person, secret_of, served_address
from azuraforge.people.address import Address
from azuraforge.people.callers import Caller
from azuraforge.people.signing_in import set_cookies
from azuraforge.projects.access import Admin, Unit
from azuraforge.projects.membership.invitation_schemas import (
    Acceptance,
    GivenInvitation,
    InvitationCreated,
    InvitationLookup,
    InvitationPage,
    InvitationRequest,
)
from azuraforge.projects.membership.invitations import InvitationService
from azuraforge.projects.schemas import ProjectOut
from azuraforge.projects.short_ids import path_id
from azuraforge.projects.tables import Invitation
from azuraforge.waiting.turns import waiting_of

router = APIRouter(prefix="/invitations", tags=["invitations"])


async def invitation_service(connection: HTTPConnection) -> InvitationService:
    service: InvitationService = connection.app.state.invitations
    return service


Service = Annotated[InvitationService, Depends(invitation_service)]
Served = Annotated[Address, Depends(served_address)]
InvitationId = Annotated[str, Depends(path_id("invitation_id", ShortId("invitation", Invitation.id)))]


@router.get("")
def list_invitations(access: Admin, service: Service, limit: Limit = PAGE, after: After = None) -> InvitationPage:
    """List the project's invitations without their links, latest first."""
    return service.list(access.project_id, limit=limit, after=after)


@router.post("", status_code=201)
def create_invitation(
    body: InvitationRequest, access: Admin, address: Served, response: Response, service: Service, unit: Unit
) -> InvitationCreated:
    """Create a link by which one person becomes a member. It works once, for 72 hours, and is shown only here."""
    response.headers["Cache-Control"] = "no-store"  # the response contains a secret
    return service.create(access, body.role, address.url, unit=unit)


@router.delete("/{invitation_id}", status_code=204)
def revoke_invitation(invitation_id: InvitationId, access: Admin, service: Service) -> None:
    """Revoke an invitation that was not used."""
    service.revoke(access, invitation_id)


@router.post("/lookup", dependencies=[Depends(refuse_foreign_origin)], responses={404: {}})
def look_up_invitation(body: GivenInvitation, service: Service) -> InvitationLookup:
    """Return the project and the role of an invitation, which stays unused."""
    return service.lookup(body.invitation)


@router.post("/accept", status_code=201, dependencies=[Depends(refuse_foreign_origin)], responses={404: {}})
async def accept_invitation(
    body: Acceptance, request: Request, address: Served, response: Response, service: Service
) -> ProjectOut:
    """Become a member: as the signed-in person, or with ``name`` and ``password`` as a new one, who is then signed in.

    Name and password are refused with a session, so that no account is created by mistake.
    """
    caller = await _signed_in(request, body)
    if caller is not None:
        if body.name is not None or body.password is not None:
            raise InvalidInput(
                "you are signed in as {name!r}, so no account is created",
                next_step="accept without a name, or sign out first",
                where="name",
                code="signed_in",
                name=caller.person_name,
            )
        return await VERIFIERS.run(service.accept, caller, body.invitation)
    if body.name is None:
        raise Unauthorized(
            "sign in to accept the invitation, or create an account",
            next_step="sign in, or send the name of a new account",
        )
    name, password = body.name, body.password
    turns = waiting_of(request).passwords
    made, signed_in = await turns.run(request, "", lambda: service.sign_up(body.invitation, name, password))
    set_cookies(response, address, signed_in)
    return made


async def _signed_in(request: Request, body: Acceptance) -> Caller | None:
    """Return the person of the request's secret; None without one, or if a new account replaces an ended session."""
    if not secret_of(request):
        return None
    try:
        return await require_person(request)
    except Unauthorized:
        if body.name is None:
            raise
        return None
