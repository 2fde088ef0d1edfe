"""HTTP routes of a model's deployments, lineage, cards and bundles."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import IO, Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from azuraforge.bounds import Name, Number
from azuraforge.datasets.uploads import receive
from azuraforge.models.deployments.schemas import DeploymentOut, DeploymentPage, DeploymentRequest, EndRequest
from azuraforge.models.registry.lineage_schemas import LineageOut
from azuraforge.models.routes import model_service
from azuraforge.models.schemas import CardOut, ImportOut, IntendedUse
from azuraforge.models.service import ModelService
from azuraforge.paging import PAGE, After, Limit
from azuraforge.projects.access import Member, Reader, Unit, while_member
from azuraforge.waiting.turns import read_in_turn, refuse_if_full

router = APIRouter(tags=["models"])

Service = Annotated[ModelService, Depends(model_service)]
_CHUNK = 1 << 20
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "model bundle"},
                        "name": {
                            "type": "string",
                            "maxLength": 200,
                            "description": "name of the model; if omitted, the name in the bundle",
                        },
                    },
                }
            }
        },
    }
}


@router.get("/models/{name}/deployments")
def list_deployments(
    name: Name, access: Reader, service: Service, limit: Limit = PAGE, after: After = None
) -> DeploymentPage:
    """List a model's shadows and canaries, newest first, with their results."""
    return service.deployments.list(access.project_id, name, limit=limit, after=after)


@router.post("/models/{name}/deployments", status_code=201)
def start_deployment(
    name: Name, body: DeploymentRequest, access: Member, service: Service, unit: Unit
) -> DeploymentOut:
    """Deploy a version alongside an alias's version: as a shadow, or as a canary for a share of requests."""
    return service.deployments.start(access.project_id, name, body, access.person_name, unit=unit)


@router.post("/models/{name}/deployments/{number}/end")
def end_deployment(
    name: Name, number: Number, body: EndRequest, access: Member, service: Service, unit: Unit
) -> DeploymentOut:
    """End a shadow or canary."""
    return service.deployments.end(access.project_id, name, number, body.reason, access.person_name, unit=unit)


@router.get("/models/{name}/lineage")
def get_lineage(name: Name, access: Reader, service: Service) -> LineageOut:
    """Return the lineage graph of datasets, runs, versions and predictions."""
    return service.lineage.of(access.project_id, name)


@router.get("/models/{name}/versions/{version}/card")
def get_card(
    name: Name, version: Number, access: Reader, service: Service, language: Literal["en", "tr"] = "en"
) -> CardOut:
    """Return a version's card as Markdown."""
    return service.cards.show(access.project_id, name, version, language)


@router.post("/models/{name}/intended-use", status_code=204)
def set_intended_use(name: Name, body: IntendedUse, access: Member, service: Service, unit: Unit) -> None:
    """Set a model's intended use, which the card of each version shows."""
    service.cards.set_intended_use(access.project_id, name, body.intended_use, access.person_name, unit=unit)


@router.get(
    "/models/{name}/versions/{version}/bundle",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {}}}},
)
def get_bundle(name: Name, version: Number, access: Reader, service: Service) -> StreamingResponse:
    """Download a version as a self-contained zip file; the same version always gives the same bytes."""
    made = service.bundles.write(access.project_id, name, version)
    headers = {"content-disposition": f'attachment; filename="{_ascii(name)}-v{version}.zip"'}
    return StreamingResponse(_chunks(made), media_type="application/zip", headers=headers)


@router.post("/models/import", status_code=201, openapi_extra=_FORM)
async def import_bundle(
    request: Request, response: Response, access: Member, service: Service, unit: Unit
) -> ImportOut:
    """Import a bundle's version into a model. For a bundle that was imported before, return 200 and its version."""
    refuse_if_full(request, access.project_id)
    with service.inbox() as folder:
        upload = await receive(request, folder, service.max_upload_bytes)
        name = upload.fields.get("name", b"").decode(errors="replace").strip() or None
        bring_in = partial(
            service.bundles.bring_in, access.project_id, upload.path, name, access.person_name, unit=unit
        )
        work = while_member(request, access, bring_in)
        model, version, created = await read_in_turn(request, access.project_id, work)
    response.status_code = 201 if created else 200
    return ImportOut(model=model, version=version, created=created)


def _ascii(name: str) -> str:
    return "".join(letter if letter.isascii() else "_" for letter in name)


def _chunks(made: IO[bytes]) -> Iterator[bytes]:
    with made:
        while chunk := made.read(_CHUNK):
            yield chunk
