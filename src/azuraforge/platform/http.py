"""HTTP server: uvicorn on an open socket; on shutdown live streams end before connections are awaited."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from azuraforge.server.connections import Connections
from azuraforge.server.protocol import HttpProtocol, WebSocketProtocol
from azuraforge.settings import ServerSettings

#: So many more objects than before, and the newest of them are searched for garbage; a tenth as often, older ones too.
#: Python's own 700 had every object of the process looked through each two seconds under load.
_NEW_OBJECTS = 10_000
_SETTLED_SECONDS = 30.0
#: uvicorn ticks ten times a second.
_TICKS_A_CHECK = 10


def _settle() -> None:
    """Exclude all current objects from garbage collection, whose full passes would stop requests for 0.1 s."""
    gc.collect()
    gc.freeze()


class HttpServer(uvicorn.Server):
    """Server of one application on one listening socket until a signal arrives."""

    def __init__(
        self,
        application: ASGIApp,
        listener: socket.socket,
        end_streams: Callable[[], None],
        limits: ServerSettings = ServerSettings(),  # noqa: B008  immutable in use
    ) -> None:
        config = uvicorn.Config(
            application,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=5,
            http=HttpProtocol,
            ws=WebSocketProtocol,
            ws_max_size=64 * 1024,
            server_header=False,
        )
        super().__init__(config)
        self.server_state: Connections = Connections(limits, listener.getsockname()[0])
        self._listener = listener
        self._end_streams = end_streams
        self._started = threading.Event()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            super().run(sockets or [self._listener])
        finally:
            self._started.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.set_threshold(_NEW_OBJECTS, 10, 10)
        _settle()
        asyncio.get_running_loop().call_later(_SETTLED_SECONDS, _settle)  # with what the first requests loaded
        self._started.set()

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS_A_CHECK == 0:
            self.server_state.check(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    def wait_started(self) -> bool:
        """Wait until requests are answered; False where the server ended before."""
        self._started.wait()
        return self.started and not self.should_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Not uvicorn's own, which raises the signal again after its shutdown: the platform's own would be skipped.
        self._end_streams()
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True
