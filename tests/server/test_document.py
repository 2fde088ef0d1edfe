"""The API's document bounds what a request may carry, and declares every error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from azuraforge.server.application import create_api
from tests.api_document import api_document

DOCUMENT = api_document()
OPERATIONS = [(method, path, each) for path, found in DOCUMENT["paths"].items() for method, each in found.items()]


def schemas(schema: dict[str, Any], where: str, seen: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A schema and all schemas inside it, each named one once."""
    if "$ref" in schema:
        where = schema["$ref"].rpartition("/")[2]
        if where in seen:
            return
        seen.add(where)
        schema = DOCUMENT["components"]["schemas"][where]
    yield where, schema
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for each in schema.get(key, ()):
            yield from schemas(each, where, seen)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from schemas(schema[key], f"{where} {key}", seen)
    for name, each in schema.get("properties", {}).items():
        yield from schemas(each, f"{where}.{name}", seen)


def sent() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of something that a request carries."""
    seen: set[str] = set()
    for method, path, operation in OPERATIONS:
        for parameter in operation.get("parameters", []):
            yield from schemas(parameter["schema"], f"{method} {path} {parameter['name']}", seen)
        for content in operation.get("requestBody", {}).get("content", {}).values():
            yield from schemas(content["schema"], f"{method} {path} body", seen)


def bounded(schema: dict[str, Any]) -> bool:
    if "enum" in schema or "const" in schema:
        return True
    kind = schema.get("type")
    if kind == "integer":
        return bool({"minimum", "exclusiveMinimum"} & set(schema) and {"maximum", "exclusiveMaximum"} & set(schema))
    if kind == "string":  # the size of a file is a setting
        return "maxLength" in schema or schema.get("format") == "binary"
    return kind != "array" or "maxItems" in schema or "prefixItems" in schema


def test_every_integer_text_and_list_of_a_request_is_bounded():
    found = list(sent())
    assert len(found) > 200
    assert [where for where, schema in found if not bounded(schema)] == []


@pytest.mark.parametrize("schema", [{"type": "integer", "minimum": 1}, {"type": "string"}, {"type": "array"}])
def test_the_walk_notices_what_is_not_bounded(schema):
    assert not bounded(schema)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=lambda each: str(each)[:60])
def test_every_operation_declares_its_errors_as_problems(method, path, operation):
    errors = {int(status): answer for status, answer in operation["responses"].items() if int(status) >= 400}
    expected = {400, 408, 431, 503}
    if path not in ("/healthz", "/readyz"):
        expected |= {401}
    if method != "get":
        expected |= {403, 409, 422, 507}
    if "requestBody" in operation:
        expected |= {413}
    assert expected - {422} <= set(errors)
    for status, answer in errors.items():
        if (path, status) != ("/readyz", 503):
            assert list(answer["content"]) == ["application/problem+json"], status


def test_a_route_that_needs_a_role_declares_403():
    assert "403" in DOCUMENT["paths"]["/api/v1/tokens"]["get"]["responses"]
    assert "403" not in DOCUMENT["paths"]["/api/v1/runs"]["get"]["responses"]


def _answer(operation):
    content = operation["responses"].get("200", {}).get("content", {}).get("application/json")
    schema = content["schema"] if content else {}
    return DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def test_every_list_answers_a_page_and_takes_a_limit_and_a_cursor():
    answers = {path: _answer(operation) for method, path, operation in OPERATIONS if method == "get"}
    assert [path for path, answer in answers.items() if answer.get("type") == "array"] == []
    pages = [path for path, answer in answers.items() if "items" in answer.get("properties", {})]
    assert len(pages) >= 15
    for path in pages:
        assert "next" in answers[path]["required"], path
        taken = {each["name"] for each in DOCUMENT["paths"][path]["get"]["parameters"]}
        assert {"limit", "after"} <= taken, path


def test_the_steps_of_automations_name_the_registered_kinds_of_runs():
    shapes = DOCUMENT["components"]["schemas"]
    queued, every = (set(shapes[name]["properties"]["do"]["enum"]) for name in ("RunStep", "StepOut"))
    assert queued == {"refresh", "forecast", "train", "trial", "agent", "predict", "collect", "learn"}
    assert every == queued | {"study", "notify", "promote", "roll_back"}


def test_the_document_can_be_asked_for_again():
    api = create_api()
    assert api.openapi() == api.openapi()
