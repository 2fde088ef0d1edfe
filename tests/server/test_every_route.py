"""Checks made from the API's own document, so that a new route cannot be forgotten."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from azuraforge.server.openapi import document
from tests.api_document import STORED, api_document

PUBLIC = {
    ("post", "/api/v1/invitations/lookup"),
    ("post", "/api/v1/invitations/accept"),
    ("post", "/api/v1/sessions"),
    ("get", "/healthz"),
    ("get", "/readyz"),
}

#: Bodies of routes that require one.
BODIES = {
    ("patch", "/api/v1/members/{person_id}"): b'{"role": "viewer"}',
    ("patch", "/api/v1/platform/people/{person_id}"): b"{}",
    ("put", "/api/v1/platform/projects/{slug}/quota"): b"{}",
}
#: Makes what is not there.
MAKING = ("put", "/api/v1/secrets/{name}")


def routes() -> list[tuple[str, str]]:
    return [
        (method, path)
        for path, methods in api_document()["paths"].items()
        for method in methods
        if (method, path) not in PUBLIC
    ]


def call(url: str, method: str, token: str | None = None, body: bytes | None = None) -> tuple[int, dict]:
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, method=method.upper(), headers=headers, data=body)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, {}
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or b"{}")


@pytest.mark.parametrize(("method", "path"), routes())
def test_no_route_answers_without_a_secret(platform, method, path):
    filled = path.replace("{", "").replace("}", "")
    status, problem = call(platform.url + filled, method)
    assert status == 401
    assert problem["code"] == "unauthorized"
    assert "azuraforge link" in problem["next_step"]


@pytest.mark.parametrize(
    ("method", "path"), [route for route in routes() if "{" in route[1] and route[0] != "post" and route != MAKING]
)
def test_an_id_that_is_not_there_is_a_404_with_a_sentence(platform, method, path):
    filled = path.replace("{version}", "1").replace("{", "no").replace("}", "")
    status, problem = call(platform.url + filled, method, platform.token, BODIES.get((method, path)))
    assert status == 404, problem
    assert problem["detail"]


def test_the_document_in_the_dashboard_is_the_one_of_the_routes():
    assert STORED.read_text() == document(), "run `make openapi`"


def test_bodies_that_cannot_be_read_are_refused_in_one_sentence(platform):
    url = f"{platform.url}/api/v1/runs"
    for body, status in (
        (b"{", 422),
        (b"[" * 10_000, 400),
        (b'{"kind": "train", "colour": 1}', 422),
        (b'{"kind": "nonsense"}', 422),
        (b'{"kind": "train", "\\ud800": 1}', 422),
    ):
        answered, problem = call(url, "post", platform.token, body)
        assert answered in (status, 400, 422), (body[:20], answered)
        assert problem["detail"]
        assert "Traceback" not in json.dumps(problem)


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(make_platform):
    small = make_platform(AZURAFORGE_SERVER__MAX_JSON_BYTES="20000").start()
    status, problem = call(f"{small.url}/api/v1/runs", "post", small.token, b"x" * 30_000)
    assert status == 413
    assert "MAX_JSON_BYTES" in problem["next_step"]
