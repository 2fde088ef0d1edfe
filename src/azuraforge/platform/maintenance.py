"""Database maintenance: upgrade, check, backup, restore.

Only these operations open the database directly; all other commands use HTTP. Those that change the database lock the
data home, so no platform may be running; checks and backups also work on a running platform.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from azuraforge.database import Database, schema
from azuraforge.database.backups import placing
from azuraforge.database.backups import service as backup
from azuraforge.database.backups.archive import Manifest
from azuraforge.database.backups.service import Condition, Place
from azuraforge.errors import AzuraError, Conflict
from azuraforge.platform import backups, opening
from azuraforge.platform.home import keep_files_private, open_home
from azuraforge.projects import history
from azuraforge.server.packages import import_tables
from azuraforge.settings import Settings


@dataclass(frozen=True)
class Upgraded:
    """Schema revisions before and after an upgrade, which are equal if the schema was current.

    ``before`` is None if there was no database or it contained no tables.
    """

    before: str | None
    after: str


@dataclass(frozen=True)
class Checked:
    """Result of a check: the database's address, its revision, this code's revision, row counts and problems."""

    where: str
    revision: str | None
    newest: str
    rows: dict[str, int] | None
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Restored:
    """Result of a restore: the backup's manifest, the missing artifact files, and the replaced database.

    ``kept`` is the path of the replaced database file; None if there was no database, and on PostgreSQL.
    """

    manifest: Manifest
    missing_artifacts: list[str]
    kept: Path | None = None


def upgrade_database(settings: Settings) -> Upgraded:
    """Upgrade the database to this code's schema.

    Raises Conflict if a platform runs or the database is newer, and StorageError if the database is damaged.
    """
    import_tables()
    place = _place(settings)
    with _alone(settings):
        if place.is_sqlite:
            placing.settle(place.path)
            opening.refuse_damage(settings)
        with opening.naming_a_backup(settings):
            before = _revision(place)
            if place.is_sqlite:
                schema.open_database(place.url).close()
            else:
                schema.open_database(place.url, place.owner).close()
        return Upgraded(before, schema.head_revision())


def check_database(settings: Settings) -> Checked:
    """Check the whole database; a platform may be running. Problems are returned, not raised."""
    keep_files_private()  # SQLite may create files next to the database
    import_tables()
    place = _place(settings)
    condition = Condition(None, None, [])
    problems: list[str] = []
    try:
        _refuse_unfinished(settings)
        if place.is_sqlite or place.owner_url is not None:
            condition = backup.examine(place)
        database = Database(place.url)
        try:
            schema.check(database)
        finally:
            database.close()
    except AzuraError as error:
        problems.append(str(error))
    found = [*condition.problems, *problems]
    return Checked(place.shown, condition.revision, schema.head_revision(), condition.rows, found)


def back_up(settings: Settings, target: Path, *, with_artifacts: bool = False) -> Manifest:
    """Write a backup to ``target`` and return its manifest; a platform may be running.

    ``with_artifacts`` states whether the manifest lists the artifact files. Raises Conflict if ``target`` exists or a
    restore of the database is in progress or was interrupted, and StorageError if the database is damaged.
    """
    keep_files_private()
    import_tables()
    _refuse_unfinished(settings)
    manifest = backup.back_up(_place(settings), target, _artifacts(settings) if with_artifacts else None)
    backups.remember(settings, target)
    return manifest


def restore(settings: Settings, source: Path, *, replace: bool = False) -> Restored:
    """Replace the database by a backup.

    Raises Conflict if a platform runs, the backup is newer than this code, or the database has rows, which ``replace``
    accepts, and InvalidInput if the backup is damaged or from a different database system.
    """
    import_tables()
    place = _place(settings)
    with _alone(settings):
        known = placing.kept(place.path) if place.is_sqlite else []
        manifest = backup.restore(place, source, replace=replace, before=lambda: history.hold_all(settings.history))
    kept = [path for path in placing.kept(place.path) if path not in known] if place.is_sqlite else []
    here = _artifacts(settings) if manifest.artifacts else {}
    missing = [path for path, size in (manifest.artifacts or {}).items() if here.get(path) != size]
    return Restored(manifest, missing, kept[-1] if kept else None)


def create_database(settings: Settings) -> None:
    """Create an empty database. Raises Conflict if a platform runs or a database with a project exists."""
    with _alone(settings):
        opening.create_empty(settings)


def _refuse_unfinished(settings: Settings) -> None:
    place = _place(settings)
    if place.is_sqlite and placing.unfinished(place.path):
        raise Conflict(
            "a restore of this database is in progress or was interrupted",
            where="{place}",
            next_step="wait until the restore ends, or start the platform, which completes it: {command}",
            place=str(place.path),
            command=backups.command_of(settings, "up"),
        )


def _place(settings: Settings) -> Place:
    return Place(settings.url, settings.database_owner_url)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    home = open_home(settings)
    try:
        yield
    finally:
        home.close()


def _revision(place: Place) -> str | None:
    if place.is_sqlite and not place.path.exists():
        return None
    database = Database(place.url if place.is_sqlite else place.owner)
    try:
        return schema.revision_of(database)
    finally:
        database.close()


def _artifacts(settings: Settings) -> dict[str, int]:
    """Return the sizes of all artifact files by path; these files never change, because their content names them."""
    files = (path for path in sorted(settings.artifacts.rglob("*")) if path.is_file())
    found = (path for path in files if not path.name.startswith("."))  # skip drafts and markers
    return {str(path.relative_to(settings.artifacts)): path.stat().st_size for path in found}
