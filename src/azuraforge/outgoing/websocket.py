"""WebSockets to addresses that users specify: resolved, checked and connected in one step, like HTTP requests."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from azuraforge.errors import InvalidInput, TransientError
from azuraforge.outgoing.addresses import Address
from azuraforge.outgoing.policy import SETTING, Policy
from azuraforge.outgoing.resolving import Resolve, resolve

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

_PORTS = {"ws": 80, "wss": 443}
_MOST_MESSAGE_BYTES = 16 << 20


def open_websocket(
    policy: Policy,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    timeout_seconds: float = 20.0,
    resolver: Resolve = resolve,
) -> ClientConnection:
    """Connect to ``url`` and return the connection after the handshake; the answer must not be a redirect.

    The host is resolved once, every address is checked, and the socket is connected to a checked address; the ``Host``
    header and the server name in TLS remain those of ``url``. An unencrypted connection is allowed only to addresses
    that an entry of the policy names.

    Args:
        policy: allowed addresses. If it has a proxy, the connection goes through it.
        url: address, ``wss://host/path`` or ``ws://host/path``.
        headers: headers of the handshake.
        timeout_seconds: maximum time for the connection and for the handshake.
        resolver: name resolution; replaced in tests.

    Raises InvalidInput if the address is not valid or not allowed, and TransientError if the connection fails.
    """
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    host, port, encrypted = _parts(url)
    try:
        addresses = resolver(host, port)
    except (OSError, UnicodeError, ValueError):
        if policy.proxy is None:
            raise _unavailable(host) from None
        addresses = []  # only the proxy can resolve external names
    if addresses or policy.proxy is None:
        policy.check(host, port, addresses)
    if not encrypted and not policy.names(host, port, addresses):
        raise InvalidInput(
            "the connection to {host!r} is not encrypted, so third parties could change the data in transit",
            where="outgoing request",
            next_step="use wss://, or ask an administrator to add the host to {setting}",
            code="not_encrypted",
            host=host[:200],
            setting=SETTING,
        )
    try:
        connection = None if policy.proxy is not None else _connected(addresses, port, timeout_seconds)
        try:
            return connect(
                url,
                sock=connection,
                ssl=ssl.create_default_context() if encrypted else None,
                server_hostname=host if encrypted else None,
                additional_headers=dict(headers or {}),
                open_timeout=timeout_seconds,
                max_size=min(_MOST_MESSAGE_BYTES, policy.max_bytes),
                proxy=policy.proxy,
            )
        except BaseException:
            if connection is not None:
                connection.close()
            raise
    except (OSError, WebSocketException, TimeoutError):  # the reason may reveal what another machine answers
        raise _unavailable(host) from None


def _parts(url: str) -> tuple[str, int, bool]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, None
    if parts is None or host is None or parts.scheme not in _PORTS or parts.username is not None:
        raise InvalidInput(
            "the address must start with wss:// and contain a host name and no password",
            where="outgoing request",
            next_step="write it as wss://example.org/path",
            code="bad_address",
        )
    return host, port or _PORTS[parts.scheme], parts.scheme == "wss"


def _connected(addresses: Sequence[Address], port: int, timeout_seconds: float) -> socket.socket:
    """Connect to the first address that answers. Raises OSError if none does."""
    problem: OSError = OSError("the host has no address")
    for address in addresses:
        family = socket.AF_INET6 if isinstance(address, ipaddress.IPv6Address) else socket.AF_INET
        made = socket.socket(family, socket.SOCK_STREAM)
        made.settimeout(timeout_seconds)
        try:
            made.connect((str(address), port))
        except OSError as error:
            with contextlib.suppress(OSError):
                made.close()
            problem = error
            continue
        made.settimeout(None)
        return made
    raise problem


def _unavailable(host: str) -> TransientError:
    return TransientError(
        "the connection to {host!r} failed",
        where="outgoing request",
        next_step="check the address; the platform connects again",
        host=host[:200],
    )
