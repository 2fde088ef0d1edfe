"""A secret from the command line to a database, and everywhere that it must not be."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.conftest import PlatformProcess

pytestmark = pytest.mark.sqlite_only
SENTINEL = "sesame-4711-tahini"


def put(platform: PlatformProcess, name: str, body: object, token: str) -> tuple[int, str]:
    request = urllib.request.Request(
        f"{platform.url}/api/v1/secrets/{name}",
        method="PUT",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def store_from_stdin(platform: PlatformProcess, name: str, value: str) -> str:
    command = [sys.executable, "-m", "azuraforge.cli.main", "secrets", "set", name]
    done = subprocess.run(
        command, env={**platform.variables, "AZURAFORGE_LANG": "en"}, input=value + "\n", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_secret_reaches_its_source_and_no_other_place(
    make_platform: Callable[..., PlatformProcess], empty_postgres: Any
) -> None:
    user = empty_postgres.owner_url.partition("//")[2].partition("@")[0]
    address = f"postgresql://{user}:{SENTINEL}@127.0.0.1:{empty_postgres.port}/{empty_postgres.name}"
    plain = empty_postgres.owner_url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE load AS SELECT i AS id, timestamptz '2024-01-01' + i * interval '1 hour' AS at,"
            " (i * 7 % 11)::float8 AS y FROM generate_series(1, 60) AS i"
        )
    # One retry: what is refused would otherwise be tried for half a minute.
    retries = {"AZURAFORGE_RUNS__MAX_TRANSIENT_RETRIES": "1"}
    platform = make_platform(AZURAFORGE_OUTGOING__ALLOW="127.0.0.1", **retries).start()
    seen = [store_from_stdin(platform, "load-db", address)]
    options = ["connection=load-db", "query=SELECT * FROM load", "time=at", "target=y", "cursor=id"]
    chosen = [part for each in options for part in ("--option", each)]
    seen.append(platform.run("datasets", "add", "--source", "sql", "--name", "load", *chosen).stdout)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("INSERT INTO load VALUES (61, '2024-01-03 13:00+00', 1)")
    seen.append(platform.run("datasets", "refresh", "load").stdout)
    assert platform.json("datasets", "show", "load")["rows"] == 61  # type: ignore[index]

    # errors: a driver that is refused, a value that is no address, a viewer, bodies of a wrong shape
    store_from_stdin(platform, "load-db", address.replace("127.0.0.1", "mallory@127.0.0.1").replace(user, "nobody", 1))
    refused = platform.run("datasets", "refresh", "load", check=False)
    assert refused.returncode == 1
    seen += [refused.stdout, refused.stderr]
    viewer = platform.json("tokens", "create", "looks", "--role", "viewer")["token"]  # type: ignore[index]
    for body, token, status in (
        ({"value": SENTINEL}, viewer, 403),
        ({"value": SENTINEL, "more": SENTINEL}, platform.token, 422),
        ({"value": [SENTINEL]}, platform.token, 422),
        ({"value": SENTINEL * 1000}, platform.token, 422),
    ):
        found = put(platform, "other", body, token)
        assert found[0] == status, found
        seen.append(found[1])
    listed = platform.api("/secrets")
    assert [(each["name"], each["state"]) for each in listed["items"]] == [("load-db", "ready")]
    seen += [json.dumps(listed), json.dumps(platform.api("/runs")), json.dumps(platform.api("/datasets/load"))]
    platform.stop()
    seen.append(platform.log())
    for text in seen:
        assert SENTINEL not in text
    files = [path for path in platform.home.rglob("*") if path.is_file()]
    assert platform.home / "secret.keys" in files
    assert [path for path in files if SENTINEL.encode() in path.read_bytes()] == []

    # a lost key: the platform starts, and the secret says so
    (platform.home / "secret.keys").unlink()
    platform.start()
    assert platform.api("/secrets")["items"][0]["state"] == "unreadable"
    lost = platform.run("datasets", "refresh", "load", check=False)
    assert "secret 'load-db' cannot be decrypted" in lost.stdout + lost.stderr
    assert "unreadable" in platform.run("secrets", "list").stdout
    platform.run("secrets", "delete", "load-db")
    assert platform.json("secrets", "list") == []
