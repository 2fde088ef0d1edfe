"""Only trusted proxies state the address and scheme of a client."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from pydantic import ValidationError
from websockets.sync.client import connect

from azuraforge.server.connections import Connections
from azuraforge.settings import ServerSettings
from tests.attacks.serving import serving

FORWARDED = (
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: 198.51.100.1, %b\r\n"
    b"X-Forwarded-Proto: https\r\n\r\n"
)
CLIENT = b"203.0.113.9"


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [
        ("", ("127.0.0.1", "http")),
        ("10.0.0.1, 172.16.0.0/12", ("127.0.0.1", "http")),
        ("10.0.0.1, 127.0.0.1", ("203.0.113.9", "https")),
        (["127.0.0.0/8"], ("203.0.113.9", "https")),
        ("127.0.0.1, 203.0.113.0/24", ("198.51.100.1", "https")),
    ],
)
def test_forwarded_headers_are_believed_from_trusted_proxies_only(proxies, seen, monkeypatch):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # a variable of uvicorn, which the platform does not have
    with serving(trusted_proxies=proxies) as served:
        assert served.ask(FORWARDED % CLIENT).startswith(b"HTTP/1.1 200")
        assert (served.application.client, served.application.scheme) == seen
        headers = {"X-Forwarded-For": CLIENT.decode(), "X-Forwarded-Proto": "https"}
        if seen[0] == "203.0.113.9":
            with connect("ws://{}:{}/".format(*served.address), additional_headers=headers):
                assert (served.application.client, served.application.scheme) == ("203.0.113.9", "wss")


@dataclass
class Held:
    address: str | None = None
    since: float = 0.0

    def closes(self) -> bool:
        return False

    waits = closes

    def give_way(self) -> None:
        raise AssertionError("it is in use")


@pytest.mark.parametrize(("address", "admitted"), [("10.0.0.1", 3), ("::ffff:10.0.0.1", 3), ("10.0.0.2", 1)])
def test_the_connections_of_a_proxy_are_those_of_many_clients(address, admitted):
    limits = ServerSettings(trusted_proxies="10.0.0.1", max_connections_per_address=1)
    connections = Connections(limits, "0.0.0.0")
    assert sum(connections.admit(Held(), (address, 1), 1.0) for _ in range(3)) == admitted


@pytest.mark.parametrize("proxies", ["*", "proxy.lan", "10.0.0.0/33", "10.0.0.1/8", ["10.0.0.1", "x"], "10.0.0.1:80"])
def test_a_trusted_proxy_is_an_address_or_a_network(proxies):
    with pytest.raises(ValidationError, match="list addresses such as"):
        ServerSettings(trusted_proxies=proxies)
