"""One client cannot hold the server with headers, half requests, slow bodies or open connections."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import socket
import struct
import time
from collections.abc import Callable, Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from azuraforge.server import protocol as protocol_module
from azuraforge.server.connections import Connections
from azuraforge.server.protocol import HttpProtocol
from azuraforge.settings import ServerSettings
from tests.attacks.serving import GET, GET_AND_CLOSE, Served, rest, serving

LIMIT = 64 * 1024


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def problem(answer: bytes) -> dict:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    assert b"connection: close" in head.lower()
    return json.loads(body)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(header_seconds=0.5, body_seconds=0.5, min_body_bytes_per_second=100_000) as running:
        yield running


def headers_of(size: int) -> bytes:
    """A request whose line and headers are exactly so many bytes."""
    start = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: "
    return start + b"a" * (size - len(start) - 4) + b"\r\n\r\n"


def test_headers_of_the_limit_pass_and_one_byte_more_is_refused(served):
    assert served.ask(headers_of(LIMIT)).startswith(b"HTTP/1.1 200")
    answer = served.ask(headers_of(LIMIT + 1))
    assert answer.startswith(b"HTTP/1.1 431")
    assert problem(answer)["code"] == "headers_too_large"


@pytest.mark.parametrize(
    "start",
    [
        b"GET /",
        b"GET / HTTP/1.1\r\nX",
        b"GET / HTTP/1.1\r\nX: ",
        GET + b"GET / HTTP/1.1\r\nX: ",
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX: ",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;x=",
    ],
    ids=["path", "name", "value", "second request", "upgrade", "trailer", "chunk extension"],
)
def test_a_header_without_an_end_is_refused_after_the_limit(served, start):
    """The server closes although the client would send 64 MiB; what it read is a few chunks of a socket."""
    with served.connect(start) as flood:
        sent = 0
        with contextlib.suppress(OSError):
            while sent < 64 << 20:
                sent += flood.send(b"a" * 65536)
        assert sent < 32 << 20
        received = rest(flood)
        assert b"HTTP/1.1 431" in received or not received  # a reset may overtake the answer
    assert served.answers()


def test_a_trailer_reaches_no_application(served):
    body = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = served.ask(body + b"2\r\nab\r\n0\r\nAuthorization: Bearer x\r\n\r\n")
    assert answer.endswith(b"1\r\n2\r\n0\r\n\r\n")
    assert b"authorization" not in dict(served.application.headers)


def test_many_requests_at_once_are_refused(served):
    assert served.ask(GET * 8 + b"x").count(b"HTTP/1.1 200") <= 8
    assert served.ask(GET * 5000).count(b"HTTP/1.1 200") < 100
    assert served.answers()


def test_half_sent_requests_are_ended(served):
    before = served.open
    with contextlib.ExitStack() as stack:
        halves = [
            stack.enter_context(contextlib.closing(served.connect(b"GET / HTTP/1.1\r\nHost: x\r\n"))) for _ in range(20)
        ]
        silent = stack.enter_context(contextlib.closing(served.connect()))
        second = stack.enter_context(contextlib.closing(served.connect(GET + b"GET / HT")))
        for half in [*halves, silent]:
            assert problem(rest(half))["code"] == "headers_too_slow"
        answers = rest(second)
        assert answers.startswith(b"HTTP/1.1 200")
        assert b"HTTP/1.1 408" in answers
        until(lambda: served.open == before)


def test_a_client_that_sends_a_line_now_and_then_gains_no_time(served):
    with served.connect(b"GET / HTTP/1.1\r\nHost: x\r\n") as slow:
        slow.settimeout(0.05)
        received = b""
        with contextlib.suppress(ConnectionError):
            for _ in range(400):
                slow.sendall(b"X: y\r\n")
                with contextlib.suppress(TimeoutError):
                    received = slow.recv(65536)
                    break
            else:
                pytest.fail("the server went on reading")
        assert not received or received.startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("path", [b"/", b"/early"])
def test_a_slow_body_is_ended(served, path):
    """Slow POST; also where the answer is given before the body was read."""
    start = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    with served.connect(start) as slow:
        slow.settimeout(0.05)
        received = b""
        with contextlib.suppress(ConnectionError):
            for _ in range(400):
                slow.sendall(b"x")
                with contextlib.suppress(TimeoutError):
                    if not (chunk := slow.recv(65536)):
                        break
                    received += chunk
            else:
                pytest.fail("the server went on reading")
        assert path == b"/early" or not received or b"body_too_slow" in received


def test_a_body_that_arrives_fast_enough_takes_the_time_that_it_needs(served):
    """200,000 bytes a second against 100,000: three times the fixed part of the limit."""
    body = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n"
    with served.connect(body) as upload:
        for _ in range(30):
            upload.sendall(b"x" * 10_000)
            time.sleep(0.05)  # the pace is what is under test
        assert b"300000" in rest(upload)


def test_a_reader_that_stops_reading_is_cut_off():
    with serving(stalled_seconds=0.5) as served:
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with contextlib.closing(reader):
            reader.connect(served.address)
            reader.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            until(lambda: served.open == 1)
            until(lambda: served.open == 0)


@pytest.mark.parametrize("path", [b"/long", b"/large"], ids=["complete answer", "answer without an end"])
def test_a_reader_of_a_few_bytes_now_and_then_is_cut_off(path):
    """Each of them shows that it reads, so that it never stalls."""
    with serving(stalled_seconds=60, min_body_bytes_per_second=1 << 20) as served, socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(served.address)
        reader.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        protocol = held(served)
        until(lambda: protocol.transport.get_write_buffer_size() > 0)
        check(protocol)
        for later in (30, 59, 100):
            assert not protocol.transport.is_closing()
            reader.recv(4096)
            protocol._stalls = protocol_module._Stalls()  # as where bytes have left the buffer
            check(protocol, later)
        until(lambda: served.open == 0)


def test_a_reader_that_takes_what_is_sent_may_go_on_for_ever():
    """However often the server finds its buffer full."""
    with serving(stalled_seconds=60, min_body_bytes_per_second=1 << 17) as served:
        with served.connect(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n") as reader:
            protocol = held(served)
            for later in (0, 50, 100, 150):
                until(lambda: protocol.flow.write_paused)
                check(protocol, later)
                assert not protocol.transport.is_closing()
                drain = protocol._drain
                deadline = time.monotonic() + 20
                while protocol._drain is drain:  # the sockets may hold the first megabytes
                    assert time.monotonic() < deadline
                    reader.recv(1 << 20)
        served.application.left.set()


def test_a_closed_connection_whose_rest_is_not_read_leaves_its_place_to_another():
    with serving(max_connections=1) as served, socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(served.address)
        reader.sendall(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
        protocol = held(served)
        until(lambda: protocol.transport.get_write_buffer_size() > 0)
        until(served.answers)
        assert protocol.transport.is_closing()
        until(lambda: served.answers() and served.open == 0)


def test_a_stream_is_not_cut_off_by_the_limits_of_requests(served):
    with served.connect(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n") as stream:
        assert served.application.started.wait(20)
        with served.connect(b"GET / HTTP/1.1\r\n") as half:  # ended after the same time
            rest(half)
        assert any(not each.waits() for each in served.server.server_state.connections)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    until(served.application.left.is_set)
    served.application.left.clear()


HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def test_a_handshake_behind_a_stream_ends_both(served):
    """The stream's application must hear that the client left, and the connection must leave its place."""
    until(lambda: served.open == 0)
    served.application.started.clear()
    served.application.left.clear()
    with served.connect(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n") as stream:
        assert served.application.started.wait(20)
        stream.sendall(HANDSHAKE)
        assert b" 101 " not in rest(stream)
    until(served.application.left.is_set)
    served.application.left.clear()
    until(lambda: served.open == 0)


def held(served: Served) -> HttpProtocol:
    """The server's end of the only connection."""
    until(lambda: served.open == 1)
    (connection,) = served.server.server_state.connections
    return connection


def check(protocol: HttpProtocol, later: float = 0.0) -> None:
    """The look at a connection that the server takes every second, on its event loop."""

    async def look() -> None:
        protocol.check(protocol.loop.time() + later)

    asyncio.run_coroutine_threadsafe(look(), protocol.loop).result(20)


def test_a_pipelined_request_has_time_of_its_own():
    start = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na"
    with serving(header_seconds=60, body_seconds=1000) as served, served.connect(start) as client:
        protocol = held(served)
        until(lambda: protocol._phase == protocol_module._BODY)
        protocol.since -= 100  # the first request took long
        client.sendall(b"b" + GET_AND_CLOSE[:-2])
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        check(protocol)
        client.sendall(GET_AND_CLOSE[-2:])
        assert b"HTTP/1.1 200" in rest(client)


def test_an_answer_changes_nothing_for_the_body_of_the_next_request():
    chunked = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"
    with serving(header_seconds=1, body_seconds=1000) as served, served.connect(GET + chunked) as client:
        protocol = held(served)
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        check(protocol, later=100)
        client.sendall(b"0\r\nX-Trailer: y\r\n\r\n")
        assert b"HTTP/1.1 200" in rest(client)
        assert b"x-trailer" not in dict(served.application.headers)


def test_beyond_the_most_connections_the_oldest_half_requests_give_way():
    with serving(max_connections=20, header_seconds=1000) as served, contextlib.ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(contextlib.closing(served.connect(b"GET / HTTP/1.1\r\n")))
        until(served.answers)
        assert served.open <= 20


def test_where_every_connection_is_in_use_a_new_one_is_refused_in_a_sentence():
    with serving(max_connections=2) as served, contextlib.ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(contextlib.closing(served.connect(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")))
        until(lambda: served.open == 2 and not any(each.waits() for each in served.server.server_state.connections))
        with served.connect() as third:
            answer = rest(third)
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"retry-after" in answer.lower()
        assert problem(answer)["code"] == "too_many_connections"


def test_websockets_count_as_connections_and_leave_their_place():
    with serving(max_connections=1) as served:
        url = "ws://{}:{}/".format(*served.address)
        with connect(url), served.connect() as second:
            assert rest(second).startswith(b"HTTP/1.1 503")
        until(lambda: served.open == 0)
        assert served.answers()


def test_text_that_is_not_utf_8_closes_a_websocket_without_a_traceback(served, capfd):
    with connect("ws://{}:{}/".format(*served.address)) as socket_:
        socket_.send(b"\xff\xfe", text=True)
        with pytest.raises(ConnectionClosed) as closed:
            socket_.recv(timeout=20)
    assert closed.value.rcvd.code == 1007
    assert "Traceback" not in "".join(capfd.readouterr())


def test_a_handshake_with_too_many_headers_is_refused_without_a_traceback(served, capfd):
    headers = b"".join(b"X-%d: y\r\n" % number for number in range(1000))
    answer = served.ask(
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + headers + b"\r\n"
    )
    assert not answer.startswith(b"HTTP/1.1 101")
    assert "Traceback" not in "".join(capfd.readouterr())


class Seat:
    """A connection of a certain address."""

    def __init__(self, waits: bool = True) -> None:
        self.address: str | None = None
        self.since = 0.0
        self.waiting = waits

    def closes(self) -> bool:
        return False

    def waits(self) -> bool:
        return self.waiting

    def give_way(self) -> None:
        self.waiting = False
        self.closed = True


def seated(connections: Connections, address: str, waits: bool = False) -> bool:
    seat = Seat(waits)
    connections.connections.add(seat)
    return connections.admit(seat, (address, 1), 100.0)


def test_one_address_cannot_take_the_places_of_all():
    connections = Connections(ServerSettings(max_connections=40), "0.0.0.0")
    assert [seated(connections, "192.0.2.1") for _ in range(11)] == [True] * 10 + [False]
    assert seated(connections, "192.0.2.2")
    network = [f"2001:db8:0:1::{number:x}" for number in range(11)]
    assert [seated(connections, address) for address in network] == [True] * 10 + [False]
    assert all(seated(connections, "127.0.0.1") for _ in range(12)), "the machine's own proxy speaks for many"


def test_an_address_beyond_its_share_closes_its_own_waiting_connections_only():
    connections = Connections(ServerSettings(max_connections=40), "0.0.0.0")
    assert seated(connections, "192.0.2.2", waits=True)
    for _ in range(10):
        assert seated(connections, "192.0.2.1", waits=True)
    assert seated(connections, "192.0.2.1", waits=True)
    closed = [each for each in connections.connections if hasattr(each, "closed")]
    assert {each.address for each in closed} == {"192.0.2.1"}


def test_a_loopback_server_has_one_share_for_all():
    assert Connections(ServerSettings(), "127.0.0.1").share == Connections(ServerSettings()).most


def test_connections_leave_file_descriptors_to_the_rest_of_the_process():
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert Connections(ServerSettings(max_connections=10**6)).most == soft // 2
    assert os.sysconf("SC_OPEN_MAX") >= soft // 2
