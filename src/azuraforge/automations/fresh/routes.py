"""HTTP routes for keeping a model fresh."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.requests import HTTPConnection

from azuraforge.automations.fresh.schemas import KeepFreshOut, KeepFreshRequest
from azuraforge.automations.fresh.service import FreshService
from azuraforge.bounds import Name
from azuraforge.projects.access import Member, Reader, Unit
from azuraforge.waiting.turns import ask_in_turn

router = APIRouter(prefix="/models/{name}/keep-fresh", tags=["models"])


async def fresh_service(connection: HTTPConnection) -> FreshService:
    service: FreshService = connection.app.state.fresh
    return service


Service = Annotated[FreshService, Depends(fresh_service)]


@router.get("")
def show_freshness(name: Name, access: Reader, service: Service) -> KeepFreshOut:
    """Return the automations that keep a model fresh, and its champion's comparison with the baselines."""
    return service.show(access.project_id, name)


@router.post("")
async def keep_fresh(
    name: Name, body: KeepFreshRequest, request: Request, access: Member, service: Service, unit: Unit
) -> KeepFreshOut:
    """Keep a model fresh: refresh its dataset, forecast, judge and retrain. Only the gate promotes versions."""
    keep = partial(service.keep, access.project_id, name, body, access.person_id, access.person_name, unit=unit)
    return await ask_in_turn(request, access.project_id, keep)


@router.delete("")
def stop_keeping_fresh(name: Name, access: Member, service: Service) -> KeepFreshOut:
    """Remove the automations that keep a model fresh; the runs that they queued are kept."""
    return service.stop(access.project_id, name)
