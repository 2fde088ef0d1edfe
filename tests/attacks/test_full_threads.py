"""Slow routes that take every thread do not keep callers out."""

from __future__ import annotations

from types import SimpleNamespace

import anyio
from anyio import to_thread
from starlette.requests import HTTPConnection

from azuraforge.database import Database
from azuraforge.projects.access import require_access
from azuraforge.projects.callers import Access
from azuraforge.projects.service import ProjectService


def test_a_token_that_is_not_remembered_is_verified_while_every_thread_is_taken(database: Database) -> None:
    service = ProjectService(database)
    token = service.local_token(service.ensure_default())
    app = SimpleNamespace(state=SimpleNamespace(projects=service))
    headers = [(b"authorization", f"Bearer {token}".encode())]
    connection = HTTPConnection({"type": "http", "method": "GET", "headers": headers, "app": app})

    async def enter() -> Access:
        limiter = to_thread.current_default_thread_limiter()
        limiter.total_tokens = 1
        async with limiter:
            with anyio.fail_after(60):
                return await require_access(connection)

    assert anyio.run(enter).role == "owner"
