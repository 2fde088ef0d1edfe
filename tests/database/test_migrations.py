"""Migrations create exactly the tables that the code declares, and an upgrade keeps the rows, killed or not."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, func, select, text

from azuraforge.database import Base, Database, row_security, schema
from azuraforge.database.migrations.newest import newest_revision
from azuraforge.database.schema import VERSION_TABLE, current_revision, head_revision, open_database, upgrade
from azuraforge.errors import Conflict, InvalidInput, StorageError, TransientError
from azuraforge.server.packages import import_tables
from tests.filling import fill, reflected

#: A migration that comes after the newest; see its own text.
LATER = Path(__file__).parent / "later"

#: Opens the database with the later migration.
OPEN = """
import os, sys
from pathlib import Path
from azuraforge.database import schema
from azuraforge.database.schema import open_database
from azuraforge.server.packages import import_tables
import_tables()
schema.VERSIONS.append(Path(sys.argv[3]))
url, owner_url = sys.argv[1:3]
"""
OPEN_ONCE = OPEN + "open_database(url, owner_url or None).close()"
#: Four processes that have imported everything and then open the database at once.
OPEN_FOUR_TIMES = (
    OPEN
    + """
def child():
    open_database(url, owner_url or None).close()
    sys.stdout.write("opened ")
    sys.stdout.flush()
    os._exit(0)
pids = [os.fork() or child() for _ in range(4)]
sys.exit(max(os.waitpid(pid, 0)[1] for pid in pids))
"""
)


class Empty:
    """A database without tables, on either dialect."""

    def __init__(self, url: str, owner_url: str | None) -> None:
        self.url, self.owner_url = url, owner_url

    def open(self) -> Database:
        return open_database(self.url, self.owner_url)

    def owner(self) -> Database:
        return Database(self.owner_url or self.url)

    def command(self, code: str) -> list[str]:
        return [sys.executable, "-c", code, self.url, self.owner_url or "", str(LATER)]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path) -> Empty:
    import_tables()
    if request.param == "sqlite":
        return Empty(f"sqlite:///{tmp_path / 'azuraforge.db'}", None)
    made = request.getfixturevalue("empty_postgres")
    return Empty(made.url, made.owner_url)


@pytest.fixture
def filled(empty) -> Empty:
    """A database at the newest schema with two projects and a row of each in every table."""
    empty.open().close()
    owner = empty.owner()
    with owner.engine.begin() as connection:
        if owner.dialect == "postgresql":
            row_security.see_all(connection)
        for mark in "12":
            fill(connection, reflected(connection), mark)
    owner.close()
    return empty


@pytest.fixture
def later(monkeypatch) -> str:
    """The revision of one more migration, which upgrades of this process apply from now on."""
    monkeypatch.setattr(schema, "VERSIONS", [*schema.VERSIONS, LATER])
    return head_revision()


def tables_of(owner: Database) -> MetaData:
    with owner.engine.connect() as connection:
        return reflected(connection)


def differences(database: Database) -> list[object]:
    with database.engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": False}
        return compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)


def rows(connection: Connection, metadata: MetaData) -> dict[str, list[str]]:
    """Every row of the columns that ``metadata`` names."""
    if connection.dialect.name == "postgresql":
        row_security.see_all(connection)
    return {
        name: sorted(map(repr, connection.execute(select(*(table.c[each] for each in sorted(table.c.keys()))))))
        for name, table in metadata.tables.items()
    }


def test_a_new_database_has_the_tables_of_the_code(empty):
    empty.open().close()
    owner = empty.owner()
    assert differences(owner) == [], "see CONTRIBUTING.md, Changing the database"
    owner.close()


def test_the_newest_revision_is_known_without_alembic():
    scripts = ScriptDirectory(str(schema._SCRIPTS), version_locations=[str(schema.VERSIONS[0])])
    assert newest_revision() == scripts.get_current_head()


def test_upgrading_again_changes_nothing(empty):
    empty.open().close()
    owner = empty.owner()
    with owner.engine.connect() as connection:
        assert current_revision(connection) == head_revision()
    assert upgrade(owner) is False
    owner.close()
    empty.open().close()


def test_an_upgrade_that_is_killed_halfway_changes_nothing_and_succeeds_the_next_time(filled, tmp_path, monkeypatch):
    owner = filled.owner()
    before, revision = tables_of(owner), head_revision()
    with owner.engine.connect() as connection:
        kept = rows(connection, before)
    assert all(len(found) >= 2 for found in kept.values()), "two projects have a row in every table"

    (tmp_path / "later.stop").touch()
    with subprocess.Popen(
        filled.command(OPEN_ONCE), cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as killed:
        assert killed.stdout.readline() == "halfway\n"
        os.kill(killed.pid, signal.SIGKILL)
    with owner.engine.connect() as connection:
        assert current_revision(connection) == revision
        assert rows(connection, before) == kept
    assert differences(owner) == []

    monkeypatch.setattr(schema, "VERSIONS", [*schema.VERSIONS, LATER])
    filled.open().close()
    with owner.engine.connect() as connection:
        assert current_revision(connection) == "9000"
        found = rows(connection, before)
        assert connection.scalars(text("SELECT later FROM run")).all() == ["upgraded", "upgraded"]
    assert found == kept
    changes = {each[0]: each[-1].name for each in differences(owner)}
    assert changes == {"remove_column": "later", "remove_index": "ix_run_later"}, "nothing else differs"
    owner.close()


@pytest.mark.parametrize("start", ["empty", "filled"])
def test_several_processes_may_upgrade_at_once(request, tmp_path, empty, start):
    request.getfixturevalue(start)
    command = empty.command(OPEN_FOUR_TIMES)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "opened " * 4, done.stderr
    owner = empty.owner()
    with owner.engine.connect() as connection:
        assert current_revision(connection) == "9000"
    owner.close()


def test_a_database_of_an_unreleased_schema_is_refused_with_the_way_to_carry_models_over(empty):
    empty.open().close()
    owner = empty.owner()
    for revision in ("0001", "0012", "0001_0123456789ab"):
        with owner.engine.begin() as connection:
            connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{revision}'"))
        with pytest.raises(Conflict, match=f"0.1 .schema {revision}. and cannot be upgraded") as refused:
            empty.open()
        for step in ("database backup FILE", "models bundle NAME VERSION", "models import FILE"):
            assert f"azuraforge {step}" in refused.value.next_step
        with owner.engine.connect() as connection:
            assert current_revision(connection) == revision
    owner.close()


def test_a_database_newer_than_the_code_is_refused_and_left_alone(empty):
    empty.open().close()
    owner = empty.owner()
    with owner.engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(Conflict, match="newer version of AzuraForge"):
        empty.open()
    with owner.engine.connect() as connection:
        assert current_revision(connection) == "9999"
    owner.close()


def test_a_migration_that_fails_leaves_the_old_database(filled, later, monkeypatch):
    owner = filled.owner()
    before = tables_of(owner)

    def fail(*arguments: object) -> None:
        real(*arguments)
        raise StorageError("the power went out")

    import alembic.command

    real = alembic.command.upgrade
    with monkeypatch.context() as patched:
        patched.setattr("alembic.command.upgrade", fail)
        with pytest.raises(StorageError, match="power"):
            filled.open()
    with owner.engine.connect() as connection:
        assert current_revision(connection) != later
    assert tables_of(owner).tables["run"].columns.keys() == before.tables["run"].columns.keys()
    filled.open().close()
    with owner.engine.connect() as connection:
        assert current_revision(connection) == later
    owner.close()


def test_rows_that_point_nowhere_stop_an_upgrade(tmp_path, later, monkeypatch):
    """SQLite's foreign keys are off while tables are rebuilt, so the migration checks them before the commit."""
    path = tmp_path / "azuraforge.db"
    with monkeypatch.context() as patched:
        patched.setattr(schema, "VERSIONS", schema.VERSIONS[:1])
        open_database(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO member VALUES ('nowhere', 'nobody', 'owner', 0)")
    connection.close()
    with pytest.raises(StorageError, match="does not exist; nothing was changed"):
        open_database(f"sqlite:///{path}")


def test_on_postgresql_an_older_database_is_refused_without_its_owner(empty_postgres):
    import_tables()
    with pytest.raises(Conflict, match="older than this version of AzuraForge"):
        open_database(empty_postgres.url)


def test_on_postgresql_a_role_that_bypasses_row_level_security_is_refused(postgres, postgres_cluster):
    import_tables()
    with pytest.raises(InvalidInput, match="a superuser would see all projects"):
        open_database(postgres.superuser_url)
    with pytest.raises(InvalidInput, match="the owner of the tables"):
        open_database(postgres.owner_url)
    postgres_cluster.execute("CREATE ROLE seer LOGIN BYPASSRLS IN ROLE azuraforge_app")
    with pytest.raises(InvalidInput, match="BYPASSRLS"):
        open_database(postgres.url.replace("azuraforge_app", "seer"))


def test_on_postgresql_a_missing_policy_is_reported_and_created_again(postgres, postgres_cluster):
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


def test_unknown_databases_are_reported(tmp_path):
    (tmp_path / "azuraforge.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(TransientError, match="damaged: file is not a database") as refused:
        open_database(f"sqlite:///{tmp_path / 'azuraforge.db'}")
    assert "restore a backup" in refused.value.next_step, "not the address of a server"


def test_a_lost_row_is_noticed(filled):
    """A control of the comparison above."""
    owner = filled.owner()
    before = tables_of(owner)
    with owner.engine.begin() as connection:
        kept = rows(connection, before)
        connection.execute(before.tables["run_note"].delete())
        assert connection.scalar(select(func.count()).select_from(before.tables["run_note"])) == 0
        assert rows(connection, before) != kept
    owner.close()
