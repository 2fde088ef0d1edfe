"""Trash of studies: deleted studies can be read and restored until they are purged with the runs of their trials.

The name of a study in the trash can be used again. The runs of its trials are not moved to the trash one by one: they
belong to the study and appear only in its lists. A study from which a later study started is kept until the later study
is purged, because its trials count for the gate of the later study.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from azuraforge.database import Database, Session
from azuraforge.errors import Conflict
from azuraforge.events.service import EventLog
from azuraforge.projects.row_bin import Key, Removal, RowBin, Thing
from azuraforge.projects.schemas import NeededBy, Noun
from azuraforge.projects.trash import Purged
from azuraforge.runs.trash import RunTrash
from azuraforge.studies import store
from azuraforge.studies.events import StudyChanged, StudyEvents
from azuraforge.studies.tables import Study


class StudyTrash(RowBin[Study]):
    """Bin that deletes, restores and purges studies."""

    noun: ClassVar[Noun] = "study"
    checks_needs: ClassVar[bool] = True  # a study that needed this one may be purged in the same round

    def __init__(self, database: Database, events: EventLog, runs: RunTrash, emit: StudyEvents) -> None:
        super().__init__(database, events)
        self._runs = runs
        self._emit = emit

    def find(self, session: Session, name: str, version: int | None) -> Thing[Study] | None:
        found = store.find(session, name)
        row = store.lock(session, found.id) if found is not None else None
        return _thing(row) if row is not None else None

    def find_deleted(self, session: Session, name: str) -> Thing[Study] | None:
        found = store.find_in_trash(session, name)
        row = store.lock(session, found.id) if found is not None else None
        return _thing(row) if row is not None else None

    def lock(self, session: Session, thing: Thing[Study]) -> Thing[Study] | None:
        row = store.lock(session, thing.id)
        return _thing(row) if row is not None else None

    def refuse(self, session: Session, thing: Thing[Study]) -> None:
        row = thing.row
        if row.active or row.state in ("running", "paused"):
            raise Conflict(
                "the study is still running",
                where="study {study}",
                next_step="stop the study first: azuraforge studies stop {study!r}",
                study=row.name,
            )
        if later := [each for each in store.beginning_from(session, row) if each.deleted_at is None]:
            raise Conflict(
                "{count} later [study|studies] started from the trials of this study",
                where="study {study}",
                next_step="delete study {later!r} first",
                count=len(later),
                study=row.name,
                later=later[0].name,
            )

    def refuse_restoring(self, session: Session, thing: Thing[Study]) -> None:
        if thing.row.purging:
            raise Conflict(
                "the study is being purged and cannot be restored: runs of its trials no longer exist",
                where="study {study}",
                next_step="complete the deletion: azuraforge trash empty",
                study=thing.name,
            )

    def page(
        self, session: Session, before: datetime | None, after: Thing[Study] | None, limit: int
    ) -> Sequence[Thing[Study]]:
        if after is not None:
            return []
        rows = store.deleted(session, before)
        # Newer studies come first, so that an older one that they needed is purged in the same round.
        return [_thing(row) for row in sorted(rows, key=lambda row: (row.created_at, row.id), reverse=True)]

    def held_bytes(self, session: Session, things: Sequence[Thing[Study]]) -> Mapping[Key, int]:
        return {each.key: self._runs.artifact_bytes(session, store.run_ids(session, each.id)) for each in things}

    def needed(self, session: Session, things: Sequence[Thing[Study]]) -> Mapping[Key, NeededBy]:
        found = {each.key: store.beginning_from(session, each.row) for each in things}
        return {key: NeededBy(noun="study", name=later[0].name) for key, later in found.items() if later}

    def purge_parts(self, project_id: str, thing: Thing[Study], limit: int) -> Purged | None:
        """Purge at most ``limit`` runs of the trials before the study, so that an interrupted purge can be continued.

        Return None if the study must be kept.
        """
        run_ids = self.database.write(project_id, self._free(project_id, thing))
        if run_ids is None:
            return None
        purged = self._runs.forget(project_id, run_ids[:limit])
        purged.left = len(run_ids) > limit
        return purged

    def remove(self, session: Session, thing: Thing[Study]) -> Removal:
        if store.beginning_from(session, thing.row):
            return Removal(kept=1)
        if self._runs.exist(session, store.run_ids(session, thing.id)):
            return Removal(kept=1)  # a run was resumed meanwhile; without its study, it would never be purged
        self._emit.forget(session, thing.row)
        store.remove(session, thing.row)
        return Removal(Counter(studies=1))

    def announce(self, session: Session, what: str, things: Sequence[Thing[Study]], by: str | None) -> None:
        """Append an event to each study's stream and to the project's."""
        for each in things:
            body = StudyChanged.model_validate({"type": f"study.{what}"})
            if by is not None:
                body.by = by
            self._emit(session, each.row, body)

    def _free(self, project_id: str, thing: Thing[Study]) -> Callable[[Session], list[str] | None]:
        """Return the function that a transaction calls to mark the study as being purged.

        The function returns the ids of the runs that can be purged, or None if the study must be kept.
        """

        def work(session: Session) -> list[str] | None:
            locked = self.lock(session, thing)
            if locked is None or locked.row.deleted_at is None or store.beginning_from(session, locked.row):
                return None
            run_ids = store.run_ids(session, thing.id)
            free = self._runs.there(session, run_ids)
            if not locked.row.purging:
                if len(free) < self._runs.exist(session, run_ids):
                    return None  # a run is active or needed; nothing was purged yet, so the study can still be restored
                store.change(session, locked.row, purging=True)
            return free

        return work


def _thing(row: Study) -> Thing[Study]:
    return Thing(row, row.id, row.name)
