"""HTTP routes of learners."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.requests import HTTPConnection

from azuraforge.database.short_ids import ShortId
from azuraforge.learners.learning.learners import LearnerService
from azuraforge.learners.learning.schemas import (
    CommandRequest,
    CopyRequest,
    FactOut,
    LearnerAnswers,
    LearnerHours,
    LearnerOut,
    LearnerPage,
    LearnerRequest,
    LearnerScores,
    LearnerTimeline,
)
from azuraforge.learners.learning.tables import Learner
from azuraforge.paging import PAGE, After, Limit
from azuraforge.projects.access import Member, Reader, Unit
from azuraforge.projects.short_ids import path_id
from azuraforge.runs.schemas import RunDetail
from azuraforge.waiting.turns import ask_in_turn

router = APIRouter(prefix="/learners", tags=["learners"])


async def learner_service(connection: HTTPConnection) -> LearnerService:
    service: LearnerService = connection.app.state.learners
    return service


Service = Annotated[LearnerService, Depends(learner_service)]
#: A learner's name or id; the id may be shortened.
NameOrId = Annotated[str, Depends(path_id("learner", ShortId("learner", Learner.id, Learner.name)))]


@router.post("", status_code=201)
async def create_learner(
    body: LearnerRequest, request: Request, access: Member, service: Service, unit: Unit
) -> LearnerOut:
    """Create a learner of a feed. Start it to let it learn."""
    create = partial(service.create, access.project_id, body, access.person_id, unit=unit)
    return await ask_in_turn(request, access.project_id, create)


@router.get("")
def list_learners(access: Reader, service: Service, limit: Limit = PAGE, after: After = None) -> LearnerPage:
    """List learners, newest first."""
    return service.list(access.project_id, limit=limit, after=after)


@router.get("/{learner}")
def get_learner(learner: NameOrId, access: Reader, service: Service) -> LearnerOut:
    """Return a learner with its state."""
    return service.get(access.project_id, learner)


@router.delete("/{learner}", status_code=204)
def delete_learner(learner: NameOrId, access: Member, service: Service) -> None:
    """Move a learner to the trash. It must be stopped."""
    service.trash.delete(access.project_id, learner, None, access.person_name)


@router.post("/{learner}/restore")
def restore_learner(learner: NameOrId, access: Member, service: Service, unit: Unit) -> LearnerOut:
    """Restore a learner from the trash, by its id or its former name."""
    return service.get(access.project_id, service.trash.restore(access.project_id, learner, None, unit=unit).id)


@router.get("/{learner}/scores")
def get_learner_scores(learner: NameOrId, access: Reader, service: Service) -> LearnerScores:
    """Return the scores of a learner and its baselines since the start, with 95 % intervals."""
    return service.scores(access.project_id, learner)


@router.get("/{learner}/hours")
def get_learner_hours(
    learner: NameOrId,
    access: Reader,
    service: Service,
    last: Annotated[int, Query(ge=1, le=10_000, description="number of the newest hours")] = 168,
) -> LearnerHours:
    """Return the ranking metric of a learner and its baselines hour by hour."""
    return service.hours(access.project_id, learner, last)


@router.get("/{learner}/timeline")
def get_learner_timeline(
    learner: NameOrId,
    access: Reader,
    service: Service,
    limit: Annotated[
        int, Query(ge=1, le=1000, description="maximum number of each of states, notices and facts")
    ] = 100,
) -> LearnerTimeline:
    """Return the newest states, notices and facts of a learner."""
    return service.timeline(access.project_id, learner, limit)


@router.get("/{learner}/answers")
def list_learner_answers(
    learner: NameOrId,
    access: Reader,
    service: Service,
    last: Annotated[int, Query(ge=1, le=5000, description="number of rows")] = 200,
    after: Annotated[
        int | None,
        Query(ge=0, le=2**63 - 1, description="return the rows that follow this one; by default, the newest rows"),
    ] = None,
) -> LearnerAnswers:
    """Return the answers of rows with the outcomes that are known, oldest first."""
    return service.answers(access.project_id, learner, last, after)


@router.post("/{learner}/start", status_code=201)
async def start_learner(learner: NameOrId, request: Request, access: Member, service: Service, unit: Unit) -> RunDetail:
    """Start a learner: a run that continues from its last state."""
    start = partial(service.start, access.project_id, learner, access.person_id, unit=unit)
    return await ask_in_turn(request, access.project_id, start)


@router.post("/{learner}/stop")
def stop_learner(learner: NameOrId, access: Member, service: Service, unit: Unit) -> LearnerOut:
    """Stop a learner after the newest row. It saves its state and an archive first."""
    return service.stop(access.project_id, learner, unit=unit)


@router.post("/{learner}/copies", status_code=201)
def copy_learner(learner: NameOrId, body: CopyRequest, access: Member, service: Service, unit: Unit) -> LearnerOut:
    """Create a learner that continues from a saved state of this one. Start it to let it learn."""
    return service.copy(access.project_id, learner, body, access.person_id, unit=unit)


@router.post("/{learner}/commands", status_code=201)
def command_learner(learner: NameOrId, body: CommandRequest, access: Member, service: Service, unit: Unit) -> FactOut:
    """Send a command to a learner. The response is an entry of its timeline."""
    return service.command(access.project_id, learner, body, access.person_id, unit=unit)
