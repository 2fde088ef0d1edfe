"""HTTP routes of datasets."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import JsonValue, ValidationError

from azuraforge import strict_json
from azuraforge.bounds import Name, Number
from azuraforge.database.short_ids import ShortId
from azuraforge.datasets.kinds import KINDS
from azuraforge.datasets.schemas import (
    AvailabilityRequest,
    DatasetPage,
    DatasetVersionOut,
    DatasetVersionPage,
    FileOptions,
    FromSource,
    ImageOptions,
    ImagesOut,
    RowsOut,
)
from azuraforge.datasets.service import DatasetService
from azuraforge.datasets.tables import Dataset
from azuraforge.datasets.uploads import FIELD_BYTES, receive
from azuraforge.paging import PAGE, After, Limit
from azuraforge.projects.access import Reader, Unit, Writer, while_member
from azuraforge.projects.short_ids import complete, path_id
from azuraforge.waiting.turns import ask_in_turn, read_in_turn, refuse_if_full

router = APIRouter(prefix="/datasets", tags=["datasets"])

_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "options"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "a table, or images"},
                        "options": {
                            "type": "string",
                            "maxLength": FIELD_BYTES,
                            "description": "FileOptions or ImageOptions as JSON",
                        },
                    },
                }
            }
        },
    }
}


async def dataset_service(request: Request) -> DatasetService:
    """Return the application's dataset service."""
    service: DatasetService = request.app.state.datasets
    return service


Service = Annotated[DatasetService, Depends(dataset_service)]
_SHORT = ShortId("dataset", Dataset.id, Dataset.name)
#: A dataset's name, or its id, which may be abbreviated.
NameOrId = Annotated[str, Depends(path_id("name", _SHORT))]
Version = Annotated[Number | None, Query(description="version of the dataset; default: the newest")]


@router.get("")
async def list_datasets(
    access: Reader,
    service: Service,
    trash: Annotated[bool, Query(description="whether to list deleted datasets instead of existing ones")] = False,
    limit: Limit = PAGE,
    after: After = None,
) -> DatasetPage:
    """List datasets with their newest versions, sorted by name."""
    return await service.lookup.list(access.project_id, trash=trash, limit=limit, after=after)


@router.post("", status_code=201, openapi_extra=_FORM)
async def add_dataset(
    request: Request, response: Response, access: Writer, service: Service, unit: Unit
) -> DatasetVersionOut:
    """Add a file. Responds with 200 and the existing version if the same content exists under the same name."""
    refuse_if_full(request, access.project_id)
    with service.inbox() as folder:
        upload = await receive(request, folder, service.max_upload_bytes)
        options = _options(upload.fields.get("options", b"{}"))
        add = partial(service.add_file, access.project_id, upload.path, upload.filename, options, unit=unit)
        added = await read_in_turn(request, access.project_id, while_member(request, access, add))
    response.status_code = 201 if added.created else 200
    return added


@router.post("/from-source", status_code=201)
async def add_from_source(
    body: FromSource, request: Request, response: Response, access: Writer, service: Service, unit: Unit
) -> DatasetVersionOut:
    """Create a dataset, or its next version, from a source plugin.

    Responds with 200 and the existing version if the same content exists under the same name.
    """
    add = partial(service.add_from_source, access.project_id, body, by=access.person_name, unit=unit)
    added = await read_in_turn(request, access.project_id, while_member(request, access, add))
    response.status_code = 201 if added.created else 200
    return added


@router.get("/{name}")
async def get_dataset(
    request: Request, name: Name, access: Reader, service: Service, version: Version = None
) -> DatasetVersionOut:
    """Return one version, by the dataset's name or id, even if it is in the trash."""
    found = await service.lookup.find(access.project_id, name) if version is None else None
    if found is None:
        name = await complete(request, access, _SHORT, name)  # after the exact lookup, since this read is frequent
        found = await service.lookup.get(access.project_id, name, version)
    return found


@router.delete("/{name}", status_code=204)
def delete_dataset(name: NameOrId, access: Writer, service: Service) -> None:
    """Move a dataset with all its versions into the trash."""
    service.trash.delete(access.project_id, name, None, access.person_name)


@router.post("/{name}/restore")
def restore_dataset(name: NameOrId, access: Writer, service: Service, unit: Unit) -> DatasetVersionOut:
    """Restore a dataset from the trash, by its id or its former name."""
    return service.get(access.project_id, service.trash.restore(access.project_id, name, None, unit=unit).id).out()


@router.get("/{name}/versions")
async def list_dataset_versions(
    name: NameOrId, access: Reader, service: Service, limit: Limit = PAGE, after: After = None
) -> DatasetVersionPage:
    """List a dataset's versions, newest first."""
    return await service.lookup.versions(access.project_id, name, limit=limit, after=after)


@router.delete("/{name}/versions/{version}", status_code=204)
def delete_dataset_version(name: NameOrId, version: Number, access: Writer, service: Service) -> None:
    """Move one version into the trash."""
    service.trash.delete(access.project_id, name, version, access.person_name)


@router.post("/{name}/versions/{version}/restore")
def restore_dataset_version(
    name: NameOrId, version: Number, access: Writer, service: Service, unit: Unit
) -> DatasetVersionOut:
    """Restore one version from the trash."""
    restored = service.trash.restore(access.project_id, name, version, unit=unit)
    return service.get(access.project_id, restored.id, version).out()


@router.post("/{name}/available-after", status_code=201)
async def state_availability(
    name: NameOrId,
    body: AvailabilityRequest,
    request: Request,
    response: Response,
    access: Writer,
    service: Service,
    unit: Unit,
) -> DatasetVersionOut:
    """Set when columns become known, in a new version with the same rows. Responds with 200 if it exists already."""
    state = partial(service.state_availability, access.project_id, name, body, unit=unit)
    stated = await read_in_turn(request, access.project_id, while_member(request, access, state))
    response.status_code = 201 if stated.created else 200
    return stated


@router.get("/{name}/rows")
async def dataset_rows(
    name: NameOrId,
    request: Request,
    access: Reader,
    service: Service,
    version: Version = None,
    max_points: Annotated[int, Query(ge=2, le=10_000, description="maximum number of rows to return")] = 1000,
    series: Annotated[
        str | None, Query(max_length=200, description="name of the series; default: the first one")
    ] = None,
    last: Annotated[
        int | None, Query(ge=1, le=10_000, description="number of newest rows to return; default: all rows")
    ] = None,
) -> RowsOut:
    """Return the target over time, reduced for a chart; if the dataset has several series, return one."""
    rows = partial(service.rows, access.project_id, name, version, max_points, series, last)
    return await ask_in_turn(request, access.project_id, rows)


@router.get("/{name}/images")
async def dataset_images(
    name: NameOrId,
    request: Request,
    access: Reader,
    service: Service,
    version: Version = None,
    per_class: Annotated[int, Query(ge=1, le=24, description="maximum number of sample images per class")] = 8,
) -> ImagesOut:
    """Return the classes of an image dataset with their counts and a sample of their images."""
    images = partial(service.images, access.project_id, name, version, per_class)
    return await ask_in_turn(request, access.project_id, images)


def _options(sent: bytes) -> FileOptions | ImageOptions:
    try:
        options = strict_json.parse(sent)
    except ValueError as error:
        place = {"type": "json_invalid", "loc": ("body", "options"), "msg": "not JSON", "ctx": {"error": str(error)}}
        raise RequestValidationError([place]) from error
    return check_options(options)


def check_options(options: JsonValue) -> FileOptions | ImageOptions:
    """Return the options of an upload, of the class of their kind. Raises RequestValidationError if one is invalid."""
    named = str(options.get("kind")) if isinstance(options, dict) else ""
    shape = KINDS[named].Options if named in KINDS else FileOptions
    try:
        return shape.model_validate(options)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        raise RequestValidationError([{**item, "loc": ("body", "options", *item["loc"])} for item in found]) from error
