"""Brings a database to this code's schema, and refuses one that is newer."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from azuraforge.database.database import Database
from azuraforge.errors import Conflict, StorageError

#: Not Alembic's default name: two tools sharing one file must not read each other's history.
VERSION_TABLE = "azuraforge_schema"


def upgrade(database: Database) -> None:
    """Apply every migration that is missing. Raises Conflict where the database is newer than this code."""
    try:
        with database.engine.connect() as connection:
            config = alembic_config(connection)
            current = current_revision(connection)
            script = ScriptDirectory.from_config(config)
            if current == script.get_current_head():
                return
            _refuse_newer(script, current, database.url)
            with connection.begin():
                command.upgrade(config, "head")
    except DatabaseError as error:
        raise StorageError(
            f"the database cannot be opened: {error.orig}",
            where=database.url,
            next_step="check that the file is an AzuraForge database and can be written",
        ) from error


def current_revision(connection: Connection) -> str | None:
    """The revision stored in the database; None for an empty one."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    revision = context.get_current_revision()
    connection.rollback()
    return revision


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings, without any ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _refuse_newer(script: ScriptDirectory, current: str | None, url: str) -> None:
    if current is None:
        return
    try:
        script.get_revision(current)
    except CommandError:
        raise Conflict(
            f"the data home was written by a newer AzuraForge (schema {current})",
            where=url,
            next_step="update AzuraForge, or choose another data home with --home",
        ) from None
