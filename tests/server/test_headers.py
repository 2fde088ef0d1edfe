"""Headers that protect browsers, and responses with secrets that no cache may store."""

from __future__ import annotations

import inspect
import json
import re

import anyio
import httpx
import pytest
from fastapi.routing import APIRoute
from starlette.responses import PlainTextResponse

from azuraforge.server import guards
from azuraforge.server.openapi import document
from azuraforge.server.packages import PACKAGES
from azuraforge.settings import ServerSettings

#: Names of fields whose value is a secret, or a link that contains one.
SECRET_FIELDS = {"token", "secret", "url", "link", "password", "invitation"}
#: Schemas with such a field whose value is no secret.
NO_SECRET: set[str] = set()


def headers_of(**options: bool) -> httpx.Headers:
    guarded = guards.BodyGuard(PlainTextResponse("x"), ServerSettings(), re.compile("x"), **options)

    async def ask() -> httpx.Headers:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(guarded), base_url="http://x") as client:
            return (await client.get("/")).headers

    return anyio.run(ask)


def test_browsers_are_bound_to_https_only_where_they_use_it() -> None:
    assert "strict-transport-security" not in headers_of()
    value = headers_of(secure=True)["strict-transport-security"]
    assert int(re.fullmatch(r"max-age=(\d+)", value)[1]) >= 86_400 * 180  # type: ignore[index]


def test_pages_connect_to_the_platform_only() -> None:
    policy = dict(each.strip().split(" ", 1) for each in headers_of()["content-security-policy"].split(";"))
    assert policy["connect-src"] == "'self'"
    assert policy["default-src"] == "'self'"
    assert "script-src" not in policy, "scripts fall back to default-src, without inline ones"


def responses_with_secrets() -> list[tuple[str, str]]:
    """POST, PUT and PATCH routes whose successful response has a field that may contain a secret."""
    described = json.loads(document())
    schemas = described["components"]["schemas"]
    found = []
    for path, methods in described["paths"].items():
        for method in {"post", "put", "patch"} & methods.keys():
            for status, answer in methods[method]["responses"].items():
                content = answer.get("content", {}).get("application/json", {}).get("schema", {})
                name = content.get("$ref", "").rpartition("/")[2]
                fields = schemas.get(name, {}).get("properties", {})
                if status.startswith("2") and SECRET_FIELDS & fields.keys() and name not in NO_SECRET:
                    found.append((method, path))
    return found


def test_the_known_ones_are_found() -> None:
    assert {("post", "/api/v1/tokens"), ("post", "/api/v1/access-tokens"), ("post", "/api/v1/links")} <= set(
        responses_with_secrets()
    )


@pytest.mark.parametrize(("method", "path"), sorted(responses_with_secrets()))
def test_a_response_with_a_secret_is_marked_in_its_route(method: str, path: str) -> None:
    routers = [router for package in PACKAGES for router in (*package.hot_routers(), *package.routers())]
    (route,) = [
        route
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute) and f"/api/v1{route.path}" == path and method.upper() in route.methods
    ]
    source = inspect.getsource(inspect.unwrap(route.endpoint))
    assert "no-store" in source or "_SECRET" in source, (
        f"{method} {path} returns a secret without Cache-Control: no-store"
    )
