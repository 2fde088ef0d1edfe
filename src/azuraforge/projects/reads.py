"""Typed reads of projects for other packages."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from azuraforge.database import Database
from azuraforge.projects import store

_AT_ONCE = 100


def is_active(project_id: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Return the condition that a project is neither archived nor deleted, so that the platform works in it.

    Every cross-project query that finds work contains it, which a test checks.
    """
    return store.is_active(project_id)


def every_project(database: Database, stopping: Event | None = None, *, resting: bool = False) -> Iterator[str]:
    """Yield the ids of projects in ascending order, read in pages; setting ``stopping`` ends the iteration.

    Archived and deleted projects, in which the platform does not work, are skipped; with ``resting``, all others are.
    """
    after = ""
    while stopping is None or not stopping.is_set():
        with database.read_system() as session:
            found = store.next_projects(session, after, _AT_ONCE, resting=resting)
        yield from (place.project_id for place in found)
        if len(found) < _AT_ONCE:
            return
        after = found[-1].project_id
