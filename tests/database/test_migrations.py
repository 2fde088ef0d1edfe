"""The migrations make exactly the tables that the code declares, from nothing and from every released schema."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, func, select, text

from azuraforge.database import Base, Database
from azuraforge.database import row_security as walls
from azuraforge.database.schema import VERSION_TABLE, current_revision, head_revision, open_database, upgrade
from azuraforge.errors import Conflict, InvalidInput, StorageError, TransientError
from azuraforge.server.packages import import_tables

RELEASED = Path(__file__).parent / "released"
REVISIONS = sorted({path.name.split(".")[0] for path in RELEASED.glob("*.sql")})

#: Four processes that have imported everything and then open the database at once.
OPEN_FOUR_TIMES = """
import os, sys
from azuraforge.database.schema import open_database
from azuraforge.server.packages import import_tables
import_tables()
url, owner_url = sys.argv[1:]
def child():
    open_database(url, owner_url or None).close()
    sys.stdout.write("opened ")
    sys.stdout.flush()
    os._exit(0)
pids = [os.fork() or child() for _ in range(4)]
sys.exit(max(os.waitpid(pid, 0)[1] for pid in pids))
"""


class Empty:
    """A database without tables, on either dialect."""

    def __init__(self, url: str, owner_url: str | None, load) -> None:
        self.url, self.owner_url, self._load = url, owner_url, load

    def load(self, revision: str) -> None:
        dialect = "sqlite" if self.owner_url is None else "postgresql"
        self._load((RELEASED / f"{revision}.{dialect}.sql").read_text())

    def open(self) -> Database:
        return open_database(self.url, self.owner_url)

    def owner(self) -> Database:
        return Database(self.owner_url or self.url)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path) -> Iterator[Empty]:
    import_tables()
    if request.param == "sqlite":
        path = tmp_path / "azuraforge.db"

        def load(dump: str) -> None:
            with sqlite3.connect(path) as connection:
                connection.executescript(dump)
            connection.close()

        yield Empty(f"sqlite:///{path}", None, load)
        return
    made = request.getfixturevalue("empty_postgres")

    def load(dump: str) -> None:
        with psycopg.connect(made.owner_url.replace("+psycopg", "")) as connection:
            connection.execute(dump)

    yield Empty(made.url, made.owner_url, load)


def differences(database: Database) -> list[object]:
    with database.engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": False}
        return compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)


def rows(connection: Connection, metadata: MetaData) -> dict[str, list[tuple]]:
    if connection.dialect.name == "postgresql":
        walls.see_all(connection)
    return {
        name: sorted(map(repr, connection.execute(select(*(table.c[each] for each in sorted(table.c.keys()))))))
        for name, table in metadata.tables.items()
    }


def test_a_new_database_has_the_tables_of_the_code(empty):
    empty.open().close()
    owner = empty.owner()
    assert differences(owner) == [], "run `make migration`"
    owner.close()


def test_upgrading_again_changes_nothing(empty):
    empty.open().close()
    owner = empty.owner()
    with owner.engine.connect() as connection:
        assert current_revision(connection) == head_revision()
    assert upgrade(owner) is False
    owner.close()
    empty.open().close()


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_released_database_is_upgraded_and_keeps_its_rows(empty, revision):
    empty.load(revision)
    owner = empty.owner()
    before = MetaData()
    with owner.engine.connect() as connection:
        before.reflect(connection)
        before.remove(before.tables[VERSION_TABLE])
        assert current_revision(connection) == revision
        kept = rows(connection, before)
    assert all(kept.values()), "the saved database has rows in every table"

    database = empty.open()
    assert differences(owner) == []
    with owner.engine.connect() as connection:
        found = rows(connection, before)
        uses = connection.execute(text("SELECT project_id, run_id, number, earlier FROM test_use")).all()
    assert found == kept
    assert len(kept["project"]) == 2
    assert len(uses) == len(kept["evaluation"])  # every verdict ever given counts as a look at its test part
    assert sorted((use.project_id, use.number) for use in uses) == sorted(
        (project, number + 1)
        for project in {use.project_id for use in uses}
        for number in range(sum(use.project_id == project for use in uses))
    )
    owner.close()
    database.close()


@pytest.mark.parametrize("start", ["", *REVISIONS])
def test_several_processes_may_upgrade_at_once(empty, start):
    if start:
        empty.load(start)
    command = [sys.executable, "-c", OPEN_FOUR_TIMES, empty.url, empty.owner_url or ""]
    told = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode == 0, told.stderr
    assert told.stdout == "opened " * 4, told.stderr
    owner = empty.owner()
    assert differences(owner) == []
    owner.close()


def test_a_database_newer_than_the_code_is_refused_and_left_alone(empty):
    empty.open().close()
    owner = empty.owner()
    with owner.engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(Conflict, match="newer AzuraForge"):
        empty.open()
    with owner.engine.connect() as connection:
        assert current_revision(connection) == "9999"
    owner.close()


def test_a_migration_that_fails_leaves_the_old_database(empty, monkeypatch):
    empty.load(REVISIONS[0])
    owner = empty.owner()

    def fail(*_: object, **__: object) -> None:
        real(*_, **__)
        raise StorageError("the power went out")

    import alembic.command

    real = alembic.command.upgrade
    monkeypatch.setattr("azuraforge.database.schema.command.upgrade", fail)
    with pytest.raises(StorageError, match="power"):
        empty.open()
    monkeypatch.undo()
    with owner.engine.connect() as connection:
        assert current_revision(connection) == REVISIONS[0]
    empty.open().close()
    assert differences(owner) == []
    owner.close()


def test_rows_that_point_nowhere_stop_an_upgrade(tmp_path):
    """On SQLite foreign keys rest while tables are made anew, so they are looked at before the commit."""
    import_tables()
    path = tmp_path / "azuraforge.db"
    with sqlite3.connect(path) as connection:
        connection.executescript((RELEASED / f"{REVISIONS[0]}.sqlite.sql").read_text())
        connection.execute("DELETE FROM user_account")
    connection.close()
    with pytest.raises(StorageError, match="not there; nothing was changed"):
        open_database(f"sqlite:///{path}")


def test_on_postgresql_an_older_database_is_refused_without_its_owner(empty_postgres):
    import_tables()
    with pytest.raises(Conflict, match="older than this AzuraForge"):
        open_database(empty_postgres.url)


def test_on_postgresql_a_role_that_sees_through_the_walls_is_refused(postgres, postgres_cluster):
    import_tables()
    with pytest.raises(InvalidInput, match="a superuser would see every project"):
        open_database(postgres.superuser_url)
    with pytest.raises(InvalidInput, match="the owner of the tables"):
        open_database(postgres.owner_url)
    postgres_cluster.execute("CREATE ROLE seer LOGIN BYPASSRLS IN ROLE azuraforge_app")
    with pytest.raises(InvalidInput, match="BYPASSRLS"):
        open_database(postgres.url.replace("azuraforge_app", "seer"))


def test_on_postgresql_a_wall_that_is_missing_is_told_and_built_again(postgres, postgres_cluster):
    import_tables()
    postgres_cluster.execute("ALTER TABLE run NO FORCE ROW LEVEL SECURITY", postgres.name)
    with pytest.raises(Conflict, match="row-level security is off on run"):
        open_database(postgres.url)
    postgres_cluster.execute("DROP FUNCTION azuraforge_running_runs", postgres.name)
    postgres_cluster.execute("ALTER TABLE run FORCE ROW LEVEL SECURITY", postgres.name)
    with pytest.raises(Conflict, match="azuraforge_running_runs is missing"):
        open_database(postgres.url)
    postgres_cluster.execute(f"COMMENT ON TABLE {VERSION_TABLE} IS NULL", postgres.name)
    open_database(postgres.url, postgres.owner_url).close()


def test_unknown_databases_are_told(tmp_path):
    (tmp_path / "azuraforge.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(TransientError, match="damaged: file is not a database") as refused:
        open_database(f"sqlite:///{tmp_path / 'azuraforge.db'}")
    assert "restore a backup" in refused.value.next_step, "not the address of a server"


def test_counts_stay_what_they_were(empty):
    """A control of the comparison above: a lost row is noticed."""
    empty.load(REVISIONS[0])
    owner = empty.owner()
    before = MetaData()
    with owner.engine.begin() as connection:
        before.reflect(connection)
        kept = rows(connection, before)
        connection.execute(before.tables["run_note"].delete())
        assert connection.scalar(select(func.count()).select_from(before.tables["run_note"])) == 0
        assert rows(connection, before) != kept
    owner.close()
