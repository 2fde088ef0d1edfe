"""What is wrong with a body is said in words, not in those of the library that found it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from azuraforge.automations.triggers.schemas import AutomationRequest
from azuraforge.server import problems


def detail(body: dict[str, Any]) -> str:
    app = FastAPI()
    problems.install(app)

    @app.post("/")
    def take(body: AutomationRequest) -> None:
        raise AssertionError(body)

    async def ask() -> str:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return str((await client.post("/", json=body)).json()["detail"])

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"when": {"kind": "event"}}, "when: the field 'on' is missing; it selects the kind"),
        ({"when": {"on": "never"}}, "when: 'on' must be one of 'schedule', 'event', 'measure'"),
        ({"name": " "}, "name: an automation needs a name"),
    ],
)
def test_a_body_that_does_not_fit_gets_plain_words(changed: dict[str, Any], said: str) -> None:
    fits = {"name": "a", "when": {"on": "event", "type": "model.drift"}, "steps": []}
    assert detail({**fits, **changed}).startswith(said)
