"""A body is read only after its sender is known; one that anybody may send is small; a large one is parsed aside."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from azuraforge import strict_json
from azuraforge.database import Database
from azuraforge.people.address import Address
from azuraforge.projects.schemas import TokenRequest
from azuraforge.projects.service import ProjectService
from azuraforge.server.application import FILE_PATHS, create_api
from azuraforge.settings import ServerSettings
from tests.api_document import api_document

#: Routes that need no secret.
OPEN = ["/api/v1/sessions", "/api/v1/invitations/lookup", "/api/v1/invitations/accept"]


class Ask:
    """The API without a server; counts how often a request's body was asked for."""

    def __init__(self, projects: Any = None) -> None:
        self.app = create_api()
        self.app.state.address = Address.of(ServerSettings(), "http://127.0.0.1:1")
        self.app.state.projects = projects
        self.app.state.people = None if projects is None else projects.people
        self.app.state.people_administration = self.app.state.accounts = None
        self.app.state.invitations = None
        self.read = 0

    def __call__(self, method: str, path: str, chunk: bytes = b"{", chunks: int = 1, token: str = "") -> int:
        self.read = 0
        headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
        if token:
            headers.append((b"authorization", f"Bearer {token}".encode()))
        scope = {
            "type": "http", "method": method.upper(), "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": headers, "root_path": "", "scheme": "http", "http_version": "1.1",
        }  # fmt: skip
        status = 0

        async def receive() -> dict[str, Any]:
            self.read += 1
            return {"type": "http.request", "body": chunk, "more_body": self.read < chunks}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)

        asyncio.run(self.app(scope, receive, send))
        return status


def _with_json() -> list[tuple[str, str]]:
    found = []
    for path, methods in api_document()["paths"].items():
        for method, operation in methods.items():
            if "application/json" in operation.get("requestBody", {}).get("content", {}):
                found.append((method, path.replace("{", "").replace("}", "")))
    assert len(found) > 20
    return found


def test_no_byte_of_an_unauthenticated_body_is_read() -> None:
    ask = Ask()
    for method, path in _with_json():
        if path not in OPEN:
            assert (ask(method, path), ask.read) == (401, 0), f"{method} {path}"


@pytest.fixture
def projects(database: Database) -> ProjectService:
    return ProjectService(database)


@pytest.fixture
def owner(projects: ProjectService) -> str:
    """The secret of the project's owner."""
    return projects.local_token(projects.ensure_default())


def test_no_byte_is_read_for_a_role_that_may_not_send_it(projects: ProjectService, owner: str) -> None:
    request = TokenRequest(name="reader", role="viewer")
    viewer = projects.create_token(projects.authenticate(owner), request).token
    ask = Ask(projects)
    assert (ask("POST", "/api/v1/runs", token=viewer), ask.read) == (403, 0)
    assert (ask("POST", "/api/v1/tokens", token=viewer), ask.read) == (403, 0)
    assert (ask("POST", "/api/v1/links", token=viewer), ask.read) == (422, 1)


@pytest.mark.parametrize("path", OPEN)
def test_a_body_that_anyone_may_send_is_small(path: str) -> None:
    ask = Ask()
    assert (ask("POST", path, b"x" * 16384, 100), ask.read) == (413, 5)


def _upload_paths() -> list[str]:
    """Return the paths whose request body is a form with a file, or a file itself, with names filled in."""
    found = []
    for path, methods in api_document()["paths"].items():
        for operation in methods.values():
            kinds = operation.get("requestBody", {}).get("content", {})
            if any(kind != "application/json" for kind in kinds):
                found.append(path.replace("{", "").replace("}", ""))
    assert len(found) > 5
    return found


def test_the_limit_for_files_applies_exactly_to_the_routes_that_take_one() -> None:
    files = set(_upload_paths())
    for path in api_document()["paths"]:
        filled = path.replace("{", "").replace("}", "")
        assert (FILE_PATHS.fullmatch(filled) is not None) == (filled in files), filled


@pytest.mark.parametrize(("size", "aside"), [(10, False), (300_000, True)])
def test_a_large_body_is_parsed_in_a_thread(
    monkeypatch: pytest.MonkeyPatch, projects: ProjectService, owner: str, size: int, aside: bool
) -> None:
    threads = []

    def noted(text: bytes, parse: Callable[[bytes], Any] = strict_json.parse) -> Any:
        threads.append(threading.current_thread())
        return parse(text)

    monkeypatch.setattr(strict_json, "parse", noted)
    assert Ask(projects)("POST", "/api/v1/links", b"[" + b" " * size + b"]", token=owner) == 422
    assert [each is not threading.main_thread() for each in threads] == [aside]
