"""The migrations make exactly the tables that the code declares."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from azuraforge.database import Base, Database
from azuraforge.database.schema import VERSION_TABLE, current_revision, upgrade
from azuraforge.platform.migration import import_tables


def test_an_upgraded_database_has_the_tables_of_the_code(tmp_path):
    import_tables()
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    upgrade(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"version_table": VERSION_TABLE, "compare_type": False},
        )
        assert compare_metadata(context, Base.metadata) == [], "run `make migration`"
    database.close()


def test_upgrading_again_changes_nothing(tmp_path):
    for _ in range(2):
        database = Database(f"sqlite:///{tmp_path / 'new.db'}")
        upgrade(database)
        with database.engine.connect() as connection:
            assert current_revision(connection)
        database.close()
