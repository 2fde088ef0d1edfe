"""Trash of learners: deleted learners can be restored until they are purged with their states and answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from azuraforge.database import Database, Session
from azuraforge.errors import Conflict
from azuraforge.events.service import EventLog
from azuraforge.learners.feeds import store as feed_store
from azuraforge.learners.feeds.trash import ACTIVE
from azuraforge.learners.learning import store
from azuraforge.learners.learning.events import LearnerChanged, learner_stream
from azuraforge.learners.learning.files import StateFiles
from azuraforge.learners.learning.tables import Learner
from azuraforge.projects.keeping import Shelf
from azuraforge.projects.row_bin import Key, Removal, RowBin, Thing
from azuraforge.projects.schemas import NeededBy, Noun
from azuraforge.runs import reads as run_reads


class LearnerTrash(RowBin[Learner]):
    """Bin that deletes, restores and purges learners."""

    noun: ClassVar[Noun] = "learner"

    def __init__(self, database: Database, events: EventLog, files: StateFiles) -> None:
        super().__init__(database, events)
        self._files = files

    def find(self, session: Session, name: str, version: int | None) -> Thing[Learner] | None:
        found = store.find(session, name)
        return None if found is None else _thing(store.lock(session, found.id))

    def find_deleted(self, session: Session, name: str) -> Thing[Learner] | None:
        found = store.find_in_trash(session, name)
        return None if found is None else _thing(store.lock(session, found.id))

    def lock(self, session: Session, thing: Thing[Learner]) -> Thing[Learner] | None:
        return _thing(store.lock(session, thing.id))

    def refuse(self, session: Session, thing: Thing[Learner]) -> None:
        run_id = thing.row.run_id
        runs = [] if run_id is None else run_reads.runs(session, [run_id], ())
        if any(run.state in ACTIVE for run in runs if run.id == run_id):
            raise Conflict(
                "the learner is running",
                where="learner {learner}",
                next_step="stop it first: azuraforge learners stop {learner!r}",
                learner=thing.name,
            )

    def refuse_restoring(self, session: Session, thing: Thing[Learner]) -> None:
        (feed,) = feed_store.by_ids(session, [thing.row.feed_id])
        if feed.deleted_at is not None:
            raise Conflict(
                "the feed {feed} of the learner is in the trash",
                where="learner {learner}",
                next_step="restore it first: azuraforge feeds restore {feed!r}",
                learner=thing.name,
                feed=feed.name,
            )

    def page(
        self, session: Session, before: datetime | None, after: Thing[Learner] | None, limit: int
    ) -> Sequence[Thing[Learner]]:
        if after is not None:
            return []
        return [Thing(row, row.id, row.name) for row in store.deleted(session, before)]

    def held_bytes(self, session: Session, things: Sequence[Thing[Learner]]) -> Mapping[Key, int]:
        sizes = store.sizes(session, [each.id for each in things])
        return {each.key: sizes[each.id][1] for each in things}

    def remove(self, session: Session, thing: Thing[Learner]) -> Removal:
        self.events.forget(session, learner_stream(thing.id))
        return Removal(Counter(learners=1), store.purge(session, thing.id))

    def announce(self, session: Session, what: str, things: Sequence[Thing[Learner]], by: str | None) -> None:
        """Append an event to each learner's stream and to the project's."""
        for each in things:
            fields = {"type": f"learner.{what}", "learner_id": each.id, "name": each.name}
            body = LearnerChanged.model_validate(fields | ({"by": by} if by is not None else {}))
            for stream in (learner_stream(each.id), "project"):
                self.events.append(session, stream, body)

    def shelf(self, project_id: str) -> Shelf:
        files = self._files
        return Shelf(
            self.database,
            project_id,
            files.folder(project_id),
            lambda address: files.path(project_id, address),
            lambda: files.addresses(project_id),
            store.named_files,
        )


def refuse_feed_of_learners(session: Session, feed_id: str, name: str) -> None:
    """Raise Conflict if a learner reads the feed."""
    readers = store.readers(session, [feed_id])
    named = [each.name for each in readers if each.deleted_at is None]
    if named:
        raise Conflict(
            "the feed is read by the learner {learner!r}",
            where="feed {feed}",
            next_step="delete the learner first: azuraforge learners delete {learner!r}",
            feed=name,
            learner=named[0],
        )


def needs_of_learners(session: Session, feed_ids: Sequence[str]) -> dict[str, NeededBy]:
    """Return the feeds that learners read, by id with the learner; also those of learners in the trash."""
    return {each.feed_id: NeededBy(noun="learner", name=each.name) for each in store.readers(session, feed_ids)}


def _thing(row: Learner | None) -> Thing[Learner] | None:
    return None if row is None else Thing(row, row.id, row.name)
