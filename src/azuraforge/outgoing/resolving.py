"""Resolution of host names."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

from azuraforge.outgoing.addresses import Address

#: ``resolve(host, port)``: every address of a host. Raises OSError where there is none.
Resolve = Callable[[str, int], list[Address]]


def resolve(host: str, port: int) -> list[Address]:
    """Return every address of a host, as the system resolves it, without repetitions."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))
