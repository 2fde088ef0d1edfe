"""Runs in the trash: hidden from lists, still there to look at and to restore, until they are purged.

What a version was made by is kept as long as that version: every number leads to the run that computed it.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from azuraforge.database import Database, Session
from azuraforge.errors import Conflict, NotFound
from azuraforge.events.service import EventLog
from azuraforge.projects.keeping import Shelf, size_of
from azuraforge.projects.schemas import NeededBy, Policy, TrashItem
from azuraforge.projects.trash import AT_ONCE, Contents, Purged
from azuraforge.runs import store, trash_store
from azuraforge.runs.artifacts import ArtifactStore
from azuraforge.runs.tables import Run
from azuraforge.runs.transitions import run_stream

#: Which of the named runs are needed, and by what. Asked of rooms above this one.
Needs = Callable[[Session, str, Sequence[str]], Mapping[str, NeededBy]]

_BATCH = 200
_GOING = ("queued", "running")


class RunTrash:
    """Deletes, restores and purges runs; see ``projects.trash.Bin``."""

    def __init__(
        self,
        database: Database,
        events: EventLog,
        artifacts: ArtifactStore,
        scratch: Path,
        needs: Sequence[Needs] = (),
    ) -> None:
        self._database = database
        self._events = events
        self._artifacts = artifacts
        self._scratch = scratch
        self._needs = needs

    def delete(self, project_id: str, run_id: str, by: str) -> None:
        """Move an ended run into the trash; nothing changes where it is there already.

        Raises Conflict while it is queued or running.
        """

        def work(session: Session) -> None:
            run = _found(store.lock(session, project_id, run_id), run_id)
            if run.state in _GOING:
                raise Conflict(
                    f"a run that is {run.state} cannot be deleted",
                    where=f"run {run_id}",
                    next_step=f"cancel it first: azuraforge runs cancel {run_id}",
                )
            self._throw_away(session, project_id, [run_id], by)

        self._database.write(project_id, work)

    def restore(self, project_id: str, run_id: str) -> None:
        """Take a run out of the trash; nothing changes where it is not there."""

        def work(session: Session) -> None:
            run = _found(store.lock(session, project_id, run_id), run_id)
            if run.deleted_at is not None:
                store.change(session, run, deleted_at=None, deleted_by=None)
                self._tell(session, project_id, "run.restored", {"run_ids": [run_id]})

        self._database.write(project_id, work)

    def pin(self, project_id: str, run_id: str, pinned: bool) -> None:
        """Keep a run however old it becomes, or leave it to the project's policy again."""

        def work(session: Session) -> None:
            run = _found(store.lock(session, project_id, run_id), run_id)
            if run.pinned != pinned:
                store.change(session, run, pinned=pinned)
                data = {"run_ids": [run_id]}
                self._tell(session, project_id, "run.pinned" if pinned else "run.unpinned", data)

        self._database.write(project_id, work)

    def contents(self, session: Session, project_id: str, policy: Policy) -> Contents:
        runs = trash_store.newest(session, project_id, AT_ONCE)
        ids = [run.id for run in runs]
        held = trash_store.artifact_bytes(session, project_id, ids)
        needed = self._needed(session, project_id, ids)
        items = [_item(run, held.get(run.id, 0), policy, needed.get(run.id)) for run in runs]
        return Contents(items, *trash_store.totals(session, project_id))

    def expire(self, project_id: str, policy: Policy) -> None:
        if policy.keep_run_days is None:
            return
        before = self._database.clock() - timedelta(days=policy.keep_run_days)
        after: tuple[datetime, str] | None = None
        while True:
            with self._database.read(project_id) as session:
                batch = trash_store.outdated(session, project_id, before, after, _BATCH)
                ids = [run_id for _, run_id in batch]
                needed = self._needed(session, project_id, ids)
            if not batch:
                return
            after = batch[-1]
            if free := [run_id for run_id in ids if run_id not in needed]:
                self._database.write(project_id, self._expirer(project_id, free))

    def purge(self, project_id: str, before: datetime | None) -> Purged:
        purged = Purged(Counter(runs=0))
        addresses: list[str] = []
        for run_id, needed in self._candidates(project_id, before):
            if needed:
                purged.kept += 1
                continue
            if purged.counts["runs"] == AT_ONCE:
                purged.left = True
                break
            forgotten = self._database.write(project_id, self._forgetter(project_id, run_id))
            if forgotten is None:
                continue
            addresses += forgotten
            purged.counts["runs"] += 1
            purged.bytes += self._remove_work(run_id)
        purged.bytes += self._shelf(project_id).free(addresses)
        return purged

    def forget(self, project_id: str, run_ids: Sequence[str]) -> Purged:
        """Purge runs that belong to something that is purged, in the trash or not. Who goes on or is needed stays."""
        purged, addresses = Purged(Counter(runs=0)), list[str]()
        for run_id in run_ids:
            forgotten = self._database.write(project_id, self._forgetter(project_id, run_id, in_trash=False))
            if forgotten is not None:
                addresses += forgotten
                purged.counts["runs"] += 1
                purged.bytes += self._remove_work(run_id)
        purged.bytes += self._shelf(project_id).free(addresses)
        return purged

    def there(self, session: Session, project_id: str, run_ids: Sequence[str]) -> list[str]:
        """Those of these runs that can be forgotten now."""
        known = {run.id for run in store.named(session, project_id, run_ids) if run.state not in _GOING}
        needed = self._needed(session, project_id, list(known))
        return [run_id for run_id in run_ids if run_id in known and run_id not in needed]

    def exist(self, session: Session, project_id: str, run_ids: Sequence[str]) -> int:
        """How many of these runs have not been purged."""
        return trash_store.count(session, project_id, run_ids)

    def held_bytes(self, session: Session, project_id: str, run_ids: Sequence[str]) -> int:
        """The bytes of these runs' artifacts."""
        return sum(trash_store.artifact_bytes(session, project_id, run_ids).values())

    def sweep(self, project_id: str, older_than_seconds: float) -> int:
        return self._shelf(project_id).sweep(older_than_seconds)

    def _candidates(self, project_id: str, before: datetime | None) -> Iterator[tuple[str, bool]]:
        """What may be purged, the longest in the trash first, and whether somebody needs it."""
        after: Run | None = None
        while True:
            with self._database.read(project_id) as session:
                batch = trash_store.deleted_before(session, project_id, before, after, _BATCH)
                needed = self._needed(session, project_id, [run.id for run in batch])
            if not batch:
                return
            after = batch[-1]
            yield from ((run.id, run.id in needed) for run in batch)

    def _forgetter(
        self, project_id: str, run_id: str, *, in_trash: bool = True
    ) -> Callable[[Session], list[str] | None]:
        def work(session: Session) -> list[str] | None:
            run = store.lock(session, project_id, run_id)
            if run is None or run.state in _GOING or (in_trash and run.deleted_at is None):
                return None  # purged, or restored since we looked
            if self._needed(session, project_id, [run_id]):
                return None
            self._events.forget(session, project_id, run_stream(run_id))
            return trash_store.forget(session, project_id, run_id)

        return work

    def _expirer(self, project_id: str, run_ids: Sequence[str]) -> Callable[[Session], None]:
        return lambda session: self._throw_away(session, project_id, run_ids, "policy")

    def _throw_away(self, session: Session, project_id: str, run_ids: Sequence[str], by: str) -> None:
        if thrown := trash_store.throw_away(session, project_id, run_ids, by):
            self._tell(session, project_id, "run.deleted", {"run_ids": thrown, "by": by})

    def _needed(self, session: Session, project_id: str, run_ids: Sequence[str]) -> dict[str, NeededBy]:
        found: dict[str, NeededBy] = {}
        for ask in self._needs if run_ids else ():
            found |= ask(session, project_id, run_ids)
        return found

    def _tell(self, session: Session, project_id: str, type_: str, data: dict[str, Any]) -> None:
        self._events.append(session, project_id, "project", type_, data)

    def _remove_work(self, run_id: str) -> int:
        folder = self._scratch / run_id
        freed = size_of(folder)
        shutil.rmtree(folder, ignore_errors=True)
        return freed

    def _shelf(self, project_id: str) -> Shelf:
        files = self._artifacts
        return Shelf(
            self._database,
            project_id,
            files.folder(project_id),
            lambda address: files.path(project_id, address),
            lambda: files.addresses(project_id),
            trash_store.named_files,
        )


def _item(run: Run, held: int, policy: Policy, needed: NeededBy | None) -> TrashItem:
    assert run.deleted_at is not None
    return TrashItem(
        noun="run",
        id=run.id,
        name=run.name,
        bytes=held,
        deleted_at=run.deleted_at,
        deleted_by=run.deleted_by or "",
        purged_after=run.deleted_at + timedelta(days=policy.trash_days),
        needed_by=needed,
    )


def _found(run: Run | None, run_id: str) -> Run:
    if run is None:
        raise NotFound(f"run {run_id!r} does not exist", next_step="azuraforge runs list")
    return run
