"""HTTP server: uvicorn on an open socket; a shutdown ends live streams before it waits for connections."""

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

from azuraforge.addresses import Network
from azuraforge.server.connections import Connections
from azuraforge.server.protocol import HttpProtocol, WebSocketProtocol
from azuraforge.settings import ServerSettings

#: Number of new objects that starts a collection of the youngest generation; every tenth collection includes the next
#: generation. With Python's default of 700, all objects of the process were searched every two seconds under load.
_NEW_OBJECTS = 10_000
_SETTLED_SECONDS = 30.0
#: uvicorn calls ``on_tick`` ten times per second.
_TICKS_A_CHECK = 10


def _settle() -> None:
    """Exclude all current objects from garbage collection, because full collections pause requests for 0.1 s."""
    gc.collect()
    gc.freeze()


def _mapped(network: Network) -> str:
    """Return a network as a socket for IPv6 shows it, which is different for IPv4."""
    if network.version == 6:
        return str(network)
    return f"::ffff:{network.network_address}/{96 + network.prefixlen}"


class HttpServer(uvicorn.Server):
    """Server that runs one application on one listening socket until a signal arrives."""

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
            proxy_headers=bool(limits.proxies),  # uvicorn would otherwise believe every program on this machine
            forwarded_allow_ips=[*map(str, limits.proxies), *map(_mapped, limits.proxies)],
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
        asyncio.get_running_loop().call_later(_SETTLED_SECONDS, _settle)  # for objects of the first requests
        self._started.set()

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS_A_CHECK == 0:
            self.server_state.check(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    def wait_started(self) -> bool:
        """Wait until the server answers requests; return False if it ended before."""
        self._started.wait()
        return self.started and not self.should_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Replaces uvicorn's handler, which raises the signal again after its shutdown and would skip the platform's own
        # one.
        self._end_streams()
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True
