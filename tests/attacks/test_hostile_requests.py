"""No request makes a 5xx, and every answer is one that the API's document declares, for every role."""

from __future__ import annotations

import contextlib
import copy
import http.client
import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.attacks.hostile import Call, Document

ROLES = ("nobody", "viewer", "member", "admin", "owner")


@dataclass
class Surface:
    """A running platform, what is in it, and a token for each role."""

    url: str
    document: Document
    tokens: dict[str, str]

    def __post_init__(self) -> None:
        self._used_at = 0.0
        self.session = requests.Session()
        self._connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)

    def close(self) -> None:
        self.session.close()
        self._connection.close()

    def send(self, call: Call, role: str) -> tuple[int, str, bytes]:
        headers = {"Content-Type": "application/json"} if call.body is not None else {}
        if role != "nobody":
            headers["Authorization"] = f"Bearer {self.tokens[role]}"
        target = call.path + (f"?{call.query}" if call.query else "")
        if time.monotonic() - self._used_at > 1:  # the server may have closed it meanwhile
            self._connection.close()
        self._connection.request(call.method, target, call.body, {**headers, **call.headers})
        with self._connection.getresponse() as answer:
            body = b"" if "event-stream" in answer.headers.get("Content-Type", "") else answer.read()
            if not body:
                self._connection.close()
            self._used_at = time.monotonic()
            return answer.status, answer.headers.get("Content-Type", ""), body

    def faults(self, call: Call, role: str) -> Iterator[str]:
        """Everything that is wrong with the answer to a call."""
        status, media_type, body = self.send(call, role)
        where = f"{role}: {call.method} {call.path[:80]}?{call.query[:60]} ({call.what}) → {status}"
        if status >= 500:
            yield f"{where} {body[:200]!r}"
        operation = self.document.document["paths"][call.template][call.method.lower()]
        if str(status) not in operation["responses"]:
            yield f"{where}: not declared {body[:200]!r}"
        if status >= 400 and not media_type.startswith("application/problem+json"):
            yield f"{where}: {media_type}"


def post(url: str, token: str, path: str, body: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/api/v1{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


@pytest.fixture(scope="module")
def surface(platform) -> Iterator[Surface]:  # type: ignore[no-untyped-def]
    platform.run("datasets", "add", "--source", "bundled", "--option", "series=co2")
    run = post(platform.url, platform.token, "/runs", {"kind": "external", "name": "mine"})
    tokens = {
        role: post(platform.url, platform.token, "/tokens", {"name": role, "role": role})["token"]
        for role in ROLES[1:4]
    }
    known = {
        "name": "co2", "dataset": "co2", "run_id": run["id"], "plugin": "forecasting.naive", "alias": "champion",
        "version": "1", "number": "1", "kind": "external", "depends_on": [], "timezone": "UTC", "metric": "rmse",
        "source": "bundled", "/api/v1/plugins/{name} name": "forecasting.naive",
    }  # fmt: skip
    made = Surface(platform.url, Document(platform.api("/openapi.json"), known), {**tokens, "owner": platform.token})

    yield made
    made.close()


def _assert_refused(surface: Surface, calls: list[tuple[Call, str]]) -> None:
    faults = [fault for call, role in calls for fault in surface.faults(call, role)]
    assert not faults, f"{len(faults)} of {len(calls)}\n" + "\n".join(faults[:60])


def test_hostile_values_are_refused(surface):
    """One request of each operation, as the roles in turn, and a few more as the owner."""
    calls = list(surface.document.calls())
    grouped: dict[tuple[str, str], list[Call]] = {}
    for call in calls:
        grouped.setdefault((call.method, call.template), []).append(call)
    chosen = [
        (each[number * 7 % len(each)], ROLES[number % len(ROLES)]) for number, each in enumerate(grouped.values())
    ]
    assert {role for _, role in chosen} == set(ROLES)
    _assert_refused(surface, chosen + [(call, "owner") for call in calls[::41]])


@pytest.mark.proof
@pytest.mark.parametrize("role", ROLES)
def test_every_hostile_value_is_refused(surface, role):
    calls = list(surface.document.calls())
    assert len(calls) > 3000
    _assert_refused(surface, [(call, role) for call in calls])


def _try(surface: Surface, n_examples: int, step: int = 1) -> list[str]:
    """Draw requests for every operation, as every role in turn; return the failures."""
    # Here: every worker imports every test file, and this library takes half a second.
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

    checks = [not_a_server_error, status_code_conformance, content_type_conformance]
    failures: list[str] = []
    turn = 0
    document = copy.deepcopy(surface.document.document)
    for path in ("/api/v1/events", "/api/v1/sessions/current"):  # a stream has no end; the other signs out
        del document["paths"][path]
    operations = list(schemathesis.openapi.from_dict(document).get_all_operations())
    for result in operations[::step]:
        operation = result.ok()
        modes = [schemathesis.GenerationMode.POSITIVE]
        if operation.definition.raw.get("parameters") or operation.definition.raw.get("requestBody"):
            modes.append(schemathesis.GenerationMode.NEGATIVE)
        for mode in modes:

            @settings(
                max_examples=n_examples,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(mode))
            def attempt(case: Any) -> None:
                nonlocal turn
                turn += 1
                role = ROLES[turn % len(ROLES)]
                headers = {} if role == "nobody" else {"Authorization": f"Bearer {surface.tokens[role]}"}
                answer = case.call(base_url=surface.url, headers=headers, session=surface.session, timeout=60)
                try:
                    case.validate_response(answer, checks=checks)
                except BaseExceptionGroup as failed:
                    failures.append(f"{role} {case.method} {case.formatted_path}: {failed.exceptions}")

            attempt()
    return failures


def test_requests_made_from_the_document_get_declared_answers(surface):
    failures = _try(surface, 1, step=20)
    assert not failures, "\n".join(failures[:30])


@pytest.mark.proof
def test_many_requests_made_from_the_document_get_declared_answers(surface):
    failures = _try(surface, 200)
    assert not failures, "\n".join(failures[:30])


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/" + "x" * 300, {}, 200),
        ("/assets/" + "x" * 300, {}, 404),
        ("/api/v1/" + "x" * 300, {}, 404),
        ("/a%00b", {}, 400),
        ("/api/v1/runs?after=%00", {}, 400),
        ("/api/v1/runs", {"Cookie": "azuraforge_session=x", "Origin": "http://[::1"}, 401),
        ("/api/v1/runs", {"Host": "[::1"}, 400),
        ("/api/v1/runs", {"Host": "a/b@c"}, 400),
    ],
)
def test_an_address_that_no_browser_sends_makes_no_5xx(surface, path, headers, status):
    answered, _, body = surface.send(Call("GET", path, path, headers=headers), "nobody")
    assert answered == status or (path.startswith("/x") and answered == 503), body


def test_an_origin_that_is_no_address_is_a_foreign_one(surface):
    headers = {"Cookie": "azuraforge_session=x", "Origin": "http://[::1"}
    status, _, body = surface.send(Call("POST", "/api/v1/runs", "", body=b"{}", headers=headers), "nobody")
    assert status == 403, body


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/api/v1/runs", "GET, POST"),
        ("GET", "/api/v1/runs/x/cancel", "POST"),
        ("POST", "/api/v1/models/x", "DELETE, GET"),
        ("POST", "/api/v1/nothing", None),
        ("POST", "/runs", "GET"),
    ],
)
def test_a_method_that_is_not_there_names_those_that_are(surface, method, path, allowed):
    answer = surface.session.request(method, surface.url + path, timeout=60)
    assert answer.status_code == (405 if allowed else 404)
    assert answer.headers.get("Allow") == allowed


def test_a_binary_frame_closes_the_live_stream_without_a_traceback(surface, platform):
    headers = {"Authorization": f"Bearer {surface.tokens['viewer']}"}
    with connect(surface.url.replace("http", "ws") + "/api/v1/events/live", additional_headers=headers) as live:
        live.send(b"\x00\xff")
        with contextlib.suppress(ConnectionClosed):
            for _ in live:
                pass
    assert live.protocol.close_rcvd.code == 1003
    assert "Traceback" not in platform.log()


def test_pages_connect_to_this_platform_only(surface):
    policy = surface.session.get(f"{surface.url}/", timeout=60).headers["Content-Security-Policy"]
    assert "connect-src 'self';" in policy
    assert "ws:" not in policy


def test_a_run_ends_whatever_characters_its_reason_holds(platform):
    """Elsewhere half of a surrogate pair is refused; the end of a run must not be lost over a character."""
    run = post(platform.url, platform.token, "/runs", {"kind": "external", "name": "mine"})
    ended = post(
        platform.url, platform.token, f"/runs/{run['id']}/finish", {"state": "failed", "error": "bad \udcff\0"}
    )
    assert (ended["state"], ended["error"]["message"]) == ("failed", "bad ?\N{REPLACEMENT CHARACTER}")
