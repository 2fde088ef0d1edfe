"""Opening of a data home's database, refused if a start on it could lose data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from azuraforge.database import Database, soundness
from azuraforge.database.backups import placing
from azuraforge.database.backups.service import Place
from azuraforge.database.failures import DAMAGED
from azuraforge.database.schema import open_database
from azuraforge.errors import Conflict, StorageError, TransientError
from azuraforge.platform.backups import command_of, way_back
from azuraforge.projects import history
from azuraforge.projects.service import ProjectService
from azuraforge.server.packages import import_tables
from azuraforge.settings import Settings
from azuraforge.telemetry import logger
from azuraforge.wording import fill

_COUNTED = 1000

log = logger("platform")


def open_at_start(settings: Settings) -> Database:
    """Open the database, at this code's schema; the caller holds the data home.

    A restore that was interrupted is finished first. Raises Conflict where the data home holds files and the database
    knows no project, StorageError where its file is damaged, and whatever ``open_database`` raises.
    """
    import_tables()
    place = Place(settings.url, settings.database_owner_url)
    if place.is_sqlite and place.path.name:
        if (kept := placing.settle(place.path)) is not None:
            log.warning("restore_finished", database=str(place.path), kept=str(kept))
        if place.path.exists() and place.path.stat().st_size:
            refuse_damage(settings)
        else:
            _refuse_orphans(settings, place, "is missing")
    with naming_a_backup(settings):
        database = open_database(settings.url, settings.database_owner_url)
        try:
            if ProjectService(database).is_new():
                _refuse_orphans(settings, place, "is empty")
        except BaseException:
            database.close()
            raise
    return database


def create_empty(settings: Settings) -> None:
    """Create an empty database although files of a lost one exist; the caller holds the data home.

    Raises Conflict where the database has a project.
    """
    import_tables()
    place = Place(settings.url, settings.database_owner_url)
    if place.is_sqlite:
        placing.settle(place.path)
    with naming_a_backup(settings):
        database = open_database(settings.url, settings.database_owner_url)
        try:
            projects = ProjectService(database)
            if not projects.is_new():
                raise Conflict("there is a database already", where=place.shown, next_step=command_of(settings, "up"))
            projects.ensure_default()
        finally:
            database.close()


def refuse_damage(settings: Settings) -> None:
    """Raise StorageError where the SQLite file is damaged; the sentence names the newest backup."""
    place = Place(settings.url, settings.database_owner_url)
    if place.is_sqlite and place.path.is_file() and (problem := soundness.problem_of(place.path)) is not None:
        raise _damaged(settings, place, f"the database is damaged ({problem})")


@contextmanager
def naming_a_backup(settings: Settings) -> Iterator[None]:
    """Raise StorageError that names the newest backup where the database turns out to be damaged while it opens."""
    try:
        yield
    except TransientError as error:
        if error.error_code != DAMAGED:
            raise
        raise _damaged(settings, Place(settings.url, settings.database_owner_url), error.message) from error


def _damaged(settings: Settings, place: Place, message: str) -> StorageError:
    step = way_back(settings, place, replace=True)
    if not place.is_sqlite:
        return StorageError(message, where=place.shown, next_step=step)
    return StorageError(message, where=str(place.path), next_step=f"{step}; the damaged file is kept")


def _refuse_orphans(settings: Settings, place: Place, state: str) -> None:
    count = sum(1 for _, _ in zip(_files(settings), range(_COUNTED), strict=False))
    shown = f"{count} or more" if count == _COUNTED else str(count)
    found = fill("holds {shown} [file|files] of datasets, models and runs", shown=shown) if count else ""
    if not found and (marks := history.marked(settings.history)):
        found = fill("remembers {marks} [project|projects]", marks=marks)
    if found:
        raise Conflict(
            f"the data home {found}, and the database {state}",
            where=place.shown if not place.is_sqlite else str(place.path),
            next_step=f"{way_back(settings, place, replace=False)}. To start empty on purpose, without them:"
            f" {command_of(settings, 'database', 'create')}",
        )


def _files(settings: Settings) -> Iterator[Path]:
    for folder in (settings.artifacts, settings.scratch):
        for path in folder.rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                yield path
