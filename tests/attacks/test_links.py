"""Sign-in links, Origin checks and cookies follow the public URL; forged Host and proxy headers change nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from azuraforge.addresses import origin_of
from azuraforge.database import Base, Database
from azuraforge.errors import InvalidInput
from azuraforge.people.address import Address
from azuraforge.platform.up import require_public_url
from azuraforge.projects.service import ProjectService
from azuraforge.server.application import create_api
from azuraforge.server.guards import HostGuard
from azuraforge.server.packages import import_tables
from azuraforge.settings import ServerSettings

LISTENING = "http://127.0.0.1:8787"
PUBLIC = "https://ml.example.org"


class Site:
    """The guarded application at one address, with the owner's token, and sessions that browsers would have."""

    def __init__(self, database: Database, **server: Any) -> None:
        self.projects = ProjectService(database)
        self.place = self.projects.ensure_default()
        self.token = self.session()
        self.address = Address.of(ServerSettings(**server), LISTENING)
        self.app = create_api()
        self.app.state.projects, self.app.state.people = self.projects, self.projects.people
        self.app.state.accounts = self.app.state.people_administration = None  # they act for other people
        self.app.state.address = self.address
        self.guarded = HostGuard(self.app, self.address)

    def send(self, method: str, path: str, headers: list[tuple[str, str]], **options: Any) -> httpx.Response:
        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(self.guarded, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=LISTENING, verify=False) as client:
                return await client.request(method, path, headers=headers, **options)

        return asyncio.run(sent())

    def secret(self) -> str:
        """The secret of a new sign-in link."""
        return self.projects.owner_link(self.place, "").url.split("#link=")[1]

    def session(self) -> str:
        """The secret of a new browser session."""
        return self.projects.people.sign_in(self.secret())[0]

    def link(self, *headers: tuple[str, str]) -> httpx.Response:
        return self.send("POST", "/api/v1/links", [("Authorization", f"Bearer {self.token}"), *headers], json={})

    def sign_in(self, *headers: tuple[str, str]) -> httpx.Response:
        return self.send("POST", "/api/v1/sessions", [*headers], json={"link": self.secret()})

    def sign_out(self, *headers: tuple[str, str], cookie: str = "") -> int:
        """A write with a cookie; it needs no service but the sessions'."""
        named = ("Cookie", f"{cookie or self.address.cookie}={self.session()}")
        return self.send("DELETE", "/api/v1/sessions/current", [named, *headers]).status_code


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One for the file: which database it is does not matter here, and every test makes links of its own."""
    import_tables()
    made = Database(f"sqlite:///{tmp_path_factory.mktemp('links') / 'azuraforge.db'}")
    Base.metadata.create_all(made.engine)
    yield made
    made.close()


@pytest.fixture(scope="module")
def public(database: Database) -> Site:
    return Site(database, host="0.0.0.0", public_url=PUBLIC)


@pytest.fixture(scope="module")
def loopback(database: Database) -> Site:
    return Site(database)


HOSTS = [
    "evil.example",
    "evil.example:8787",
    "ml.example.org.evil.example",
    "evil.example/ml.example.org",
    "ml.example.org@evil.example",
    "ml.example.org:8787:evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "[::1].evil.example",
    "[localhost]evil",
    "0.0.0.0:8787",
    "10.0.0.7",
    "[::ffff:10.0.0.7]",
    "ml.example.org.",
    "xn--ml-example-org",
    "",
    " ",
]


@pytest.mark.parametrize("host", HOSTS)
def test_an_unknown_host_gets_no_answer(public, host):
    refused = public.link(("Host", host))
    assert refused.status_code == 400, refused.text
    assert refused.json()["code"] == "unknown_host"
    assert "AZURAFORGE_SERVER__PUBLIC_URL" in refused.json()["next_step"]


def test_two_host_headers_get_no_answer(public):
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/api/v1/sessions/current",
        "headers": [(b"host", b"ml.example.org"), (b"host", b"evil.example")],
    }
    assert not public.guarded._is_served(scope)


@pytest.mark.parametrize(
    "host", ["ml.example.org", "ML.Example.ORG", "ml.example.org:443", "127.0.0.1:8787", "[::1]:8787"]
)
@pytest.mark.parametrize(
    "forged",
    [
        (),
        (("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "http")),
        (("Forwarded", "host=evil.example;proto=http"), ("X-Original-Host", "evil.example")),
        (("Origin", "https://evil.example"), ("Referer", "https://evil.example/")),
    ],
)
def test_links_start_with_the_public_url_whatever_the_request_says(public, host, forged):
    made = public.link(("Host", host), *forged)
    assert made.status_code == 201, made.text
    assert made.json()["url"].startswith(f"{PUBLIC}/sign-in#link=")


def test_links_on_loopback_start_with_the_listening_address(loopback):
    assert loopback.link(("Host", "localhost:9000")).json()["url"].startswith(f"{LISTENING}/sign-in#link=")
    assert loopback.link(("Host", "ml.example.org")).status_code == 400


def test_probes_are_answered_on_any_host_only_beyond_loopback(public, loopback):
    for path in ("/healthz", "/readyz"):
        assert public.send("GET", path, [("Host", "10.0.0.7:8787")]).status_code == 200
        assert loopback.send("GET", path, [("Host", "10.0.0.7:8787")]).status_code == 400
    assert public.send("GET", "/healthz/", [("Host", "10.0.0.7:8787")]).status_code == 400


FOREIGN = [
    "https://evil.example",
    "http://ml.example.org",
    "https://ml.example.org:8443",
    "https://ml.example.org.evil.example",
    "https://ml.example.org@evil.example",
    "https://other.example.org",
    "null",
    "",
    "https://",
    "http://127.0.0.1:3000",
    "http://localhost",
]


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_page_neither_writes_nor_signs_in(public, origin):
    for host in ("ml.example.org", "127.0.0.1:8787"):  # as a proxy passes it on, or rewrites it
        assert public.sign_out(("Host", host), ("Origin", origin)) == 403
        assert public.sign_in(("Host", host), ("Origin", origin)).status_code == 403


def test_a_page_without_an_origin_does_not_write(public):
    assert public.sign_out(("Host", "ml.example.org")) == 403


@pytest.mark.parametrize("host", ["ml.example.org", "127.0.0.1:8787", "localhost"])
def test_the_public_page_writes_behind_a_proxy_that_ends_tls(public, host):
    assert public.sign_out(("Host", host), ("Origin", PUBLIC), ("X-Forwarded-Proto", "https")) == 204


def test_a_forwarded_port_on_loopback_writes_and_another_port_does_not(loopback):
    assert loopback.sign_out(("Host", "localhost:9000"), ("Origin", "http://localhost:9000")) == 204
    assert loopback.sign_out(("Host", "localhost:9000"), ("Origin", "http://localhost:3000")) == 403
    assert loopback.sign_out(("Host", "localhost:9000"), ("Origin", PUBLIC)) == 403


@pytest.mark.parametrize(("host", "origin"), [("ml.example.org", "https://evil.example"), ("evil.example", PUBLIC)])
def test_a_live_stream_with_a_cookie_is_for_our_own_page(public, host, origin):
    headers = {"host": host, "origin": origin, "cookie": f"{public.address.cookie}={public.session()}"}
    scope = {
        "type": "websocket",
        "path": "/api/v1/events/live",
        "query_string": b"project=default",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    public.app.state.events = None  # nothing is read before the caller is known
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(public.guarded(scope, receive, send))
    assert [(message["type"], message["code"]) for message in sent] == [("websocket.close", 1008)]


def test_the_cookie_follows_the_public_url_and_not_the_connection(public, loopback):
    cookie = public.sign_in(("Host", "ml.example.org"), ("X-Forwarded-Proto", "http")).headers["set-cookie"]
    assert cookie.startswith("__Host-azuraforge_session=")
    for part in ("Secure", "HttpOnly", "SameSite=strict", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie
    plain = loopback.sign_in(("Host", "localhost"), ("X-Forwarded-Proto", "https")).headers["set-cookie"]
    assert plain.startswith("azuraforge_session=")
    assert "Secure" not in plain


def test_a_cookie_that_another_host_of_the_domain_could_set_is_not_read(public):
    own = (("Host", "ml.example.org"), ("Origin", PUBLIC))
    assert public.sign_out(*own, cookie="azuraforge_session") == 401


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.5", "ml.example.org", "fe80::1"])
def test_beyond_loopback_a_public_url_is_required(host):
    with pytest.raises(InvalidInput, match="no public URL is set") as refused:
        require_public_url(ServerSettings(host=host))
    assert "--public-url" in refused.value.next_step
    require_public_url(ServerSettings(host=host, public_url=PUBLIC))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost", "LOCALHOST"])
def test_loopback_needs_none(host):
    require_public_url(ServerSettings(host=host))


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://ml.example.org", "https://ml.example.org"),
        (" HTTPS://ML.Example.org:443/ ", "https://ml.example.org"),
        ("http://ml.example.org:80", "http://ml.example.org"),
        ("http://192.168.1.5:8787/", "http://192.168.1.5:8787"),
        ("http://[FD00:0::0001]:8787", "http://[fd00::1]:8787"),
    ],
)
def test_a_public_url_is_kept_as_browsers_write_its_origin(given, origin):
    assert origin_of(given) == ServerSettings(public_url=given).public_url == origin


@pytest.mark.parametrize(
    "given",
    [
        "ml.example.org",
        "//ml.example.org",
        "ftp://ml.example.org",
        "javascript:alert(1)",
        "https://",
        "https://user@ml.example.org",
        "https://user:password@ml.example.org",
        "https://ml.example.org/azuraforge",
        "https://ml.example.org?",
        "https://ml.example.org/#",
        "https://ml.example.org:port",
        "https://ml.example.org:0",
        "https://ml.example.org:70000",
        "https://ml example.org",
        "https://ml.example.org\\@evil.example",
        "https://münchen.example",
        "https://[::1",
        "http://0.0.0.0:8787",
        "http://[::]:8787",
        "https://-.example",
        "https://*.example.org",
    ],
)
def test_another_public_url_is_refused_in_one_sentence(given):
    with pytest.raises(ValueError, match=r"write it as https://HOST or https://HOST:PORT|Invalid"):
        ServerSettings(public_url=given)


def test_a_platform_without_a_public_url_refuses_before_anything_starts(tmp_path):
    home = tmp_path / "home"
    command = [sys.executable, "-m", "azuraforge.cli.main", "up", "--host", "0.0.0.0", "--port", "0"]
    done = subprocess.run(
        command,
        env={**os.environ, "AZURAFORGE_HOME": str(home), "AZURAFORGE_LANG": "en", "COLUMNS": "400"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "no public URL is set" in done.stderr
    assert "--public-url" in done.stderr
    assert "Traceback" not in done.stderr
    assert not home.exists()


@pytest.mark.proof
def test_a_running_platform_prints_and_makes_links_at_its_public_url(make_platform):
    running = make_platform(AZURAFORGE_SERVER__PUBLIC_URL=f"{PUBLIC}/").start()
    try:
        assert running.url.startswith("http://127.0.0.1:"), "commands on this machine do not go through the proxy"
        assert running.json("link")["url"].startswith(f"{PUBLIC}/sign-in#link=")
        printed = running.log()
        assert f"running at {PUBLIC}\n" in printed
        assert f"{PUBLIC}/sign-in#link=" in printed
    finally:
        running.stop(signal.SIGTERM)
