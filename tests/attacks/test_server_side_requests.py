"""A member names addresses of the inner network, directly, by a redirect and by a name whose address changes."""

from __future__ import annotations

import gzip
import ipaddress
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azuraforge.datasets.sources.open_meteo import OpenMeteo, OpenMeteoOptions
from azuraforge.errors import InvalidInput, TransientError
from azuraforge.outgoing import Policy, is_public
from azuraforge.outgoing.client import open_client
from azuraforge.settings import OutgoingSettings, Settings

SECRET = "root:x:0:0"


class Inner(ThreadingHTTPServer):
    """A machine of the inner network: it counts who asks, and answers what the test says."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, str]] = []
        self.answer: Callable[[], tuple[int, dict[str, str], bytes]] = lambda: (200, {}, SECRET.encode())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is meant."""


class _Handler(BaseHTTPRequestHandler):
    server: Inner

    def do_GET(self) -> None:
        self.server.asked.append({name.lower(): value for name, value in self.headers.items()})
        status, headers, body = self.server.answer()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def serve() -> Iterator[Callable[[], Inner]]:
    made: list[tuple[Inner, threading.Thread]] = []

    def start() -> Inner:
        server = Inner()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        made.append((server, thread))
        return server

    yield start
    for server, thread in made:
        server.shutdown()
        server.server_close()
        thread.join()


def refused(get: Callable[[], object]) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        get()
    assert caught.value.error_code == "address_refused"
    assert "AZURAFORGE_OUTGOING__ALLOW" in caught.value.next_step
    return caught.value


PRIVATE = """
127.0.0.1 127.255.255.254 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.100.100.200 168.63.129.16 0.0.0.0
192.0.2.1 198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: fe80::1 fd00:ec2::254 fec0::1 ff02::1 2001:db8::1
::ffff:127.0.0.1 ::ffff:169.254.169.254 ::10.0.0.1 2002:7f00:1:: 64:ff9b::a00:1 64:ff9b:1::1 2001:0:7f00:1::1
2001:4860:4860::5efe:a00:1 fe80::1%1
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_no_notation_of_a_private_address_is_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_the_internet_is_public(address):
    assert is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4), st.sampled_from([0xFFFF << 32, 0, 0x0064_FF9B << 96, 0x2002 << 112]))
def test_an_address_inside_another_is_as_private_as_alone(inner, prefix):
    shift = 80 if prefix == 0x2002 << 112 else 0
    outer = ipaddress.IPv6Address(prefix | int(inner) << shift)
    assert is_public(inner) or not is_public(outer)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "127.1", "[::ffff:127.0.0.1]"])
def test_an_inner_machine_is_never_asked(serve, host):
    inner = serve()
    with open_client(Policy()) as client:
        refused(lambda: client.get(f"http://{host}:{inner.server_port}/"))
    assert inner.asked == []


def test_a_redirect_is_checked_as_the_first_address_was(serve):
    outer, inner = serve(), serve()
    outer.answer = lambda: (302, {"Location": f"{inner.url}/latest/meta-data"}, b"")
    with open_client(Policy(allow=(f"127.0.0.1:{outer.server_port}",))) as client:
        refused(lambda: client.get(outer.url))
    assert (len(outer.asked), inner.asked) == (1, [])


def test_redirects_end(serve):
    outer = serve()
    outer.answer = lambda: (302, {"Location": outer.url}, b"")
    with open_client(Policy(allow=("127.0.0.1",))) as client, pytest.raises(httpx.TooManyRedirects):
        client.get(outer.url)
    assert len(outer.asked) == 6


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/"])
def test_a_redirect_to_another_scheme_is_not_followed(serve, target):
    outer = serve()
    outer.answer = lambda: (302, {"Location": target}, b"")
    with open_client(Policy(allow=("127.0.0.1",))) as client, pytest.raises(httpx.UnsupportedProtocol):
        client.get(outer.url)


def test_a_name_that_changes_its_address_is_connected_to_the_one_that_was_checked(serve):
    outer = serve()
    answers = [["127.0.0.1"], ["169.254.169.254"], ["93.184.215.14", "10.0.0.1"]]
    asked: list[str] = []

    def changing(host: str, _port: int) -> list[Any]:
        asked.append(host)
        return [ipaddress.ip_address(address) for address in answers.pop(0)]

    with open_client(Policy(allow=("127.0.0.1",)), resolver=changing) as client:
        assert client.get(f"http://weather.test:{outer.server_port}/").text == SECRET
        assert len(asked) == 1  # a second look could find another address than the one that was checked
        assert outer.asked[0]["host"] == f"weather.test:{outer.server_port}"
        refused(lambda: client.get(f"http://weather.test:{outer.server_port}/"))
        refused(lambda: client.get("http://weather.test/"))  # one of two addresses is private
    assert len(outer.asked) == 1


def test_a_certificate_is_checked_for_the_name_and_not_for_the_address():
    from azuraforge.outgoing.client import _pinned

    pinned = _pinned(httpx.Request("GET", "https://weather.test/a?b=1"), ipaddress.ip_address("93.184.215.14"))
    assert str(pinned.url) == "https://93.184.215.14/a?b=1"
    assert (pinned.headers["host"], pinned.extensions["sni_hostname"]) == ("weather.test", "weather.test")


@pytest.mark.parametrize("port", [22, 25, 6, 139])
def test_only_ports_of_the_web_are_asked_elsewhere(port):
    with open_client(Policy(), resolver=lambda *_: [ipaddress.ip_address("93.184.215.14")]) as client:
        refused(lambda: client.get(f"http://mail.test:{port}/"))


def test_the_platform_itself_is_not_asked_unless_its_port_is_named(serve):
    inner = serve()
    with open_client(Policy(allow=("127.0.0.0/8",), own_port=inner.server_port)) as client:
        refused(lambda: client.get(inner.url))
    assert inner.asked == []
    named = Policy(allow=(f"127.0.0.1:{inner.server_port}",), own_port=inner.server_port)
    with open_client(named) as client:
        assert client.get(inner.url).status_code == 200


def test_proxies_of_the_environment_are_ignored(serve, monkeypatch):
    proxy = serve()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    with open_client(Policy()) as client:
        refused(lambda: client.get("http://127.0.0.1:9/"))
    assert proxy.asked == []


def test_a_proxy_that_was_set_sends_what_is_allowed(serve):
    proxy = serve()
    with open_client(Policy(proxy=proxy.url), resolver=lambda *_: [ipaddress.ip_address("93.184.215.14")]) as client:
        assert client.get("http://weather.test/").text == SECRET
    with open_client(Policy(proxy=proxy.url)) as client:
        refused(lambda: client.get("http://127.0.0.1/"))
    assert len(proxy.asked) == 1


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_an_endless_answer_is_cut_off(serve, encoding):
    outer = serve()
    zeros = bytes(8 << 20)
    body = gzip.compress(zeros) if encoding else zeros
    outer.answer = lambda: (200, {"Content-Encoding": encoding} if encoding else {}, body)
    with open_client(Policy(allow=("127.0.0.1",), max_bytes=1 << 20)) as client, pytest.raises(InvalidInput) as caught:
        client.get(outer.url)
    assert caught.value.error_code == "answer_too_large"
    with open_client(Policy(allow=("127.0.0.1",), max_bytes=8 << 20)) as client:
        assert client.get(outer.url).content == zeros


def test_a_compression_that_was_not_asked_for_is_refused(serve):
    outer = serve()
    outer.answer = lambda: (200, {"Content-Encoding": "br"}, b"x")
    with open_client(Policy(allow=("127.0.0.1",))) as client, pytest.raises(httpx.DecodingError):
        client.get(outer.url)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, json.dumps({"error": True, "reason": SECRET}).encode()),
        (403, json.dumps({SECRET: 1}).encode()),
        (200, SECRET.encode()),
        (500, SECRET.encode()),
        (200, json.dumps({"results": [{"name": "x", "latitude": SECRET, "longitude": 1}], "hourly": SECRET}).encode()),
        (200, json.dumps({"results": [SECRET]}).encode()),
        (200, json.dumps({"hourly": {"time": [SECRET], "temperature_2m": [1]}}).encode()),
    ],
)
@pytest.mark.parametrize("place", [{"place": "Ankara"}, {"latitude": 1, "longitude": 1}])
def test_what_a_foreign_machine_says_is_never_repeated(serve, monkeypatch, status, body, place):
    monkeypatch.setattr(OpenMeteo, "wait_seconds", 0.0)
    outer = serve()
    outer.answer = lambda: (status, {}, body)
    source = OpenMeteo()
    source.outgoing = Policy(allow=("127.0.0.1",))
    asked = {"start": "2024-01-01", "end": "2024-01-02", "features": [], "base_url": outer.url, **place}
    with pytest.raises((InvalidInput, TransientError)) as caught:
        source.read(OpenMeteoOptions.model_validate({**asked, "geocoding_url": outer.url}))
    assert outer.asked
    assert SECRET not in json.dumps(caught.value.to_dict())


def test_a_source_reaches_public_addresses_only_unless_the_platform_says_otherwise(serve):
    inner = serve()
    asked = {"start": "2024-01-01", "end": "2024-01-02", "latitude": 1, "longitude": 1, "base_url": inner.url}
    error = refused(lambda: OpenMeteo().read(OpenMeteoOptions.model_validate(asked)))
    assert SECRET not in str(error)
    assert inner.asked == []


def test_the_allow_list_of_the_settings():
    settings = Settings(outgoing=OutgoingSettings(allow=" 10.0.0.0/8, [::1]:8080,weather.lan "))
    allowed = Policy.of(settings).allowed
    assert [(str(each.network or each.name), each.port) for each in allowed] == [
        ("10.0.0.0/8", None),
        ("::1/128", 8080),
        ("weather.lan", None),
    ]
    for wrong in ("10.0.0.0/33", "http://x", "1.2.3", "a b"):
        with pytest.raises(InvalidInput, match="neither"):
            Policy.of(Settings(outgoing=OutgoingSettings(allow=wrong)))
