"""Typed reads of projects for other packages."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

from azuraforge.database import Database
from azuraforge.projects import store

_AT_ONCE = 100


def every_project(database: Database, stopping: Event | None = None) -> Iterator[str]:
    """Yield the ids of all projects in ascending order, read in pages; setting ``stopping`` ends the iteration."""
    after = ""
    while stopping is None or not stopping.is_set():
        with database.read_system() as session:
            found = store.next_projects(session, after, _AT_ONCE)
        yield from (place.project_id for place in found)
        if len(found) < _AT_ONCE:
            return
        after = found[-1].project_id
