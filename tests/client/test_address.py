"""Finding the platform, and keeping the home's token at home."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from azuraforge.client import ApiError, Client, PlatformUnreachable
from azuraforge.client.http.address import Address, AddressBook


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for name in ("AZURAFORGE_URL", "AZURAFORGE_TOKEN", "AZURAFORGE_HOME", "AZURAFORGE_PROJECT"):
        monkeypatch.delenv(name, raising=False)


def announce(home, url="http://127.0.0.1:4242", pid=None):
    home.mkdir(exist_ok=True)
    (home / "platform.json").write_text(json.dumps({"pid": pid or os.getpid(), "url": url, "started_at": "…"}))
    (home / "token").write_text("secret-of-the-home\n")


def test_the_home_tells_where_the_platform_is(home):
    announce(home)
    assert AddressBook.of(None, None, home).find() == Address("http://127.0.0.1:4242", "secret-of-the-home")


def test_the_home_s_token_is_sent_to_no_other_address(home):
    announce(home)
    assert AddressBook.of("http://example.com", None, home).find().token is None
    assert AddressBook.of("http://127.0.0.1:4242/", None, home).find().token == "secret-of-the-home"


def test_the_environment_names_home_url_and_token(home, monkeypatch):
    announce(home)
    monkeypatch.setenv("AZURAFORGE_HOME", str(home))
    assert AddressBook.of(None, None, None).find().url == "http://127.0.0.1:4242"
    monkeypatch.setenv("AZURAFORGE_URL", "http://10.0.0.5:80/")
    monkeypatch.setenv("AZURAFORGE_TOKEN", "mine")
    assert AddressBook.of(None, None, None).find() == Address("http://10.0.0.5:80", "mine")
    assert AddressBook.of(None, None, home).find().url == "http://127.0.0.1:4242", "a home that is named wins"


def test_a_dead_platform_s_announcement_counts_for_nothing(home):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    announce(home, pid=gone.pid)
    with pytest.raises(PlatformUnreachable, match="azuraforge up"):
        AddressBook.of(None, None, home).find()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"pid": "x", "url": "y"}'])
def test_a_broken_announcement_counts_for_nothing(home, content):
    home.mkdir()
    (home / "platform.json").write_text(content)
    assert AddressBook.of(None, None, home).announced_url() is None


def test_a_client_follows_the_platform_to_another_port(server, home):
    token = "t" * 40
    server.start()
    announce(home, url="http://127.0.0.1:9")
    (home / "token").write_text(token)
    client = Client(home=home)
    with pytest.raises(PlatformUnreachable):
        client.runs.get("k3v9")
    announce(home, url=server.url)
    (home / "token").write_text(token)
    assert client.runs.get("k3v9").id == "k3v9"
    client.close()


def test_a_client_takes_up_the_token_of_a_platform_that_started_again(server, home):
    server.start()
    announce(home, url=server.url)
    (home / "token").write_text("wrong")
    with Client(home=home) as client:
        with pytest.raises(ApiError, match="this token is not known"):
            client.runs.get("k3v9")
        (home / "token").write_text("t" * 40)
        assert client.runs.get("k3v9").id == "k3v9"


def test_errors_say_what_where_and_what_next():
    told = {"detail": "epochs must be at most 100", "where": "config.epochs", "next_step": "choose a smaller number"}
    error = ApiError.of(422, {"code": "invalid_input", **told})
    assert str(error) == "epochs must be at most 100 (config.epochs). Next: choose a smaller number"


def test_an_address_that_is_none_and_a_server_that_is_another(home, server):
    with pytest.raises(PlatformUnreachable, match="is not a valid address"):
        Client(url="127.0.0.1:8787", home=home).runs.list()
    server.start()
    with pytest.raises(ApiError, match="returned 404"):
        Client(url=server.url, token="x", home=home).models.list()


@pytest.mark.parametrize(
    ("given", "variable", "sent"),
    [
        (None, None, None),
        ("sales", None, "sales"),
        (None, "sales", "sales"),
        ("sales", "default", "sales"),
        ("", "", None),
        ("münih\n", None, "m%C3%BCnih%0A"),
    ],
)
def test_requests_name_the_project(monkeypatch, home, given, variable, sent):
    if variable is not None:
        monkeypatch.setenv("AZURAFORGE_PROJECT", variable)
    connection = Client(url="http://127.0.0.1:9", home=home, project=given)._connection
    assert connection._headers(Address("http://127.0.0.1:9", None)).get("AzuraForge-Project") == sent
