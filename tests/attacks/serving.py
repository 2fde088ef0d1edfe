"""A server in this process, with limits small enough to reach."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from azuraforge.platform.http import HttpServer
from azuraforge.settings import ServerSettings


class Application:
    """Answers with the length of the body; ``/stream`` never ends, ``/large`` is more than any socket buffers,
    ``/long`` ends with more than one buffers."""

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.client = self.scheme = ""
        self.left = threading.Event()
        self.started = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.client, self.scheme = scope["client"][0], scope["scheme"]
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            while (await receive())["type"] != "websocket.disconnect":
                pass
            self.left.set()
            return
        size, more = 0, scope["path"] != "/early"
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.set()
                return
            size += len(message["body"])
            more = message["more_body"]
        self.headers = list(scope["headers"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/large":
            while not self.left.is_set():
                await send({"type": "http.response.body", "body": bytes(1 << 20), "more_body": True})
        if scope["path"] == "/long":
            await send({"type": "http.response.body", "body": bytes(16 << 20)})
            return
        if scope["path"] == "/stream":
            await send({"type": "http.response.body", "body": b": alive\n\n", "more_body": True})
            self.started.set()
            while (await receive())["type"] != "http.disconnect":
                pass
            self.left.set()
            return
        await send({"type": "http.response.body", "body": str(size).encode()})


class Served:
    """A running server and ways to speak to it without a client's manners."""

    def __init__(self, server: HttpServer, address: tuple[str, int], application: Application) -> None:
        self.server = server
        self.address = address
        self.application = application

    @property
    def open(self) -> int:
        """Connections that the server holds."""
        return len(self.server.server_state.connections)

    def connect(self, sent: bytes = b"") -> socket.socket:
        connection = socket.create_connection(self.address, timeout=20)
        if sent:
            connection.sendall(sent)
        return connection

    def ask(self, sent: bytes) -> bytes:
        """Everything the server answers to these bytes until it closes."""
        with self.connect() as connection:
            with suppress(OSError):  # it may stop reading
                connection.sendall(sent)
            return rest(connection)

    def answers(self) -> bool:
        """Return whether a well-behaved request is answered."""
        return self.ask(GET_AND_CLOSE).startswith(b"HTTP/1.1 200")


GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
GET_AND_CLOSE = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def rest(connection: socket.socket) -> bytes:
    """What arrives until the server closes, also where it closes with a reset."""
    received = b""
    with suppress(ConnectionError):
        while chunk := connection.recv(65536):
            received += chunk
    return received


@contextmanager
def serving(**limits: Any) -> Iterator[Served]:
    """A server for the length of the block."""
    thresholds, application = gc.get_threshold(), Application()
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    address = listener.getsockname()
    server = HttpServer(application, listener, lambda: None, ServerSettings(**limits))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert server.wait_started()
        yield Served(server, address, application)
    finally:
        application.left.set()
        server.force_exit = server.should_exit = True
        thread.join()
        gc.set_threshold(*thresholds)
        gc.unfreeze()
