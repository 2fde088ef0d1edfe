"""Models over HTTP: shapes, roles, and errors as problem+json."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from azuraforge.models.predictions.live import LiveReads
from azuraforge.models.predictions.routes import router as ledger
from azuraforge.models.routes import hot, router
from azuraforge.projects.schemas import TokenRequest
from azuraforge.projects.service import ProjectService
from azuraforge.server import problems

Make = Callable[..., Path]


class Http:
    """Sends requests to an application, in process."""

    def __init__(self, app: FastAPI, token: str) -> None:
        self.app = app
        self.token = token

    def request(self, method: str, path: str, *, token: str | None = None, **options: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            headers = {"authorization": f"Bearer {token or self.token}"}
            async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
                return await client.request(method, path, **options)

        return asyncio.run(send())

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)


@pytest.fixture
def http(system: Any) -> Http:
    """The routes with real sign-in, speaking for the owner of the default project."""
    app = FastAPI()
    problems.install(app, lambda _path: [])
    app.include_router(hot)
    app.include_router(router)
    app.include_router(ledger)
    app.state.predictions = SimpleNamespace(reads=LiveReads(system.database))  # all that lists of the ledger ask
    projects = ProjectService(system.database)
    app.state.projects, app.state.models = projects, system.service
    app.state.default_project = projects.ensure_default()
    return Http(app, projects.local_token(app.state.default_project))


@pytest.fixture
def model(system: Any, http: Http, make_folder: Make) -> str:
    project_id = http.app.state.default_project
    for step in (1.0, 2.0):
        system.add_version(project_id, make_folder(step))
    return "load"


def test_promote_roll_back_and_read_history(http: Http, model: str) -> None:
    for version in (1, 2):
        moved = http.post(f"/models/{model}/promote", json={"version": version, "reason": "looks right"})
        assert moved.status_code == 200, moved.text
    (listed,) = http.get("/models").json()["items"]
    assert (listed["champion"], listed["live"]) == (2, None)
    (listed,) = http.get("/models", params={"live": "true"}).json()["items"]
    assert (listed["live"]["run_id"], listed["live"]["points"], listed["live"]["loss"]) == ("run1", 0, None)
    assert http.get(f"/models/{model}").json()["version_list"][0]["aliases"] == ["champion"]
    back = http.post(f"/models/{model}/rollback", json={"reason": "night was wrong"}).json()
    assert (back["version"], back["previous_version"], back["action"]) == (1, 2, "rollback")
    history = http.get(f"/models/{model}/history", params={"alias": "champion"}).json()["items"]
    assert [line["version"] for line in history] == [1, 2, 1]
    then = http.get(f"/models/{model}/history", params={"at": history[1]["at"]}).json()["items"]
    assert then[0]["version"] == 2
    assert http.get(f"/models/{model}/versions/1").json()["aliases"] == ["champion"]


def test_predict_answers_and_lists_the_ledger(http: Http, model: str) -> None:
    rows = [{"at": f"2026-03-01T0{hour}:00:00Z", "load": float(hour), "heat": 0.0} for hour in range(3)]
    answer = http.post(f"/models/{model}/predict", json={"version": 1, "rows": rows, "horizon": 1})
    assert answer.status_code == 200, answer.text
    expected = {"at": "2026-03-01T03:00:00Z", "value": 3.0, "low": 2.0, "high": 4.0, "label": None}
    assert answer.json()["predictions"] == [expected]
    ledger = http.get("/predictions", params={"model": model}).json()["items"]
    assert [line["prediction_id"] for line in ledger] == [answer.json()["prediction_id"]]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/models/nobody", None, 404),
        ("GET", "/models/load/versions/9", None, 404),
        ("GET", "/models/load/history?at=yesterday", None, 422),
        ("GET", "/evaluations/none", None, 404),
        ("POST", "/models/load/promote", {"version": 9, "reason": "x"}, 404),
        ("POST", "/models/load/promote", {"version": 1}, 422),
        ("POST", "/models/load/promote", {"version": 1, "reason": ""}, 422),
        ("POST", "/models/load/rollback", {}, 409),
        ("POST", "/models/load/predict", None, 409),
        ("POST", "/models/load/predict", {"version": 1, "rows": []}, 422),
        ("POST", "/models/load/predict", {"version": 1, "rows": [{"at": "x"}]}, 422),
        ("POST", "/models/load/predict", {"versoin": 1}, 422),
    ],
)
def test_errors_are_problems(
    http: Http, model: str, method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    answer = http.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["detail"]


def test_a_viewer_reads_but_does_not_move(http: Http, system: Any, model: str) -> None:
    projects: ProjectService = http.app.state.projects
    owner = projects.authenticate(http.token)
    viewer = projects.create_token(owner, TokenRequest(name="screen", role="viewer")).token
    assert http.get("/models", token=viewer).status_code == 200
    for path in ("promote", "rollback", "predict"):
        body = {"version": 1, "reason": "x"} if path == "promote" else {}
        assert http.post(f"/models/{model}/{path}", json=body, token=viewer).status_code == 403
    assert system.service.aliases.history(http.app.state.default_project, model).items == []
    assert http.get("/models", token="nonsense").status_code == 401
