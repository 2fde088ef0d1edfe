"""A web server on loopback that behaves as a test says, for sources that read over HTTP."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Reply = Callable[["Answer"], None]


class Web(ThreadingHTTPServer):
    """Serves ``body`` with an ETag; ``script`` replaces the next answers.

    Attributes:
        asked: path and headers of each request.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.body: bytes = b""
        self.content_type = "text/csv"
        self.etag: str | None = None
        self.script: list[Reply] = []
        self.asked: list[tuple[str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/load.csv"

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that left


class Answer(BaseHTTPRequestHandler):
    """One request."""

    server: Web

    def do_GET(self) -> None:
        self.server.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        if self.server.script:
            self.server.script.pop(0)(self)
        elif self.server.etag is not None and self.headers.get("If-None-Match") == self.server.etag:
            self.reply(304, b"")
        else:
            self.reply(200, self.server.body)

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", self.server.content_type)
        if self.server.etag is not None:
            self.send_header("ETag", self.server.etag)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def status(code: int) -> Reply:
    return lambda answer: answer.reply(code, b"the secret of another machine")


def page(answer: Answer) -> None:
    answer.reply(200, b"<!doctype html><title>Sign in</title>")


def hang(answer: Answer) -> None:
    """Accept the request and stay silent until the client leaves."""
    answer.connection.settimeout(5)
    with contextlib.suppress(OSError):
        answer.connection.recv(1)


def cut(answer: Answer) -> None:
    """Announce more bytes than are sent."""
    answer.send_response(200)
    answer.send_header("Content-Length", str(len(answer.server.body) + 100))
    answer.end_headers()
    answer.wfile.write(answer.server.body)
    answer.close_connection = True


def drip(answer: Answer) -> None:
    """Send a byte at a time, for longer than anybody waits."""
    answer.send_response(200)
    answer.send_header("Content-Length", "100000")
    answer.end_headers()
    with contextlib.suppress(OSError):
        for _ in range(100):
            answer.wfile.write(b"1")
            time.sleep(0.05)


def redirect(to: str) -> Reply:
    return lambda answer: answer.reply(302, b"", Location=to)


@contextmanager
def serving() -> Iterator[Web]:
    server = Web()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
