"""No request makes a 5xx, and every answer is one that the API's document declares, for every role."""

from __future__ import annotations

import http.client
import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.attacks.hostile import Call, Document

ROLES = ("nobody", "viewer", "member", "admin", "owner")


@dataclass
class Surface:
    """A running platform, what is in it, and a token for each role."""

    url: str
    document: Document
    tokens: dict[str, str]

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)

    def send(self, call: Call, role: str) -> tuple[int, str, bytes]:
        headers = {"Content-Type": "application/json"} if call.body is not None else {}
        if role != "nobody":
            headers["Authorization"] = f"Bearer {self.tokens[role]}"
        target = call.path + (f"?{call.query}" if call.query else "")
        try:
            self._connection.request(call.method, target, call.body, {**headers, **call.headers})
            with self._connection.getresponse() as answer:
                body = b"" if "event-stream" in answer.headers.get("Content-Type", "") else answer.read()
                if not body:
                    self._connection.close()
                return answer.status, answer.headers.get("Content-Type", ""), body
        except http.client.HTTPException:
            self._connection.close()
            raise

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
def surface(platform) -> Surface:  # type: ignore[no-untyped-def]
    platform.run("datasets", "add", "--source", "bundled", "--option", "series=co2")
    run = post(platform.url, platform.token, "/runs", {"kind": "external", "name": "mine"})
    tokens = {
        role: post(platform.url, platform.token, "/tokens", {"name": role, "role": role})["token"]
        for role in ROLES[1:4]
    }
    known = {
        "name": "co2", "dataset": "co2", "run_id": run["id"], "plugin": "forecasting.naive", "alias": "champion",
        "version": "1",
        "number": "1", "kind": "external", "depends_on": [], "timezone": "UTC", "metric": "rmse", "source": "bundled",
        "/api/v1/plugins/{name} name": "forecasting.naive",
    }  # fmt: skip
    return Surface(platform.url, Document(platform.api("/openapi.json"), known), {**tokens, "owner": platform.token})


def test_hostile_values_are_refused(surface, request):
    """Every nth of about 6,000 requests here, all of them in make proof."""
    step = 1 if "proof" in request.config.getoption("-m").replace("not proof", "") else 17
    calls = list(surface.document.calls())
    faults = [fault for call in calls[::step] for fault in surface.faults(call, "owner")]
    assert not faults, f"{len(faults)} of {len(calls[::step])}\n" + "\n".join(faults[:60])
