"""HTTP routes of promotions that wait for approval."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from azuraforge.bounds import Name, Number
from azuraforge.models.promotion_schemas import DecisionRequest, PromotionPage
from azuraforge.models.registry.waiting import Actor
from azuraforge.models.routes import model_service
from azuraforge.models.schemas import AliasChange
from azuraforge.models.service import ModelService
from azuraforge.paging import PAGE, After, Limit
from azuraforge.projects.access import Member, Reader, Unit, while_member

router = APIRouter(tags=["models"])

Service = Annotated[ModelService, Depends(model_service)]


@router.get("/models/{name}/promotions")
def list_promotions(
    name: Name,
    access: Reader,
    service: Service,
    waiting: Annotated[bool, Query(description="whether to list only promotions that wait for approval")] = False,
    limit: Limit = PAGE,
    after: After = None,
) -> PromotionPage:
    """List a model's promotions that wait, or waited, for another member's approval, newest first."""
    caller = access.person_id if access.may("member") else None
    return service.approvals.list(access.project_id, name, caller, is_open=waiting, limit=limit, after=after)


@router.post("/models/{name}/promotions/{number}/approve")
def approve_promotion(
    name: Name, number: Number, body: DecisionRequest, request: Request, access: Member, service: Service, unit: Unit
) -> AliasChange:
    """Approve a waiting promotion; the last approval that it needs moves its alias. Its author may not approve it."""
    approver = Actor(access.person_name, access.person_id)
    return while_member(
        request,
        access,
        lambda: service.approvals.approve(
            access.project_id, name, number, approver=approver, reason=body.reason, unit=unit
        ),
    )()


@router.post("/models/{name}/promotions/{number}/decline")
def decline_promotion(
    name: Name, number: Number, body: DecisionRequest, request: Request, access: Member, service: Service, unit: Unit
) -> AliasChange:
    """Decline a waiting promotion, also one's own; the alias stays where it is."""
    return while_member(
        request,
        access,
        lambda: service.approvals.decline(
            access.project_id, name, number, by=access.person_name, reason=body.reason, unit=unit
        ),
    )()
