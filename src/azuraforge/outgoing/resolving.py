"""Resolution of host names."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

from azuraforge.outgoing.addresses import Address

#: Function ``resolve(host, port)`` that returns all addresses of a host. Raises OSError if there are none.
Resolve = Callable[[str, int], list[Address]]


def resolve(host: str, port: int) -> list[Address]:
    """Return all addresses of a host from the system's resolver, without duplicates.

    Raises OSError if there are none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))
