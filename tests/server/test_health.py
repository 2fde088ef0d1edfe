"""Readiness answers although its check hangs."""

from __future__ import annotations

import anyio
import httpx
import pytest
from fastapi import FastAPI

from azuraforge.server import health


def answer(state: health.State, check_seconds: float = 60) -> httpx.Response:
    app = FastAPI(openapi_url=None)
    health.install(app, state, check_seconds)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            with anyio.fail_after(60):
                return await client.get("/readyz")

    return anyio.run(ask)


def test_a_check_that_hangs_counts_as_failed():
    async def hangs() -> dict[str, str]:
        await anyio.sleep_forever()
        raise AssertionError

    found = answer(hangs, check_seconds=0.05)
    assert found.status_code == 503
    assert found.json()["status"] == "unavailable"
    assert "not answered" in found.json()["reason"]


@pytest.mark.parametrize(("status", "code"), [("ready", 200), ("starting", 503), ("unavailable", 503)])
def test_the_status_decides_the_code(status, code):
    async def state() -> dict[str, str]:
        return {"status": status, "broker": "away"}

    found = answer(state)
    assert found.status_code == code
    assert found.json() == {"status": status, "broker": "away"}
