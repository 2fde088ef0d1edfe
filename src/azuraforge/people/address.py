"""The address at which browsers reach the platform. It is derived from the settings, never from request headers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from azuraforge.settings import ServerSettings

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
#: Host header: a name, or an IPv6 address in brackets, with an optional port.
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\[\]:/@\s]+))(?::\d{1,5})?", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """Names, origins and session cookie of one serving process.

    Attributes:
        url: origin that links start with: the public URL if one is set, else the listening address.
        hosts: lower-case host names and addresses that requests may use.
        own: the ``hosts`` that belong only to this machine or its network interface: loopback and the bound
            address. Their pages are recognised by the request's own Host header, so that a forwarded port works.
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
        """Derive all fields from the settings. ``listening`` is the URL of the listening socket, with its port."""
        bound = server.host.strip("[]").lower()
        own = _LOOPBACK if server.listens_everywhere else _LOOPBACK | {bound}
        url = server.public_url or listening
        named = urlsplit(server.public_url).hostname if server.public_url else None
        return cls(url, own | {named} if named else own, own, not server.is_loopback)

    @property
    def secure(self) -> bool:
        """Return whether browsers use TLS, at least up to a proxy in front of the platform."""
        return self.url.startswith("https://")

    @property
    def cookie(self) -> str:
        """Name of the session cookie. With TLS, its prefix prevents other hosts of the domain from setting it."""
        return "__Host-azuraforge_session" if self.secure else "azuraforge_session"

    @property
    def browser_cookie(self) -> str:
        """Name of the cookie by which a browser is recognised at the next sign-in with a password."""
        return "__Host-azuraforge_browser" if self.secure else "azuraforge_browser"

    def serves(self, host: str) -> bool:
        """Return whether a Host header names this platform; its port is ignored."""
        return _name(host) in self.hosts

    def is_own_page(self, origin: str | None, host: str) -> bool:
        """Return whether an ``Origin`` header is that of the platform's own pages; ``host`` is the Host header.

        The public origin must match as a whole: scheme, name and port. On names in ``own``, the origin must equal the
        host that the request was sent to, because another port on localhost belongs to another program.
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
