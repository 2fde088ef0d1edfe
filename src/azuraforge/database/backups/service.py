"""Backups, which are written and verified while a platform runs, and restores, which replace everything or nothing."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from azuraforge import __version__, claims
from azuraforge.claims import Claim
from azuraforge.clock import utc_now
from azuraforge.crashpoints import crashpoint
from azuraforge.database.backups import archive, placing, postgres_dump
from azuraforge.database.backups.archive import Manifest
from azuraforge.database.database import Database
from azuraforge.database.failures import readable
from azuraforge.database.schema import VERSION_TABLE, current_revision, refuse_unknown, upgrade, upgrade_postgresql
from azuraforge.errors import Conflict, InvalidInput, StorageError
from azuraforge.messages import Message


@dataclass(frozen=True)
class Place:
    """URLs of one database: the application's, and on PostgreSQL the table owner's."""

    url: str
    owner_url: str | None = None

    @property
    def is_sqlite(self) -> bool:
        return make_url(self.url).get_backend_name() == "sqlite"

    @property
    def path(self) -> Path:
        """The path of the SQLite database file."""
        return Path(make_url(self.url).database or "")

    @property
    def shown(self) -> str:
        """The database URL without its password."""
        return make_url(self.url).render_as_string(hide_password=True)

    @property
    def owner(self) -> str:
        """The database URL of the tables' owner. Raises InvalidInput if none is set."""
        if self.owner_url is None:
            raise InvalidInput(
                "on PostgreSQL, only the owner of the tables may do this",
                where="{place}",
                next_step="set AZURAFORGE_DATABASE_OWNER_URL to the URL of the role that owns the tables",
                place=self.shown,
            )
        return self.owner_url


@dataclass(frozen=True)
class Condition:
    """Result of a check. ``problems`` is empty for a healthy database; ``rows`` is None if they cannot be counted."""

    revision: str | None
    rows: dict[str, int] | None
    problems: list[str]


def examine(place: Place) -> Condition:
    """Check the whole database and return its condition; a platform may be running.

    Raises StorageError or TransientError if the database cannot be opened.
    """
    if place.is_sqlite:
        return _examine_sqlite(place.path)
    with _owner(place) as owner, owner.engine.connect() as connection:
        revision = current_revision(connection)
        rows = postgres_dump.counts(connection, inspect(connection).get_table_names())
        return Condition(revision, _own(rows), [])


def back_up(place: Place, target: Path, artifacts: dict[str, int] | None = None) -> Manifest:
    """Write and verify a backup, also while a platform runs, and return its manifest.

    ``artifacts`` maps the artifact files of the data home to sizes in bytes, for a later comparison.

    Raises Conflict if ``target`` exists, and StorageError if the database or the copy is damaged.
    """
    archive.refuse_existing(target)
    with _backup_folder(target) as folder:
        contents = folder / "database"
        condition = _copy_sqlite(place.path, contents) if place.is_sqlite else _dump(place, contents)
        if condition.problems or condition.revision is None:
            problem = condition.problems[0] if condition.problems else "it has no tables"
            raise StorageError(
                "the database failed its check, so no backup was written: {problem}",
                next_step="restore an older backup: azuraforge database restore FILE --replace",
                where="{place}",
                problem=problem,
                place=place.shown,
            )
        size, sha256 = archive.fingerprint(contents)
        manifest = Manifest(
            created_at=utc_now(),
            azuraforge=__version__,
            dialect="sqlite" if place.is_sqlite else "postgresql",
            revision=condition.revision,
            rows=condition.rows or {},
            bytes=size,
            sha256=sha256,
            artifacts=artifacts,
        )
        archive.write(target, contents, manifest, folder / "draft")
    return manifest


def restore(
    place: Place, source: Path, *, replace: bool = False, before: Callable[[], None] = lambda: None
) -> Manifest:
    """Replace the database by a backup, upgrade it to this code's schema, and return the backup's manifest.

    No platform may be running.

    ``before`` is called after all checks and before the first change. If an error is raised, the old database still
    exists; if the next start will replace it, the StorageError's next step says so.

    Raises InvalidInput if the file is damaged or from a different database system, and Conflict if the database has
    rows (unless ``replace``) or the backup is newer than this code.
    """
    said = archive.read(source)
    dialect = "sqlite" if place.is_sqlite else "postgresql"
    if said.dialect != dialect:
        raise InvalidInput(
            "the backup is from {dialect}, but the database is {database}",
            next_step="choose a backup of the same database system",
            where="{place}",
            dialect=said.dialect,
            database=dialect,
            place=str(source),
        )
    refuse_unknown(said.revision, Message("the backup"), str(source))
    if place.is_sqlite:
        placing.settle(place.path)
        with placing.workroom(place.path) as folder:
            manifest = archive.extract(source, folder / "database")
            crashpoint("restore_extracted")
            _restore_sqlite(place.path, folder / "database", manifest, replace, before)
        return manifest
    with tempfile.TemporaryDirectory(prefix="azuraforge-restore-", dir=_place_to_copy(source)) as name:
        contents = Path(name) / "database"
        manifest = archive.extract(source, contents)
        _restore_postgresql(place, contents, manifest, replace, before)
    return manifest


@contextmanager
def _backup_folder(target: Path) -> Iterator[Path]:
    """Create a folder next to the new backup, so that a rename places it; remove folders of killed backups."""
    folders = target.parent / ".azuraforge-backup"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        claims.sweep(folders)
        claim = Claim(folders)
    except OSError as error:
        raise archive.not_written(error, target) from error
    try:
        yield claim.folder
    finally:
        claim.release()
        with contextlib.suppress(OSError):  # another backup is being written in this folder
            folders.rmdir()


def _place_to_copy(near: Path) -> str | None:
    """Return the folder of ``near`` if it is writable; else None, which means the system's temporary folder."""
    folder = near.parent
    return str(folder) if near.name and folder.is_dir() and os.access(folder, os.W_OK) else None


def _own(rows: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in sorted(rows.items()) if name != VERSION_TABLE}


def _refuse_rows(rows: dict[str, int] | None, where: str) -> None:
    if rows and any(rows.values()):
        raise Conflict(
            "the database is not empty: it contains {sum:,} [row|rows]",
            where="{place}",
            next_step="back up the database, then restore with --replace",
            sum=sum(rows.values()),
            place=where,
        )


# SQLite


def _copy_sqlite(path: Path, target: Path) -> Condition:
    with _reading_sqlite(path) as source, closing(sqlite3.connect(target)) as copy:
        try:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # a single file, without journals
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
                raise StorageError(
                    "the backup could not be written: {error}",
                    where="{place}",
                    next_step="free disk space",
                    error=error,
                    place=str(target.parent),
                ) from error
            raise
    return _examine_sqlite(target)


def _examine_sqlite(path: Path) -> Condition:
    with _reading_sqlite(path) as connection:
        found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)")]
        problems = [] if found == ["ok"] else found
        for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchmany(20):
            problems.append(f"a row of {table} points to a row of {parent} that is not there")
        names = [str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        if VERSION_TABLE not in names:
            return Condition(None, None, [*problems, "it is no database of AzuraForge"])
        rows = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608
        revision = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608
    return Condition(str(revision[0]) if revision else None, _own(rows), problems)


@contextmanager
def _reading_sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise StorageError(
            "there is no database yet",
            where="{place}",
            next_step="run azuraforge up to create a database",
            place=str(path),
        )
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise StorageError(
            "the database cannot be read: {error}",
            where="{place}",
            next_step="check the file and the disk",
            error=error,
            place=str(path),
        ) from error


def _restore_sqlite(path: Path, contents: Path, manifest: Manifest, replace: bool, before: Callable[[], None]) -> None:
    condition = _examine_sqlite(contents)
    if condition != Condition(manifest.revision, manifest.rows, []):
        problem = condition.problems[0] if condition.problems else "its rows are not the ones that were counted"
        raise InvalidInput("the backup failed its check: {problem}", next_step="use another backup", problem=problem)
    _upgrade_file(contents)
    if path.exists() and not replace:
        _refuse_rows(_rows_of(path), str(path))
    before()
    placing.replace(path, contents)


def _rows_of(path: Path) -> dict[str, int] | None:
    try:
        return _examine_sqlite(path).rows
    except StorageError as error:  # damaged, which may be the reason for the restore
        error.with_next_step("restore with --replace: the damaged file is kept")
        raise


def _upgrade_file(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    try:
        upgrade(database)
    finally:
        database.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


# PostgreSQL


@contextmanager
def _owner(place: Place) -> Iterator[Database]:
    owner = Database(place.owner)
    try:
        yield owner
    except DBAPIError as error:
        raise readable(error) from error
    finally:
        owner.close()


def _dump(place: Place, target: Path) -> Condition:
    with _owner(place) as owner, owner.engine.connect() as plain:
        connection = plain.execution_options(isolation_level="REPEATABLE READ")
        tables = inspect(connection).get_table_names()
        if VERSION_TABLE not in tables:
            return Condition(None, None, [])
        revision = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608
        rows = postgres_dump.counts(connection, tables)
        postgres_dump.dump(make_url(place.owner), connection, target)
        return Condition(revision, _own(rows), [])


def _restore_postgresql(
    place: Place, contents: Path, manifest: Manifest, replace: bool, before: Callable[[], None]
) -> None:
    app = Database(place.url)
    try:
        with app.engine.connect() as connection:
            role = str(connection.scalar(text("SELECT current_user")))
        app.engine.dispose()
        with _owner(place) as owner:
            with owner.engine.connect() as connection:
                schema = str(connection.scalar(text("SELECT current_schema()")))
                tables = inspect(connection).get_table_names()
                if not replace:
                    _refuse_rows(_own(postgres_dump.counts(connection, tables)), place.shown)
            with postgres_dump.alone(owner.engine, role):
                before()
                script = contents.with_name("restore.sql")
                postgres_dump.restore(make_url(place.owner), contents, script, schema, tables, manifest.rows, role)
            crashpoint("restore_before_row_security")
        upgrade_postgresql(app, place.owner)
    except DBAPIError as error:
        raise readable(error) from error
    finally:
        app.close()
