"""Upgrade of a database to this code's schema, safe for concurrent processes. Unknown schemas are refused."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from azuraforge.database import row_security
from azuraforge.database.database import Database
from azuraforge.database.failures import AWAY, readable, reason_of
from azuraforge.database.migrations.newest import newest_revision
from azuraforge.errors import AzuraError, Conflict, StorageError, TransientError
from azuraforge.messages import Message

if TYPE_CHECKING:
    from alembic.config import Config

#: Different from Alembic's default, so that two tools that share one file do not read each other's history.
VERSION_TABLE = "azuraforge_schema"
#: Advisory lock of a migration on PostgreSQL; on SQLite, the write lock excludes other migrations.
_LOCK = 0x_A2_0F_06
_WAIT_MILLISECONDS = 600_000
_SCRIPTS = Path(__file__).parent / "migrations"
#: Folders of migrations. Tests add a folder with a migration after the newest one.
VERSIONS = [_SCRIPTS / "versions"]
#: Revisions of development versions, which were never released: twelve old ones, and any digest of the first schema.
_UNRELEASED = re.compile("0001_[0-9a-f]{12}|000[1-9]|001[0-2]")


def open_database(url: str, owner_url: str | None = None) -> Database:
    """Open the database at this code's schema; the tables of all packages must have been imported.

    SQLite is upgraded. PostgreSQL is upgraded if ``owner_url``, the URL of the role that owns the tables, is given;
    otherwise it must be current. Raises Conflict if the database is newer or older than this code, InvalidInput if
    row-level security does not apply to its role, and StorageError or TransientError if it cannot be opened.
    """
    database = Database(url)
    try:
        if database.dialect == "sqlite":
            upgrade(database)
        else:
            if owner_url is not None:
                upgrade_postgresql(database, owner_url)
            check(database)
    except BaseException:
        database.close()
        raise
    return database


def upgrade_postgresql(database: Database, owner_url: str) -> bool:
    """Migrate as the owner and build row-level security for the role of ``database``; return whether anything changed.

    Raises Conflict if the database is newer than this code, and StorageError or TransientError if it cannot be opened.
    """
    with _told(database), database.engine.connect() as connection:
        role = connection.scalar(text("SELECT current_user"))
    owner = Database(owner_url)
    try:
        return upgrade(owner, role)
    finally:
        owner.close()


def upgrade(database: Database, role: str | None = None) -> bool:
    """Apply missing migrations as the owner, and on PostgreSQL build row-level security for ``role``.

    Return whether anything changed. Raises Conflict if the database is newer than this code.
    """
    with _told(database), database.engine.connect() as connection:
        if database.dialect == "sqlite" and _stands(connection, database.url):
            return False
        with _alone(connection):
            before = _revision(connection)
            if changed := not _is_head(before, database.url):
                from alembic import command

                command.upgrade(alembic_config(connection), "head")
            if database.dialect == "postgresql" and role is not None:
                changed = row_security.build(connection, role, VERSION_TABLE) or changed
        return changed


def check(database: Database) -> None:
    """Raise Conflict if the schema is not current, or if row-level security is incomplete.

    Raises InvalidInput if row-level security does not apply to this role.
    """
    with _told(database), database.engine.connect() as connection:
        if not _stands(connection, database.url):
            raise Conflict(
                "the schema of the database ({revision}) is older than this version of AzuraForge",
                where="{place}",
                next_step="set AZURAFORGE_DATABASE_OWNER_URL and run azuraforge database upgrade"
                if database.dialect == "postgresql"
                else "run azuraforge database upgrade",
                revision=current_revision(connection) or "empty",
                place=database.url,
            )
        if database.dialect == "postgresql":
            row_security.check(connection)


def current_revision(connection: Connection) -> str | None:
    """Return the revision stored in the database; None if the database is empty."""
    revision = _revision(connection)
    connection.rollback()
    return revision


def revision_of(database: Database) -> str | None:
    """Return the stored revision of a database. Raises StorageError or TransientError if it cannot be opened."""
    with _told(database), database.engine.connect() as connection:
        return current_revision(connection)


def head_revision() -> str:
    """Return the newest revision that this code supports."""
    if len(VERSIONS) == 1:
        return newest_revision()
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def refuse_unknown(revision: str, made: Message, where: str) -> None:
    """Raise Conflict for a revision that this code cannot upgrade.

    ``made`` names the object for the message, such as "the backup", and ``where`` its place.
    """
    from alembic.script import ScriptDirectory

    known = {each.revision for each in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision in known:  # compared as a whole, because Alembic also accepts unique prefixes of revisions
        return
    if _UNRELEASED.fullmatch(revision):
        raise Conflict(
            "{made} was created by a development version before AzuraForge 0.1 (schema {revision}) and cannot be "
            "upgraded",
            where="{place}",
            next_step="with the version of AzuraForge that wrote the data, run azuraforge database backup FILE and, "
            "for each model version, azuraforge models bundle NAME VERSION; then start this version with an empty "
            "data home or database and run azuraforge models import FILE for each bundle",
            made=made,
            revision=revision,
            place=where,
        )
    raise Conflict(
        "{made} was written by a newer version of AzuraForge (schema {revision})",
        where="{place}",
        next_step="update AzuraForge, or choose another data home with --home",
        made=made,
        revision=revision,
        place=where,
    )


def alembic_config(connection: Connection) -> Config:
    """Return the Alembic configuration, which uses no ini file."""
    config = _config()
    config.attributes["connection"] = connection
    config.attributes["version_table"] = VERSION_TABLE
    return config


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("version_locations", os.pathsep.join(map(str, VERSIONS)))
    return config


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    revision: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608  a constant
    return revision


def _stands(connection: Connection, url: str) -> bool:
    return _is_head(current_revision(connection), url)


def _is_head(current: str | None, url: str) -> bool:
    if current == head_revision():
        return True
    if current is not None:
        refuse_unknown(current, Message("the data home"), url)
    return False


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Open a transaction that excludes other migrations."""
    if connection.dialect.name == "postgresql":
        with connection.begin():
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            row_security.see_all(connection)
            yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(f"PRAGMA busy_timeout={_WAIT_MILLISECONDS}")
    # SQLite changes a table by recreating it; dropping the old one must not delete rows that refer to it.
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        with connection.begin():
            yield
            broken = connection.execute(text("PRAGMA foreign_key_check")).first()
            if broken is not None:
                raise StorageError(
                    "a row of {table} refers to a row of {other} that does not exist; nothing was changed",
                    next_step="restore a backup, or ask for help and include this message",
                    table=broken[0],
                    other=broken[2],
                )
    finally:
        driver.execute("PRAGMA foreign_keys=ON")
        driver.execute("PRAGMA busy_timeout=10000")


@contextmanager
def _told(database: Database) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        known = readable(error)
        if isinstance(known, TransientError) and known.error_code == AWAY and database.dialect == "postgresql":
            # The person who starts a platform may know where the server runs and may see the driver's message.
            raise TransientError(
                "{problem}: {reason}",
                where="{place}",
                next_step="start the database, or correct AZURAFORGE_DATABASE_URL",
                code=known.error_code,
                problem=known,
                reason=reason_of(error),
                place=database.url,
            ) from error
        if isinstance(known, AzuraError):
            if not known.where:
                known.at("{place}", place=database.url)
            raise known from error
        raise StorageError(
            "the database cannot be opened: {orig}",
            where="{place}",
            next_step="make sure that the file is an AzuraForge database and is writable",
            orig=error.orig,
            place=database.url,
        ) from error
