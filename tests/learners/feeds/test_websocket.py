"""The source ``websocket``: rows of messages, reconnection, and the policy for outgoing connections."""

from __future__ import annotations

import ipaddress
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from websockets.sync.server import ServerConnection, serve

from azuraforge.errors import InvalidInput, TransientError
from azuraforge.learners.feeds.sources.websocket import WebSocket, WebSocketOptions
from azuraforge.outgoing import Policy
from azuraforge.outgoing.websocket import open_websocket
from azuraforge.plugins import FeedRow

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


class Server:
    """A server that sends the messages of each connection in turn, then ends it."""

    def __init__(self) -> None:
        self.scripts: list[list[str]] = []
        self.received: list[str] = []
        self.headers: list[str | None] = []
        self.server = serve(self._serve, "127.0.0.1", 0)
        self.port: int = self.server.socket.getsockname()[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.headers.append(connection.request.headers.get("Authorization"))
        script = self.scripts.pop(0)
        if script and script[0] == "wait":
            self.received.append(str(connection.recv()))
        for message in script:
            if message != "wait":
                connection.send(message)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.server.shutdown()


def source(server: Server, **options: object) -> tuple[WebSocket, WebSocketOptions]:
    made = WebSocket()
    made.outgoing = Policy(allow=("127.0.0.1",))
    return made, WebSocketOptions.model_validate({"url": f"ws://127.0.0.1:{server.port}/x", **options})


def rows_until_the_end(made: WebSocket, options: WebSocketOptions) -> list[FeedRow]:
    """Return the rows of one connection."""
    found: list[FeedRow] = []
    while True:
        try:
            found.extend(made.poll(options, None).rows)  # type: ignore[arg-type]
        except TransientError:
            return found
        if made._connection is None:  # it was lost in the poll that read its last rows
            return found


def test_each_message_is_a_row_and_a_lost_connection_is_opened_again(server: Server) -> None:
    message = {"at": "2024-05-01T12:00:00Z", "price": 41.5, "volume": "7"}
    server.scripts = [["wait", json.dumps(message), '{"type": "heartbeat"}'], ["wait", json.dumps(message)]]
    made, options = source(server, subscribe="prices, please")
    row = FeedRow(NOON, {"price": 41.5, "volume": 7.0})
    assert rows_until_the_end(made, options) == [row]
    assert rows_until_the_end(made, options) == [row]
    assert server.received == ["prices, please"] * 2
    made.close()


def test_fields_are_found_inside_messages_and_bad_messages_are_refused_singly(server: Server) -> None:
    trades = {"data": {"trades": [{"T": NOON.timestamp() * 1000, "s": "BTC", "p": "1.5"}, {"T": "soon", "s": "BTC"}]}}
    server.scripts = [[json.dumps(trades), "no json"]]
    made, options = source(server, rows="data.trades", time="T", key="s", columns={"price": "p"})
    found = []
    refused = []
    while True:
        try:
            polled = made.poll(options, None)
        except TransientError:
            break
        found += polled.rows
        refused += polled.refused
    assert found == [FeedRow(NOON, {"price": 1.5}, "BTC")]
    assert [each.error_code for each in refused] == ["no_time", "not_json"]


@pytest.mark.parametrize(
    ("policy", "url", "code"),
    [
        (Policy(), "ws://127.0.0.1:9/", "address_refused"),
        (Policy(), "wss://169.254.169.254/", "address_refused"),
        (Policy(), "ws://93.184.216.34/", "not_encrypted"),
        (Policy(), "http://example.org/", "bad_address"),
        (Policy(), "wss://user:secret@example.org/", "bad_address"),
    ],
)
def test_addresses_that_the_policy_does_not_allow_are_refused(policy: Policy, url: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        open_websocket(policy, url)
    assert caught.value.error_code == code


def test_the_address_that_was_checked_is_the_one_that_is_reached(server: Server) -> None:
    server.scripts = [["hello"]]
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
        asked.append(host)
        return [ipaddress.ip_address("127.0.0.1")]

    allowed = Policy(allow=("feed.example:" + str(server.port),))
    with open_websocket(allowed, f"ws://feed.example:{server.port}/", resolver=resolve) as connection:
        assert connection.recv(timeout=60) == "hello"
    assert asked == ["feed.example"]
    with pytest.raises(InvalidInput, match="not public"):
        open_websocket(Policy(), f"wss://feed.example:{server.port}/", resolver=resolve)


def test_a_server_that_refuses_the_handshake_or_is_gone_is_tried_again_later(server: Server) -> None:
    server.server.shutdown()
    made, options = source(server)
    with pytest.raises(TransientError, match="failed"):
        made.poll(options, None)
