"""Another person with another project during a storm: nothing that it gets may show the first one's runs."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http.client
import json
import threading
from collections.abc import Iterator
from typing import Any

from benchmarks.faults.target import Caller, Target
from benchmarks.readers import Heard, Reader

#: Part of the names of all runs of the storm; the other project must never see it.
CANARY = "kanarya7"
_SLUG = "neighbour"
_READS = ("/runs?limit=100", "/events?stream=project", "/models", "/datasets", "/notifications", "/members", "/studies")
_FOREIGN = ("/runs/{}", "/runs/{}/metrics", "/runs/{}/artifacts", "/runs/{}/artifacts/end.txt", "/events?stream=run/{}")


class _Place:
    """The address of the platform with the neighbour's token, for a reader."""

    def __init__(self, target: Target, token: str) -> None:
        self._target = target
        self.token = token

    @property
    def port(self) -> int:
        return self._target.port


class _Overheard(Heard):
    """Events as text, in which a canary would be found."""

    def __init__(self, neighbour: Neighbour) -> None:
        super().__init__()
        self._neighbour = neighbour

    def take(self, event: dict[str, Any]) -> None:
        super().take(event)
        self._neighbour.look("event", json.dumps(event, ensure_ascii=False))


class Neighbour(threading.Thread):
    """Reads everything that the own project has, asks for the other project's runs, and looks at waiting messages.

    Attributes:
        looked: number of answers, events, messages and log lines that were searched.
        leaks: those that show the other project.
    """

    def __init__(self, target: Target, runs: dict[str, Any]) -> None:
        super().__init__(daemon=True)
        self.looked = 0
        self.leaks: list[str] = []
        self.failure: BaseException | None = None
        self._target = target
        self._runs = runs
        self._ended = threading.Event()
        self._project = ""
        self._token = self._move_in()
        self._readers: list[Reader] = []
        self._loop = asyncio.new_event_loop()

    def look(self, kind: str, text: str) -> None:
        """Search a text for the canary and for ids of the other project's runs."""
        self.looked += 1
        if found := next((each for each in (CANARY, *list(self._runs)) if each in text), None):
            self.leaks.append(f"{kind} shows {found}: {text[:300]}")

    def run(self) -> None:
        streams = threading.Thread(target=self._listen, daemon=True)
        streams.start()
        try:
            number = 0
            while not self._ended.is_set():
                number += 1
                with contextlib.suppress(OSError, http.client.HTTPException):
                    self._ask_all(number)
                self._look_at_messages()
                self._ended.wait(0.2)
        except BaseException as error:  # reported by the driver
            self.failure = error

    def finish(self) -> None:
        """Stop reading, while the platform still runs."""
        self._ended.set()
        self.join(30)
        for reader in self._readers:
            self._loop.call_soon_threadsafe(reader.stop)
        if self.failure is not None:
            raise SystemExit(f"the neighbour failed: {self.failure!r}")

    def read_logs(self, texts: Iterator[str]) -> None:
        """Search the log lines that name the neighbour's project."""
        for text in texts:
            for line in text.splitlines():
                if self._project in line or _SLUG in line:
                    self.look("log line", line)

    def _move_in(self) -> str:
        """Create an account through an invitation, leave for an own project, and return a token of it."""
        caller, secret = Caller(self._target), ""
        invitation = caller.insist("POST", "/invitations", {"role": "viewer"})["url"].partition("#invitation=")[2]
        body = {"invitation": invitation, "name": _SLUG, "password": "a long and rare sentence 7"}
        cookies = self._send("POST", "/invitations/accept", body)[2]
        for name, _, value in (each.split(";")[0].partition("=") for each in cookies):
            secret = value if name.endswith("session") else secret
        person = next(each["id"] for each in caller.insist("GET", "/members")["items"] if each["name"] == _SLUG)
        caller.insist("DELETE", f"/members/{person}")
        assert self._send("POST", "/projects", {"slug": _SLUG, "name": "Neighbour"}, secret)[0] == 201
        [(self._project,)] = self._target.rows(f"SELECT id FROM project WHERE slug = '{_SLUG}'")
        status, text, _ = self._send("POST", "/tokens", {"name": "storm", "role": "owner"}, secret)
        assert status == 201, text
        return str(json.loads(text)["token"])

    def _send(self, method: str, path: str, body: Any = None, secret: str = "") -> tuple[int, str, list[str]]:
        """Return status, answer with its headers, and cookies."""
        connection = http.client.HTTPConnection("127.0.0.1", self._target.port, timeout=30)
        headers = {"Content-Type": "application/json"}
        if secret:
            headers["Authorization"] = f"Bearer {secret}"
            headers |= {"AzuraForge-Project": _SLUG} if path != "/projects" else {}
        try:
            connection.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            stream = (answer.getheader("Content-Type") or "").startswith("text/event-stream")
            text = "" if stream else answer.read().decode(errors="replace")
            return answer.status, text, answer.headers.get_all("set-cookie", [])
        finally:
            connection.close()

    def _ask_all(self, number: int) -> None:
        self._send("PUT", "/secrets/storm", {"value": f"value {number}"}, self._token)  # an event of the own project
        for path in _READS:
            self.look(f"GET {path}", self._send("GET", path, None, self._token)[1])
        for run_id in list(self._runs)[-1:]:
            for path in _FOREIGN:
                asked = path.format(run_id)
                status, text, _ = self._send("GET", asked, None, self._token)
                self.look(f"GET {asked}", text.replace(run_id, ""))  # an error repeats the id that was asked for
                if status < 400 and not path.startswith("/events"):
                    self.leaks.append(f"GET {asked}: {status}")

    def _look_at_messages(self) -> None:
        """Search the messages in the broker: none may have more content than the ids of a project and its run."""
        for message in getattr(self._target, "messages", list)():
            self.looked += 1
            body = json.loads(base64.b64decode(json.loads(message)["body"]))
            ids, named = body[0], body[1]
            rows = self._target.rows(f"SELECT project_id FROM run WHERE id = '{ids[1]}'")
            if len(ids) != 2 or named or [tuple(row) for row in rows] != [(ids[0],)] or CANARY in message:
                self.leaks.append(f"message {message[:300]} {body}")

    def _listen(self) -> None:
        place: Any = _Place(self._target, self._token)
        self._readers = [Reader(place, "project", kind) for kind in ("WebSocket", "SSE")]
        for reader in self._readers:
            reader.heard = _Overheard(self)
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.gather(*(reader.run() for reader in self._readers)))
