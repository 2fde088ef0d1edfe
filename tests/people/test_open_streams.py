"""An open stream ends with its reader's membership even if no event is due."""

from __future__ import annotations

import asyncio
import time

import pytest
from fastapi.requests import HTTPConnection

from azuraforge.errors import NotFound
from azuraforge.events.notifier import Notifier
from azuraforge.events.routes import _while_allowed
from azuraforge.events.service import EventLog
from azuraforge.people.callers import CACHE_SECONDS
from azuraforge.projects import service
from azuraforge.projects.access import require_access
from azuraforge.server.application import create_api

CHECKED_EVERY = 0.5


@pytest.mark.sqlite_only
def test_a_stream_without_events_ends_at_the_next_check(world, database, administer, monkeypatch):
    monkeypatch.setattr(service, "CACHE_SECONDS", CHECKED_EVERY)
    api = create_api()
    api.state.projects, api.state.events = world.projects, EventLog(database)
    assert Notifier().patience_seconds > 8 * CHECKED_EVERY, "else a heartbeat could end it"
    scope = {
        "type": "http",
        "app": api,
        "method": "GET",
        "path": "/",
        "query_string": b"project=default",
        "headers": [(b"authorization", f"Bearer {world.session()}".encode())],
    }

    async def followed() -> float:
        connection = HTTPConnection(scope)
        caller = await require_access(connection)
        frames = _while_allowed(connection, api.state.events, caller, "project", 0)
        await anext(frames)  # the first check found the member
        administer(f"DELETE FROM member WHERE person_id = '{world.owner}'")
        start = time.monotonic()
        async for _ in frames:
            pass
        return time.monotonic() - start

    assert asyncio.run(asyncio.wait_for(followed(), 30)) < 8 * CHECKED_EVERY
    with pytest.raises(NotFound):
        world.projects.authenticate(world.session(), "default")
    assert CACHE_SECONDS <= 60
