"""Reports asked for over HTTP: written once by a child, kept with the run, written anew where the run went on."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from azuraforge.projects.access import require_access
from azuraforge.projects.callers import Access
from azuraforge.projects.service import ProjectService
from azuraforge.reports.routes import router
from azuraforge.reports.service import RunReports
from azuraforge.server import problems


class Reports:
    """Asks for reports, and counts how often one is written."""

    def __init__(self, stand: Any) -> None:
        self.stand, self.written = stand, 0

        def call(entry: str, payload: dict[str, Any], result: type[Any], seconds: float) -> Any:
            self.written += 1
            return stand.launcher.call(entry, payload, result, seconds)

        stand.reports = RunReports(stand.artifacts, stand.service, call)
        self.app = FastAPI()
        self.app.include_router(router)
        problems.install(self.app, lambda _path: [])
        self.app.state.reports, self.app.state.projects = stand.reports, ProjectService(stand.database)
        access = Access(stand.project_id, "first", "First", "me", "Me", "viewer", None, "")
        self.app.dependency_overrides[require_access] = lambda: access

    def __call__(self, run_id: str, **asked: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://test") as client:
                return await client.get(f"/runs/{run_id}/report", params=asked)

        return asyncio.run(ask())


@pytest.fixture
def ask(stand: Any) -> Reports:
    return Reports(stand)


def test_a_report_is_written_once_and_kept_with_the_run(ask: Reports) -> None:
    run_id = ask.stand.create(seed=3, steps=4).id
    ask.stand.wait(run_id)
    first = ask(run_id, format="md", language="tr")
    assert first.status_code == 200
    assert first.headers["content-type"].startswith("text/markdown")
    assert f"{run_id}-report.tr.md" in first.headers["content-disposition"]
    assert "çalıştırması" in first.text
    assert "| steps | 4 |" in first.text
    assert "[curves]: data:image/svg" in first.text
    assert ask(run_id, format="md", language="tr").content == first.content
    assert ask.written == 1
    kept = {each.name: each.kind for each in ask.stand.get(run_id).artifacts}
    assert kept["report.tr.md"] == "report"
    page = ask(run_id)
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert ask(run_id, format="pdf").content.startswith(b"%PDF-")
    assert ask.written == 3


def test_a_failed_run_states_what_happened_and_again_once_it_was_resumed(ask: Reports) -> None:
    run_id = ask.stand.create(steps=30, every=5, raise_at=12, error="user", raise_once=True).id
    assert ask.stand.wait(run_id).state == "failed"
    told = ask(run_id, format="md").text
    assert "## What happened" in told
    assert "“train”" in told
    assert "on purpose" in told
    ask.stand.service.resume(ask.stand.project_id, run_id)
    ask.stand.wait(run_id)
    again = ask(run_id, format="md")
    assert ask.written == 2
    assert again.text != told


def test_a_run_under_way_has_a_report_that_is_not_kept(ask: Reports) -> None:
    run_id = ask.stand.create(steps=10_000, pause=0.01).id
    ask.stand.wait(run_id, lambda run: run.state == "running")
    told = ask(run_id, format="md").text
    assert "has not ended" in told
    ask.stand.service.cancel(ask.stand.project_id, run_id)
    ask.stand.wait(run_id)
    assert [each for each in ask.stand.get(run_id).artifacts if each.kind == "report"] == []


def test_no_such_run_format_or_language(ask: Reports) -> None:
    assert ask("nosuchrun").status_code == 404
    assert ask("nosuchrun", format="docx").status_code == 422
    assert ask("nosuchrun", language="de").status_code == 422
