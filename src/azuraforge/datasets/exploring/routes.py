"""HTTP routes that preview files and return the contents of versions."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError

from azuraforge import strict_json
from azuraforge.bounds import Number
from azuraforge.datasets.exploring.schemas import DatasetPreviewOut, DifferenceOut, ProfileOut, TableOut
from azuraforge.datasets.exploring.service import DatasetExplorer
from azuraforge.datasets.routes import NameOrId, Service, Version, check_options
from azuraforge.datasets.uploads import FIELD_BYTES, receive
from azuraforge.projects.access import Member, Reader, while_member
from azuraforge.waiting.turns import ask_in_turn, read_in_turn, refuse_if_full

router = APIRouter(prefix="/datasets", tags=["datasets"])

_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "a table, or images"},
                        "options": {
                            "type": "string",
                            "maxLength": FIELD_BYTES,
                            "description": "options of the upload chosen so far, as JSON; all are optional",
                        },
                    },
                }
            }
        },
    }
}


async def dataset_explorer(request: Request) -> DatasetExplorer:
    """Return the application's dataset explorer."""
    service: DatasetExplorer = request.app.state.dataset_explorer
    return service


Explorer = Annotated[DatasetExplorer, Depends(dataset_explorer)]


@router.post("/preview", openapi_extra=_FORM)
async def preview_dataset(request: Request, access: Member, service: Service, explorer: Explorer) -> DatasetPreviewOut:
    """Return what a file contains and the version that it would become, without storing anything."""
    refuse_if_full(request, access.project_id)
    with service.inbox() as folder:
        upload = await receive(request, folder, service.max_upload_bytes)
        options = _options(upload.fields.get("options", b"{}"))
        look = partial(explorer.preview, upload.path, upload.filename, options, folder)
        return await read_in_turn(request, access.project_id, while_member(request, access, look))


@router.get("/{name}/table")
async def dataset_table(
    name: NameOrId,
    request: Request,
    access: Reader,
    explorer: Explorer,
    version: Version = None,
    series: Annotated[str | None, Query(max_length=200, description="name of the series; default: all")] = None,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000, description="number of rows to skip")] = 0,
    limit: Annotated[int, Query(ge=1, le=500, description="maximum number of rows")] = 50,
) -> TableOut:
    """Return a page of the stored rows of a version."""
    page = partial(explorer.table, access.project_id, name, version, series, offset, limit)
    return await ask_in_turn(request, access.project_id, page)


@router.get("/{name}/profile")
async def dataset_profile(
    name: NameOrId, request: Request, access: Reader, explorer: Explorer, version: Version = None
) -> ProfileOut:
    """Return statistics and histograms of the columns, gaps, and repeated images of a version."""
    return await ask_in_turn(request, access.project_id, partial(explorer.profile, access.project_id, name, version))


@router.get("/{name}/difference")
async def dataset_difference(
    name: NameOrId,
    request: Request,
    access: Reader,
    explorer: Explorer,
    version: Version = None,
    before: Annotated[Number | None, Query(description="version to compare with; default: the previous one")] = None,
) -> DifferenceOut:
    """Return the difference between two versions of a dataset."""
    compare = partial(explorer.difference, access.project_id, name, version, before)
    return await ask_in_turn(request, access.project_id, compare)


def _options(sent: bytes) -> strict_json.JsonObject:
    """Return the options that were sent, after checking them; time and target may be missing."""
    try:
        options = strict_json.parse(sent)
        if not isinstance(options, dict):
            raise ValueError("not an object")
    except ValueError as error:
        place = {"type": "json_invalid", "loc": ("body", "options"), "msg": "not JSON", "ctx": {"error": str(error)}}
        raise RequestValidationError([place]) from error
    images = options.get("kind") == "images"
    check_options(options if images else {"time": "", "target": "", **options})
    return options
