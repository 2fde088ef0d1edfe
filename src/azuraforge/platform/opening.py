"""Opening of a data home's database. A start that could lose data is refused."""

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
from azuraforge.messages import Message
from azuraforge.platform.backups import command_of, way_back
from azuraforge.projects import history
from azuraforge.projects.service import ProjectService
from azuraforge.server.packages import import_tables
from azuraforge.settings import Settings
from azuraforge.telemetry import logger

_COUNTED = 1000

log = logger("platform")


def open_at_start(settings: Settings) -> Database:
    """Open the database and upgrade its schema; the caller must have locked the data home.

    An interrupted restore is completed first. Raises Conflict if the data home contains files but the database contains
    no project, StorageError if the database file is damaged, and the errors of ``open_database``.
    """
    import_tables()
    place = Place(settings.url, settings.database_owner_url)
    if place.is_sqlite and place.path.name:
        if (kept := placing.settle(place.path)) is not None:
            log.warning("restore_finished", database=str(place.path), kept=str(kept))
        if place.path.exists() and place.path.stat().st_size:
            refuse_damage(settings)
        else:
            _refuse_orphans(settings, place, missing=True)
    with naming_a_backup(settings):
        database = open_database(settings.url, settings.database_owner_url)
        try:
            if ProjectService(database).is_new():
                _refuse_orphans(settings, place, missing=False)
        except BaseException:
            database.close()
            raise
    return database


def create_empty(settings: Settings) -> None:
    """Create an empty database even if files of a lost one exist; the caller must have locked the data home.

    Raises Conflict if the database contains a project.
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
                raise Conflict(
                    "the database already exists",
                    where="{place}",
                    next_step="{command}",
                    command=command_of(settings, "up"),
                    place=place.shown,
                )
            projects.ensure_default()
        finally:
            database.close()


def refuse_damage(settings: Settings) -> None:
    """Raise StorageError if the SQLite file is damaged; the next step names the newest backup."""
    place = Place(settings.url, settings.database_owner_url)
    if place.is_sqlite and place.path.is_file() and (problem := soundness.problem_of(place.path)) is not None:
        raise _damaged(settings, place, Message("the database is damaged ({problem})", {"problem": problem}))


@contextmanager
def naming_a_backup(settings: Settings) -> Iterator[None]:
    """Raise StorageError, which names the newest backup, if the database turns out to be damaged in the block."""
    try:
        yield
    except TransientError as error:
        if error.error_code != DAMAGED:
            raise
        raise _damaged(settings, Place(settings.url, settings.database_owner_url), error.as_message()) from error


def _damaged(settings: Settings, place: Place, problem: Message) -> StorageError:
    step = way_back(settings, place, replace=True)
    if not place.is_sqlite:
        return StorageError(
            "{problem}", where="{place}", next_step="{step}", problem=problem, place=place.shown, step=step
        )
    return StorageError(
        "{problem}",
        where="{place}",
        next_step="{step}; the damaged file is kept",
        problem=problem,
        place=str(place.path),
        step=step,
    )


def _refuse_orphans(settings: Settings, place: Place, *, missing: bool) -> None:
    count = sum(1 for _, _ in zip(_files(settings), range(_COUNTED), strict=False))
    found = None
    if count:
        found = Message(
            "the data home contains {count} or more files of datasets, models and runs"
            if count == _COUNTED
            else "the data home contains {count} [file|files] of datasets, models and runs",
            {"count": count},
        )
    elif marks := history.marked(settings.history):
        found = Message("the data home has records of {marks} [project|projects]", {"marks": marks})
    if found is not None:
        raise Conflict(
            "{found}, but the database is missing" if missing else "{found}, but the database is empty",
            where="{place}",
            place=place.shown if not place.is_sqlite else str(place.path),
            next_step="{way_back}. To start with an empty database on purpose: {command}",
            found=found,
            way_back=way_back(settings, place, replace=False),
            command=command_of(settings, "database", "create"),
        )


def _files(settings: Settings) -> Iterator[Path]:
    for folder in (settings.artifacts, settings.scratch):
        for path in folder.rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                yield path
