"""The application is put together without changing the packages."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.routing import Match

from azuraforge.runs.routes import router
from azuraforge.server.application import create_api


def test_a_packages_router_stays_usable_in_other_applications():
    create_api()
    other = FastAPI()
    other.include_router(router)
    scope = {"type": "http", "method": "GET", "path": "/runs", "headers": [], "app": other}
    assert any(route.matches(dict(scope))[0] == Match.FULL for route in other.router.routes)


def test_a_package_answers_for_its_own_nouns_only():
    api = create_api()
    for path, found in (("/api/v1/runs", True), ("/api/v1/models", True), ("/api/v1/nothing", False)):
        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "app": api}
        matches = [route.matches(dict(scope))[0] for route in api.router.routes]
        assert (Match.FULL in matches[:-1]) == found, path
