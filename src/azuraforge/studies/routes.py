"""HTTP routes of studies."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.requests import HTTPConnection

from azuraforge.bounds import Name
from azuraforge.database.short_ids import ShortId
from azuraforge.paging import PAGE, After, Limit
from azuraforge.projects.access import Member, Reader, Unit
from azuraforge.projects.short_ids import path_id
from azuraforge.runs.schemas import RunDetail
from azuraforge.studies.schemas import (
    ImportanceOut,
    RetrainRequest,
    SpaceOut,
    StudyDetail,
    StudyPage,
    StudyRequest,
    StudyState,
    TrialPage,
)
from azuraforge.studies.service import StudyService
from azuraforge.studies.tables import Study
from azuraforge.waiting.turns import ask_in_turn

router = APIRouter(prefix="/studies", tags=["studies"])


async def study_service(connection: HTTPConnection) -> StudyService:
    service: StudyService = connection.app.state.studies
    return service


Service = Annotated[StudyService, Depends(study_service)]
#: A study's name or id; the id may be shortened.
NameOrId = Annotated[str, Depends(path_id("study", ShortId("study", Study.id, Study.name)))]


@router.post("", status_code=201)
async def create_study(
    body: StudyRequest, request: Request, access: Member, service: Service, unit: Unit
) -> StudyDetail:
    """Create a study that searches for the best config; its trials are runs."""
    create = partial(service.create, access.project_id, body, access.person_id, unit=unit)
    return await ask_in_turn(request, access.project_id, create)


@router.get("")
def list_studies(
    access: Reader,
    service: Service,
    state: Annotated[StudyState | None, Query(description="only studies in this state")] = None,
    name: Annotated[str | None, Query(max_length=100, description="part of the name")] = None,
    limit: Limit = PAGE,
    after: After = None,
) -> StudyPage:
    """List studies, newest first."""
    return service.list(access.project_id, state=state, name=name, limit=limit, after=after)


@router.get("/spaces/{plugin}")
async def get_space(plugin: Name, request: Request, access: Reader, service: Service) -> SpaceOut:
    """List the searchable fields of a pipeline with default ranges."""
    return await ask_in_turn(request, access.project_id, partial(service.space_of, plugin))


@router.get("/{study}")
def get_study(study: NameOrId, access: Reader, service: Service) -> StudyDetail:
    """Return a study with its settings, without its list of trials."""
    return service.get(access.project_id, study)


@router.delete("/{study}", status_code=204)
def delete_study(study: NameOrId, access: Member, service: Service) -> None:
    """Move an ended study to the trash. The runs of its trials are purged with it."""
    service.trash.delete(access.project_id, study, None, access.person_name)


@router.post("/{study}/restore")
def restore_study(study: NameOrId, access: Member, service: Service, unit: Unit) -> StudyDetail:
    """Restore a study from the trash, by its id or its former name."""
    return service.get(access.project_id, service.trash.restore(access.project_id, study, None, unit=unit).id)


@router.get("/{study}/trials")
def list_trials(
    study: NameOrId,
    access: Reader,
    service: Service,
    limit: Limit = PAGE,
    after: After = None,
    curves: Annotated[bool, Query(description="whether to include the intermediate values of the trials")] = False,
) -> TrialPage:
    """List a study's trials by number."""
    return service.trials(access.project_id, study, limit=limit, after=after, curves=curves)


@router.get("/{study}/importance")
async def get_importance(study: NameOrId, request: Request, access: Reader, service: Service) -> ImportanceOut:
    """Return the importance of each field so far (fANOVA)."""
    importance = partial(service.importance, access.project_id, study)
    return await ask_in_turn(request, access.project_id, importance)


@router.post("/{study}/pause")
def pause_study(study: NameOrId, access: Member, service: Service, unit: Unit) -> StudyDetail:
    """Pause the study: no further trial starts, and running trials continue to their end."""
    return service.pause(access.project_id, study, unit=unit)


@router.post("/{study}/resume")
def resume_study(study: NameOrId, access: Member, service: Service, unit: Unit) -> StudyDetail:
    """Resume a paused study."""
    return service.resume(access.project_id, study, unit=unit)


@router.post("/{study}/stop")
def stop_study(study: NameOrId, access: Member, service: Service, unit: Unit) -> StudyDetail:
    """End the study now and cancel its running trials."""
    return service.stop(access.project_id, study, unit=unit)


@router.post("/{study}/retrain", status_code=201)
async def retrain_trial(
    study: NameOrId, body: RetrainRequest, request: Request, access: Member, service: Service, unit: Unit
) -> RunDetail:
    """Retrain one trial's config and let the gate evaluate it. Without a trial, the best one is retrained."""
    retrain = partial(service.retrain, access.project_id, study, body.trial, unit=unit)
    return await ask_in_turn(request, access.project_id, retrain)
