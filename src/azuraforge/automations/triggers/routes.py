"""HTTP routes of automations."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.requests import HTTPConnection

from azuraforge.automations.triggers.schemas import (
    AutomationChange,
    AutomationFiringPage,
    AutomationOut,
    AutomationPage,
    AutomationRequest,
    DryRunOut,
    DryRunRequest,
    MeasurePage,
)
from azuraforge.automations.triggers.service import AutomationService
from azuraforge.automations.triggers.tables import Automation
from azuraforge.database.short_ids import ShortId
from azuraforge.paging import PAGE, After, Limit
from azuraforge.projects.access import Member, Reader, Unit
from azuraforge.projects.short_ids import path_id
from azuraforge.waiting.turns import ask_in_turn

router = APIRouter(prefix="/automations", tags=["automations"])


async def automation_service(connection: HTTPConnection) -> AutomationService:
    service: AutomationService = connection.app.state.automations
    return service


Service = Annotated[AutomationService, Depends(automation_service)]
#: An automation's name, or its id, which may be shortened.
NameOrId = Annotated[str, Depends(path_id("automation", ShortId("automation", Automation.id, Automation.name)))]


def known_automation(automation: NameOrId, access: Member, service: Service) -> str:
    """Check that the automation exists before the body is read, so that a missing one is reported first."""
    service.get(access.project_id, automation)
    return automation


@router.post("", status_code=201)
async def create_automation(
    body: AutomationRequest, request: Request, access: Member, service: Service, unit: Unit
) -> AutomationOut:
    """Create an automation: steps that follow a time, an event, or a measured value that crosses a limit."""
    create = partial(service.create, access.project_id, body, access.person_id, unit=unit)
    return await ask_in_turn(request, access.project_id, create)


@router.get("")
def list_automations(access: Reader, service: Service, limit: Limit = PAGE, after: After = None) -> AutomationPage:
    """List automations with their newest firings, sorted by name."""
    return service.list(access.project_id, limit=limit, after=after)


@router.get("/measures")
def list_measures(access: Reader, service: Service, limit: Limit = PAGE, after: After = None) -> MeasurePage:
    """List the measures that automations may watch, sorted by name."""
    return service.measures(limit=limit, after=after)


@router.post("/dry-run")
def try_automation(body: DryRunRequest, access: Reader, service: Service) -> DryRunOut:
    """Return what an unsaved automation would have done over the past month."""
    return service.dry_run(access.project_id, body)


@router.get("/{automation}")
def get_automation(automation: NameOrId, access: Reader, service: Service) -> AutomationOut:
    """Return one automation with up to 20 of its newest firings."""
    return service.get(access.project_id, automation)


@router.put("/{automation}")
async def replace_automation(
    automation: Annotated[str, Depends(known_automation)],
    body: AutomationChange,
    request: Request,
    access: Member,
    service: Service,
) -> AutomationOut:
    """Replace the whole definition of an automation; fields that the request omits get their default values.

    Firings are kept; pending causes are dropped. Responds 409 if the automation was changed since the stated revision.
    """
    replace = partial(service.replace, access.project_id, automation, body)
    return await ask_in_turn(request, access.project_id, replace)


@router.delete("/{automation}", status_code=204)
def delete_automation(automation: NameOrId, access: Member, service: Service) -> None:
    """Delete an automation with its firings; the runs that it queued are kept."""
    service.delete(access.project_id, automation)


@router.get("/{automation}/firings")
def list_firings(
    automation: NameOrId, access: Reader, service: Service, limit: Limit = PAGE, after: After = None
) -> AutomationFiringPage:
    """List an automation's firings, newest first."""
    return service.firings(access.project_id, automation, limit=limit, after=after)


@router.get("/{automation}/dry-run")
def try_stored_automation(automation: NameOrId, access: Reader, service: Service) -> DryRunOut:
    """Return what this automation would have done over the past month."""
    found = service.get(access.project_id, automation)
    request = DryRunRequest(when=found.when, cool_down_seconds=found.cool_down_seconds, most_per_day=found.most_per_day)
    return service.dry_run(access.project_id, request, found.id)


@router.post("/{automation}/pause")
def pause_automation(automation: NameOrId, access: Member, service: Service, unit: Unit) -> AutomationOut:
    """Pause an automation until it is resumed; a firing in progress continues."""
    return service.pause(access.project_id, automation, unit=unit)


@router.post("/{automation}/resume")
def resume_automation(automation: NameOrId, access: Member, service: Service, unit: Unit) -> AutomationOut:
    """Resume an automation; causes during the pause are ignored."""
    return service.resume(access.project_id, automation, unit=unit)


@router.post("/{automation}/fire", status_code=201)
def fire_automation(automation: NameOrId, access: Member, service: Service, unit: Unit) -> AutomationOut:
    """Fire an automation once, now; the cool-down and the daily limit apply."""
    return service.fire(access.project_id, automation, unit=unit)
