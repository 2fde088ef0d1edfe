"""The source ``sql`` on a real PostgreSQL and on SQLite; on MySQL or MariaDB where AZURAFORGE_TEST_MYSQL names one.

The tests passed on MariaDB 10.11.18 on 2026-11-23.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pymysql
import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import create_engine

from azuraforge.database import Database
from azuraforge.datasets.schemas import FromSource
from azuraforge.datasets.service import DatasetService
from azuraforge.datasets.sources.sql import dialects
from azuraforge.datasets.sources.sql.dialects import DIALECTS, Dialect, Postgresql
from azuraforge.datasets.sources.sql.source import Sql, SqlOptions, _statement
from azuraforge.errors import AzuraError, InvalidInput, TransientError
from azuraforge.events.service import EventLog
from azuraforge.outgoing import Policy
from azuraforge.settings import OutgoingSettings, Settings
from tests.datasets.asking import Granted, invented
from tests.datasets.conftest import call_here
from tests.postgres import Cluster, Postgres
from tests.process_checks import Patience

#: How cursor and rows are kept on both databases: test_refresh.py.
pytestmark = pytest.mark.sqlite_only

SENTINEL = "sesame-4711"
TABLE = "CREATE TABLE loads (id integer PRIMARY KEY, batch integer, at {time}, y {number}, x {number}, note text)"
TIMES = {"postgresql": "timestamptz", "sqlite": "text", "mysql": "datetime"}
SERIES = "SELECT * FROM loads"


@dataclass
class Asked:
    """A database with the table ``load``, and the address that a secret holds."""

    kind: str
    address: str
    execute: Callable[..., Any]

    def insert(self, *hours: int, batch: int | None = None) -> None:
        for hour in hours:
            at = f"2024-01-{1 + hour // 24:02d} {hour % 24:02d}:00:00"
            values = f"{hour}, {hour if batch is None else batch}, '{at}', {hour * 7 % 11 + 0.5}, {hour * 5 % 13}, 'n'"
            self.execute(f"INSERT INTO loads VALUES ({values})")

    def count(self) -> int:
        return int(self.execute("SELECT count(*) FROM loads")[0][0])


@pytest.fixture(scope="module")
def foreign_postgres(postgres_cluster: Cluster) -> Iterator[Postgres]:
    """A database that is not the platform's."""
    made = postgres_cluster.create()
    yield made
    postgres_cluster.drop(made)


#: A MySQL or MariaDB server for these tests, mysql://USER:PASSWORD@127.0.0.1:PORT/DATABASE.
MYSQL = os.environ.get("AZURAFORGE_TEST_MYSQL")


@pytest.fixture(params=["postgresql", "sqlite", *(["mysql"] if MYSQL else [])])
def asked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Asked]:
    if request.param == "sqlite":
        file = tmp_path / "allowed" / "load.sqlite"
        file.parent.mkdir()
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as opened:
            yield _made(Asked("sqlite", f"sqlite:///{file}", lambda text: opened.execute(text).fetchall()), "real")
        return
    if request.param == "mysql":
        yield from _mysql()
        return
    made = request.getfixturevalue("foreign_postgres")
    with psycopg.connect(made.owner_url.replace("+psycopg", ""), autocommit=True) as connection:

        def execute(text: str) -> Any:
            cursor = connection.execute(text)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

        user = made.owner_url.partition("//")[2].partition("@")[0]
        address = f"postgresql://{user}:{SENTINEL}@127.0.0.1:{made.port}/{made.name}"
        yield _made(Asked("postgresql", address, execute), "double precision")


def _mysql() -> Iterator[Asked]:
    place = urlsplit(str(MYSQL))
    opened = pymysql.connect(
        host=place.hostname,
        port=place.port or 3306,
        user=place.username,
        password=place.password or "",
        database=place.path[1:],
        autocommit=True,
    )
    with contextlib.closing(opened), opened.cursor() as cursor:

        def execute(text: str) -> Any:
            cursor.execute(text)
            return cursor.fetchall()

        yield _made(Asked("mysql", str(MYSQL), execute), "double")


def _made(asked: Asked, number: str) -> Asked:
    asked.execute("DROP TABLE IF EXISTS loads")
    asked.execute(TABLE.format(time=TIMES[asked.kind], number=number))
    asked.insert(*range(60))
    return asked


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path / "home", outgoing=OutgoingSettings(allow="127.0.0.1"), folders=str(tmp_path / "allowed")
    )


@pytest.fixture
def service(database: Database, events: EventLog, settings: Settings, asked: Asked) -> DatasetService:
    grants = Granted(Sql.Options.model_json_schema(), {"load-db": asked.address})
    return DatasetService(database, events, call_here, settings, grants=grants)  # type: ignore[arg-type]


@pytest.fixture
def add(service: DatasetService, project_id: str) -> Any:
    def make(**options: Any) -> Any:
        chosen = {"connection": "load-db", "query": SERIES, "time": "at", "target": "y", "cursor": "id", **options}
        return service.add_from_source(project_id, FromSource(source="sql", name="load", options=chosen))

    return make


def test_a_query_goes_on_where_it_ended(
    asked: Asked, add: Any, refresh: Any, service: DatasetService, project_id: str
) -> None:
    added = add()
    assert (added.rows, added.dataset_schema.features, added.provenance["database"]) == (60, ("x",), asked.kind)
    assert refresh("load")["created"] is False
    asked.insert(60, 61, 62)
    summary = refresh("load")
    assert (summary["rows_added"], summary["rows_repeated"]) == (3, 0)
    cursor = service.get(project_id, "load").cursor
    assert cursor is not None
    assert (cursor["kind"], cursor["value"]) == ("integer", "62")
    assert SENTINEL not in str(service.get(project_id, "load"))


def test_a_time_as_the_cursor(asked: Asked, add: Any, refresh: Any, service: DatasetService, project_id: str) -> None:
    add(cursor=None, features=["x"])
    asked.insert(60)
    assert refresh("load")["rows_added"] == 1
    kind = service.get(project_id, "load").cursor["kind"]  # type: ignore[index]
    assert kind == {"postgresql": "moment", "sqlite": "text", "mysql": "local"}[asked.kind]


def test_rows_that_get_the_last_value_later_are_not_lost(
    asked: Asked, add: Any, refresh: Any, service: DatasetService, project_id: str
) -> None:
    asked.execute("DELETE FROM loads WHERE id >= 50")
    asked.insert(50, 51, batch=50)
    assert add(cursor="batch").rows == 52
    asked.insert(52, 53, batch=50)  # the same value, after it was read
    asked.insert(54, batch=51)
    summary = refresh("load")
    assert (summary["rows_added"], summary["rows_repeated"]) == (3, 0)
    assert invented(service, project_id, "load") == 0


def test_a_reading_ends_at_its_limit_and_the_next_one_goes_on(
    asked: Asked, add: Any, refresh: Any, service: DatasetService, project_id: str
) -> None:
    added = add(max_rows=40)
    assert added.rows == 40
    assert "more_rows" in [each.code for each in added.findings]
    assert refresh("load")["rows_added"] == 20
    assert refresh("load")["rows_added"] == 0
    assert invented(service, project_id, "load") == 0
    asked.execute("UPDATE loads SET batch = 100 WHERE id >= 30")
    service.trash.delete(project_id, "load", None, "ada")
    add(cursor="batch", max_rows=55)
    asked.execute("UPDATE loads SET batch = 100 WHERE id < 30")
    with pytest.raises(InvalidInput, match="55 or more rows have the value '100'"):
        refresh("load")


@pytest.mark.parametrize(("look_back", "added", "repeated"), [(0, 0, 0), (5, 1, 5)])
def test_look_back_finds_rows_of_transactions_that_ended_late(
    asked: Asked, add: Any, refresh: Any, look_back: int, added: int, repeated: int
) -> None:
    add(cursor="batch", look_back=look_back)
    asked.insert(60, batch=57)  # numbered before the last row and committed after it was read
    summary = refresh("load")
    assert (summary["rows_added"], summary["rows_repeated"]) == (added, repeated)


def test_rows_without_a_cursor_are_a_finding(asked: Asked, add: Any) -> None:
    asked.execute("UPDATE loads SET batch = NULL WHERE id >= 58")
    added = add(cursor="batch")
    assert added.rows == 58
    (found,) = [each for each in added.findings if each.code == "rows_without_cursor"]
    assert found.count == 2


WRITES = [
    "SELECT 1 AS id) AS asked; COMMIT; DROP TABLE loads; --",
    "SELECT 1) AS a; DELETE FROM loads; SELECT * FROM (SELECT 1",
    "SELECT 1 AS id) AS asked WHERE id IS NOT NULL; COMMIT; DELETE FROM loads; SELECT * FROM (SELECT 1 AS id",
    "WITH gone AS (DELETE FROM loads RETURNING *) SELECT * FROM gone",
    "SELECT set_config('transaction_read_only', 'off', false), lo_create(0) AS y, 1 AS id, now() AS at",
    "SELECT load_extension('x') AS id, '2024' AS at, 1 AS y",
    "SELECT * FROM loads INTO OUTFILE '/tmp/x'",
    "SELECT seq AS id, file AS at, 1 AS y FROM pragma_database_list",
]


@pytest.mark.parametrize("query", WRITES)
def test_nothing_can_be_written(asked: Asked, add: Any, query: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        add(query=query)
    assert refused.value.error_code == "query_refused"
    assert asked.count() == 60


def test_a_function_that_writes_is_refused_by_the_server(asked: Asked, add: Any) -> None:
    if asked.kind != "postgresql":
        pytest.skip("the function is written in PostgreSQL's language")
    asked.execute(
        "CREATE OR REPLACE FUNCTION sneak() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM loads; RETURN 1; END'"
    )
    with pytest.raises(InvalidInput, match="cannot execute DELETE in a read-only transaction"):
        add(query="SELECT *, sneak() AS z FROM loads")
    assert asked.count() == 60


def test_literals_and_quoted_names_pass_unchanged(asked: Asked, add: Any) -> None:
    query = "SELECT id, at, y AS \"y %%s\", '%(since)s 12:30' AS note, y AS \"a:b\" FROM loads WHERE note LIKE 'n%'"
    assert add(query=query, target="y %%s", features=["a:b"]).dataset_schema.target == "y %%s"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT * FROM nowhere", "query_refused"),
        ("SELECT * FROM loads WHERE", "query_refused"),
        ("SELECT id, at, y, y FROM loads", "duplicate_column"),
        ("SELECT id, at FROM loads", "no_such_column"),
        ("SELECT * FROM loads WHERE id < 0", "empty_query"),
    ],
)
def test_a_wrong_query_is_one_sentence(asked: Asked, add: Any, query: str, code: str) -> None:
    if asked.kind != "postgresql" and code == "duplicate_column":
        pytest.skip("SQLite names the second one otherwise, MySQL refuses the query")
    with pytest.raises(InvalidInput) as refused:
        add(query=query)
    assert refused.value.error_code == code
    assert SENTINEL not in str(refused.value.to_dict())


def test_a_slow_query_is_ended(asked: Asked, add: Any) -> None:
    slow = {
        "postgresql": "SELECT *, pg_sleep(1)::text AS z FROM loads",
        "mysql": "SELECT *, sleep(1) AS z FROM loads",
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT i AS id, 'a' AS at, 1 AS y FROM n WHERE i < 0",
    }
    with pytest.raises(InvalidInput, match=r"took longer than 0\.2 seconds"):
        add(query=slow[asked.kind], timeout_seconds=0.2)


@pytest.mark.filterwarnings("ignore:.*was deleted while still open")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_server_that_keeps_no_time_limit_is_cut_off(asked: Asked, add: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if asked.kind != "postgresql":
        pytest.skip("PostgreSQL's limit is taken away")
    monkeypatch.setattr(Postgresql, "begin", lambda *_: None)
    monkeypatch.setattr(Postgresql, "grace_seconds", 0.1)
    with pytest.raises(TransientError, match="cannot be reached, or closed the connection"):
        add(query="SELECT *, pg_sleep(20)::text AS z FROM loads", timeout_seconds=0.2)
    running = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'azuraforge' AND state = 'active'"
    patience = Patience(15)
    while asked.execute(running)[0][0]:  # the server was asked to stop as well
        assert not patience.over
        time.sleep(0.05)


def test_a_stopped_server_and_a_refused_sign_in(asked: Asked) -> None:
    if asked.kind == "sqlite":
        pytest.skip("a file is no server")
    place = asked.address.rpartition("@")[2]
    with pytest.raises(InvalidInput, match="refuses the user, the password or the database name"):
        read(f"{asked.kind}://mallory:{SENTINEL}@{place}")
    with pytest.raises(InvalidInput, match="refuses the user, the password or the database name"):
        read(f"{asked.address}_missing")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(TransientError, match="cannot be reached"):
        read(f"{asked.kind}://ada:{SENTINEL}@127.0.0.1:{port}/load")


def read(address: str, policy: Policy | None = None, folders: tuple[Path, ...] = (), **options: Any) -> None:
    """Read with a secret of this value; whatever goes wrong must not repeat it."""
    source = Sql()
    source.outgoing = policy or Policy(allow=("127.0.0.1",))
    source.folders = folders
    source.secrets = {"load-db": SecretStr(address)}
    try:
        source.read(SqlOptions(connection="load-db", query=SERIES, time="at", target="y", **options))
    except AzuraError as error:
        assert SENTINEL not in str(error.to_dict())  # noqa: PT017  for every test that reads
        raise


@pytest.mark.parametrize(
    "address",
    [
        SENTINEL,
        f"oracle://ada:{SENTINEL}@127.0.0.1/load",
        f"postgresql://ada:{SENTINEL}@127.0.0.1:port/load",
        f"postgresql://ada:{SENTINEL}@/load",
        f"postgresql://ada:{SENTINEL}@127.0.0.1/load?host=10.0.0.1",
        f"postgresql://ada:{SENTINEL}@127.0.0.1/load?service=x",
        f"mysql://ada:{SENTINEL}@127.0.0.1/load?sslmode=perhaps",
        f"sqlite://{SENTINEL}/load",
        "sqlite://",
    ],
)
def test_a_secret_that_is_no_address_is_refused_without_being_shown(address: str) -> None:
    with pytest.raises(InvalidInput, match="the secret 'load-db'"):
        read(address)


def test_the_guard_of_outgoing_requests_holds_for_databases() -> None:
    for host in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "localhost", "[::1]"):
        with pytest.raises(InvalidInput) as refused:
            read(f"postgresql://ada:{SENTINEL}@{host}/load", Policy())
        assert refused.value.error_code == "address_refused"
    with pytest.raises(InvalidInput):
        read(f"postgresql://ada:{SENTINEL}@8.8.8.8:25/load", Policy())
    with pytest.raises(TransientError, match="has no address"):
        read(f"mysql://ada:{SENTINEL}@does-not-exist.invalid/load")


def test_files_outside_of_the_allowed_folders_are_refused(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside.db", tmp_path / "in"
    sqlite3.connect(outside).close()
    inside.mkdir()
    (inside / "link.db").symlink_to(outside)
    for path in (outside, inside / "link.db", inside / ".." / "outside.db"):
        with pytest.raises(InvalidInput) as refused:
            read(f"sqlite:///{path}", folders=(inside,))
        assert refused.value.error_code == "folder_refused"
    with pytest.raises(TransientError, match="the database file does not exist"):
        read(f"sqlite:///{inside / 'missing.db'}", folders=(inside,))
    assert not (inside / "missing.db").exists()


def test_a_secret_that_was_not_granted_cannot_be_used() -> None:
    with pytest.raises(InvalidInput, match="cannot read the secret 'load-db'"):
        Sql().read(SqlOptions(connection="load-db", query=SERIES, time="at", target="y"))
    for query in ("DROP TABLE loads", "", "UPDATE loads SET y = 0"):
        with pytest.raises(ValidationError):
            SqlOptions(connection="load-db", query=query, time="at", target="y")


@pytest.mark.parametrize("kind", ["postgresql", "mysql", "sqlite"])
def test_the_statement_binds_its_start_and_quotes_its_column(kind: str) -> None:
    dialect: Dialect = DIALECTS[kind]  # type: ignore[index]
    asked = SimpleNamespace(dialect=create_engine(f"{dialect.driver}://", creator=lambda: None).dialect)
    options = SqlOptions(connection="c", query="SELECT 'a%' AS b;", time="t", target="y", cursor='i"`%d', max_rows=7)
    statement, parameters = _statement(dialect, asked, options, 41)  # type: ignore[arg-type]
    column = {"postgresql": '"i""`%%d"', "mysql": '`i"``%%d`', "sqlite": '"i""`%d"'}[kind]
    percent = "%" if kind == "sqlite" else "%%"
    since = ":since" if kind == "sqlite" else "%(since)s"
    assert statement == (
        f"SELECT * FROM (\nSELECT 'a{percent}' AS b\n) AS asked WHERE {column} >= {since} ORDER BY {column} LIMIT 7"
    )
    assert parameters == {"since": 41}


@pytest.mark.parametrize(
    ("number", "error", "sentence"),
    [(1045, InvalidInput, "refuses the user"), (1040, TransientError, "cannot be reached")],
)
def test_mysql_errors_of_a_server_that_speaks_its_protocol(number: int, error: type[AzuraError], sentence: str) -> None:
    """No MySQL server is at hand: this one only refuses, in MySQL's own packet."""
    text = struct.pack("<BH", 0xFF, number) + b"#08004" + f"go away, {SENTINEL}".encode()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(struct.pack("<I", len(text))[:3] + b"\0" + text)

        thread = threading.Thread(target=refuse)
        thread.start()
        with pytest.raises(error, match=sentence):
            read(f"mysql://ada:{SENTINEL}@127.0.0.1:{server.getsockname()[1]}/load")
        thread.join()


def test_a_server_that_never_greets_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialects, "CONNECT_SECONDS", 2.0)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TransientError, match="cannot be reached"):
        read(f"postgresql://ada:{SENTINEL}@127.0.0.1:{silent.getsockname()[1]}/load")


def test_no_descriptor_is_left_open(asked: Asked, add: Any) -> None:
    add()
    before = len(os.listdir("/proc/self/fd"))
    add()
    assert len(os.listdir("/proc/self/fd")) == before
