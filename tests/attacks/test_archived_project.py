"""An archived project can only be read: by every route, and by the platform's own work."""

from __future__ import annotations

import asyncio
import re
from types import SimpleNamespace

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from azuraforge.database import now
from azuraforge.database.cross_project import CROSS_PROJECT_QUERIES
from azuraforge.errors import Conflict, Forbidden
from azuraforge.events.service import EventLog
from azuraforge.people.address import Address
from azuraforge.projects.access import ALLOWED_IN_ARCHIVE
from azuraforge.projects.lifecycle.service import LifecycleService
from azuraforge.projects.reads import every_project
from azuraforge.projects.service import ProjectService
from azuraforge.runs import lease, reads
from azuraforge.runs.tables import Run
from azuraforge.server.application import create_api
from azuraforge.server.packages import PACKAGES, import_tables
from azuraforge.server.requirements import requirements
from azuraforge.settings import ServerSettings

URL = "http://127.0.0.1:8787"
#: Callers whose routes concern no project.
OF_NO_PROJECT = ("nobody", "person", "administrator")
#: Cross-project queries that find no work in a project, with the reason why they include archived ones.
FINDS_NO_WORK = {
    "project_by_slug": "finds a project by its name",
    "project_of_token": "finds a secret",
    "project_of_invitation": "finds a secret; an archived project accepts no members",
    "person_of_secret": "finds a secret",
    "person_named": "finds a person",
    "people_after": "lists people for administrators of the platform",
    "projects_by_slug": "lists projects for administrators of the platform",
    "working_administrators": "finds administrators of the platform",
    "resting_projects_after": "the projects in which the platform does not work",
    "first_expired_run": "a run whose worker died is requeued; it is not claimed",
    "running_runs": "runs that a process ends when it starts; they are not claimed",
    "places_of_runs": "finds a run by its id",
}


@pytest.fixture
def projects(database):
    return ProjectService(database)


@pytest.fixture
def place(projects):
    return projects.ensure_default()


@pytest.fixture
def token(projects, place):
    return projects.local_token(place)


@pytest.fixture
def events(database):
    return EventLog(database)


@pytest.fixture
def lifecycle(database, events, projects):
    return LifecycleService(database, events, projects.people.revocations, [reads.count_active])


@pytest.fixture
def api(projects, events, lifecycle, place):
    """Every route; services other than those of access are absent: reaching one is a 500."""
    app = create_api()
    app.state.projects, app.state.people, app.state.events = projects, projects.people, events
    app.state.lifecycle, app.state.address = lifecycle, Address.of(ServerSettings(), URL)
    app.state.settings = SimpleNamespace(server=ServerSettings())
    return app


def ask(app, token, routes, **options):
    async def send():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {"authorization": f"Bearer {token}", **options}
        async with httpx.AsyncClient(transport=transport, base_url=URL, headers=headers, verify=False) as client:
            found = {}
            for method, path in routes:
                filled = re.sub(r"{(version|number)}", "1", path).replace("{", "").replace("}", "")
                found[method, path] = await client.request(method, f"/api/v1{filled}")
            return found

    return asyncio.run(send())


def is_archived(answer):
    return answer.status_code == 409 and answer.json()["code"] == "project_archived"


def run(database, project_id, state="queued", id_="run"):
    row = {"kind": "k", "name": "n", "request_hash": "", "config": {}, "extra": {}, "seed": 1, "threads": 1}
    made = Run(project_id=project_id, id=id_, state=state, code_version="1", created_at=now(), progress={}, **row)
    database.write(project_id, lambda session: session.add(made))


def test_every_writing_route_but_the_listed_ones_refuses(api, projects, token, lifecycle):
    of_projects = [
        each for each in requirements(PACKAGES) if each.required not in ("nobody", "person", "administrator")
    ]
    routes = {(each.method, each.path) for each in of_projects}
    assert routes >= ALLOWED_IN_ARCHIVE
    writing = {each for each in routes if each[0] != "GET"} - ALLOWED_IN_ARCHIVE
    assert len(writing) > 50
    before = ask(api, token, sorted(writing))
    assert [each for each, answer in before.items() if is_archived(answer)] == []
    lifecycle.archive(projects.authenticate(token))
    answered = ask(api, token, sorted(writing))
    assert [each for each, answer in answered.items() if not is_archived(answer)] == []
    keyed = ask(api, token, [("POST", "/runs")], **{"idempotency-key": "key"})
    assert is_archived(keyed["POST", "/runs"])


@pytest.mark.sqlite_only
def test_listed_routes_and_reading_stay(api, projects, token, lifecycle):
    of_projects = [
        each for each in requirements(PACKAGES) if each.required not in ("nobody", "person", "administrator")
    ]
    kept = {(each.method, each.path) for each in of_projects if each.method == "GET"} | ALLOWED_IN_ARCHIVE
    kept -= {("POST", "/projects/current/unarchive"), ("DELETE", "/projects/current"), ("GET", "/events")}
    lifecycle.archive(projects.authenticate(token))
    answered = ask(api, token, sorted(kept))
    assert [each for each, answer in answered.items() if is_archived(answer)] == []
    project = answered["GET", "/projects/current"].json()
    assert (project["slug"], project["archived"]) == ("default", True)


def test_archiving_is_idempotent_and_has_one_event(projects, token, place, lifecycle, events):
    for _ in range(2):
        assert lifecycle.archive(projects.authenticate(token)).archived
        assert projects.authenticate(token).archived
        assert [each.archived for each in projects.projects(projects.identify(token)).items] == [True]
    for _ in range(2):
        assert not lifecycle.unarchive(projects.authenticate(token)).archived
        assert not projects.authenticate(token).archived
    types = [each.type for each in events.read(place, "project")]
    assert types == ["project.archived", "project.unarchived"]


def test_only_an_owner_archives_by_the_present_role(database, projects, token, lifecycle, events, place):
    access = projects.authenticate(token)
    assert access.role == "owner"
    role = "UPDATE member SET role = 'admin' WHERE project_id = :project"
    database.write(place, lambda session: session.connection().execute(text(role), {"project": place}))
    for change in (lifecycle.archive, lifecycle.unarchive):
        with pytest.raises(Forbidden):
            change(access)
    assert events.read(place, "project") == []


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_project_with_active_runs_is_not_archived(database, projects, token, place, lifecycle, state):
    run(database, place, state)
    with pytest.raises(Conflict, match="1 runs") as refused:
        lifecycle.archive(projects.authenticate(token))
    assert refused.value.error_code == "runs_active"
    assert not projects.authenticate(token).archived


def test_an_ended_run_does_not_prevent_it(database, projects, token, place, lifecycle):
    run(database, place, "failed")
    assert lifecycle.archive(projects.authenticate(token)).archived


def test_a_run_that_was_queued_meanwhile_is_not_claimed(database, projects, token, place, lifecycle):
    lifecycle.archive(projects.authenticate(token))
    run(database, place)

    def found():
        yield database.write_system(lambda session: lease.find_due(session, ["k"]))
        yield database.write(place, lambda session: lease.wanted_due(session, "run", ["k"]))

    assert list(found()) == [None, None]
    lifecycle.unarchive(projects.authenticate(token))
    assert [each.run_id for each in found()] == ["run", "run"]


def test_the_platform_s_loops_skip_it(database, projects, token, place, lifecycle):
    assert list(every_project(database)) == [place]
    lifecycle.archive(projects.authenticate(token))
    assert list(every_project(database)) == []
    assert list(every_project(database, resting=True)) == [place]


@pytest.mark.sqlite_only
def test_every_query_that_finds_work_skips_archived_and_deleted_projects():
    import_tables()
    without = set()
    for name, query in CROSS_PROJECT_QUERIES.items():
        compiled = str(query.body().compile(dialect=sqlite.dialect()))
        if not ("archived_at" in compiled and "deleted_at" in compiled):
            without.add(name)
    assert without == FINDS_NO_WORK.keys() - {"resting_projects_after"}
