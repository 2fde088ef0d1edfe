"""Enforcement of the policy on a whole process, for libraries that open connections themselves.

An audit hook checks the target address of each connection before it is made. The hook cannot be removed, so only a
child process that sends one notification and ends is confined.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Collection
from dataclasses import dataclass, field

from azuraforge.errors import InvalidInput
from azuraforge.outgoing.addresses import is_public
from azuraforge.outgoing.policy import Policy

_CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_STARTING = frozenset({"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.fork", "os.forkpty"})
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy")


class ConnectionRefused(OSError):
    """Raised for a connection that the policy does not allow."""


@dataclass
class Confinement:
    """Record of the connections that a confined process attempted.

    Attributes:
        refused: error of the last connection that was not allowed; None if all were allowed.
        names: host names by their resolved addresses.
    """

    refused: InvalidInput | None = None
    names: dict[str, str] = field(default_factory=dict)


def confine(policy: Policy, ports: Collection[int] = ()) -> Confinement:
    """Restrict this process to connections that the policy allows, and prevent it from starting programs.

    Return the record of its connections. A connection that is not allowed raises ConnectionRefused.

    Args:
        ports: additional ports that may be reached on public addresses.
    """
    found = Confinement()
    resolve = socket.getaddrinfo

    def remember(host, *arguments, **more):  # type: ignore[no-untyped-def]  # like the function that it replaces
        answers = resolve(host, *arguments, **more)
        for answer in answers:
            found.names[str(answer[4][0])] = host.decode() if isinstance(host, bytes) else str(host)
        return answers

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in _STARTING:
            raise ConnectionRefused("a notifier starts no programs")
        if event in _CONNECTING:
            _check(found, policy, ports, arguments)

    socket.getaddrinfo = remember
    _use_proxy(policy)
    sys.addaudithook(hook)
    return found


def _check(found: Confinement, policy: Policy, ports: Collection[int], arguments: tuple[object, ...]) -> None:
    place = arguments[1] if len(arguments) > 1 else None
    if not isinstance(place, tuple) or len(place) < 2:
        found.refused = InvalidInput(
            "only connections to hosts are allowed",
            next_step="use an address with a host name",
            where="outgoing request",
        )
        raise ConnectionRefused(found.refused.message)
    text, port = str(place[0]), int(place[1])
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        found.refused = InvalidInput(
            "the host was not resolved before connecting",
            next_step="use the HTTP client that the platform provides",
            where="outgoing request",
        )
        raise ConnectionRefused(found.refused.message) from None
    if port in ports and is_public(address):
        return
    try:
        policy.check(found.names.get(text, text), port, [address])
    except InvalidInput as error:
        found.refused = error
        raise ConnectionRefused(error.message) from None


def _use_proxy(policy: Policy) -> None:
    for name in _PROXIES:
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)
    if policy.proxy is not None:
        os.environ |= {"http_proxy": policy.proxy, "https_proxy": policy.proxy}
