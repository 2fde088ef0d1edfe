"""The address at which browsers reach the platform. It comes from the settings, never from a request's headers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from azuraforge.settings import ServerSettings

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
#: A Host header: a name or an IPv6 address in brackets, then perhaps a port.
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\[\]:/@\s]+))(?::\d{1,5})?", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """Names, origins and cookie of one serving process.

    Attributes:
        url: origin that links start with: the public URL where one is set, else the listening address.
        hosts: lower-case host names and addresses that requests may name.
        own: the members of ``hosts`` that only this machine or its network interface has: loopback and the bound
            address. A page there is recognised by the request's own Host header, so that a forwarded port works.
        beyond_loopback: whether other machines can connect.

    Example:
        >>> address = Address.of(ServerSettings(host="0.0.0.0", public_url="https://ml.example.org/"))
        >>> address.url, address.cookie
        ('https://ml.example.org', '__Host-azuraforge_session')
        >>> address.serves("ml.example.org"), address.serves("evil.example")
        (True, False)
    """

    url: str
    hosts: frozenset[str]
    own: frozenset[str]
    beyond_loopback: bool

    @classmethod
    def of(cls, server: ServerSettings, listening: str = "") -> Address:
        """Derive all fields from the settings. ``listening`` is the address of the socket, with its port."""
        bound = server.host.strip("[]").lower()
        own = _LOOPBACK if server.listens_everywhere else _LOOPBACK | {bound}
        url = server.public_url or listening
        named = urlsplit(server.public_url).hostname if server.public_url else None
        return cls(url, own | {named} if named else own, own, not server.is_loopback)

    @property
    def secure(self) -> bool:
        """True if browsers use TLS, at least up to a proxy in front of the platform."""
        return self.url.startswith("https://")

    @property
    def cookie(self) -> str:
        """Name of the session cookie. With TLS, the prefix lets no other host of the domain set it."""
        return "__Host-azuraforge_session" if self.secure else "azuraforge_session"

    def serves(self, host: str) -> bool:
        """Return whether a request with this Host header is for this platform; the port does not matter."""
        return _name(host) in self.hosts

    def is_own_page(self, origin: str | None, host: str) -> bool:
        """Return whether a page of this ``Origin`` header is the platform's; ``host`` is the request's Host header.

        The public origin counts as a whole: scheme, name and port. On ``own`` names the page must have the Host that
        the request went to: another port on localhost is another program.
        """
        if not origin:
            return False
        if origin == self.url:
            return True
        scheme, _, place = origin.partition("://")
        return scheme in ("http", "https") and place.lower() == host.lower() and _name(host) in self.own


def _name(host: str) -> str:
    match = _HOST.fullmatch(host)
    return (match[1] or match[2]).lower() if match else ""
