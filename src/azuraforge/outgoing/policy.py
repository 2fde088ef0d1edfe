"""Policy for outgoing requests: allowed addresses, and limits on responses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import JsonValue, TypeAdapter

from azuraforge.errors import InvalidInput, InvalidValue
from azuraforge.outgoing.addresses import Address, is_public, plain
from azuraforge.strict_json import JsonObject

if TYPE_CHECKING:
    from azuraforge.settings import Settings

SETTING = "AZURAFORGE_OUTGOING__ALLOW"
#: Allowed ports below 1024. All others are refused, so that no request reaches, for example, a mail server.
_WEB_PORTS = (80, 443)
_FREE_PORTS = 1024
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_PORT = re.compile(r"(?P<host>\[[^\]]+\]|[^:]+):(?P<port>\d{1,5})")


@dataclass(frozen=True)
class Allowed:
    """Entry of the allow-list: a network or a host name, on one port or, if ``port`` is None, on all ports.

    Example:
        >>> Allowed.parse("10.0.0.0/8").network, Allowed.parse("weather.lan:8080").port
        (IPv4Network('10.0.0.0/8'), 8080)
    """

    name: str | None
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Allowed:
        """Parse an entry such as ``10.0.0.0/8``, ``[::1]:8080`` or ``weather.lan``. Raises ValueError otherwise."""
        split = _PORT.fullmatch(text.strip())
        host = (split["host"] if split else text.strip()).strip("[]").lower()
        port = int(split["port"]) if split else None
        if port is not None and not 0 < port < 65536:
            raise InvalidValue("{entry!r}: the port must be between 1 and 65535", entry=text)
        try:
            return cls(None, ipaddress.ip_network(host), port)
        except ValueError:
            if "/" in host or not _NAME.fullmatch(host) or host.replace(".", "").isdigit():
                raise InvalidValue("{entry!r} is neither a network, an address nor a host name", entry=text) from None
        return cls(host.rstrip("."), None, port)

    def covers(self, host: str, address: Address, port: int) -> bool:
        """Return whether this entry allows ``port`` of ``address``, to which ``host`` was resolved."""
        if self.port is not None and port != self.port:
            return False
        if self.network is not None:
            inner = plain(address)
            return inner.version == self.network.version and inner in self.network
        return self.name == host.rstrip(".").lower()


@dataclass(frozen=True)
class Policy:
    """Rules for outgoing requests. By default, only public addresses may be reached.

    Attributes:
        allow: private networks, addresses and host names that may be reached (``Allowed.parse``).
        proxy: address of the HTTP proxy that sends all requests; if None, requests are sent directly. The environment's
            proxy variables are ignored.
        max_bytes: maximum size of a response after decompression.
        max_seconds: maximum time for one response.
        max_redirects: maximum number of redirects of one request; each target is checked like the first address.
        own_port: port of the platform itself; loopback addresses with this port are refused unless an entry names it.
    """

    allow: Sequence[str] = ()
    proxy: str | None = None
    max_bytes: int = 256 << 20
    max_seconds: float = 300.0
    max_redirects: int = 5
    own_port: int | None = None

    @classmethod
    def of(cls, settings: Settings) -> Policy:
        """Return the policy from the settings. Raises InvalidInput if an entry of the allow-list is malformed."""
        given = settings.outgoing
        entries = given.allow.split(",") if isinstance(given.allow, str) else given.allow
        policy = cls(
            tuple(entry.strip() for entry in entries if entry.strip()),
            given.proxy,
            given.max_bytes,
            given.max_seconds,
            given.max_redirects,
            settings.server.port or None,
        )
        try:
            policy.allowed  # noqa: B018  reads every entry
        except ValueError as error:
            raise InvalidInput(
                "{problem}",
                where=SETTING,
                next_step="write entries as 10.0.0.0/8, 127.0.0.1:8080 or weather.lan",
                problem=error.sentence if isinstance(error, InvalidValue) else str(error),
            ) from None
        return policy

    def to_json(self) -> JsonObject:
        """Return the policy as JSON for a child process; ``from_json`` restores it."""
        return {**asdict(self), "allow": list(self.allow)}

    @classmethod
    def from_json(cls, fields: Mapping[str, JsonValue]) -> Policy:
        """Return the policy from the result of ``to_json``."""
        return TypeAdapter(cls).validate_python(fields)

    @cached_property
    def allowed(self) -> tuple[Allowed, ...]:
        return tuple(Allowed.parse(entry) for entry in self.allow)

    def check(self, host: str, port: int, addresses: Sequence[Address]) -> None:
        """Raise InvalidInput unless every address to which ``host`` was resolved may be reached on ``port``."""
        for address in addresses:
            if not self._may(host, port, address):
                shown = f"[{host}]" if ":" in host else host
                raise InvalidInput(
                    "requests to {host!r} on port {port} are not allowed: this is not a web port"
                    if is_public(address)
                    else "requests to {host!r} on port {port} are not allowed: the address is not public",
                    where="outgoing request",
                    next_step="use a public address, or ask an administrator to add the host to {setting}",
                    code="address_refused",
                    setting=SETTING,
                    host=shown[:200],
                    port=port,
                )

    def names(self, host: str, port: int, addresses: Sequence[Address]) -> bool:
        """Return whether entries of the allow-list cover every address to which ``host`` was resolved."""
        return bool(addresses) and all(
            any(entry.covers(host, address, port) for entry in self.allowed) for address in addresses
        )

    def _may(self, host: str, port: int, address: Address) -> bool:
        covering = [entry for entry in self.allowed if entry.covers(host, address, port)]
        if port == self.own_port and plain(address).is_loopback:
            return any(entry.port is not None for entry in covering)
        if covering:
            return True
        return is_public(address) and (port in _WEB_PORTS or port >= _FREE_PORTS)
