"""A small HTTP server that takes external runs and streams events: one that can be killed at the worst moment.

The real platform is tried in test_against_the_platform.py; here the server must break on command.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from azuraforge.client import Client
from azuraforge.client.external.shipping import Shipped
from tests.process_checks import Patience

TOKEN = "t" * 40


def free_port() -> int:
    """A port that stays free while the server is dead: below those that the system hands out to others."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Server:
    """Keeps what it was told over its own deaths, as a database would."""

    def __init__(self) -> None:
        self.port = free_port()
        self.projects = {TOKEN: ["default"]}  # those that a token may name; the first one if it names none
        self.runs: dict[str, dict[str, Any]] = {}
        self.points: dict[tuple[str, str, int], float | None] = {}
        self.times: dict[tuple[str, int], int] = {}
        self.arrivals: list[tuple[str, str, int]] = []
        self.batches: list[int] = []
        self.leases = 0
        self.events: list[dict[str, Any]] = []
        self.events_per_connection = 1000
        self.last_event_ids: list[str] = []
        self.refusals: dict[str, tuple[int, str]] = {}
        self.lose_acknowledgements = 0
        self.lose_creations = 0
        self.files: dict[str, tuple[str, bytes]] = {}
        self.puts: list[str] = []
        self.lose_files = 0
        self.creations = 0
        self.cancel_requested = False
        self._running: tuple[uvicorn.Server, threading.Thread] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def values(self, series: str) -> dict[int, float | None]:
        return {step: value for (_, name, step), value in sorted(self.points.items()) if name == series}

    def start(self) -> Server:
        config = uvicorn.Config(
            self._application(), host="127.0.0.1", port=self.port, log_config=None, ws="none", lifespan="off"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        until = time.monotonic() + 120
        while not server.started:
            assert time.monotonic() < until, "the test's server did not start"
            time.sleep(0.005)
        self._running = (server, thread)
        return self

    def stop(self) -> None:
        if self._running is not None:
            server, thread = self._running
            server.should_exit = server.force_exit = True
            thread.join(120)
            self._running = None

    def _application(self) -> Starlette:
        api = "/api/v1"
        return Starlette(
            routes=[
                Route(f"{api}/projects/current", self._project),
                Route(f"{api}/runs", self._create, methods=["POST"]),
                Route(f"{api}/runs/{{run_id}}", self._show),
                Route(f"{api}/runs/{{run_id}}", self._change, methods=["PATCH"]),
                Route(f"{api}/runs/{{run_id}}/artifacts/{{name:path}}", self._put, methods=["PUT"]),
                Route(f"{api}/runs/{{run_id}}/metrics", self._metrics, methods=["POST"]),
                Route(f"{api}/runs/{{run_id}}/lease", self._lease, methods=["POST"]),
                Route(f"{api}/runs/{{run_id}}/finish", self._finish, methods=["POST"]),
                Route(f"{api}/events", self._events),
            ]
        )

    def _refusal(self, request: Request, name: str) -> Response | None:
        if self._named(request) is None:
            return _problem(401, "unauthorized", "this token is not known")
        if name in self.refusals:
            status, code = self.refusals[name]
            return _problem(status, code, f"{name} is refused")
        return None

    def _named(self, request: Request) -> str | None:
        own = self.projects.get(request.headers.get("authorization", "").removeprefix("Bearer "), [])
        named = request.headers.get("azuraforge-project", own[0] if own else None)
        return named if named in own else None

    async def _project(self, request: Request) -> Response:
        if refused := self._refusal(request, "project"):
            return refused
        slug = self._named(request)
        return JSONResponse({"slug": slug, "name": slug, "role": "owner", "person": "owner"})

    async def _create(self, request: Request) -> Response:
        if refused := self._refusal(request, "create"):
            return refused
        body = await request.json()
        run = self.runs.setdefault(
            body["idempotency_key"],
            {**body, "id": f"run{len(self.runs) + 1}", "state": "running", "project": self._named(request)},
        )
        self.creations += 1
        if self.creations <= self.lose_creations:
            return _problem(503, "transient", "made, but you will not hear of it")
        return JSONResponse(run, 201)

    async def _show(self, request: Request) -> Response:
        run_id = request.path_params["run_id"]
        if refused := self._refusal(request, "show"):
            return refused
        ended = bool(self.events) and self.events[-1]["type"] == "run.finished"
        state = "succeeded" if ended else "running"
        last = self.events[-1]["seq"] if self.events else 0
        return JSONResponse({"id": run_id, "kind": "train", "name": "n", "state": state, "last_event_seq": last})

    async def _change(self, request: Request) -> Response:
        if refused := self._refusal(request, "change"):
            return refused
        body = await request.json()
        run = next(run for run in self.runs.values() if run["id"] == request.path_params["run_id"])
        if "add_tags" in body:
            run["tags"] = list(dict.fromkeys([*run.get("tags", []), *body["add_tags"]]))
        if "note" in body:
            run["note"] = body["note"]
        return JSONResponse(run)

    async def _put(self, request: Request) -> Response:
        content = await request.body()
        if refused := self._refusal(request, "files"):
            return refused
        name, kind = request.path_params["name"], request.query_params["kind"]
        self.puts.append(name)
        self.files[name] = (kind, content)
        if self.lose_files:
            self.lose_files -= 1
            return _problem(503, "transient", "stored, but you will not hear of it")
        made = {"name": name, "kind": kind, "media_type": "x/y", "bytes": len(content), "sha256": "0" * 64}
        return JSONResponse({**made, "created_at": "2026-01-01T00:00:00Z"})

    async def _metrics(self, request: Request) -> Response:
        if refused := self._refusal(request, "metrics"):
            return refused
        body = await request.json()
        self.batches.append(body["batch"])
        for series, points in body["points"].items():
            for step, value, logged_at in points:
                self.arrivals.append((request.path_params["run_id"], series, step))
                self.points.setdefault((request.path_params["run_id"], series, step), value)
                self.times.setdefault((series, step), logged_at)
        if self.lose_acknowledgements:
            self.lose_acknowledgements -= 1
            return _problem(503, "transient", "written, but you will not hear of it")
        return Response(status_code=204)

    async def _lease(self, request: Request) -> Response:
        if refused := self._refusal(request, "lease"):
            return refused
        self.leases += 1
        return JSONResponse({"cancel_requested": self.cancel_requested})

    async def _finish(self, request: Request) -> Response:
        if refused := self._refusal(request, "finish"):
            return refused
        run = next(run for run in self.runs.values() if run["id"] == request.path_params["run_id"])
        run["finished"] = await request.json()
        run["finishes"] = run.get("finishes", 0) + 1
        return JSONResponse(run)

    async def _events(self, request: Request) -> Response:
        self.last_event_ids.append(request.headers["last-event-id"])
        after = int(request.headers["last-event-id"])

        async def lines() -> Any:
            yield b"retry: 10\n\n"
            for event in [each for each in self.events if each["seq"] > after][: self.events_per_connection]:
                text = json.dumps({"stream": request.query_params["stream"], **event}, ensure_ascii=False)
                yield f"id: {event['seq']}\nevent: {event['type']}\ndata: {text}\n\n".encode()
                yield b": alive\n\n"
                await asyncio.sleep(0)

        return StreamingResponse(lines(), media_type="text/event-stream")


def _problem(status: int, code: str, detail: str) -> Response:
    body = {"status": status, "code": code, "detail": detail, "next_step": "do something else"}
    return JSONResponse(body, status, media_type="application/problem+json")


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.stop()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def client(server: Server, home: Path) -> Iterator[Client]:
    with Client(url=server.url, token=TOKEN, home=home) as made:
        yield made


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait until something is true, for as long as a busy machine may need."""

    def wait(condition: Callable[[], bool], what: str = "it") -> None:
        until = time.monotonic() + 120
        while not condition():
            assert time.monotonic() < until, f"{what} did not happen"
            time.sleep(0.01)

    return wait


def shipped_by(client: Client) -> list[Shipped]:
    """Ship the journals of ended runs; wait while a process that was started in between still has one open."""
    patience = Patience(60)
    while not (found := client.ship_journals()):
        assert not patience.over, "no journal was shipped"
        time.sleep(0.05)
    return found
