"""Network addresses and URLs in settings."""

from __future__ import annotations

import ipaddress
import re
from typing import TypeAlias
from urllib.parse import urlsplit

from azuraforge.errors import InvalidValue
from azuraforge.messages import Message

#: Host name in lower case.
_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*")

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks_of(listed: str | list[str]) -> tuple[Network, ...]:
    """Return listed addresses and networks. Raises ValueError for anything else, such as a host name.

    Example:
        >>> [str(each) for each in networks_of("10.0.0.7, 172.16.0.0/12")]
        ['10.0.0.7/32', '172.16.0.0/12']
    """
    each = listed.split(",") if isinstance(listed, str) else listed
    try:
        return tuple(ipaddress.ip_network(one.strip()) for one in each if one.strip())
    except ValueError as error:
        raise InvalidValue(
            "{error}; list addresses such as 10.0.0.7 or networks such as 172.16.0.0/12", error=str(error)
        ) from error


def origin_of(url: str) -> str:
    """Return a public URL in the form of a browser's origin.

    Raises ValueError if ``url`` is not the root of an HTTP or HTTPS server, or if browsers cannot open its address.

    Example:
        >>> origin_of("HTTPS://ML.example.org:443/")
        'https://ml.example.org'
    """
    form = Message("write it as https://HOST or https://HOST:PORT")
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise InvalidValue("{error}; {form}", error=str(error), form=form) from error
    if parts.scheme not in ("http", "https") or "@" in parts.netloc:
        raise InvalidValue("{form}", form=form)
    if parts.path not in ("", "/") or "?" in url or "#" in url:
        raise InvalidValue("AzuraForge runs at the root of its host, so the URL must have no path; {form}", form=form)
    address = ip_of(host)
    if port == 0 or (address is not None and address.is_unspecified):
        raise InvalidValue("browsers cannot open {url}; {form}", url=url, form=form)
    if address is None and not _HOST_NAME.fullmatch(host):
        raise InvalidValue("{host!r} is not a host name in ASCII; {form}", host=host, form=form)
    shown = f"[{address.compressed}]" if address is not None and address.version == 6 else host
    is_default = port in (None, 443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{shown}" + ("" if is_default else f":{port}")


def ip_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return a host as an address; None if it is a name."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
