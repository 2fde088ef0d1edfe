"""Each request names its project: every route either checks the name, or concerns only the person."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from azuraforge.database import Database
from azuraforge.people.access import require_person
from azuraforge.people.address import Address
from azuraforge.projects.schemas import TokenRequest
from azuraforge.projects.service import ProjectService
from azuraforge.server.application import create_api
from azuraforge.server.documented import PROJECT_ENTRANCES, calls
from azuraforge.server.packages import PACKAGES
from azuraforge.settings import ServerSettings

URL = "http://127.0.0.1:8787"
#: Routes that need no secret; of these, signing in and the recipients of invitations are a package's.
PUBLIC = {("POST", "/sessions"), ("POST", "/invitations/lookup"), ("POST", "/invitations/accept")}
#: Routes of the person, which concern no project.
PERSONS = {
    ("GET", "/sessions"),
    ("DELETE", "/sessions"),
    ("DELETE", "/sessions/{session_id}"),
    ("GET", "/sessions/current"),
    ("DELETE", "/sessions/current"),
    ("POST", "/links"),
    ("GET", "/people/me"),
    ("PATCH", "/people/me"),
    ("PUT", "/people/me/password"),
    ("GET", "/projects"),
    ("POST", "/projects"),
    ("GET", "/projects/deleted"),
    ("POST", "/projects/{slug}/restore"),
    ("DELETE", "/projects/{slug}/purge"),
    ("GET", "/platform/people"),
    ("POST", "/platform/people"),
    ("PATCH", "/platform/people/{person_id}"),
    ("POST", "/platform/people/{person_id}/link"),
    ("GET", "/platform/projects"),
    ("PUT", "/platform/projects/{slug}/quota"),
    ("GET", "/platform/settings"),
}


def routes() -> list[tuple[str, APIRoute]]:
    routers = [router for package in PACKAGES for router in (*package.hot_routers(), *package.routers())]
    found = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    return [(method, route) for route in found for method in sorted(route.methods)]


def kinds(route: APIRoute) -> set[str]:
    asked = set(calls(route.dependant))
    return {
        *(["project"] if asked & PROJECT_ENTRANCES else []),
        *(["person"] if require_person in asked else []),
    }


def test_every_route_belongs_to_a_project_or_to_the_person():
    found = {(method, route.path): kinds(route) for method, route in routes()}
    assert len(found) > 100
    persons = {place for place, kind in found.items() if kind == {"person"}}
    assert persons == PERSONS
    assert {place for place, kind in found.items() if kind == set()} == PUBLIC
    assert {place for place, kind in found.items() if len(kind) > 1} == set()


@dataclass
class Secrets:
    """One secret of each kind, all of the owner of the project ``default``."""

    session: str
    token: str
    local: str


@pytest.fixture
def projects(database: Database) -> ProjectService:
    return ProjectService(database)


@pytest.fixture
def secrets(projects: ProjectService) -> Secrets:
    place = projects.ensure_default()
    session, _ = projects.people.sign_in(projects.owner_link(place, URL).url.split("#link=")[1])
    local = projects.local_token(place)
    token = projects.create_token(projects.authenticate(local), TokenRequest(name="n", role="owner")).token
    return Secrets(session, token, local)


@pytest.fixture
def api(projects: ProjectService) -> FastAPI:
    """Every route; services other than projects are absent, so that a request that reaches one is a 500."""
    app = create_api()
    app.state.projects, app.state.people = projects, projects.people
    app.state.accounts = app.state.people_administration = None  # only links for other people use them
    app.state.address = Address.of(ServerSettings(), URL)
    app.state.settings = SimpleNamespace(server=ServerSettings())
    return app


Asked = tuple[str, str, dict[str, Any]]


def ask(app: FastAPI, secret: str, asked: Iterable[Asked]) -> list[httpx.Response]:
    async def all_() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {"authorization": f"Bearer {secret}"}
        async with httpx.AsyncClient(transport=transport, base_url=URL, headers=headers, verify=False) as client:
            return [await client.request(method, f"/api/v1{path}", **options) for method, path, options in asked]

    return asyncio.run(all_())


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "") if answer.content else ""


#: Options of a request, and what it gets for each kind of secret; "" is any other answer.
BY_HEADER = {"headers": {"AzuraForge-Project": "default"}}
CASES: dict[str, list[tuple[dict[str, Any], str]]] = {
    "session": [
        ({}, "project_required"),
        ({"headers": {"AzuraForge-Project": ""}}, "project_required"),
        (BY_HEADER, ""),
        ({"params": {"project": "default"}}, ""),
        ({**BY_HEADER, "params": {"project": "default"}}, ""),
        ({**BY_HEADER, "params": {"project": "other"}}, "project_conflict"),
        ({"headers": {"AzuraForge-Project": "elsewhere"}}, "not_found"),
        ({"params": {"project": "elsewhere"}}, "not_found"),
    ],
    "token": [
        ({}, ""),
        (BY_HEADER, ""),
        ({"headers": {"AzuraForge-Project": "elsewhere"}}, "project_conflict"),
        ({"params": {"project": "elsewhere"}}, "project_conflict"),
    ],
    "local": [({}, ""), (BY_HEADER, ""), ({"params": {"project": "elsewhere"}}, "not_found")],
}
STATUSES = {"project_required": 422, "project_conflict": 422, "not_found": 404}


@pytest.mark.parametrize("kind", CASES)
def test_a_request_is_of_the_project_that_it_names_or_refused(api, secrets, kind):
    answers = ask(api, getattr(secrets, kind), [("GET", "/projects/current", options) for options, _ in CASES[kind]])
    for answer, (options, refused) in zip(answers, CASES[kind], strict=True):
        if refused:
            assert code(answer) == (STATUSES[refused], refused), options
            assert answer.json()["next_step"]
        else:
            assert answer.json() == {
                "slug": "default",
                "name": "Default",
                "role": "owner",
                "archived": False,
                "max_upload_bytes": ServerSettings().max_body_bytes,
                "person": "owner",
            }


def test_every_route_of_a_project_checks_the_name(api, secrets):
    named = {"headers": {"AzuraForge-Project": "elsewhere"}}
    places = [
        (method, re.sub(r"{(version|number)}", "1", route.path).replace("{", "").replace("}", ""))
        for method, route in routes()
        if kinds(route) == {"project"}
    ]
    for secret, options, refused in (
        (secrets.session, {}, "project_required"),
        (secrets.session, named, "not_found"),
        (secrets.token, named, "project_conflict"),
    ):
        answers = ask(api, secret, [(*place, options) for place in places])
        wrong = {place: code(each) for place, each in zip(places, answers, strict=True) if code(each)[1] != refused}
        assert wrong == {}
    texts = {each.json()["detail"] for each in ask(api, secrets.session, [(*place, named) for place in places])}
    assert texts == {"project 'elsewhere' does not exist, or you are not one of its members"}


def test_the_routes_of_the_person_need_no_project(api, secrets):
    session, listed, link, out = ask(
        api,
        secrets.session,
        [
            ("GET", "/sessions/current", {}),
            ("GET", "/projects", {}),
            ("POST", "/links", {"json": {}}),
            ("DELETE", "/sessions/current", {}),
        ],
    )
    assert session.json()["person"] == "owner"
    only = {"slug": "default", "name": "Default", "role": "owner", "archived": False}
    assert listed.json() == {"items": [only], "next": None}
    assert "/sign-in#link=" in link.json()["url"]
    assert out.status_code == 204
    assert ask(api, secrets.session, [("GET", "/sessions/current", {})])[0].status_code == 401


def test_a_link_is_made_once_per_key_although_it_names_no_project(api, secrets):
    asked = ("POST", "/links", {"json": {}, "headers": {"Idempotency-Key": "one"}})
    first, again = ask(api, secrets.session, [asked, asked])
    assert first.status_code == 201
    assert code(again) == (409, "shown_once")


def test_an_unknown_project_without_a_secret_is_a_401(api):
    answers = ask(api, "", [("GET", "/runs", {"headers": {"AzuraForge-Project": each}}) for each in ("default", "x")])
    assert [code(each) for each in answers] == [(401, "unauthorized")] * 2
