"""HTTP client that resolves, checks and connects in one step, for the first request and for each redirect."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

import httpx

from azuraforge.errors import InvalidInput
from azuraforge.outgoing.addresses import Address
from azuraforge.outgoing.answer import guarded_answer
from azuraforge.outgoing.policy import SETTING, Policy
from azuraforge.outgoing.resolving import Resolve, resolve

_PORTS = {"http": 80, "https": 443}


def open_client(
    policy: Policy,
    *,
    timeout_seconds: float = 60.0,
    headers: Mapping[str, str] | None = None,
    encrypted: bool = False,
    resolver: Resolve = resolve,
) -> httpx.Client:
    """Open a client for addresses that users specify. Close it, or use it in a ``with`` block.

    Args:
        policy: allowed addresses, and limits on responses.
        timeout_seconds: maximum time without data from the server.
        headers: headers of every request.
        encrypted: whether to reject http, also in redirects, except to addresses that an entry of the policy names.
        resolver: name resolution; replaced in tests.

    Requests raise InvalidInput (``address_refused``, ``not_encrypted``, ``answer_too_large``) in addition to
    ``httpx.HTTPError``. Callers must not show the response body in error messages: it may come from a machine that the
    user cannot access.
    """
    return httpx.Client(
        transport=GuardedTransport(policy, resolver, encrypted=encrypted),
        timeout=timeout_seconds,
        headers={"Accept-Encoding": "gzip", **(headers or {})},
        follow_redirects=True,
        max_redirects=policy.max_redirects,
        trust_env=False,  # no proxies and no passwords from the environment
    )


class GuardedTransport(httpx.BaseTransport):
    """Transport that sends each request to exactly the address that was checked.

    A host name is resolved once for each request, and the connection uses the resolved address, so later changes of the
    name's address have no effect. The ``Host`` header and the server name in TLS remain those of the request.
    """

    def __init__(self, policy: Policy, resolver: Resolve = resolve, *, encrypted: bool = False) -> None:
        self._policy = policy
        self._encrypted = encrypted
        self._resolve = resolver
        # One transport per host: a connection verified for one host must not serve another host at the same address.
        self._transports: dict[tuple[str, str, int], httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Check the address, send the request and return the response.

        Raises InvalidInput if the address is not allowed, the request is not encrypted although it has to be, or the
        announced response is too large, and httpx.HTTPError if the request fails.
        """
        url = request.url
        if url.scheme not in _PORTS:
            raise httpx.UnsupportedProtocol(f"{url.scheme!r} is neither http nor https", request=request)
        port = url.port or _PORTS[url.scheme]
        addresses = self._checked(url.host, port, request)
        if self._encrypted and url.scheme != "https" and not self._policy.names(url.host, port, addresses):
            raise InvalidInput(
                "the request to {host!r} uses http, so third parties could change the data in transit",
                where="outgoing request",
                next_step="use https, or ask an administrator to add the host to {setting}",
                code="not_encrypted",
                host=url.host[:200],
                setting=SETTING,
            )
        transport = self._transport(url.scheme, url.host, port)
        if self._policy.proxy is not None:
            return guarded_answer(transport.handle_request(request), self._policy, request)
        for address in addresses[:-1]:
            try:
                return guarded_answer(transport.handle_request(_pinned(request, address)), self._policy, request)
            except (httpx.ConnectError, httpx.ConnectTimeout):  # nothing was sent yet: try the host's next address
                continue
        return guarded_answer(transport.handle_request(_pinned(request, addresses[-1])), self._policy, request)

    def close(self) -> None:
        """Close every connection."""
        for transport in self._transports.values():
            transport.close()

    def _checked(self, host: str, port: int, request: httpx.Request) -> list[Address]:
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError, ValueError) as error:
            if self._policy.proxy is not None and not isinstance(error, ValueError):
                return []  # only the proxy can resolve external names
            raise httpx.ConnectError(f"{host!r} has no address", request=request) from error
        if not addresses:
            raise httpx.ConnectError(f"{host!r} has no address", request=request)
        self._policy.check(host, port, addresses)
        return addresses

    def _transport(self, scheme: str, host: str, port: int) -> httpx.HTTPTransport:
        key = (scheme, host, port)
        if key not in self._transports:
            self._transports[key] = httpx.HTTPTransport(proxy=self._policy.proxy)
        return self._transports[key]


def _pinned(request: httpx.Request, address: Address) -> httpx.Request:
    """Return the request with an address as its target; the ``Host`` header and TLS server name are unchanged."""
    extensions = dict(request.extensions)
    try:
        ipaddress.ip_address(request.url.host)
    except ValueError:
        extensions["sni_hostname"] = request.url.host
    return httpx.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions=extensions,
    )
