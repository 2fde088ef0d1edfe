"""PostgreSQL goes and comes back: those who ask are told, and nothing that was said to be stored is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select, text, update

from azuraforge.database import Database, new_id
from azuraforge.database.scopes import PROJECT_SETTING
from azuraforge.errors import InvalidInput, TransientError
from azuraforge.projects.tables import Project
from tests.postgres import TEMPLATE, Cluster, Postgres, make_cluster


@pytest.fixture(scope="module")
def fragile() -> Iterator[Cluster]:
    """A cluster that may be stopped."""
    cluster = make_cluster()
    yield cluster
    cluster.remove()


@pytest.fixture
def stored(fragile) -> Iterator[Postgres]:
    yield fragile.create(TEMPLATE)
    fragile.stop()
    fragile.start()


@pytest.fixture
def open_one(stored) -> Iterator[Database]:
    made = Database(stored.url)
    yield made
    made.close()


def add(database: Database, name: str = "first") -> str:
    id_ = new_id()
    database.write(id_, lambda session: session.add(Project(id=id_, slug=id_, name=name)))
    return id_


def name_of(database: Database, id_: str) -> str:
    with database.read(id_) as session:
        return session.scalar(select(Project.name).where(Project.id == id_))


def rename(database: Database, id_: str, name: str) -> None:
    database.write(id_, lambda session: session.execute(update(Project).where(Project.id == id_).values(name=name)))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
def test_while_it_is_away_every_request_gets_an_error_and_afterwards_none(fragile, open_one, how):
    id_ = add(open_one)
    for _ in range(3):  # some connections lie in the pool
        name_of(open_one, id_)
    fragile.stop(how)
    for ask in (lambda: name_of(open_one, id_), lambda: rename(open_one, id_, "lost"), open_one.clock):
        with pytest.raises(TransientError, match="does not respond") as told:
            ask()
        assert told.value.status == 503
    fragile.start()
    assert name_of(open_one, id_) == "first"
    rename(open_one, id_, "second")
    assert name_of(open_one, id_) == "second"


def test_connections_that_died_unseen_are_replaced_unseen(fragile, open_one):
    """The server restarted, or something between cut idle connections."""
    id_ = add(open_one)
    sessions = [open_one.read(id_) for _ in range(4)]
    for session in sessions:
        session.__enter__()
    for session in sessions:
        session.__exit__(None, None, None)
    fragile.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'azuraforge_app'")
    for number in range(4):
        rename(open_one, id_, str(number))
        fragile.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'azuraforge_app'")
        assert name_of(open_one, id_) == str(number)


def test_a_transaction_that_lost_its_connection_is_written_again_whole(fragile, open_one):
    id_ = add(open_one, "0")
    calls = []

    def work(session):
        row = session.scalar(select(Project).where(Project.id == id_).with_for_update())
        row.name = str(int(row.name) + 1)
        session.flush()
        calls.append(1)
        if len(calls) == 1:
            pid = session.connection().scalar(text("SELECT pg_backend_pid()"))
            fragile.execute(f"SELECT pg_terminate_backend({pid}, 5000)")
        session.connection().scalar(text("SELECT 1"))

    open_one.write(id_, work)
    assert len(calls) == 2
    assert name_of(open_one, id_) == "1"


def test_a_commit_with_an_unknown_result_is_reported_and_not_repeated(fragile, open_one):
    id_ = add(open_one, "0")
    calls = []

    def work(session):
        session.execute(update(Project).where(Project.id == id_).values(name="1"))
        calls.append(1)
        pid = session.connection().scalar(text("SELECT pg_backend_pid()"))
        fragile.execute(f"SELECT pg_terminate_backend({pid}, 5000)")

    with pytest.raises(TransientError, match="during a commit") as told:
        open_one.write(id_, work)
    assert told.value.error_code == "commit_lost"
    assert len(calls) == 1


def test_two_that_wait_for_each_other_both_get_through(open_one):
    ids = [add(open_one, "0"), add(open_one, "0")]
    meeting = threading.Barrier(2)

    def work(first: str, second: str):
        first_time = [True]

        def both(session) -> None:
            # In no project's name: only a test would hold two projects' rows.
            for id_ in (first, second):
                session.connection().execute(text("SELECT set_config('azuraforge.project', :id, true)"), {"id": id_})
                session.connection().execute(text("UPDATE project SET name = (name::int + 1)::text"))
                if first_time:
                    first_time.clear()
                    meeting.wait(10)

        return both

    threads = [
        threading.Thread(target=open_one.write_system, args=(work(first, second),))
        for first, second in (ids, ids[::-1])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert [name_of(open_one, id_) for id_ in ids] == ["2", "2"]


def test_a_pool_without_a_free_connection_is_busy_not_broken(open_one, monkeypatch):
    monkeypatch.setattr(open_one.engine.pool, "_timeout", 0.05)
    id_ = add(open_one)
    held = [open_one.read(id_) for _ in range(open_one.engine.pool.size())]
    for each in held:
        each.__enter__()
    with pytest.raises(TransientError, match="in use"):
        name_of(open_one, id_)
    for each in held:
        each.__exit__(None, None, None)
    assert name_of(open_one, id_) == "first"


def test_values_that_it_cannot_store_are_the_senders_fault(open_one):
    id_ = add(open_one)
    for name in ("with a \0 in it", "x" * 201):
        with pytest.raises(InvalidInput, match="cannot be stored"):
            rename(open_one, id_, name)


def _ask(platform, path: str, body: object = None, method: str | None = None) -> tuple[int, dict[str, str], dict]:
    headers = {"Authorization": f"Bearer {platform.token}", "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{platform.url}{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, dict(answer.headers), json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, dict(refused.headers), json.load(refused)


def test_a_start_without_it_says_where_it_was_looked_for(stored, make_platform):
    port = stored.url.rsplit(":", 1)[1].split("/")[0]
    platform = make_platform(AZURAFORGE_DATABASE_URL=stored.url.replace(port, "1"))
    told = platform.run("up", "--port", "0", check=False)
    assert told.returncode == 1
    assert "does not respond" in told.stderr
    assert "127.0.0.1" in told.stderr
    assert "AZURAFORGE_DATABASE_URL" in told.stderr
    assert "Traceback" not in told.stderr


def test_processes_that_start_before_their_database_wait_for_it(fragile, stored, tmp_path):
    variables = {
        **os.environ,
        "AZURAFORGE_LANG": "en",
        "AZURAFORGE_HOME": str(tmp_path / "home"),
        "AZURAFORGE_DATABASE_URL": stored.url,
        "AZURAFORGE_BROKER_URL": "redis://127.0.0.1:9/0",
    }
    fragile.stop()
    command = [sys.executable, "-m", "azuraforge.cli.main", "scheduler"]
    with (tmp_path / "log").open("w") as log:
        scheduler = subprocess.Popen(command, env=variables, stdout=log, stderr=log)
    try:
        wait_for(tmp_path / "log", "database_awaited", scheduler)
        assert "does not respond" in (tmp_path / "log").read_text()
        fragile.start()
        wait_for(tmp_path / "log", "The scheduler is running", scheduler)
        scheduler.send_signal(signal.SIGTERM)
        assert scheduler.wait(120) == 0
    finally:
        scheduler.kill()
        scheduler.wait()
    assert "Traceback" not in (tmp_path / "log").read_text()


def wait_for(log: Path, words: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 120
    while words not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def test_the_api_answers_503_with_retry_after_and_serves_again(fragile, stored, make_platform):
    platform = make_platform(AZURAFORGE_DATABASE_URL=stored.url, AZURAFORGE_DATABASE_OWNER_URL=stored.owner_url)
    platform.start()
    made = _ask(platform, "/api/v1/tokens", {"name": "kept", "role": "viewer"})
    assert made[0] == 201
    stream = urllib.request.urlopen(
        urllib.request.Request(
            f"{platform.url}/api/v1/events?after=latest", headers={"Authorization": f"Bearer {platform.token}"}
        ),
        timeout=60,
    )
    fragile.stop(signal.SIGQUIT)
    for path, body in (("/api/v1/runs", None), ("/api/v1/tokens", {"name": "lost", "role": "viewer"})):
        status, headers, told = _ask(platform, path, body)
        assert status == 503, told
        assert int(headers["retry-after"]) > 0
        assert headers["content-type"] == "application/problem+json"
        assert told["code"] == "database_away"
        assert "127.0.0.1" not in told["detail"], "where the database is, is nobody's business"
    fragile.start()
    deadline = time.monotonic() + 120
    while (answer := _ask(platform, "/api/v1/tokens"))[0] == 503:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert [token["name"] for token in answer[2]["items"]] == ["kept"]
    policy = {"trash_days": 9}
    assert _ask(platform, "/api/v1/projects/policy", policy, "PUT")[0] == 200
    with stream:  # the reader who was there before heard nothing meanwhile, and goes on
        told = next(line for line in stream if line.startswith(b"event:"))
    assert told == b"event: policy.changed\n"
    assert platform.stop() == 0
    assert "Traceback" not in platform.log()


def test_a_client_that_stops_inside_a_transaction_is_let_go_of_before_a_lease_ends(stored, open_one):
    with open_one.engine.connect() as connection:
        told = connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one()
    assert told == "10s"
    id_ = add(open_one)
    address = stored.url.replace("postgresql+psycopg", "postgresql")
    frozen = psycopg.connect(address, options="-c idle_in_transaction_session_timeout=200ms")
    try:
        frozen.execute(f"SELECT set_config('{PROJECT_SETTING}', %s, true)", (id_,))
        assert frozen.execute("SELECT 1 FROM project FOR UPDATE").fetchall() == [(1,)]
        rename(open_one, id_, "freed")  # waits for the server to let go, not for the client
        with pytest.raises(psycopg.Error, match="idle-in-transaction"):
            frozen.execute("SELECT 1")
    finally:
        frozen.close()
    assert name_of(open_one, id_) == "freed"
