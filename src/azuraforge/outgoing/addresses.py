"""Classification of IP addresses as public or private, including IPv4 addresses embedded in IPv6 addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Networks that are never public, whatever Python's tables state: shared address space (CGNAT), benchmarks, Azure's
#: metadata service on an address that looks public, site-local IPv6, and the local prefix of NAT64.
_NEVER_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in ("100.64.0.0/10", "198.18.0.0/15", "192.0.0.0/24", "168.63.129.16/32", "fec0::/10", "64:ff9b:1::/48")
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)


def is_public(address: Address) -> bool:
    """Return whether an address, and each IPv4 address embedded in it, belongs to the public Internet.

    Example:
        >>> is_public(ipaddress.ip_address("93.184.215.14")), is_public(ipaddress.ip_address("::ffff:10.0.0.1"))
        (True, False)
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        if not all(is_public(each) for each in _inside(address)):
            return False
        if address.ipv4_mapped is not None:
            return True
    if any(network.version == address.version and address in network for network in _NEVER_PUBLIC):
        return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    )


def plain(address: Address) -> Address:
    """Return the IPv4 address of an IPv4-mapped IPv6 address; return other addresses unchanged."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _inside(address: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    """Yield the IPv4 addresses that a gateway may deliver an IPv6 address to.

    The notations are mapped, compatible, 6to4, Teredo, NAT64 and ISATAP addresses.
    """
    last = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address in _COMPATIBLE or address in _NAT64:
        yield last
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
        yield last
