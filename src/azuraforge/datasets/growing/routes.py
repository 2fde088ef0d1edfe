"""HTTP routes for adding rows."""

from __future__ import annotations

from functools import partial
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from azuraforge import strict_json
from azuraforge.datasets.growing.service import GrowingDatasets
from azuraforge.datasets.routes import NameOrId, Service
from azuraforge.datasets.schemas import (
    MOST_ROWS,
    AppendOptions,
    AppendOut,
    AppendRows,
    DatasetVersionOut,
    IncumbentOptions,
    IncumbentOut,
    RevisionPolicy,
)
from azuraforge.datasets.uploads import FIELD_BYTES, receive
from azuraforge.errors import InvalidInput
from azuraforge.projects.access import Unit, Writer, while_member
from azuraforge.waiting.turns import read_in_turn, refuse_if_full

router = APIRouter(prefix="/datasets", tags=["datasets"])

ShapeT = TypeVar("ShapeT", bound=BaseModel)
_JSON = "application/json"
_ROWS = {
    "requestBody": {
        "required": True,
        "content": {
            _JSON: {
                "schema": {
                    "type": "object",
                    "required": ["rows"],
                    "properties": {
                        "rows": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": MOST_ROWS,
                            "items": {
                                "type": "object",
                                "additionalProperties": {"type": ["string", "number", "null"]},
                            },
                            "description": "by column: {'time': '2024-05-01T10:00:00Z', 'load': 41.5}",
                        },
                        "options": {"type": "object", "description": "AppendOptions"},
                    },
                }
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "CSV, Parquet or Excel"},
                        "options": {
                            "type": "string",
                            "maxLength": FIELD_BYTES,
                            "description": "AppendOptions as JSON",
                        },
                    },
                }
            },
        },
    }
}


_FORECASTS = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "CSV, Parquet or Excel"},
                        "options": {
                            "type": "string",
                            "maxLength": FIELD_BYTES,
                            "description": "IncumbentOptions as JSON",
                        },
                    },
                }
            }
        },
    }
}


async def growing_datasets(request: Request) -> GrowingDatasets:
    """Return the application's service for growing datasets."""
    service: GrowingDatasets = request.app.state.growing
    return service


Growing = Annotated[GrowingDatasets, Depends(growing_datasets)]


@router.post("/{name}/rows", status_code=201, openapi_extra=_ROWS)
async def append_rows(
    name: NameOrId,
    request: Request,
    response: Response,
    access: Writer,
    datasets: Service,
    growing: Growing,
    unit: Unit,
) -> AppendOut:
    """Add rows, as JSON or as a file, to the newest version. Responds with 200 if all of them exist already."""
    refuse_if_full(request, access.project_id)
    with datasets.inbox() as folder:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() == _JSON:
            body = _parsed(AppendRows, await _body(request, datasets.max_json_bytes), "body")
            add = partial(growing.append_rows, access.project_id, name, body, unit=unit)
        else:
            upload = await receive(request, folder, datasets.max_upload_bytes)
            options = _parsed(AppendOptions, upload.fields.get("options", b"{}"), "body", "options")
            add = partial(
                growing.append_file, access.project_id, name, upload.path, upload.filename, options, unit=unit
            )
        added = await read_in_turn(request, access.project_id, while_member(request, access, add))
    response.status_code = 201 if added.version.created else 200
    return added


@router.post("/{name}/incumbent", status_code=201, openapi_extra=_FORECASTS)
async def add_incumbent(
    name: NameOrId,
    request: Request,
    response: Response,
    access: Writer,
    datasets: Service,
    growing: Growing,
    unit: Unit,
) -> IncumbentOut:
    """Add a file of incumbent forecasts, which models are compared with. Responds with 200 if all exist already."""
    refuse_if_full(request, access.project_id)
    with datasets.inbox() as folder:
        upload = await receive(request, folder, datasets.max_upload_bytes)
        options = _parsed(IncumbentOptions, upload.fields.get("options", b"{}"), "body", "options")
        place = (upload.path, upload.filename)
        add = partial(growing.add_incumbent, access.project_id, name, *place, options, unit=unit)
        added = await read_in_turn(request, access.project_id, while_member(request, access, add))
    response.status_code = 201 if added.version.created else 200
    return added


@router.post("/{name}/revisions")
def set_revisions(
    name: NameOrId, body: RevisionPolicy, access: Writer, growing: Growing, unit: Unit
) -> DatasetVersionOut:
    """Set the policy for rows that change stored ones: refuse them, or accept them as revisions."""
    return growing.set_revisions(access.project_id, name, body, unit=unit)


async def _body(request: Request, most: int) -> bytes:
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > most:
            raise InvalidInput(
                "the rows are larger than {most} MiB",
                where="body",
                next_step="send a file, or fewer rows at once",
                code="too_large",
                most=most // 2**20,
            )
    return bytes(received)


def _parsed(shape: type[ShapeT], sent: bytes, *where: str) -> ShapeT:
    try:
        return shape.model_validate(strict_json.parse(sent))
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        raise RequestValidationError([{**item, "loc": (*where, *item["loc"])} for item in found]) from error
    except ValueError as error:
        place = {"type": "json_invalid", "loc": where, "msg": "not JSON", "ctx": {"error": str(error)}}
        raise RequestValidationError([place]) from error
