"""HTTP routes of schedules."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.requests import HTTPConnection

from azuraforge.automations.schemas import (
    FireOut,
    FirePage,
    ScheduleOut,
    SchedulePage,
    ScheduleRequest,
    TimesOut,
    Timing,
)
from azuraforge.automations.service import ScheduleService
from azuraforge.automations.tables import Schedule
from azuraforge.database.short_ids import ShortId
from azuraforge.paging import PAGE, After, Limit
from azuraforge.projects.access import Member, Reader, Unit
from azuraforge.projects.short_ids import path_id
from azuraforge.waiting.turns import ask_in_turn

router = APIRouter(prefix="/schedules", tags=["automations"])


async def schedule_service(connection: HTTPConnection) -> ScheduleService:
    service: ScheduleService = connection.app.state.schedules
    return service


Service = Annotated[ScheduleService, Depends(schedule_service)]
#: A schedule's name, or its id, which may be shortened.
NameOrId = Annotated[str, Depends(path_id("schedule", ShortId("schedule", Schedule.id, Schedule.name)))]


def known_schedule(schedule: NameOrId, access: Member, service: Service) -> str:
    """Check that the schedule exists before the body is read, so that a missing schedule is reported first."""
    service.get(access.project_id, schedule)
    return schedule


@router.post("", status_code=201)
async def create_schedule(
    body: ScheduleRequest, request: Request, access: Member, service: Service, unit: Unit
) -> ScheduleOut:
    """Create a schedule that queues a run by cron or interval."""
    create = partial(service.create, access.project_id, body, access.person_id, unit=unit)
    return await ask_in_turn(request, access.project_id, create)


@router.get("")
def list_schedules(access: Reader, service: Service, limit: Limit = PAGE, after: After = None) -> SchedulePage:
    """List schedules with their next times and newest fires, sorted by name."""
    return service.list(access.project_id, limit=limit, after=after)


@router.post("/times")
def next_times(body: Timing, access: Reader, service: Service) -> TimesOut:
    """Return the next fire times of a timing, without storing it."""
    return service.times(access.project_id, body)


@router.get("/{schedule}")
def get_schedule(schedule: NameOrId, access: Reader, service: Service) -> ScheduleOut:
    """Return one schedule with up to 50 of its newest fires."""
    return service.get(access.project_id, schedule)


@router.get("/{schedule}/fires")
def list_fires(
    schedule: NameOrId, access: Reader, service: Service, limit: Limit = PAGE, after: After = None
) -> FirePage:
    """List a schedule's fires, newest first."""
    return service.fires(access.project_id, schedule, limit=limit, after=after)


@router.put("/{schedule}")
async def replace_schedule(
    schedule: Annotated[str, Depends(known_schedule)],
    body: ScheduleRequest,
    request: Request,
    access: Member,
    service: Service,
) -> ScheduleOut:
    """Replace a schedule; its fires are kept. An interval keeps its anchor if the request has none."""
    replace = partial(service.replace, access.project_id, schedule, body)
    return await ask_in_turn(request, access.project_id, replace)


@router.delete("/{schedule}", status_code=204)
def delete_schedule(schedule: NameOrId, access: Member, service: Service) -> None:
    """Delete a schedule; the runs that it queued are kept."""
    service.delete(access.project_id, schedule)


@router.post("/{schedule}/pause")
def pause_schedule(schedule: NameOrId, access: Member, service: Service, unit: Unit) -> ScheduleOut:
    """Pause a schedule until it is resumed."""
    return service.pause(access.project_id, schedule, unit=unit)


@router.post("/{schedule}/resume")
def resume_schedule(schedule: NameOrId, access: Member, service: Service, unit: Unit) -> ScheduleOut:
    """Resume a schedule; fires during the pause are skipped."""
    return service.resume(access.project_id, schedule, unit=unit)


@router.post("/{schedule}/run", status_code=201)
async def run_schedule_now(
    schedule: NameOrId, request: Request, access: Member, service: Service, unit: Unit
) -> FireOut:
    """Queue the schedule's run once, now."""
    run_now = partial(service.run_now, access.project_id, schedule, access.person_id, unit=unit)
    return await ask_in_turn(request, access.project_id, run_now)
