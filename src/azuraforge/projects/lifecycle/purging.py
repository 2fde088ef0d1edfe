"""Purge of deleted projects: all their rows and files.

The steps are ordered so that a purge that was interrupted anywhere is continued by the next one:

1. Members and API tokens are deleted in one transaction. From then on, no person can restore the project: a deleted
   project without members is being purged.
2. The work folders of its runs are deleted, while the rows that name them exist.
3. The rows of all other tables are deleted, those that refer to others first. The tables come from the metadata.
4. The folders of the project are deleted.
5. Rows that were added meanwhile are deleted together with the project's own row.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Table, delete, select, tuple_

from azuraforge.database import Base, Database, Session
from azuraforge.errors import StorageError
from azuraforge.people.callers import Revocations
from azuraforge.projects.history import LEAST_DAYS
from azuraforge.projects.keeping import size_of
from azuraforge.projects.lifecycle import store
from azuraforge.projects.schemas import RetentionPolicy
from azuraforge.projects.tables import Member, Project
from azuraforge.projects.trash import policy_of
from azuraforge.projects.unnamed import outlasted
from azuraforge.telemetry import logger

#: Deletes the files of a project that only its rows name; returns the freed bytes.
ClearsFiles = Callable[[str], int]

#: Maximum number of rows that one transaction deletes, because on SQLite all other writes wait for it.
_BATCH = 500
_ID = re.compile(r"[a-z2-7]{16}")

log = logger("projects")


@dataclass
class ProjectPurged:
    """Numbers of deleted rows and freed bytes."""

    rows: int = 0
    bytes: int = 0


def owned_tables() -> list[Table]:
    """Return the tables that projects own, each before the tables to which it refers."""
    return [table for table in reversed(Base.metadata.sorted_tables) if "project_id" in table.columns]


class ProjectPurger:
    """Deletes the rows and files of deleted projects.

    Args:
        folders: folders that contain a folder for each project, which is named by the project's id.
        clears: functions that delete other files of a project; they are called while its rows exist.
        marks: folder of the files ``<project's id>.json`` (``projects.history``).
    """

    def __init__(
        self,
        database: Database,
        revocations: Revocations,
        folders: Sequence[Path],
        clears: Sequence[ClearsFiles],
        marks: Path,
    ) -> None:
        self._database = database
        self._revocations = revocations
        self._folders = folders
        self._clears = clears
        self._marks = marks

    def has_begun(self, project_id: str) -> bool:
        """Return whether the project is being purged."""
        with self._database.read(project_id) as session:
            return _is_deleted(session) and not store.has_members(session)

    def is_due(self, project_id: str) -> bool:
        """Return whether the project has been in the trash for the time of its retention policy."""
        with self._database.read(project_id) as session:
            deleted_at = store.deleted_at(session)
            days = policy_of(session).trash_days
        return deleted_at is not None and deleted_at <= self._database.clock() - timedelta(days=days)

    def purge(self, project_id: str, allowed: Callable[[Session], object] = lambda _: None) -> ProjectPurged:
        """Delete a project in the trash; no effect for other projects.

        ``allowed`` is called in the first transaction, behind a lock on the project, and may raise an error. Raises
        StorageError if files cannot be deleted; the next call continues.
        """
        purged = ProjectPurged()

        def begin(session: Session) -> bool:
            store.lock(session)
            allowed(session)
            if not _is_deleted(session):
                return False
            purged.rows += sum(_delete_all(session, table) for table in _with_members())
            return True

        if not self._database.write(project_id, begin):
            return purged
        self._revocations.revoke_project(project_id)
        purged.bytes += sum(clear(project_id) for clear in self._clears)
        for table in owned_tables():
            while deleted := self._database.write(project_id, partial(_delete_some, table=table)):
                purged.rows += deleted
        for folder in self._folders:
            purged.bytes += _remove(folder / project_id)
        purged.rows += self._database.write(project_id, _delete_project)
        (self._marks / f"{project_id}.json").unlink(missing_ok=True)
        log.info("project_purged", project_id=project_id, rows=purged.rows, bytes_freed=purged.bytes)
        return purged

    def sweep(self, known: Collection[str]) -> int:
        """Delete folders of projects that are not in ``known``, such as those written while a purge ran.

        A folder may belong to a newer database than the open one, so it is kept for the default time of the trash
        after it was first found. Return the freed bytes.
        """
        days = max(RetentionPolicy().trash_days, LEAST_DAYS)
        freed = 0
        for folder in self._folders:
            if not folder.is_dir():
                continue
            found = [path.name for path in folder.iterdir() if _ID.fullmatch(path.name) and path.is_dir()]
            unknown = [name for name in found if name not in known]
            for name in outlasted(folder, unknown, timedelta(days=days).total_seconds()):
                freed += _remove(folder / name)
        return freed


def _with_members() -> Iterable[Table]:
    """Return the members' table after those that refer to it."""
    member = Member.__table__
    for table in owned_tables():
        if table is member or any(key.referred_table is member for key in table.foreign_key_constraints):
            yield table


def _is_deleted(session: Session) -> bool:
    return store.deleted_at(session) is not None


def _delete_all(session: Session, table: Table) -> int:
    # On the connection, because a Core table has no mapper from which the session could take its project.
    of_project = delete(table).where(table.c.project_id == session.project_id)
    return session.connection().execute(of_project).rowcount


def _delete_some(session: Session, table: Table) -> int:
    """Delete at most ``_BATCH`` of the project's rows in a table; return their number."""
    keys = [each for each in table.primary_key.columns if each.name != "project_id"]
    if not keys:
        return _delete_all(session, table)
    some = select(*keys).where(table.c.project_id == session.project_id).limit(_BATCH)
    of_project = delete(table).where(table.c.project_id == session.project_id, tuple_(*keys).in_(some))
    return session.connection().execute(of_project).rowcount


def _delete_project(session: Session) -> int:
    """Delete the project's own row, with rows that processes have added since the others were deleted."""
    store.lock(session, exclusive=True)
    rows = sum(_delete_all(session, table) for table in owned_tables())
    return rows + session.connection().execute(delete(Project).where(Project.id == session.project_id)).rowcount


def _remove(folder: Path) -> int:
    """Delete a folder and return its size. Raises StorageError if something of it is left."""
    freed = size_of(folder) if folder.is_dir() else 0
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise StorageError(
            "the files of a deleted project cannot be deleted",
            where="{place}",
            next_step="make the folder writable; the next housekeeping round tries again",
            place=str(folder),
        )
    return freed
