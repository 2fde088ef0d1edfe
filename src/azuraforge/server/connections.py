"""Limits of a server's open connections: their number, their number per client, and the time of requests.

uvicorn limits neither the bytes of a header nor the seconds that a client takes to send it, so a few clients could use
up all file descriptors. The protocols in ``protocol.py`` call this module.
"""

from __future__ import annotations

import ipaddress
import resource
from collections import Counter
from collections.abc import Sequence
from typing import Protocol, cast

from uvicorn.server import ServerState

from azuraforge.addresses import Network
from azuraforge.settings import ServerSettings
from azuraforge.telemetry import logger

#: A younger connection is not closed for another one, because its request is probably being sent.
_SETTLING_SECONDS = 0.1
#: Fraction of all places that is freed at once when there are too many connections, to amortise the search.
_FREED_TOGETHER = 1 / 16
#: A client's maximum fraction of all connections if the platform listens beyond this machine.
_SHARE = 1 / 4

log = logger("server")


class Connection(Protocol):
    """Protocol of one connection, HTTP or WebSocket."""

    address: str | None
    since: float

    def closes(self) -> bool:
        """Return whether the connection is being closed and only sends the rest of a response."""

    def waits(self) -> bool:
        """Return whether no request is in progress."""

    def give_way(self) -> None:
        """Close the connection to free its place; abort it if it is already being closed."""

    def check(self, now: float) -> None:
        """Close the connection if the client is too slow. ``now`` is in seconds of the event loop's clock."""


class Connections(ServerState):
    """Registry that admits connections and ends slow ones.

    Args:
        limits: the settings.
        host: the address that the server is bound to; each client's share is limited unless it is loopback.
    """

    def __init__(self, limits: ServerSettings, host: str = "127.0.0.1") -> None:
        super().__init__()
        self.limits = limits
        self._proxies = limits.proxies
        # The other half of the file descriptors is left for the database, files and child processes.
        self.most = max(1, min(limits.max_connections, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2))
        share = limits.max_connections_per_address
        if share is None:
            share = self.most if _is_loopback(host) else max(1, int(self.most * _SHARE))
        self.share = min(share, self.most)
        self.refused: Counter[str] = Counter()
        self._by_address: Counter[str] = Counter()

    def admit(self, connection: Connection, client: tuple[str, int] | None, now: float) -> bool:
        """Return whether a connection may stay open. The caller has already added it to ``connections``.

        If there are too many connections, in total or from the client's address, others are closed to make room: first
        idle ones, the longest idle first, then those that are still sending the rest of a response before they close.
        """
        connection.address = address = _network(client[0], self._proxies) if client else None
        if address is not None:
            self._by_address[address] += 1
            if self._by_address[address] > self.share and not self._free(now, address):
                self.refused["too_many_of_one_address"] += 1
                return False
        if len(self.connections) > self.most and not self._free(now):
            self.refused["too_many_connections"] += 1
            return False
        return True

    def leave(self, address: str | None) -> None:
        """Record that a connection from ``address`` has ended."""
        if address is None:
            return
        self._by_address[address] -= 1
        if self._by_address[address] <= 0:
            del self._by_address[address]

    def check(self, now: float) -> None:
        """Close connections that are too slow, and log the number of refused connections."""
        for connection in cast(list[Connection], list(self.connections)):
            connection.check(now)
        if self.refused:
            log.warning("connections_refused", open=len(self.connections), **self.refused)
            self.refused.clear()

    def _free(self, now: float, address: str | None = None) -> bool:
        """Close the longest idle connections of ``address`` (None: of all); return whether there were any."""
        waiting = [
            each
            for each in cast(list[Connection], list(self.connections))
            if (address is None or each.address == address)
            and now - each.since > _SETTLING_SECONDS
            and (each.waits() or each.closes())
        ]
        waiting.sort(key=lambda each: (each.closes(), each.since))
        places = self.share if address is not None else self.most
        for each in waiting[: max(1, int(places * _FREED_TOGETHER))]:
            each.give_way()
        return bool(waiting)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _network(address: str, proxies: Sequence[Network]) -> str | None:
    """Return the network that shares a limit: an IPv4 address or an IPv6 /64; None for this machine and for proxies."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    if mapped.is_loopback or any(mapped in proxy for proxy in proxies):
        return None
    return str(mapped) if mapped.version == 4 else str(ipaddress.ip_network((int(mapped), 64), strict=False))
