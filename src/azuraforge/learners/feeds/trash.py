"""Trash of feeds: deleted feeds can be read and restored until they are purged with their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from azuraforge.database import Database, Session
from azuraforge.errors import Conflict
from azuraforge.events.service import EventLog
from azuraforge.learners.feeds import store
from azuraforge.learners.feeds.events import FeedChanged, feed_stream
from azuraforge.learners.feeds.files import SUFFIX, folder_of, path_of
from azuraforge.learners.feeds.tables import Feed
from azuraforge.projects.keeping import Shelf
from azuraforge.projects.row_bin import Key, Removal, RowBin, Thing
from azuraforge.projects.schemas import NeededBy, Noun
from azuraforge.runs import reads as run_reads

#: Raises Conflict if unfinished work needs the feed with this id and name.
FeedObjection = Callable[[Session, str, str], None]
#: Returns those of the given feeds that must not be purged, by id, with the reason.
FeedNeeds = Callable[[Session, Sequence[str]], Mapping[str, NeededBy]]
ACTIVE = ("queued", "running")


class FeedTrash(RowBin[Feed]):
    """Bin that deletes, restores and purges feeds."""

    noun: ClassVar[Noun] = "feed"

    def __init__(
        self,
        database: Database,
        events: EventLog,
        artifacts: Path,
        objections: Sequence[FeedObjection] = (),
        needs: Sequence[FeedNeeds] = (),
    ) -> None:
        super().__init__(database, events)
        self._artifacts = artifacts
        self._objections = objections
        self._needs = needs

    def find(self, session: Session, name: str, version: int | None) -> Thing[Feed] | None:
        found = store.find(session, name)
        return _thing(store.lock(session, found.id)) if found is not None else None

    def find_deleted(self, session: Session, name: str) -> Thing[Feed] | None:
        found = store.find_in_trash(session, name)
        return _thing(store.lock(session, found.id)) if found is not None else None

    def lock(self, session: Session, thing: Thing[Feed]) -> Thing[Feed] | None:
        return _thing(store.lock(session, thing.id))

    def refuse(self, session: Session, thing: Thing[Feed]) -> None:
        if thing.row.run_id is not None and any(
            run.state in ACTIVE for run in run_reads.runs(session, [thing.row.run_id], ()) if run.id == thing.row.run_id
        ):
            raise Conflict(
                "the collector of the feed is running",
                where="feed {feed}",
                next_step="stop it first: azuraforge feeds stop {feed!r}",
                feed=thing.name,
            )
        for object_to in self._objections:
            object_to(session, thing.id, thing.name)

    def page(
        self, session: Session, before: datetime | None, after: Thing[Feed] | None, limit: int
    ) -> Sequence[Thing[Feed]]:
        if after is not None:
            return []
        return [Thing(row, row.id, row.name) for row in store.deleted(session, before)]

    def needed(self, session: Session, things: Sequence[Thing[Feed]]) -> Mapping[Key, NeededBy]:
        by_id: dict[str, NeededBy] = {}
        for needs in self._needs:
            by_id |= needs(session, [each.id for each in things])
        return {each.key: by_id[each.id] for each in things if each.id in by_id}

    def held_bytes(self, session: Session, things: Sequence[Thing[Feed]]) -> Mapping[Key, int]:
        sizes = store.own_bytes(session, [each.id for each in things])
        return {each.key: sizes.get(each.id, 0) for each in things}

    def remove(self, session: Session, thing: Thing[Feed]) -> Removal:
        self.events.forget(session, feed_stream(thing.id))
        return Removal(Counter(feeds=1), store.remove(session, thing.row))

    def announce(self, session: Session, what: str, things: Sequence[Thing[Feed]], by: str | None) -> None:
        """Append an event to each feed's stream and to the project's."""
        for each in things:
            fields = {"type": f"feed.{what}", "feed_id": each.id, "name": each.name}
            body = FeedChanged.model_validate(fields | ({"by": by} if by is not None else {}))
            for stream in (feed_stream(each.id), "project"):
                self.events.append(session, stream, body)

    def shelf(self, project_id: str) -> Shelf:
        folder = folder_of(self._artifacts, project_id)
        return Shelf(
            self.database,
            project_id,
            folder,
            lambda address: path_of(folder, address),
            lambda: [path.stem for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith(".")],
            store.named_files,
        )


def _thing(row: Feed | None) -> Thing[Feed] | None:
    return None if row is None else Thing(row, row.id, row.name)
