"""Service of the search."""

from __future__ import annotations

from azuraforge.database import Database
from azuraforge.search import store
from azuraforge.search.schemas import SearchOut


class SearchService:
    """Service that finds items of a project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, project_id: str, text: str, limit: int) -> SearchOut:
        """Return the items whose name contains ``text`` or whose id begins with it; nothing for a blank text."""
        wanted = text.strip()
        if not wanted:
            return SearchOut(items=[])
        with self._database.read(project_id) as session:
            return SearchOut(items=store.find(session, wanted, limit))
