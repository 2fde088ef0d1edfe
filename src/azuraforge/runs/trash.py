"""Deletion of runs. Deleted runs are hidden from lists, but readable and restorable until they are purged.

A run that trained a version of a model is kept as long as that version, so that its numbers can be traced to the run.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from azuraforge.database import Database, Session
from azuraforge.errors import Conflict
from azuraforge.events.service import EventLog
from azuraforge.messages import Message
from azuraforge.projects.keeping import Shelf, size_of
from azuraforge.projects.row_bin import Key, Removal, RowBin, Thing
from azuraforge.projects.schemas import NeededBy, Noun, RetentionPolicy
from azuraforge.projects.trash import Position, Purged
from azuraforge.runs import store, trash_store
from azuraforge.runs.artifacts import ArtifactStore
from azuraforge.runs.events import RunsMoved
from azuraforge.runs.tables import Run
from azuraforge.runs.transitions import run_stream

#: Function that returns which of the given runs are still needed, and by what. Supplied by higher packages.
Needs = Callable[[Session, Sequence[str]], Mapping[str, NeededBy]]

_UNFINISHED = ("queued", "running")


class RunTrash(RowBin[Run]):
    """Trash of runs: deletes, restores and purges them."""

    noun: ClassVar[Noun] = "run"

    def __init__(
        self,
        database: Database,
        events: EventLog,
        artifacts: ArtifactStore,
        scratch: Path,
        needs: Sequence[Needs] = (),
    ) -> None:
        super().__init__(database, events)
        self._artifacts = artifacts
        self._scratch = scratch
        self._needs = needs

    def pin(self, project_id: str, run_id: str, pinned: bool) -> None:
        """Pin a run, so that it is kept regardless of its age, or unpin it.

        Raises NotFound if the run does not exist.
        """

        self.database.write(project_id, lambda session: self.pin_in(session, run_id, pinned))

    def pin_in(self, session: Session, run_id: str, pinned: bool) -> None:
        """Do what ``pin`` does in the caller's transaction."""
        run = store.lock(session, run_id)
        if run is None:
            raise self.unknown(run_id)
        if run.pinned != pinned:
            store.change(session, run, pinned=pinned)
            self.announce(session, "pinned" if pinned else "unpinned", [_thing(run)], None)

    def forget(self, project_id: str, run_ids: Sequence[str]) -> Purged:
        """Purge runs whose owner, such as a study, is being purged, even if they are not in the trash.

        Return the number of purged runs and the freed bytes. Unfinished runs and runs that are still needed are kept.
        """

        def remover(run_id: str) -> Callable[[Session], Removal]:
            def work(session: Session) -> Removal:
                run = store.lock(session, run_id)
                if run is None or run.state in _UNFINISHED or self.needed(session, [_thing(run)]):
                    return Removal()
                return self.remove(session, _thing(run))

            return work

        purged, addresses = Purged(), list[str]()
        for run_id in run_ids:
            removal = self.database.write(project_id, remover(run_id))
            addresses += removal.addresses
            purged.counts.update(removal.counts)
            if removal.counts:
                purged.bytes += self._remove_work(run_id)
        purged.bytes += self.free_files(project_id, addresses)
        return purged

    def there(self, session: Session, run_ids: Sequence[str]) -> list[str]:
        """Return the ids of the given runs that can be purged now."""
        ended = [_thing(run) for run in store.named(session, run_ids) if run.state not in _UNFINISHED]
        free = {each.key for each in ended} - self.needed(session, ended).keys()
        return [run_id for run_id in run_ids if (run_id, None) in free]

    def exist(self, session: Session, run_ids: Sequence[str]) -> int:
        """Return how many of the given runs have not been purged."""
        return trash_store.count(session, run_ids)

    def artifact_bytes(self, session: Session, run_ids: Sequence[str]) -> int:
        """Return the total size of the artifacts of the given runs, in bytes."""
        return sum(trash_store.artifact_bytes(session, run_ids).values())

    def find(self, session: Session, name: str, version: int | None) -> Thing[Run] | None:
        run = store.lock(session, name)
        return _thing(run) if run is not None else None

    def find_deleted(self, session: Session, name: str) -> Thing[Run] | None:
        return self.find(session, name, None)

    def lock(self, session: Session, thing: Thing[Run]) -> Thing[Run] | None:
        run = store.lock(session, thing.id)
        return _thing(run) if run is not None and run.state not in _UNFINISHED else None

    def lock_all(self, session: Session, things: Sequence[Thing[Run]]) -> Sequence[Thing[Run]]:
        found = store.lock_all(session, [each.id for each in things])
        return [_thing(run) for run in found if run.state not in _UNFINISHED]

    def has_other(self, session: Session, thing: Thing[Run]) -> bool:
        return False  # several runs may have the same name

    def refuse(self, session: Session, thing: Thing[Run]) -> None:
        if thing.row.state in _UNFINISHED:
            raise Conflict(
                "a run that is {state} cannot be deleted",
                where="run {thing}",
                next_step="cancel the run first: azuraforge runs cancel {thing}",
                state=Message(f"state.{thing.row.state}"),
                thing=thing.id,
            )

    def newest(self, session: Session, after: Position | None, limit: int | None) -> Sequence[Thing[Run]]:
        place = None
        if after is not None:
            at, noun, run_id, _ = after
            # Ids consist of letters and digits. After a cursor of another noun, all or none of the runs deleted at that
            # time follow.
            place = (at, run_id) if noun == self.noun else (at, "z" * 17 if noun > self.noun else "")
        return [_thing(run) for run in trash_store.newest(session, place, limit)]

    def totals(self, session: Session) -> tuple[int, int]:
        return trash_store.totals(session)

    def page(
        self, session: Session, before: datetime | None, after: Thing[Run] | None, limit: int
    ) -> Sequence[Thing[Run]]:
        row = after.row if after is not None else None
        return [_thing(run) for run in trash_store.deleted_before(session, before, row, limit)]

    def outdated(
        self, session: Session, policy: RetentionPolicy, after: Thing[Run] | None, limit: int
    ) -> Sequence[Thing[Run]]:
        if policy.keep_run_days is None:
            return []
        row = after.row if after is not None else None
        age = timedelta(days=policy.keep_run_days)
        return [_thing(run) for run in trash_store.outdated(session, age, row, limit)]

    def held_bytes(self, session: Session, things: Sequence[Thing[Run]]) -> Mapping[Key, int]:
        held = trash_store.artifact_bytes(session, [each.id for each in things])
        return {(run_id, None): size for run_id, size in held.items()}

    def needed(self, session: Session, things: Sequence[Thing[Run]]) -> Mapping[Key, NeededBy]:
        found: dict[Key, NeededBy] = {}
        for ask in self._needs if things else ():
            needed = ask(session, [each.id for each in things])
            found |= {(run_id, None): by for run_id, by in needed.items()}
        return found

    def remove(self, session: Session, thing: Thing[Run]) -> Removal:
        self.events.forget(session, run_stream(thing.id))
        return Removal(Counter(runs=1), trash_store.forget(session, thing.id))

    def clean_up(self, thing: Thing[Run]) -> int:
        return self._remove_work(thing.id)

    def shelf(self, project_id: str) -> Shelf:
        files = self._artifacts
        return Shelf(
            self.database,
            project_id,
            files.folder(project_id),
            lambda address: files.path(project_id, address),
            lambda: files.addresses(project_id),
            trash_store.named_files,
        )

    def announce(self, session: Session, what: str, things: Sequence[Thing[Run]], by: str | None) -> None:
        """Append one event for all runs that were moved."""
        body = RunsMoved.model_validate({"type": f"run.{what}", "run_ids": [each.id for each in things]})
        if by is not None:
            body.by = by
        self.events.append(session, "project", body)

    def _remove_work(self, run_id: str) -> int:
        folder = self._scratch / run_id
        freed = size_of(folder)
        shutil.rmtree(folder, ignore_errors=True)
        return freed


def _thing(run: Run) -> Thing[Run]:
    return Thing(run, run.id, run.name)
