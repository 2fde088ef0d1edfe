"""The HTTP of runs: shapes, codes, downloads."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from fastapi import FastAPI

from azuraforge.projects.access import require_access
from azuraforge.projects.callers import Access
from azuraforge.projects.service import ProjectService
from azuraforge.runs.routes import router
from azuraforge.server import problems


class Api:
    """Asks the application directly, without a socket."""

    def __init__(self, app: FastAPI, stand, access: Access) -> None:
        self.app, self.stand, self.access = app, stand, access

    def get(self, path: str, **options) -> httpx.Response:
        return asyncio.run(self._ask("GET", path, options))

    def patch(self, path: str, **options) -> httpx.Response:
        return asyncio.run(self._ask("PATCH", path, options))

    def post(self, path: str, **options) -> httpx.Response:
        return asyncio.run(self._ask("POST", path, options))

    async def _ask(self, method: str, path: str, options) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://test") as client:
            return await client.request(method, path, **options)


@pytest.fixture
def api(stand):
    """A client of the package's own routes, signed in as a member."""
    app = FastAPI()
    app.include_router(router)
    problems.install(app, lambda _path: [])
    app.state.runs, app.state.projects = stand.service, ProjectService(stand.database)
    access = Access(stand.project_id, "first", "First", "me", "Me", "member", None, "")
    app.dependency_overrides[require_access] = lambda: access
    return Api(app, stand, access)


def test_a_run_is_started_read_and_listed(api):
    made = api.post("/runs", json={"config": {"steps": 20}, "seed": 1})
    assert made.status_code == 201
    run_id = made.json()["id"]
    api.stand.wait(run_id)
    run = api.get(f"/runs/{run_id}").json()
    assert (run["state"], run["seed"]) == ("succeeded", 1)
    assert [row["id"] for row in api.get("/runs", params={"state": "succeeded"}).json()["items"]] == [run_id]
    by_loss = {"filter": "metrics.loss.min < 1e9", "sort": "metrics.loss.min", "columns": "metrics.loss", "total": "1"}
    answer = api.get("/runs", params=by_loss).json()
    assert [(row["id"], type(row["columns"]["metrics.loss"])) for row in answer["items"]] == [(run_id, float)]
    assert answer["total"] == 1
    assert api.get("/runs", params={"filter": "metrics.loss < -1e9"}).json()["items"] == []
    problem = api.get("/runs", params={"filter": "metrics.loss <"})
    assert (problem.status_code, problem.json()["details"]["position"]) == (422, 14)
    assert "loss" in api.get("/runs/fields").json()["metrics"]
    grouped = api.get("/runs/groups", params={"field": "config.steps", "columns": "metrics.loss"}).json()
    assert [group["runs"] for group in grouped["groups"]] == [1]
    assert api.patch(f"/runs/{run_id}", json={"name": "new", "add_tags": ["a"]}).json()["tags"] == ["a"]
    assert api.post("/runs/bulk", json={"action": "pin", "run_ids": [run_id]}).json()["failed"] == 0
    [curve] = api.get(f"/runs/{run_id}/metrics", params={"series": "loss", "max_points": 6}).json()["series"]
    assert len(curve["steps"]) <= 6
    assert curve["total_points"] == 20


def test_an_artifact_is_downloaded_and_checked(api):
    run = api.stand.wait(api.stand.create(steps=1).id)
    assert [each["name"] for each in api.get(f"/runs/{run.id}/artifacts").json()["items"]] == ["log-1.txt"]
    answer = api.get(f"/runs/{run.id}/artifacts/log-1.txt")
    assert answer.text == "from step 0\n"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "attachment" in answer.headers["content-disposition"]
    path = api.stand.artifacts.path(api.stand.project_id, run.artifacts[0].sha256)
    path.chmod(0o644)
    path.write_text("forged")
    assert api.get(f"/runs/{run.id}/artifacts/log-1.txt").status_code == 507


def test_cancel_and_resume(api):
    run_id = api.post("/runs", json={"config": {"phases": ["hang"]}}).json()["id"]
    assert api.post(f"/runs/{run_id}/cancel").json()["id"] == run_id
    api.stand.wait(run_id)
    assert api.post(f"/runs/{run_id}/resume").json()["state"] in ("queued", "running")
    api.post(f"/runs/{run_id}/cancel")
    api.stand.wait(run_id)


def test_an_external_run_over_http(api):
    run_id = api.post("/runs", json={"kind": "external", "name": "mine"}).json()["id"]
    body = {"points": {"loss": [[1, 0.5], [2, None]]}, "batch": 1}
    assert api.post(f"/runs/{run_id}/metrics", json=body).status_code == 200
    assert api.post(f"/runs/{run_id}/lease").json()["cancel_requested"] is False
    ended = api.post(f"/runs/{run_id}/finish", json={"state": "succeeded", "summary": {"a": 1}})
    assert ended.json()["state"] == "succeeded"
    assert api.post(f"/runs/{run_id}/lease").status_code == 409


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", '{"config": {"size": 36893488147419103232}}'),
        ("", '{"config": {"name": "\\ud800"}}'),
        ("", '{"config": {"\\ud800": 1}}'),
        ("", '{"config": {"deep": {"name": "a\\u0000"}}}'),
        ("", '{"config": ' + '{"a": ' * 300 + "1" + "}" * 301),
        ("", '{"name": "\\ud800"}'),
        ("", '{"name": "a\\u0000"}'),
        ("", '{"dataset": "d", "dataset_version": 100000000000000000000000}'),
        ("/metrics", '{"points": {"loss": [[9223372036854775807, 1.0]]}}'),
        ("/metrics", '{"points": {"loss": [[-9223372036854775808, 1.0]]}}'),
        ("/metrics", '{"points": {"lo\\u0000ss": [[1, 1.0]]}}'),
        ("/metrics", '{"points": {"lo\\ud800ss": [[1, 1.0]]}}'),
        ("/metrics", '{"points": {"": [[1, 1.0]]}}'),
        ("/metrics", '{"points": {"' + "x" * 201 + '": [[1, 1.0]]}}'),
        ("/metrics", '{"points": {}, "batch": 9223372036854775808}'),
        ("/metrics", '{"points": {}, "progress": {"done": 9223372036854775808}}'),
        ("/metrics", '{"points": {}, "progress": {"share": NaN}}'),
        ("/finish", '{"state": "succeeded", "summary": {"size": 36893488147419103232}}'),
    ],
)
def test_what_no_database_could_keep_is_refused_with_a_sentence(api, path, body):
    run_id = api.post("/runs", json={"kind": "external", "name": "mine"}).json()["id"]
    where = f"/runs/{run_id}{path}" if path else "/runs"
    answer = api.post(where, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "invalid_input"
    assert answer.json()["detail"]
    assert api.post(f"/runs/{run_id}/lease").json()["state"] == "running"


def test_the_text_of_an_escape_and_the_largest_numbers_are_kept(api):
    config = {"text": "\\u0000", "largest": 2**63 - 1}
    made = api.post("/runs", json={"kind": "external", "name": "mine", "config": config}).json()
    assert api.get(f"/runs/{made['id']}").json()["config"] == config
    body = {"points": {"loss": [[-(2**62) + 1, 0.5], [2**62 - 1, 0.25]]}}
    assert api.post(f"/runs/{made['id']}/metrics", json=body).status_code == 200
    [curve] = api.get(f"/runs/{made['id']}/metrics").json()["series"]
    assert curve["steps"] == [-(2**62) + 1, 2**62 - 1]


def test_how_a_run_ended_is_taken_whatever_characters_the_reason_holds(api):
    run_id = api.post("/runs", json={"kind": "external", "name": "mine"}).json()["id"]
    told = {"points": {}, "progress": {"done": 1, "total": 2, "note": "half \ud800"}}
    content = json.dumps(told)
    answer = api.post(f"/runs/{run_id}/metrics", content=content, headers={"content-type": "application/json"})
    assert answer.json()["progress"]["note"] == "half ?"
    content = json.dumps({"state": "failed", "error": "bad name \udcff\0"})
    answer = api.post(f"/runs/{run_id}/finish", content=content, headers={"content-type": "application/json"})
    assert answer.json()["error"]["message"] == "bad name ?\N{REPLACEMENT CHARACTER}"


def test_what_is_not_there_is_a_404_with_a_next_step(api):
    for path in ("/runs/nope", "/runs/nope/metrics", "/runs/nope/artifacts", "/runs/nope/figures/x"):
        answer = api.get(path)
        assert answer.status_code == 404, path
        assert answer.json()["code"] == "not_found"
    answer = api.get("/runs?after=nope")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")
    run = api.stand.wait(api.stand.create(steps=1).id)
    assert api.get(f"/runs/{run.id}/metrics", params={"series": "none"}).status_code == 404


def test_a_viewer_may_look_but_not_touch(api):
    run = api.stand.wait(api.stand.create(steps=1).id)
    api.app.dependency_overrides[require_access] = lambda: Access(
        api.access.project_id, "first", "First", "you", "You", "viewer", None, ""
    )
    assert api.get(f"/runs/{run.id}").status_code == 200
    assert api.post("/runs", json={}).status_code == 403
    assert api.post(f"/runs/{run.id}/cancel").status_code == 403
