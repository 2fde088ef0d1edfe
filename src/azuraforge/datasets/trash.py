"""Datasets and versions in the trash: new work cannot use them, and they can be restored until they are purged.

The name of a dataset in the trash can be used again. A version that a model was trained on is kept as long as
a version of this model that needs it; purging deletes all other versions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from azuraforge.database import Database, Session, now
from azuraforge.datasets import store
from azuraforge.datasets.events import DatasetMoved
from azuraforge.datasets.tables import Dataset, DatasetVersionRow
from azuraforge.errors import Conflict, NotFound
from azuraforge.events.service import EventLog
from azuraforge.projects.keeping import Shelf
from azuraforge.projects.quotas.service import ChecksQuota, no_quotas
from azuraforge.projects.row_bin import Key, Removal, RowBin, Thing
from azuraforge.projects.schemas import NeededBy, Noun

#: Raises Conflict if unfinished or planned work needs the dataset with this id and name, or this version of it.
Objection = Callable[[Session, str, str, int | None], None]
#: Returns the numbers of a dataset's versions that are still needed, and what needs them.
Needs = Callable[[Session, str], Mapping[int, NeededBy]]

Row = Dataset | DatasetVersionRow


class DatasetTrash(RowBin[Row]):
    """Trash of datasets and their versions: deletes, restores and purges them."""

    noun: ClassVar[Noun] = "dataset"
    checks_needs: ClassVar[bool] = True  # remove purges only the versions that are not needed

    def __init__(
        self,
        database: Database,
        events: EventLog,
        artifacts: Path,
        needs: Sequence[Needs] = (),
        objections: Sequence[Objection] = (),
        check_quota: ChecksQuota = no_quotas,
    ) -> None:
        super().__init__(database, events)
        self._artifacts = artifacts
        self._needs = needs
        self._objections = objections
        self._check_quota = check_quota

    def announce(self, session: Session, what: str, things: Sequence[Thing[Row]], by: str | None) -> None:
        """Append an event for each dataset or version; ``what`` is ``deleted`` or ``restored``."""
        for each in things:
            fields = {"type": f"dataset.{what}", "dataset": each.name, "version": each.version}
            body = DatasetMoved.model_validate(fields | ({"by": by} if by is not None else {}))
            self.events.append(session, "project", body)

    def path(self, project_id: str, address: str) -> Path:
        """Return the path of a segment's file."""
        return self._folder(project_id) / f"{address}.parquet"

    def revive(self, session: Session, dataset: Dataset, row: DatasetVersionRow) -> None:
        """Restore a deleted or purged version whose content was added again. Has no effect if it is not deleted."""
        if row.deleted_at is not None:
            store.change(session, row, deleted_at=None, deleted_by=None, purged_at=None)
            self.announce(session, "restored", [_thing(dataset, row)], None)

    def find(self, session: Session, name: str, version: int | None) -> Thing[Row] | None:
        found = store.find(session, name)
        dataset = store.lock(session, found.id) if found is not None else None
        if dataset is None or version is None:
            return _thing(dataset) if dataset is not None else None
        row = store.version(session, dataset.id, version, trash=True)
        if row is None:
            raise NotFound(
                "dataset {dataset!r} has no version {version}",
                next_step="run azuraforge datasets show {dataset}",
                dataset=dataset.name,
                version=version,
            )
        return _thing(dataset, row)

    def find_deleted(self, session: Session, name: str) -> Thing[Row] | None:
        found = store.find_in_trash(session, name)
        dataset = store.lock(session, found.id) if found is not None else None
        return _thing(dataset) if dataset is not None else None

    def lock(self, session: Session, thing: Thing[Row]) -> Thing[Row] | None:
        dataset = store.lock(session, thing.id)
        if dataset is None or thing.version is None:
            return _thing(dataset) if dataset is not None else None
        row = store.version(session, dataset.id, thing.version, trash=True)
        return _thing(dataset, row) if row is not None else None

    def refuse(self, session: Session, thing: Thing[Row]) -> None:
        if thing.version is not None:
            rows = store.all_versions(session, thing.id)
            if sum(row.deleted_at is None for row in rows) == 1:
                raise Conflict(
                    "version {version} is the only version of dataset {dataset!r}",
                    next_step="delete the whole dataset: azuraforge datasets delete {dataset}",
                    version=thing.version,
                    dataset=thing.name,
                )
        for object_to in self._objections:
            object_to(session, thing.id, thing.name, thing.version)

    def refuse_restoring(self, session: Session, thing: Thing[Row]) -> None:
        if thing.version is None:  # files in the trash are counted already
            self._check_quota(session, "datasets", 1)

    def page(
        self, session: Session, before: datetime | None, after: Thing[Row] | None, limit: int
    ) -> Sequence[Thing[Row]]:
        if after is not None:
            return []
        whole = store.deleted_datasets(session, before)
        versions = store.deleted_versions(session, before)
        return [*map(_thing, whole), *(_thing(dataset, row) for dataset, row in versions)]

    def held_bytes(self, session: Session, things: Sequence[Thing[Row]]) -> Mapping[Key, int]:
        return {
            each.key: store.own_bytes(
                session, [each.row] if isinstance(each.row, DatasetVersionRow) else store.all_versions(session, each.id)
            )
            for each in things
        }

    def needed(self, session: Session, things: Sequence[Thing[Row]]) -> Mapping[Key, NeededBy]:
        found: dict[Key, NeededBy] = {}
        for each in things:
            versions = self._needed(session, each.id)
            by = next(iter(versions.values()), None) if each.version is None else versions.get(each.version)
            if by is not None:
                found[each.key] = by
        return found

    def remove(self, session: Session, thing: Thing[Row]) -> Removal:
        needed = self._needed(session, thing.id)
        if isinstance(thing.row, DatasetVersionRow):
            if thing.version in needed:
                return Removal(kept=1)
            store.change(session, thing.row, purged_at=now())
            return Removal(Counter(dataset_versions=1), store.unname_segments(session, thing.row))
        rows = store.all_versions(session, thing.id)
        free = [row for row in rows if row.version not in needed]
        addresses = [each for row in free for each in store.unname_segments(session, row)]
        if len(free) == len(rows):
            store.forget(session, thing.id)
            return Removal(Counter(datasets=1), addresses)
        for row in free:
            store.change(session, row, purged_at=now(), deleted_at=row.deleted_at or thing.row.deleted_at)
        return Removal(Counter(dataset_versions=len(free)), addresses, kept=1)

    def describe(self, thing: Thing[Row]) -> dict[str, object]:
        return {"dataset_id": thing.id, "name": thing.name, "version": thing.version}

    def shelf(self, project_id: str) -> Shelf:
        folder = self._folder(project_id)
        return Shelf(
            self.database,
            project_id,
            folder,
            lambda address: self.path(project_id, address),
            lambda: [path.stem for path in folder.glob("*.parquet") if not path.name.startswith(".")],
            store.named_files,
        )

    def _needed(self, session: Session, dataset_id: str) -> dict[int, NeededBy]:
        found: dict[int, NeededBy] = {}
        for ask in self._needs:
            found |= ask(session, dataset_id)
        return found

    def _folder(self, project_id: str) -> Path:
        return self._artifacts / project_id / "datasets"


def _thing(dataset: Dataset, row: DatasetVersionRow | None = None) -> Thing[Row]:
    return Thing(row or dataset, dataset.id, dataset.name, row.version if row is not None else None)
