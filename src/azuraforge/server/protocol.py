"""The HTTP and WebSocket protocols of uvicorn with limits on the size and slowness of clients' requests."""

from __future__ import annotations

from asyncio import AbstractEventLoop, Transport

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from azuraforge.server.connections import Connections
from azuraforge.server.problems import problem
from azuraforge.settings import ServerSettings

#: Part of a request that the client is sending; IDLE if the last request is complete.
_IDLE, _HEADERS, _BODY = range(3)
#: Number of requests that a client may send before the first one is answered.
_MOST_PIPELINED = 32


class _Stalls:
    """Detection of a client that reads none of the data sent to it."""

    def __init__(self) -> None:
        self._unsent = 0
        self._since = 0.0

    def noticed(self, unsent: int, now: float, limit_seconds: float) -> bool:
        if not unsent or unsent != self._unsent:
            self._unsent, self._since = unsent, now
            return False
        return now - self._since > limit_seconds


class _Drain:
    """Detection of a client that reads buffered data too slowly, while the server adds none."""

    def __init__(self) -> None:
        self._unsent = 0
        self._since = 0.0

    def is_slow(self, unsent: int, now: float, limits: ServerSettings) -> bool:
        if not unsent or not self._unsent or unsent > self._unsent:
            self._unsent, self._since = unsent, now
            return False
        return now - self._since > limits.stalled_seconds + self._unsent / limits.min_body_bytes_per_second


class HttpProtocol(HttpToolsProtocol):
    """HTTP/1.1 with limits on the bytes of headers, trailers and chunk extensions, and on the time of requests.

    The parser buffers an unfinished header and reports nothing, so bytes are counted when they arrive: those since the
    last callback of the parser. Time limits are checked once per second (``check``), so that a request needs no timer.
    """

    server_state: Connections

    def __init__(
        self,
        config: Config,
        server_state: Connections,
        app_state: dict[str, object],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.limits = self.server_state.limits
        self.address: str | None = None
        self.since = 0.0
        self._admitted = False
        self._phase = _HEADERS
        self._uncounted = 0  # bytes since the last callback of the parser
        self._body_bytes = 0
        self._checked_at = 0.0
        self._stalls = _Stalls()
        self._drain = _Drain()

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # of a server
        super().connection_made(transport)
        self.since = self._checked_at = self.loop.time()
        self._admitted = self.server_state.admit(self, self.client, self.since)
        if not self._admitted:
            self._refuse(503, "too many connections are open", "too_many_connections")

    def connection_lost(self, exc: Exception | None) -> None:
        self.server_state.leave(self.address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._admitted:
            return
        if self._phase == _IDLE:
            self._phase = _HEADERS
            self.since = self.loop.time()
        most = self.limits.max_header_bytes
        if self._uncounted + len(data) <= most:
            self._uncounted += len(data)
            super().data_received(data)
            return
        while data and not self.transport.is_closing() and self.transport.get_protocol() is self:
            room = most - self._uncounted
            if room <= 0:
                self._refuse(431, "the headers are larger than {most} bytes", "headers_too_large", most=most)
                return
            piece, data = data[:room], data[room:]
            self._uncounted += len(piece)
            super().data_received(piece)

    def on_message_begin(self) -> None:
        self._phase = _HEADERS  # maybe in the same chunk as the end of the previous request
        self.since = self.loop.time()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._phase == _HEADERS:  # else a trailer, which arrives after the application has received the headers
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._uncounted = 0
        self._phase = _BODY
        self._body_bytes = 0
        if len(self.pipeline) >= _MOST_PIPELINED:
            raise httptools.HttpParserError("too many requests at once")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._uncounted = 0
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._uncounted = 0
        self._phase = _IDLE
        super().on_message_complete()

    def on_response_complete(self) -> None:
        # The answered request may not be the one that is being received.
        if self._phase == _BODY and self.cycle.response_complete:
            self._phase = _HEADERS  # answered early: the rest of the body must arrive within the time limit of headers
        if self._phase == _HEADERS:  # the time limit starts when the previous request is answered
            self.since = self.loop.time()
        super().on_response_complete()

    def handle_websocket_upgrade(self) -> None:
        if self._answering():  # the application of the WebSocket would never learn that the client left
            self._refuse(400, "a WebSocket handshake cannot follow an unanswered request", "bad_request")
            return
        super().handle_websocket_upgrade()
        upgraded = self.transport.get_protocol()
        if isinstance(upgraded, WebSocketProtocol):
            upgraded.address, upgraded.since = self.address, self.since

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "the request is not valid HTTP/1.1", "bad_request")

    def resume_writing(self) -> None:
        if self._answering():  # the application continues the response
            self._drain = _Drain()
        super().resume_writing()

    def closes(self) -> bool:
        return self.transport.is_closing()

    def waits(self) -> bool:
        return self._phase != _BODY and not self._answering()

    def give_way(self) -> None:
        _give_way(self.transport)

    def check(self, now: float) -> None:
        elapsed, self._checked_at = now - self._checked_at, now
        unsent = self.transport.get_write_buffer_size()
        stalled = self._stalls.noticed(unsent, now, self.limits.stalled_seconds)
        growing = self._answering() and not self.flow.write_paused
        if self._drain.is_slow(0 if growing else unsent, now, self.limits) or stalled:
            self.server_state.refused["answer_not_read"] += 1
            self.transport.abort()
        elif self.transport.is_closing():
            return
        elif self._phase == _HEADERS:
            if not self._answering() and now - self.since > self.limits.header_seconds:
                limit = self.limits.header_seconds
                self._refuse(408, "the headers took longer than {limit:g} s to arrive", "headers_too_slow", limit=limit)
        elif self._phase == _BODY:
            if self.flow.read_paused or self.cycle.waiting_for_100_continue:
                self.since += elapsed  # the application is slow, not the client
            elif now - self.since > self.limits.body_seconds + self._body_bytes / self.limits.min_body_bytes_per_second:
                self._refuse(408, "the request body arrived too slowly", "body_too_slow")

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, status: int, template: str, code: str, **values: object) -> None:
        """Respond with an error unless a response has started, then close. The application sees a disconnect."""
        if status != 503:
            self.server_state.refused[code] += 1
        if self._answering():
            started = self.cycle.response_started or self.pipeline
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if started:
                self.transport.abort()
                return
        answer = problem(status, template, code, where="", next_step="", details=None, **values)
        content = [STATUS_LINE[status]]
        for name, value in [*self.server_state.default_headers, *answer.raw_headers, (b"connection", b"close")]:
            content += [name, b": ", value, b"\r\n"]
        self.transport.write(b"".join([*content, b"\r\n", bytes(answer.body)]))
        self.transport.close()


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """WebSocket protocol that counts as a connection. Invalid UTF-8 closes it (code 1007) without a log entry."""

    def __init__(
        self,
        config: Config,
        server_state: Connections,
        app_state: dict[str, object],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._state = server_state
        self.address: str | None = None
        self.since = 0.0
        self._stalls = _Stalls()

    def connection_lost(self, exc: Exception | None) -> None:
        self._state.leave(self.address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self.handshake_initiated:  # an incomplete handshake, which cannot be parsed
            self._state.refused["bad_request"] += 1
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text":
            self.frames = [b"".join(self.frames)]
            try:
                self.frames[0].decode()
            except UnicodeDecodeError:
                self.frames = []
                self.conn.send_close(1007)
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def closes(self) -> bool:
        return self.transport.is_closing()

    def waits(self) -> bool:
        return False

    def give_way(self) -> None:
        _give_way(self.transport)

    def check(self, now: float) -> None:
        unsent = self.transport.get_write_buffer_size()
        if self._stalls.noticed(unsent, now, self._state.limits.stalled_seconds):
            self._state.refused["answer_not_read"] += 1
            self.transport.abort()


def _give_way(transport: Transport) -> None:
    """Close the transport; abort it if it is already closing, because the client does not read the response."""
    if transport.is_closing():
        transport.abort()
    else:
        transport.close()
