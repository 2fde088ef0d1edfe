"""Studies in the trash: they can be looked at and restored until they are purged, and then their trials' runs go too.

A study in the trash gives its name up. The runs of its trials are not put into the trash one by one: they belong to it,
and no list shows them but its own. A study that a later one began from is kept as long as that one, for its trials
count for that one's gate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from azuraforge.database import Database, Session
from azuraforge.errors import Conflict, NotFound
from azuraforge.projects.schemas import NeededBy, Policy, TrashItem
from azuraforge.projects.trash import AT_ONCE, Contents, Purged
from azuraforge.runs.trash import RunTrash
from azuraforge.studies import store
from azuraforge.studies.tables import Study
from azuraforge.studies.telling import Teller


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
            store.change(session, row, deleted_at=store.clock(session), deleted_by=by, former_name=row.name)
            store.change(session, row, name=f"~{row.id}")  # no name begins like that

        self._database.write(project_id, work)

    def restore(self, project_id: str, study: str) -> str:
        """Take a study out of the trash, by its id or former name; returns its id.

        Raises NotFound where it was purged, Conflict where another study has taken the name.
        """

        def work(session: Session) -> str:
            found = store.find_in_trash(session, project_id, study)
            row = store.lock(session, project_id, found.id) if found is not None else None
            if row is None or row.former_name is None:
                there = store.find(session, project_id, study)
                if there is None:
                    raise _unknown(study)
                return there.id  # it was not deleted
            if store.find(session, project_id, row.former_name) is not None:
                raise Conflict(
                    f"another study is named {row.former_name!r} by now",
                    where=f"study {row.id}",
                    next_step=f"delete that one first: azuraforge studies delete {row.former_name!r}",
                )
            store.change(session, row, name=row.former_name, former_name=None, deleted_at=None, deleted_by=None)
            self._tell(session, row, "study.restored")
            return row.id

        return self._database.write(project_id, work)

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
        """Purge one; False where a later one needs it. The runs go first: a purge that is cut off finds the rest."""
        if purged.left:
            return True
        if (run_ids := self._database.write(project_id, self._free(project_id, study_id))) is None:
            return False
        room = AT_ONCE - purged.counts["runs"]
        purged.add(self._runs.forget(project_id, run_ids[:room]))
        purged.left = len(run_ids) > room
        if not purged.left:
            purged.counts["studies"] += self._database.write(project_id, self._remover(project_id, study_id))
        return True

    def _free(self, project_id: str, study_id: str) -> Callable[[Session], list[str] | None]:
        """The runs of its trials that are still there; None where it may not be purged."""

        def work(session: Session) -> list[str] | None:
            row = store.lock(session, project_id, study_id)
            if row is None or row.deleted_at is None or store.beginning_from(session, row):
                return None
            return self._runs.there(session, project_id, store.run_ids(session, project_id, study_id))

        return work

    def _remover(self, project_id: str, study_id: str) -> Callable[[Session], int]:
        def work(session: Session) -> int:
            row = store.lock(session, project_id, study_id)
            if row is None or row.deleted_at is None or store.beginning_from(session, row):
                return 0
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
            name=row.former_name or row.name,
            bytes=self._runs.held_bytes(session, row.project_id, store.run_ids(session, row.project_id, row.id)),
            deleted_at=row.deleted_at,
            deleted_by=row.deleted_by or "",
            purged_after=row.deleted_at + timedelta(days=policy.trash_days),
            needed_by=NeededBy(noun="study", name=heir.former_name or heir.name) if heir is not None else None,
        )


def _unknown(study: str) -> NotFound:
    return NotFound(f"study {study!r} does not exist", next_step="azuraforge studies list")
