"""Additions to FastAPI's OpenAPI document: the errors of each route, and the shapes that packages register."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from azuraforge.events.routes import caller_of
from azuraforge.package import Package
from azuraforge.people.access import require_person
from azuraforge.people.administration.access import require_administrator
from azuraforge.plugins.routes import signed_in
from azuraforge.projects.access import admin, member, owner, require_access
from azuraforge.projects.named import HEADER, MOST_CHARACTERS
from azuraforge.runs.schemas import RUN_KIND_MARKER, SUMMARY_MARKER, ExternalSummary

MEDIA_TYPE = "application/problem+json"
#: Dependencies that require a session or token, and a project.
PROJECT_ENTRANCES = {require_access, caller_of, signed_in}
#: Dependencies that require a session or token.
ENTRANCES = {*PROJECT_ENTRANCES, require_person}
_SAFE_METHODS = {"get", "head", "options"}
#: Routes that check credentials although they require no session and no token.
_REFUSING = {
    ("post", "/api/v1/sessions"),
    ("post", "/api/v1/invitations/lookup"),
    ("post", "/api/v1/invitations/accept"),
}

_REFERENCE = "#/components/schemas/{model}"

#: Part of an OpenAPI document in the form that FastAPI generates.
Document = dict[str, Any]

#: Header of every route of a project.
_PROJECT_HEADER: Document = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Slug of the project. A browser session must name it, here or in the query parameter `project`;"
    " an API token belongs to one project and needs no name.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS},
}

PROBLEM: Document = {
    "title": "Problem",
    "description": "An error in the format of RFC 9457: what happened, where, and what to do next.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "description": "urn:azuraforge: followed by the code"},
        "title": {"type": "string", "description": "name of the HTTP status"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "the error in one sentence"},
        "code": {"type": "string", "description": "stable error code for programs"},
        "where": {"type": "string", "description": "field, file or row that caused the error"},
        "next_step": {"type": "string", "description": "what to do next"},
        "details": {"type": "object", "additionalProperties": True},
    },
}


def with_registered(document: Document, packages: Sequence[Package]) -> Document:
    """Return the document with the schemas of figures, summaries and events that packages register."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    _add_figures(schemas, {name: shape for package in packages for name, shape in package.figures().items()})
    _add_summaries(schemas, [shape for package in packages for shape in package.summaries()])
    _add_events(schemas, [shape for package in packages for shape in package.events()])
    marked = _marked(document, [name for package in packages for name in _queued_kinds(package)])
    assert isinstance(marked, dict)
    return marked


def _add_events(schemas: Document, shapes: Sequence[type[BaseModel]]) -> None:
    """Add ``Event``, the schema of a stream's lines: a union with the discriminator ``type``.

    ``data`` contains the other fields of the event's shape. Clients must ignore types that they do not know, because
    packages may register more.
    """
    _add(schemas, shapes, "validation")
    for shape in shapes:
        data = _sparse(schemas[shape.__name__])
        kind = data["properties"].pop("type")
        names = kind.get("enum", [kind.get("const")])
        if "type" in data.get("required", ()):
            data["required"].remove("type")
        data.pop("additionalProperties", None)
        schemas[f"{shape.__name__}Event"] = {
            "title": f"{shape.__name__}Event",
            "type": "object",
            "required": ["stream", "seq", "type", "data", "at"],
            "properties": {
                "stream": {"type": "string"},
                "seq": {"type": "integer"},
                "type": {"type": "string", "enum": names},
                "data": {"$ref": _REFERENCE.format(model=shape.__name__)},
                "at": {"type": "string", "format": "date-time"},
            },
        }
    schemas["Event"] = {
        "title": "Event",
        "description": "One line of a stream; `type` determines the schema of `data`.",
        "oneOf": [{"$ref": _REFERENCE.format(model=f"{shape.__name__}Event")} for shape in shapes],
    }


def _add_summaries(schemas: Document, shapes: Sequence[type[BaseModel]]) -> None:
    """Add ``RunSummary``, the union of the summaries of runs, with the discriminator ``kind``."""
    _add(schemas, shapes, "validation")
    for shape in shapes:
        _sparse(schemas[shape.__name__])["required"].append("kind")
    schemas["RunSummary"] = {
        "title": "RunSummary",
        "description": "Summary of a run's result; `kind` is the kind of run.",
        "oneOf": [{"$ref": _REFERENCE.format(model=shape.__name__)} for shape in shapes],
    }


def _sparse(schema: Document) -> Document:
    """Remove defaults from the schema of a shape that is stored without unset fields, and return the schema."""
    required = schema.setdefault("required", [])
    for name, field in schema["properties"].items():
        if name not in required:
            field.pop("default", None)
    return schema


def _queued_kinds(package: Package) -> Iterator[str]:
    """Yield the kinds of runs that a package registers, except external runs, which are never queued."""
    for shape in package.summaries():
        if shape is not ExternalSummary:
            yield shape.model_fields["kind"].default


def _marked(part: object, kinds: Sequence[str]) -> object:
    """Return a part of the document in which marked fields refer to ``RunSummary`` or list the kinds of runs."""
    if isinstance(part, dict):
        if SUMMARY_MARKER in part:
            return {"$ref": _REFERENCE.format(model="RunSummary")}
        if RUN_KIND_MARKER in part:
            others = {name: value for name, value in part.items() if name != RUN_KIND_MARKER}
            return {**others, "type": "string", "enum": [*kinds, *part[RUN_KIND_MARKER]]}
        return {name: _marked(value, kinds) for name, value in part.items()}
    return [_marked(each, kinds) for each in part] if isinstance(part, list) else part


def _add(schemas: Document, shapes: Iterable[type[BaseModel]], mode: JsonSchemaMode) -> None:
    _, found = models_json_schema([(shape, mode) for shape in shapes], ref_template=_REFERENCE)
    for name, schema in found["$defs"].items():
        schemas.setdefault(name, schema)


def _add_figures(schemas: Document, figures: Mapping[str, type[BaseModel]]) -> None:
    """Add the schemas of figures, and ``Figures``, which maps each figure's name to its schema.

    The route of a figure returns any JSON object, because third-party task kinds draw figures of their own.
    """
    _add(schemas, figures.values(), "serialization")
    schemas["Figures"] = {
        "title": "Figures",
        "description": "Schemas of the figures of built-in task kinds, by name.",
        "type": "object",
        "required": sorted(figures),
        "properties": {name: {"$ref": _REFERENCE.format(model=shape.__name__)} for name, shape in figures.items()},
    }


def described(document: Document, routes: dict[tuple[str, str], APIRoute]) -> Document:
    """Return the document with all error statuses that each route can return.

    The statuses follow from the dependencies of a route: authentication that may fail, parameters and bodies that may
    be invalid, names that may not exist, a state that may not allow a change. Errors of a single route are declared in
    its ``responses``.
    """
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            route = routes.get((method, path))
            if route is not None and PROJECT_ENTRANCES & set(calls(route.dependant)):
                operation.setdefault("parameters", []).append(dict(_PROJECT_HEADER))
            responses = operation.setdefault("responses", {})
            for status in sorted(_errors(method, path, operation, route)):
                responses.setdefault(str(status), {})
            for status, answer in responses.items():
                if int(status) >= 400 and (status == "422" or "content" not in answer):
                    answer["description"] = HTTPStatus(int(status)).phrase
                    answer["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return document


def _errors(method: str, path: str, operation: Document, route: APIRoute | None) -> Iterator[int]:
    asked = set(calls(route.dependant)) if route is not None else set()
    yield from (400, 408, 431, 503)
    writes = method not in _SAFE_METHODS
    has_body = "requestBody" in operation
    enters = bool(asked & ENTRANCES)
    if enters or (method, path) in _REFUSING:
        yield 401
        if writes or asked & {member, admin, owner, require_administrator}:
            yield 403
    if operation.get("parameters") or has_body:
        yield 422
        if enters:
            yield 404
    if has_body:
        yield 413
    if writes:
        yield from (409, 507)


def calls(dependant: Dependant) -> Iterator[object]:
    """Yield the route's own function and every function that it depends on."""
    yield dependant.call
    for inner in dependant.dependencies:
        yield from calls(inner)
