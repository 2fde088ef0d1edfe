"""Policy for outgoing requests: allowed addresses, and limits on answers."""

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
#: Below 1024 only those of the web: a request to the mail server of a third party is not ours to send.
_WEB_PORTS = (80, 443)
_FREE_PORTS = 1024
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_PORT = re.compile(r"(?P<host>\[[^\]]+\]|[^:]+):(?P<port>\d{1,5})")


@dataclass(frozen=True)
class Allowed:
    """One entry of the allow-list: a network or a name, on one port or (None) on every port.

    Example:
        >>> Allowed.parse("10.0.0.0/8").network, Allowed.parse("weather.lan:8080").port
        (IPv4Network('10.0.0.0/8'), 8080)
    """

    name: str | None
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Allowed:
        """Parse ``10.0.0.0/8``, ``127.0.0.1:8080``, ``[::1]:8080``, ``weather.lan``. Raises ValueError otherwise."""
        split = _PORT.fullmatch(text.strip())
        host = (split["host"] if split else text.strip()).strip("[]").lower()
        port = int(split["port"]) if split else None
        if port is not None and not 0 < port < 65536:
            raise InvalidValue("{entry!r}: a port lies between 1 and 65535", entry=text)
        try:
            return cls(None, ipaddress.ip_network(host), port)
        except ValueError:
            if "/" in host or not _NAME.fullmatch(host) or host.replace(".", "").isdigit():
                raise InvalidValue("{entry!r} is neither a network, an address nor a host name", entry=text) from None
        return cls(host.rstrip("."), None, port)

    def covers(self, host: str, address: Address, port: int) -> bool:
        """Return whether this entry allows ``address``, which ``host`` resolved to."""
        if self.port is not None and port != self.port:
            return False
        if self.network is not None:
            inner = plain(address)
            return inner.version == self.network.version and inner in self.network
        return self.name == host.rstrip(".").lower()


@dataclass(frozen=True)
class Policy:
    """The rules for outgoing requests. The default reaches public addresses only.

    Attributes:
        allow: networks, addresses and host names that may be reached although they are private (``Allowed.parse``).
        proxy: address of the HTTP proxy that sends all requests; None: requests are sent directly. The environment's
            proxy variables are ignored.
        max_bytes: most bytes of an answer, after decompression.
        max_seconds: longest time for one answer.
        max_redirects: most redirects of one request; each is checked as the first request was.
        own_port: the platform's own port; loopback addresses on it are refused unless an entry names the port.
    """

    allow: Sequence[str] = ()
    proxy: str | None = None
    max_bytes: int = 256 << 20
    max_seconds: float = 300.0
    max_redirects: int = 5
    own_port: int | None = None

    @classmethod
    def of(cls, settings: Settings) -> Policy:
        """Return the policy that the settings state. Raises InvalidInput for an entry that cannot be read."""
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
        """Return the policy for a child; ``Policy.from_json`` restores it."""
        return {**asdict(self), "allow": list(self.allow)}

    @classmethod
    def from_json(cls, fields: Mapping[str, JsonValue]) -> Policy:
        """Return the policy that ``to_json`` wrote."""
        return TypeAdapter(cls).validate_python(fields)

    @cached_property
    def allowed(self) -> tuple[Allowed, ...]:
        return tuple(Allowed.parse(entry) for entry in self.allow)

    def check(self, host: str, port: int, addresses: Sequence[Address]) -> None:
        """Raise InvalidInput unless every address that ``host`` resolved to may be reached on ``port``."""
        for address in addresses:
            if not self._may(host, port, address):
                shown = f"[{host}]" if ":" in host else host
                raise InvalidInput(
                    "requests to {host!r} on port {port} are not allowed: it is not a port of the web"
                    if is_public(address)
                    else "requests to {host!r} on port {port} are not allowed: it is not a public address",
                    where="outgoing request",
                    next_step="use a public address, or let an administrator add the host to {setting}",
                    code="address_refused",
                    setting=SETTING,
                    host=shown[:200],
                    port=port,
                )

    def names(self, host: str, port: int, addresses: Sequence[Address]) -> bool:
        """Return whether entries of the allow-list cover every address that ``host`` resolved to."""
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
