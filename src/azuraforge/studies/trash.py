"""Studies in the trash: they can be looked at and restored until they are purged, and then their trials' runs go too.

A study in the trash gives its name up. The runs of its trials are not put into the trash one by one: they belong to it,
and no list shows them but its own. A study that a later one began from is kept as long as that one, for its trials
count for that one's gate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from azuraforge.database import Database, Session
from azuraforge.errors import Conflict, NotFound
from azuraforge.projects.schemas import NeededBy, Policy, TrashItem
from azuraforge.projects.trash import AT_ONCE, Contents, Purged
from azuraforge.runs.trash import RunTrash
from azuraforge.studies import store
from azuraforge.studies.log_lines import Teller
from azuraforge.studies.tables import Study


class StudyTrash:
    """Deletes, restores and purges studies; see ``projects.trash.Bin``."""

    def __init__(self, database: Database, runs: RunTrash, tell: Teller) -> None:
        self._database = database
        self._runs = runs
        self._tell = tell

    def delete(self, project_id: str, study: str, by: str) -> None:
        """Move a study that has ended into the trash; nothing changes where it is there already.

        Raises Conflict where it goes on, or a later study that is not in the trash began from its trials.
        """

        def work(session: Session) -> None:
            found = store.find(session, project_id, study) or store.find_in_trash(session, project_id, study)
            row = store.lock(session, project_id, found.id) if found is not None else None
            if row is None:
                raise _unknown(study)
            if row.deleted_at is not None:
                return
            if row.active or row.state in ("running", "paused"):
                raise Conflict(
                    "the study goes on", where=f"study {row.name}", next_step=f"azuraforge studies stop {row.name!r}"
                )
            if heirs := [each for each in store.beginning_from(session, row) if each.deleted_at is None]:
                raise Conflict(  # its trials count for the gate of every study that began from them
                    f"{len(heirs)} later studies began from its trials",
                    where=f"study {row.name}",
                    next_step=f"delete {heirs[0].name!r} first",
                )
            self._tell(session, row, "study.deleted", by=by)
            store.change(session, row, deleted_at=store.clock(session), deleted_by=by)

        self._database.write(project_id, work)

    def restore(self, project_id: str, study: str) -> str:
        """Take a study out of the trash, by its id or former name; returns its id.

        Raises NotFound where it was purged, Conflict where another study has taken the name or its purge has begun.
        """

        names: dict[str, str] = {}

        def work(session: Session) -> str:
            found = store.find_in_trash(session, project_id, study)
            row = store.lock(session, project_id, found.id) if found is not None else None
            if row is None:
                there = store.find(session, project_id, study)
                if there is None:
                    raise _unknown(study)
                return there.id  # it was not deleted
            if row.purging:
                raise Conflict(
                    "the study is being purged and cannot be restored: runs of its trials are gone",
                    where=f"study {row.name}",
                    next_step="azuraforge trash empty",
                )
            if store.find(session, project_id, row.name) is not None:
                raise _name_taken(row.name, row.id)
            names[row.id] = row.name
            store.change(session, row, deleted_at=None, deleted_by=None)
            self._tell(session, row, "study.restored")
            return row.id

        try:
            return self._database.write(project_id, work)
        except IntegrityError:
            if not names:
                raise
            study_id, name = names.popitem()  # another one has taken it since we looked
            raise _name_taken(name, study_id) from None

    def contents(self, session: Session, project_id: str, policy: Policy) -> Contents:
        rows = store.deleted(session, project_id, None)
        items = [self._item(session, row, policy) for row in rows[:AT_ONCE]]
        return Contents(items, len(rows), sum(item.bytes for item in items))

    def expire(self, project_id: str, policy: Policy) -> None:
        """Studies do not grow old by themselves."""

    def purge(self, project_id: str, before: datetime | None) -> Purged:
        with self._database.read(project_id) as session:
            ids = [row.id for row in store.deleted(session, project_id, before)]
        purged = Purged(Counter(studies=0, runs=0))
        while ids and not purged.left:
            kept = [study_id for study_id in ids if not self._purge(project_id, study_id, purged)]
            if len(kept) == len(ids):
                purged.kept = len(kept)
                break
            ids = kept  # what was kept for one that has gone now may go, too
        return purged

    def sweep(self, project_id: str, older_than_seconds: float) -> int:
        """It has no files of its own."""
        return 0

    def _purge(self, project_id: str, study_id: str, purged: Purged) -> bool:
        """Purge one; False where a later one needs it, or a run of its trials cannot go now.

        The runs go first: a purge that is cut off finds the rest.
        """
        if purged.left:
            return True
        if (run_ids := self._database.write(project_id, self._free(project_id, study_id))) is None:
            return False
        room = AT_ONCE - purged.counts["runs"]
        purged.add(self._runs.forget(project_id, run_ids[:room]))
        purged.left = len(run_ids) > room
        if purged.left:
            return True
        removed = self._database.write(project_id, self._remover(project_id, study_id))
        purged.counts["studies"] += removed
        return bool(removed)

    def _free(self, project_id: str, study_id: str) -> Callable[[Session], list[str] | None]:
        """The runs of its trials that are still there, the study marked; None where it may not be purged."""

        def work(session: Session) -> list[str] | None:
            row = store.lock(session, project_id, study_id)
            if row is None or row.deleted_at is None or store.beginning_from(session, row):
                return None
            run_ids = store.run_ids(session, project_id, study_id)
            free = self._runs.there(session, project_id, run_ids)
            if not row.purging:
                if len(free) < self._runs.exist(session, project_id, run_ids):
                    return None  # one goes on or is needed: nothing has gone yet, so it can still be restored
                store.change(session, row, purging=True)
            return free

        return work

    def _remover(self, project_id: str, study_id: str) -> Callable[[Session], int]:
        def work(session: Session) -> int:
            row = store.lock(session, project_id, study_id)
            if row is None or row.deleted_at is None or store.beginning_from(session, row):
                return 0
            if self._runs.exist(session, project_id, store.run_ids(session, project_id, study_id)):
                return 0  # it went on in the meantime: without its study nobody would ever purge it
            self._tell.forget(session, row)
            store.remove(session, row)
            return 1

        return work

    def _item(self, session: Session, row: Study, policy: Policy) -> TrashItem:
        assert row.deleted_at is not None
        heir = next(iter(store.beginning_from(session, row)), None)
        return TrashItem(
            noun="study",
            id=row.id,
            name=row.name,
            bytes=self._runs.held_bytes(session, row.project_id, store.run_ids(session, row.project_id, row.id)),
            deleted_at=row.deleted_at,
            deleted_by=row.deleted_by or "",
            purged_after=row.deleted_at + timedelta(days=policy.trash_days),
            needed_by=NeededBy(noun="study", name=heir.name) if heir is not None else None,
        )


def _name_taken(name: str, study_id: str) -> Conflict:
    return Conflict(
        f"another study is named {name!r} by now",
        where=f"study {study_id}",
        next_step=f"delete that one first: azuraforge studies delete {name!r}",
    )


def _unknown(study: str) -> NotFound:
    return NotFound(f"study {study!r} does not exist", next_step="azuraforge studies list")
