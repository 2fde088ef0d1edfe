"""Removal of work folders that runs no longer need."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from azuraforge.database import Database, Session, new_id
from azuraforge.projects.keeping import size_of
from azuraforge.projects.trash import policy_of
from azuraforge.projects.unnamed import outlasted
from azuraforge.runs import lease, store
from azuraforge.runs.tables import Run

#: Prefix of folders that are being removed; the next sweep also removes those that a killed process left.
_GONE = ".swept-"
_AT_ONCE = 500
_GOING = ("queued", "running")
UNKNOWN_SECONDS = 30 * 24 * 3600.0


def sweep(
    database: Database, scratch: Path, held: Collection[str] = (), unknown_seconds: float = UNKNOWN_SECONDS
) -> int:
    """Remove work folders that runs no longer need; return the number of freed bytes.

    Folders of the projects in ``held`` are kept. A folder without a run in this database may belong to a run of a newer
    database, so it is removed only after it has been without a run for ``unknown_seconds``.

    A run that did not succeed can be resumed from its folder for the project's ``keep_work_days``. The folder is
    renamed while the run's row is locked, and ``resume`` locks the row too, so a resumed run keeps its folder.
    """
    if not scratch.is_dir():
        return 0
    found = [path for path in scratch.iterdir() if path.is_dir()]
    gone = [path for path in found if path.name.startswith(_GONE)]
    folders = {path.name: path for path in found if not path.name.startswith(".")}
    with database.read_system() as session:
        places = lease.places(session, list(folders))
    at = database.clock()
    for place in places:
        folder = folders.pop(place.run_id)
        if place.project_id not in held and _may_go(database, place, at):
            gone += database.write(place.project_id, _taker(place, folder, at))
    for name in outlasted(scratch, folders, unknown_seconds):
        if (moved := _take_away(folders[name])) is not None:
            gone.append(moved)
    return sum(_remove(path) for path in gone)


def clear(database: Database, scratch: Path, project_id: str) -> int:
    """Remove the work folders of a project's runs, in any state; return the number of freed bytes."""
    found = {path.name: path for path in scratch.iterdir() if path.is_dir()} if scratch.is_dir() else {}
    names = sorted(found)
    own = list[str]()
    for start in range(0, len(names), _AT_ONCE):
        with database.read(project_id) as session:
            own += session.scalars(select(Run.id).where(Run.id.in_(names[start : start + _AT_ONCE])))
    return sum(_remove(found[name]) for name in own)


def _may_go(database: Database, place: lease.Held, at: datetime) -> bool:
    with database.read(place.project_id) as session:
        run = store.get(session, place.run_id)
        return run is None or _is_over(session, run, at)


def _taker(place: lease.Held, folder: Path, at: datetime) -> Callable[[Session], list[Path]]:
    def work(session: Session) -> list[Path]:
        run = store.lock(session, place.run_id)
        if run is not None and not _is_over(session, run, at):
            return []  # resumed in the meantime
        moved = _take_away(folder)
        return [moved] if moved is not None else []

    return work


def _is_over(session: Session, run: Run, at: datetime) -> bool:
    """Return whether a run's folder can be removed: it succeeded and has no open follow-ups, or it is too old."""
    if run.state in _GOING:
        return False
    if run.state == "succeeded" and not run.follow_ups:
        return True
    days = policy_of(session).keep_work_days
    return run.finished_at is not None and at - run.finished_at > timedelta(days=days)


def _take_away(folder: Path) -> Path | None:
    """Rename a folder for removal and return the new path, or None if that fails.

    Renaming is fast for any size, so the run's row is locked only briefly.
    """
    gone = folder.with_name(f"{_GONE}{new_id()}")
    with contextlib.suppress(OSError):
        folder.rename(gone)
        return gone
    return None


def _remove(path: Path) -> int:
    freed = size_of(path)
    shutil.rmtree(path, ignore_errors=True)
    return freed
