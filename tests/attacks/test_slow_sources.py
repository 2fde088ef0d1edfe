"""45 requests to a source that answers slowly: everything else of the platform still answers."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from tests.conftest import PlatformProcess, running_platform

SLOW_REQUESTS = 45


class SlowServer:
    """Accepts connections and never answers."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._held: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def asked(self) -> int:
        return len(self._held)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._held.append(self._listener.accept()[0])

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for connection in self._held:
            connection.close()


@pytest.fixture(scope="module")
def slow() -> Iterator[SlowServer]:
    server = SlowServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, slow: SlowServer) -> Iterator[PlatformProcess]:
    allowed = f"127.0.0.1:{slow.port}"
    yield from running_platform(tmp_path_factory.mktemp("platform"), AZURAFORGE_OUTGOING__ALLOW=allowed)


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


class Request:
    """POST /datasets/from-source on a connection of its own, answered in a thread."""

    def __init__(self, platform: PlatformProcess, port: int) -> None:
        address = urlsplit(platform.url)
        self.connection = http.client.HTTPConnection(str(address.hostname), int(address.port or 0), timeout=120)
        options = {"latitude": 1, "longitude": 1, "start": "2024-01-01", "end": "2024-01-02"}
        options["base_url"] = f"http://127.0.0.1:{port}/"
        headers = {"Authorization": f"Bearer {platform.token}", "Content-Type": "application/json"}
        body = json.dumps({"source": "open_meteo", "options": options})
        self.connection.request("POST", "/api/v1/datasets/from-source", body, headers)
        self.status = 0
        self.problem: dict[str, Any] = {}
        self.retry_after: str | None = None
        self._thread = threading.Thread(target=self._wait)
        self._thread.start()

    def _wait(self) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError, AttributeError):
            answer = self.connection.getresponse()
            self.problem, self.retry_after = json.loads(answer.read()), answer.getheader("Retry-After")
            self.status = answer.status

    def leave(self) -> None:
        """Close the connection, as a client that is ended does."""
        if self.connection.sock is not None:
            with contextlib.suppress(OSError):
                self.connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(120)
        self.connection.close()


def fetch(platform: PlatformProcess, path: str, token: str = "") -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with urllib.request.urlopen(urllib.request.Request(platform.url + path, headers=headers), timeout=60) as answer:
        return int(answer.status)


def new_token(platform: PlatformProcess, name: str) -> str:
    headers = {"Authorization": f"Bearer {platform.token}", "Content-Type": "application/json"}
    body = json.dumps({"name": name}).encode()
    request = urllib.request.Request(f"{platform.url}/api/v1/tokens", body, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(json.loads(answer.read())["token"])


def readers(platform: PlatformProcess) -> list[psutil.Process]:
    """Children that hold a connection to the slow server, or any other: forked by the launcher, not it."""
    found = []
    for process in platform.tree()[1:]:
        with contextlib.suppress(psutil.Error):
            if any(each.raddr for each in process.net_connections("tcp")):
                found.append(process)
    return found


def test_45_slow_sources_leave_health_page_and_new_tokens_alone(platform: PlatformProcess, slow: SlowServer) -> None:
    tokens = [new_token(platform, f"t{index}") for index in range(2)]
    inbox = Path(platform.home) / "uploads"
    requests = [Request(platform, slow.port) for _ in range(SLOW_REQUESTS)]
    try:
        until(lambda: slow.asked >= 2, "no source reads")
        until(lambda: sum(each.status == 503 for each in requests) >= SLOW_REQUESTS - 4, "no request was turned away")
        turned_away = [each for each in requests if each.status]
        assert {(each.status, each.problem["code"]) for each in turned_away} == {(503, "busy")}
        assert all(each.retry_after and each.problem["next_step"] for each in turned_away)
        assert fetch(platform, "/readyz") == fetch(platform, "/healthz") == fetch(platform, "/") == 200
        assert [fetch(platform, "/api/v1/datasets", token) for token in tokens] == [200, 200]
        assert fetch(platform, "/api/v1/plugins", tokens[0]) == 200
        assert len(readers(platform)) <= 2 <= slow.asked  # the source asks again after a minute of silence
        assert len([each for each in inbox.iterdir() if each.is_dir()]) == 2
    finally:
        for each in requests:
            each.leave()
    # The clients have left: their children end, and nothing of their work is left.
    until(lambda: not readers(platform), "a child reads for a client that has left")
    until(lambda: not list(inbox.iterdir()), "files of a client that has left")


def test_a_file_is_not_read_to_the_end_for_a_client_that_has_left(platform: PlatformProcess) -> None:
    """The same for an upload, which is read in a child too."""
    plugins = Path(platform.home) / "uploads"
    rows = "\n".join(f"{1_600_000_000 + 60 * row},{row % 97}" + f",{row % 89}" * 12 for row in range(150_000))
    table = ("time,y," + ",".join(f"c{index}" for index in range(12)) + "\n" + rows).encode()
    options = json.dumps({"time": "time", "target": "y", "name": "left"})
    body = (
        f'--b\r\nContent-Disposition: form-data; name="options"\r\n\r\n{options}\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="left.csv"\r\n\r\n'
    ).encode()
    body += table + b"\r\n--b--\r\n"
    address = urlsplit(platform.url)
    connection = http.client.HTTPConnection(str(address.hostname), int(address.port or 0), timeout=120)
    headers = {"Authorization": f"Bearer {platform.token}", "Content-Type": "multipart/form-data; boundary=b"}
    before = set(platform.tree())
    connection.request("POST", "/api/v1/datasets", body, headers)
    until(lambda: len(list(plugins.iterdir())) == 2, "the file was not received")  # its own, and its reader's
    until(lambda: bool(set(platform.tree()) - before), "no child reads it")
    connection.sock.shutdown(socket.SHUT_RDWR)
    connection.close()
    until(lambda: not list(plugins.iterdir()), "files of a client that has left")
    until(lambda: not (set(platform.tree()) - before), "a child reads for a client that has left")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        platform.api("/datasets/left")


def test_a_member_cannot_use_a_source_to_look_into_the_inner_network(platform: PlatformProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as inner:
        inner.settimeout(0)
        request = Request(platform, inner.getsockname()[1])
        until(lambda: request.status != 0, "no answer")
        request.leave()
        assert (request.status, request.problem["code"]) == (422, "address_refused")
        with pytest.raises(BlockingIOError):  # no connection was made
            inner.accept()
