"""A member who was demoted or removed: old tokens, sessions and open streams follow the membership."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.requests import HTTPConnection
from sqlalchemy import text

from azuraforge.database import Database, row_security
from azuraforge.errors import Conflict, Forbidden, TransientError, Unauthorized
from azuraforge.events.routes import _while_allowed
from azuraforge.events.service import EventLog
from azuraforge.people import callers as people_callers
from azuraforge.people import service as people_service
from azuraforge.people.address import Address
from azuraforge.people.callers import CACHE_SECONDS
from azuraforge.projects import callers, service
from azuraforge.projects.callers import ROLES
from azuraforge.projects.schemas import TokenRequest
from azuraforge.projects.service import ProjectService
from azuraforge.server.application import create_api
from azuraforge.server.packages import PACKAGES
from azuraforge.server.requirements import requirements
from azuraforge.settings import ServerSettings
from tests.api_document import api_document
from tests.events.ticking import Happened

Change = Callable[[str], None]
URL = "http://127.0.0.1:8787"


@dataclass
class Clock:
    """The monotonic clock of ``projects.service`` alone."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    for module in (callers, service, people_callers, people_service):
        monkeypatch.setattr(module, "time", made)
    return made


@pytest.fixture
def projects(database: Database, clock: Clock) -> ProjectService:
    return ProjectService(database)


@pytest.fixture
def place(projects: ProjectService) -> str:
    return projects.ensure_default()


@pytest.fixture
def token(projects: ProjectService, place: str) -> str:
    """An API token with the role of the owner who made it."""
    owner = projects.authenticate(projects.local_token(place))
    return projects.create_token(owner, TokenRequest(name="notebook", role="owner")).token


@pytest.fixture
def administer(database: Database, dialect: str, request: pytest.FixtureRequest) -> Change:
    """Executes SQL as an administrator of the database: no route changes a membership yet."""

    def execute(statement: str) -> None:
        made = database
        if dialect == "postgresql":
            made = Database(request.getfixturevalue("postgres").owner_url)
        with made.engine.begin() as connection:
            if dialect == "postgresql":
                row_security.see_all(connection)
            connection.execute(text(statement))
        if made is not database:
            made.close()

    return execute


@pytest.fixture
def demote(administer: Change) -> Change:
    return lambda role: administer(f"UPDATE member SET role = '{role}' WHERE project_id <> ''")


@pytest.fixture
def remove(administer: Change) -> Callable[[], None]:
    def everything() -> None:
        administer("DELETE FROM token WHERE project_id <> ''")
        administer("DELETE FROM member WHERE project_id <> ''")

    return everything


@pytest.fixture
def api(projects: ProjectService, database: Database) -> FastAPI:
    """Every route, with real sign-in; services other than projects and events are absent: reaching one is a 500."""
    app = create_api()
    app.state.projects, app.state.people, app.state.events = projects, projects.people, EventLog(database)
    app.state.address = Address.of(ServerSettings(), URL)
    app.state.settings = SimpleNamespace(server=ServerSettings())
    return app


async def send(app: FastAPI, method: str, path: str, token: str, **options: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {token}", **options.pop("headers", {})}
    async with httpx.AsyncClient(transport=transport, base_url=URL, headers=headers, verify=False) as client:
        return await client.request(method, path, **options)


def ask(app: FastAPI, method: str, path: str, token: str, **options: Any) -> httpx.Response:
    return asyncio.run(send(app, method, path, token, **options))


async def statuses(app: FastAPI, routes: list[tuple[str, str]], token: str) -> dict[tuple[str, str], int]:
    answered = {}
    for method, path in routes:
        filled = re.sub(r"{(version|number)}", "1", path).replace("{", "").replace("}", "")
        answered[method, path] = (await send(app, method.upper(), filled, token)).status_code
    return answered


def test_an_old_token_creates_no_admin_token_after_its_member_was_demoted(api, token, demote):
    demote("viewer")
    refused = ask(api, "POST", "/api/v1/tokens", token, json={"name": "mine", "role": "admin"})
    assert refused.status_code == 403, refused.text
    assert refused.json()["detail"] == "this requires the role admin, but yours is viewer"
    assert ask(api, "GET", "/api/v1/projects/current", token).json()["role"] == "viewer"


def test_the_role_of_a_request_is_the_lower_of_the_token_s_and_the_membership_s(projects, place, token, demote, clock):
    owner = projects.authenticate(token)
    made = {each: projects.create_token(owner, TokenRequest(name=each, role=each)) for each in ROLES}
    for role in ROLES:
        demote(role)
        clock.now += CACHE_SECONDS
        lower = {name: min(name, role, key=ROLES.index) for name in ROLES}
        assert {name: projects.authenticate(each.token).role for name, each in made.items()} == lower
        assert {each.name: each.role for each in projects.tokens(place).items if each.name in made} == lower


class Services:
    """The part of the services that receives a file; using it is a fault."""

    max_upload_bytes = 1 << 20

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def inbox(self) -> Iterator[Path]:
        yield self._folder

    def refuse(self, *_given: Any) -> None:
        raise AssertionError("done for a member who was demoted")

    add_file = bring_in = predict_image = refuse

    @property
    def bundles(self) -> Services:
        return self


@pytest.mark.parametrize("path", ["datasets", "models/import", "models/load/predict-image"])
@pytest.mark.sqlite_only
def test_an_upload_that_lasts_longer_than_its_sender_s_role_is_refused(api, token, demote, clock, tmp_path, path):
    api.state.datasets = api.state.models = Services(tmp_path)
    options = b'--B\r\nContent-Disposition: form-data; name="options"\r\n\r\n{"time": "t", "target": "y"}\r\n'
    part = b'--B\r\nContent-Disposition: form-data; name="%s"; filename="a"\r\n\r\ndata\r\n--B--\r\n'

    async def body() -> AsyncIterator[bytes]:
        form = options + part % (b"image" if "image" in path else b"file")
        yield form[:-20]
        demote("viewer")
        clock.now += CACHE_SECONDS
        yield form[-20:]

    headers = {"content-type": "multipart/form-data; boundary=B"}
    assert ask(api, "GET", "/api/v1/projects/current", token).status_code == 200  # the role is remembered from now on
    assert ask(api, "POST", f"/api/v1/{path}", token, content=body(), headers=headers).status_code == 403


def test_a_cached_role_ends_within_a_minute_in_every_process(database, projects, token, demote, clock):
    other = ProjectService(database)  # another API process: a cache of its own
    clock.now += 30
    for each in (projects, other):
        assert each.authenticate(token).role == "owner"
    demote("viewer")
    clock.now += CACHE_SECONDS
    for each in (projects, other):
        assert each.remembered(token) is None
        assert each.authenticate(token).role == "viewer"
    assert CACHE_SECONDS <= 60


@pytest.mark.sqlite_only
def test_the_minute_begins_before_the_database_is_read(projects, token, demote, clock, monkeypatch):
    read = projects._database.read

    def slow_read(project_id: str):
        clock.now += 10
        return read(project_id)

    monkeypatch.setattr(projects._database, "read", slow_read)
    projects.authenticate(token)
    clock.now += CACHE_SECONDS - 10
    assert projects.remembered(token) is None


@pytest.mark.sqlite_only
def test_a_promotion_gives_an_old_token_no_more_than_it_was_made_with(projects, place, token, demote):
    viewer = projects.create_token(projects.authenticate(token), TokenRequest(name="reader", role="viewer"))
    demote("owner")
    assert projects.authenticate(viewer.token).role == "viewer"


@pytest.mark.sqlite_only
def test_sessions_and_sign_in_links_follow_the_membership(projects, place, demote, clock):
    early, late = (projects.owner_link(place, "http://x").url.split("#link=")[1] for _ in range(2))
    secret, _ = projects.people.sign_in(early)
    assert projects.authenticate(secret, "default").role == "owner"
    demote("member")
    clock.now += CACHE_SECONDS
    assert projects.authenticate(secret, "default").role == "member"
    assert projects.authenticate(projects.people.sign_in(late)[0], "default").role == "member"


def test_a_removed_member_is_not_authenticated(api, projects, token, remove, clock):
    projects.authenticate(token)
    remove()
    clock.now += CACHE_SECONDS
    with pytest.raises(Unauthorized):
        projects.authenticate(token)
    for path in ("projects", "projects/current", "sessions/current"):
        assert ask(api, "GET", f"/api/v1/{path}", token).status_code == 401


@pytest.mark.sqlite_only
def test_the_command_line_s_token_belongs_to_an_owner_or_is_not_made(projects, place, demote, clock):
    local = projects.local_token(place)
    demote("admin")
    assert projects.authenticate(local).role == "admin"
    for attempt in (lambda: projects.local_token(place), lambda: projects.owner_link(place, "http://x")):
        with pytest.raises(Conflict, match="has no owner") as refused:
            attempt()
        assert "set one member's role to 'owner'" in refused.value.next_step


#: Routes other than GET that a viewer may use, and why.
FOR_VIEWERS = {
    ("post", "/api/v1/access-tokens"): "it answers with a token of the caller's own role, for 15 minutes",
    ("delete", "/api/v1/members/{person_id}"): "a viewer may leave; the service refuses to remove others",
    ("post", "/api/v1/schedules/times"): "it computes times and stores nothing",
    ("post", "/api/v1/automations/dry-run"): "it looks at what a viewer may read and stores nothing",
}
#: Routes that concern no project, which is what a role is about.
OF_NO_PROJECT = {
    (each.method.lower(), f"/api/v1{each.path}")
    for each in requirements(PACKAGES)
    if each.required in ("nobody", "person", "administrator")
}


@pytest.mark.sqlite_only
def test_every_writing_route_refuses_a_demoted_owner(api, token, demote):
    demote("viewer")
    writing = [
        (method, path)
        for path, methods in api_document()["paths"].items()
        for method in methods
        if method != "get" and (method, path) not in FOR_VIEWERS.keys() | OF_NO_PROJECT
    ]
    assert len(writing) > 40
    answered = asyncio.run(statuses(api, writing, token))
    assert {route: status for route, status in answered.items() if status != 403} == {}


@pytest.mark.sqlite_only
def test_admin_routes_refuse_a_member(api, token, demote):
    demote("member")
    routes = [
        (method, f"/api/v1{path}")
        for method, path in (
            ("get", "/tokens"),
            ("delete", "/tokens/x"),
            ("put", "/projects/policy"),
            ("delete", "/projects/trash"),
            ("post", "/notifications/targets"),
            ("put", "/notifications/targets/x"),
            ("delete", "/notifications/targets/x"),
        )
    ]
    assert set(asyncio.run(statuses(api, routes, token)).values()) == {403}


async def following(api: FastAPI, token: str, steps: list[Callable[[], Any]]) -> list[str]:
    """Types of the events that a stream delivers while ``steps`` happen, one after each frame."""
    scope = {
        "type": "http",
        "app": api,
        "method": "GET",
        "path": "/",
        "headers": [(b"authorization", f"Bearer {token}".encode())],
    }
    connection = HTTPConnection(scope)
    caller = await api.state.caller_of(connection)
    seen: list[str] = []
    async for frame in _while_allowed(connection, api.state.events, caller, "project", 0):
        seen += [event.type for event in frame]
        await asyncio.to_thread(steps.pop(0))
    return seen


def announce(api: FastAPI, place: str, type_: str) -> None:
    api.state.projects._database.write(
        place, lambda session: api.state.events.append(session, "project", Happened(type=type_))
    )


def test_an_open_stream_delivers_nothing_to_a_removed_member(api, place, token, remove, clock):
    def removed() -> None:
        remove()
        announce(api, place, "within.the.minute")

    def later() -> None:
        clock.now += CACHE_SECONDS
        announce(api, place, "after.the.minute")

    announce(api, place, "before")
    seen = asyncio.run(asyncio.wait_for(following(api, token, [removed, later]), 30))
    assert seen == ["before", "within.the.minute"]


@pytest.mark.sqlite_only
def test_an_open_stream_of_a_demoted_member_goes_on(api, place, token, demote, clock):
    def demoted() -> None:
        demote("viewer")
        clock.now += CACHE_SECONDS
        announce(api, place, "after")

    announce(api, place, "before")
    seen = asyncio.run(asyncio.wait_for(following(api, token, [demoted, api.state.events.notifier.close]), 30))
    assert seen == ["before", "after"]


@pytest.mark.sqlite_only
def test_an_open_stream_waits_where_the_membership_cannot_be_read(api, place, token, clock):
    asked: list[str] = []
    real = api.state.caller_of

    async def away(connection: HTTPConnection) -> Any:
        asked.append("away")
        if len(asked) == 1:
            raise TransientError("the database is away")
        return await real(connection)

    def outdated() -> None:
        api.state.caller_of = away
        clock.now += CACHE_SECONDS
        announce(api, place, "after")

    announce(api, place, "before")
    steps = [outdated, lambda: None, api.state.events.notifier.close]
    seen = asyncio.run(asyncio.wait_for(following(api, token, steps), 30))
    assert (seen, len(asked)) == (["before", "after"], 2)


@pytest.mark.sqlite_only
def test_a_member_grants_no_more_than_the_role_of_the_moment(projects, token, demote, clock):
    owner = projects.authenticate(token)
    demote("member")
    clock.now += CACHE_SECONDS
    now = projects.authenticate(token)
    with pytest.raises(Forbidden, match="the role member cannot create a token with the role admin"):
        projects.create_token(now, TokenRequest(name="mine", role="admin"))
    late = projects.create_token(owner, TokenRequest(name="late", role="admin"))  # a request that began before
    assert projects.authenticate(late.token).role == "member"
