"""Service of the search."""

from __future__ import annotations

from collections.abc import Callable

from azuraforge.database import Database, Session
from azuraforge.database.name_search import NamedRow
from azuraforge.datasets import reads as dataset_reads
from azuraforge.learners import reads as learner_reads
from azuraforge.models import reads as model_reads
from azuraforge.runs import reads as run_reads
from azuraforge.search.schemas import FoundKind, FoundOut, SearchOut
from azuraforge.studies import finding

_KINDS: dict[FoundKind, Callable[[Session, str, int], list[NamedRow]]] = {
    "run": run_reads.find_named,
    "study": finding.find_named,
    "model": model_reads.find_named,
    "dataset": dataset_reads.find_named,
    "feed": learner_reads.find_feeds,
    "learner": learner_reads.find_learners,
}


class SearchService:
    """Service that finds items of a project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, project_id: str, text: str, limit: int) -> SearchOut:
        """Return at most ``limit`` items of each kind whose name contains ``text`` or whose id begins with it.

        Letters match in either case. Items in the trash are left out, and a blank text finds nothing.
        """
        wanted = text.strip()
        if not wanted:
            return SearchOut(found=[])
        with self._database.read(project_id) as session:
            return SearchOut(
                found=[
                    FoundOut(kind=kind, **row._asdict())
                    for kind, find in _KINDS.items()
                    for row in find(session, wanted, limit)
                ]
            )
