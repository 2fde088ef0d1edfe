"""Datasets over HTTP: uploads that stream, errors as problems, roles."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse

from azuraforge.database import Database
from azuraforge.datasets.growing.routes import router as growing_router
from azuraforge.datasets.growing.service import GrowingDatasets
from azuraforge.datasets.routes import router
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import AzuraError, Forbidden, Unauthorized
from azuraforge.events.service import EventLog
from azuraforge.projects.access import member, require_access, viewer
from azuraforge.projects.callers import Access
from azuraforge.projects.service import ProjectService

OPTIONS = json.dumps({"time": "time", "target": "y"})


@pytest.fixture
def app(service: DatasetService, database: Database, project_id: str) -> FastAPI:
    """The package's routes alone, for a member of the project; the server's own guards have their own tests."""
    app = FastAPI()
    app.include_router(router)
    app.include_router(growing_router)
    app.state.datasets, app.state.projects = service, ProjectService(database)
    app.state.growing = GrowingDatasets(service, database, EventLog(database))
    access = Access.__new__(Access)
    object.__setattr__(access, "person_name", "Me")
    object.__setattr__(access, "project_id", project_id)
    app.dependency_overrides[viewer] = app.dependency_overrides[member] = lambda: access

    @app.exception_handler(AzuraError)
    def told(_request: Request, error: AzuraError) -> JSONResponse:
        return JSONResponse(error.to_dict(), status_code=error.status)

    return app


class Http:
    """Requests to an application in this process; each on an event loop of its own."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def get(self, url: str) -> httpx.Response:
        return self._send("GET", url)

    def post(self, url: str, **content: Any) -> httpx.Response:
        return self._send("POST", url, **content)

    def _send(self, method: str, url: str, **content: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://local") as client:
                return await client.request(method, url, **content)

        return anyio.run(send)


@pytest.fixture
def http(app: FastAPI) -> Http:
    return Http(app)


def upload(http: Http, content: str | bytes, options: str = OPTIONS, name: str = "My Series.csv"):
    return http.post("/datasets", files={"file": (name, content)}, data={"options": options})


def test_add_list_show_and_draw(http, hourly):
    answer = upload(http, hourly())
    assert answer.status_code == 201, answer.text
    added = answer.json()
    assert (added["name"], added["version"], added["created"]) == ("my-series", 1, True)
    assert upload(http, hourly()).status_code == 200
    assert [item["name"] for item in http.get("/datasets").json()["items"]] == ["my-series"]
    shown = http.get("/datasets/my-series?version=1").json()
    assert shown["fingerprint"] == added["fingerprint"]
    drawn = http.get("/datasets/my-series/rows?max_points=10").json()
    assert drawn["total_rows"] == 60
    assert len(drawn["times"]) <= 10
    whole = http.get("/datasets/my-series/rows").json()
    newest = http.get("/datasets/my-series/rows?last=3").json()
    assert newest["times"] == whole["times"][-3:]
    assert newest["columns"] == {name: values[-3:] for name, values in whole["columns"].items()}


def test_from_a_source(http):
    answer = http.post("/datasets/from-source", json={"source": "bundled", "options": {"series": "nile"}})
    assert (answer.status_code, answer.json()["name"]) == (201, "nile")


def test_a_file_larger_than_memory_buffers_streams_through(http, hourly):
    text = hourly(20_000)
    assert upload(http, text).json()["rows"] == 20_000


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\boot.ini", "a\x00b.csv", "é" * 400])
def test_a_file_name_is_never_a_path(http, hourly, settings, name):
    upload(http, hourly(), json.dumps({"time": "time", "target": "y", "name": "safe"}), name)
    assert {path.suffix for path in settings.home.rglob("*") if path.is_file()} == {".parquet"}


def test_bad_content_is_a_problem_with_place_and_next_step(http, hourly, settings):
    answer = upload(http, hourly(edit=lambda lines: lines.insert(4, "2024-01-01 02:00:00,oops,0")))
    assert answer.status_code == 422
    assert answer.json()["where"] == "My Series.csv, line 5, column 'y'"
    assert answer.json()["next_step"]
    assert not any(path.is_file() for path in settings.home.rglob("*"))


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ('{"time": "time"}', "target"),
        ('{"time": "time", "target": "y", "gpas": "keep"}', "gpas"),
        ('{"time": "time", "target": "y", "gaps": "maybe"}', "gaps"),
        ("not json", "options"),
    ],
)
def test_bad_options_name_the_field(http, hourly, options, field):
    answer = upload(http, hourly(), options)
    assert answer.status_code == 422
    assert field in answer.text


def test_a_body_that_is_no_form_is_refused(http):
    assert "no multipart form" in http.post("/datasets", content=b"a,b\n1,2").json()["message"]
    cut = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nti'
    answer = http.post("/datasets", content=cut, headers={"content-type": "multipart/form-data; boundary=B"})
    assert (answer.status_code, "form is incomplete" in answer.json()["message"]) == (422, True)
    answer = http.post("/datasets", content=b"junk", headers={"content-type": "multipart/form-data; boundary=B"})
    assert "cannot be read" in answer.json()["message"]
    answer = http.post("/datasets", files={"other": ("a.csv", "x")})
    assert "contains no file" in answer.json()["message"]


def test_a_body_beyond_the_limit_is_refused_and_nothing_is_left(http, settings, hourly):
    settings.server.max_body_bytes = 4096
    answer = upload(http, hourly(2000))
    assert (answer.status_code, answer.json()["code"]) == (422, "too_large")
    assert not any(path.is_file() for path in settings.home.rglob("*"))


def test_two_files_or_a_giant_field_are_refused(http, hourly):
    two = [("file", ("a.csv", hourly())), ("file", ("b.csv", hourly()))]
    assert "two files" in http.post("/datasets", files=two).json()["message"]
    assert "too large" in upload(http, hourly(), " " * 300_000).json()["message"]


@pytest.mark.parametrize("boundary", ["x" * 257, "", "\xff", '"'])
def test_a_boundary_that_no_form_can_have_is_refused(http, boundary):
    headers = {"content-type": f"multipart/form-data; boundary={boundary}".encode("latin-1")}
    assert http.post("/datasets", content=b"--x", headers=headers).status_code == 422


def test_unauthenticated_callers_are_refused_before_a_byte_is_read(app, settings, hourly):
    del app.dependency_overrides[member]
    app.dependency_overrides[require_access] = _refuse
    read: list[str] = []

    async def body() -> AsyncIterator[bytes]:
        read.append("asked")
        yield hourly().encode()

    headers = {"content-type": "multipart/form-data; boundary=B"}
    assert Http(app).post("/datasets", content=body(), headers=headers).status_code == 401
    assert read == []
    assert not (settings.home / "uploads").exists()


def test_a_viewer_may_look_and_not_add(app, hourly):
    app.dependency_overrides[member] = _forbid
    assert upload(Http(app), hourly()).status_code == 403
    assert Http(app).get("/datasets").status_code == 200


def _refuse() -> None:
    raise Unauthorized("nobody is signed in")


def _forbid() -> None:
    raise Forbidden("this needs the role member")


def test_rows_are_added_as_json_and_as_a_file(http, hourly):
    options = json.dumps({"time": "time", "target": "y", "name": "load"})
    http.post("/datasets", files={"file": ("a.csv", hourly(60))}, data={"options": options})
    rows = [{"time": "2024-01-03T12:00:00Z", "y": 4.5, "x": 8}]
    added = http.post("/datasets/load/rows", json={"rows": rows})
    assert (added.status_code, added.json()["rows_added"], added.json()["version"]["version"]) == (201, 1, 2)
    again = http.post("/datasets/load/rows", json={"rows": rows})
    assert (again.status_code, again.json()["rows_repeated"], again.json()["version"]["created"]) == (200, 1, False)
    filed = http.post("/datasets/load/rows", files={"file": ("b.csv", hourly(62))})
    assert filed.status_code == 422
    assert filed.json()["code"] == "rows_revised"
    assert http.post("/datasets/load/revisions", json={"revisions": "accept"}).json()["revisions"] == "accept"
    filed = http.post("/datasets/load/rows", files={"file": ("b.csv", hourly(62))})
    assert (filed.status_code, filed.json()["rows_revised"], filed.json()["rows_added"]) == (201, 1, 1)
