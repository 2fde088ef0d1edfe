"""HTTP routes of models."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.requests import HTTPConnection
from pydantic import AfterValidator

from azuraforge.bounds import MomentOrUtc, Name, Number
from azuraforge.database.short_ids import ShortId
from azuraforge.datasets.uploads import receive
from azuraforge.messages import Message
from azuraforge.models.image_schemas import ImageAnswer
from azuraforge.models.predictions.images import MAX_BYTES
from azuraforge.models.schemas import (
    Alias,
    AliasChange,
    AliasRequest,
    EvaluationOut,
    HistoryPage,
    ModelDetail,
    ModelPage,
    PolicyOut,
    PolicyPage,
    PolicyRequest,
    PredictOut,
    PredictRequest,
    PromoteRequest,
    RollbackOut,
    RollbackRequest,
    Target,
    VersionOut,
    VersionPage,
    plain,
)
from azuraforge.models.service import ModelService
from azuraforge.models.tables import Model
from azuraforge.paging import PAGE, After, Limit
from azuraforge.projects.access import Member, Reader, Unit, while_member
from azuraforge.projects.short_ids import path_id
from azuraforge.runs.short_ids import RunId
from azuraforge.waiting.turns import ask_in_turn, ending_with_client

router = APIRouter(tags=["models"])
#: Router of the most frequent requests, which is matched first since every earlier route costs time.
hot = APIRouter(tags=["models"])

_IMAGE = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["image"],
                    "properties": {
                        "image": {
                            "type": "string",
                            "format": "binary",
                            "description": "PNG, JPEG, WebP, BMP, GIF or TIFF; maximum 10 MiB and 40 million pixels",
                        }
                    },
                }
            }
        },
    }
}


async def model_service(connection: HTTPConnection) -> ModelService:
    service: ModelService = connection.app.state.models
    return service


Service = Annotated[ModelService, Depends(model_service)]


#: A model's former name or its id in a path; the id may be abbreviated.
NameOrId = Annotated[str, Depends(path_id("name", ShortId("model", Model.id, Model.name)))]


@router.get("/models")
async def list_models(
    access: Reader,
    service: Service,
    trash: Annotated[bool, Query(description="whether to list deleted models instead of existing ones")] = False,
    live: Annotated[
        bool, Query(description="whether to include live scores, drift and promotions that wait for approval")
    ] = False,
    limit: Limit = PAGE,
    after: After = None,
) -> ModelPage:
    """List models with their champions, ordered by name."""
    page = await service.lookup.list(access.project_id, trash=trash, limit=limit, after=after)
    if live:
        found = await to_thread.run_sync(service.live.of_models, access.project_id, [each.id for each in page.items])
        for each in page.items:
            each.live = found[each.id]
    return page


@router.get("/models/{name}")
async def get_model(name: Name, access: Reader, service: Service) -> ModelDetail:
    """Return a model with its newest versions."""
    return await service.lookup.get(access.project_id, name)


@router.get("/models/{name}/versions")
async def list_versions(
    name: Name, access: Reader, service: Service, limit: Limit = PAGE, after: After = None
) -> VersionPage:
    """List a model's versions, newest first."""
    return await service.lookup.versions(access.project_id, name, limit=limit, after=after)


@router.get("/models/{name}/versions/{version}")
def get_version(name: Name, version: Number, access: Reader, service: Service) -> VersionOut:
    """Return one version with its lineage."""
    return service.reads.show_version(access.project_id, name, version)


@router.delete("/models/{name}", status_code=204)
def delete_model(name: Name, access: Member, service: Service) -> None:
    """Move a model with all its versions, its history and its predictions to the trash."""
    service.trash.delete(access.project_id, name, None, access.person_name)


@router.post("/models/{name}/restore")
def restore_model(name: NameOrId, access: Member, service: Service, unit: Unit) -> ModelDetail:
    """Restore a model from the trash, by its id or its former name."""
    return service.reads.show(access.project_id, service.trash.restore(access.project_id, name, None, unit=unit).name)


@router.delete("/models/{name}/versions/{version}", status_code=204)
def delete_version(name: Name, version: Number, access: Member, service: Service) -> None:
    """Move a version to the trash, unless an alias points to it or it is deployed."""
    service.trash.delete(access.project_id, name, version, access.person_name)


@router.post("/models/{name}/versions/{version}/restore")
def restore_version(name: NameOrId, version: Number, access: Member, service: Service, unit: Unit) -> VersionOut:
    """Restore a version from the trash."""
    restored = service.trash.restore(access.project_id, name, version, unit=unit)
    return service.reads.show_version(access.project_id, restored.name, version)


@router.get("/models/{name}/history")
def get_history(
    name: Name,
    access: Reader,
    service: Service,
    alias: Alias | None = None,
    at: Annotated[
        MomentOrUtc | None,
        Query(description="only changes up to this time; the first entry is the alias's version at that time"),
    ] = None,
    limit: Limit = PAGE,
    after: After = None,
) -> HistoryPage:
    """List the moves of a model's aliases with their reasons, newest first."""
    return service.aliases.history(access.project_id, name, alias, at, limit=limit, after=after)


@router.post("/models/{name}/promote")
def promote(name: Name, body: PromoteRequest, access: Member, service: Service, unit: Unit) -> AliasChange:
    """Point an alias to a version, with a reason; if the policy requires approval, the promotion waits for it."""
    return service.aliases.promote_by_hand(
        access.project_id,
        name,
        body.version,
        alias=body.alias,
        reason=body.reason,
        by=access.person_name,
        person=access.person_id,
        unit=unit,
    )


@router.get("/models/{name}/rollback")
def preview_rollback(name: Name, access: Reader, service: Service, alias: Alias = "champion") -> RollbackOut:
    """Return the version to which a rollback of an alias would return. Nothing is changed."""
    return service.aliases.rollback_target(access.project_id, name, alias)


@router.post("/models/{name}/rollback")
def roll_back(name: Name, body: RollbackRequest, access: Member, service: Service, unit: Unit) -> AliasChange:
    """Roll an alias back to the version before its last promotion."""
    return service.aliases.rollback_by_hand(
        access.project_id,
        name,
        alias=body.alias,
        reason=body.reason,
        by=access.person_name,
        from_version=body.from_version,
        unit=unit,
    )


@router.post("/models/{name}/aliases/{alias}")
def set_alias(
    name: Name, alias: Alias, body: AliasRequest, access: Member, service: Service, unit: Unit
) -> AliasChange:
    """Set or move an alias, including the champion's; if the policy requires approval, this waits for it."""
    return service.aliases.promote_by_hand(
        access.project_id,
        name,
        body.version,
        alias=alias,
        reason=body.reason,
        by=access.person_name,
        person=access.person_id,
        unit=unit,
    )


@router.delete("/models/{name}/aliases/{alias}")
def remove_alias(
    name: Name,
    alias: Alias,
    access: Member,
    service: Service,
    reason: Annotated[str, Query(min_length=1, max_length=1000)] = "removed manually",
) -> AliasChange:
    """Remove an alias other than the champion's; the history keeps it."""
    return service.aliases.remove_by_hand(access.project_id, name, alias, reason=reason, by=access.person_name)


@router.get("/models/{name}/policy")
def get_policy(name: Name, access: Reader, service: Service) -> PolicyOut:
    """Return a model's current conditions for a promotion."""
    return service.policies.show(access.project_id, name)


@router.post("/models/{name}/policies", status_code=201)
def set_policy(name: Name, body: PolicyRequest, access: Member, service: Service, unit: Unit) -> PolicyOut:
    """Set a model's conditions for future promotions, with a reason. Only admins may lower the approvals."""
    may_lower = access.may("admin")
    return service.policies.set(access.project_id, name, body, access.person_name, may_lower=may_lower, unit=unit)


@router.get("/models/{name}/policies")
def list_policies(name: Name, access: Reader, service: Service, limit: Limit = PAGE, after: After = None) -> PolicyPage:
    """List a model's policies, newest first, with authors and reasons."""
    return service.policies.list(access.project_id, name, limit=limit, after=after)


@hot.post("/models/{name}/predict", response_model=PredictOut)
async def predict(
    name: Name, request: Request, access: Member, service: Service, unit: Unit, body: PredictRequest | None = None
) -> Response:
    """Predict the next values. The prediction is stored in the ledger before it is returned."""
    asked = body or PredictRequest()
    in_thread = partial(ask_in_turn, request, access.project_id)
    answer = await service.predict(access.project_id, name, asked, access.person_name, in_thread, unit=unit)
    return Response(answer.model_dump_json(), media_type="application/json")


@router.post("/models/{name}/predict-image", openapi_extra=_IMAGE)
async def predict_image(
    name: Name,
    request: Request,
    access: Member,
    service: Service,
    unit: Unit,
    version: Annotated[
        Number | None, Query(description="number of the version. Default: the version that the alias points to")
    ] = None,
    alias: Alias = "champion",
    request_id: Annotated[
        str | None,
        Query(
            min_length=1, max_length=64, description="request id of your choice, for reporting the actual class later"
        ),
        AfterValidator(plain),
    ] = None,
) -> ImageAnswer:
    """Classify an image: return the probability of each class."""
    target = Target(version=version, alias=alias, request_id=request_id)
    in_thread = partial(ask_in_turn, request, access.project_id)
    with service.inbox() as folder:
        upload = await receive(request, folder, MAX_BYTES, part="image", next_step=Message("send a smaller image"))
        if not access.is_current:  # receiving the image may have taken minutes
            await in_thread(while_member(request, access, lambda: None))
        async with ending_with_client(request):
            return await service.predict_image(
                access.project_id, name, target, upload.path, upload.filename, access.person_name, in_thread, unit=unit
            )


@router.get("/evaluations/{run_id}")
def get_evaluation(run_id: RunId, access: Reader, service: Service) -> EvaluationOut:
    """Return a run's evaluation with its baselines and the verdict."""
    return service.reads.evaluation(access.project_id, run_id)
