"""Datasets and versions in the trash: nobody new can use them, and they can be restored until they are purged.

A dataset in the trash gives its name up, so that another can take it. Versions that a model learned from are kept as
long as that model's versions, whose predictions begin at their rows; purging takes the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from azuraforge.database import Database, Session, now
from azuraforge.datasets import store
from azuraforge.datasets.tables import Dataset, DatasetVersionRow
from azuraforge.errors import Conflict, NotFound
from azuraforge.events.service import EventLog
from azuraforge.projects.keeping import Shelf
from azuraforge.projects.schemas import NeededBy, Policy, TrashItem
from azuraforge.projects.trash import AT_ONCE, Contents, Purged

#: Raises Conflict where what is going on, or will, needs the dataset of this id and name, or this version of it.
Objection = Callable[[Session, str, str, str, int | None], None]
#: Which versions of a dataset are needed, and by what.
Needs = Callable[[Session, str, str], Mapping[int, NeededBy]]


class DatasetTrash:
    """Deletes, restores and purges datasets and their versions; see ``projects.trash.Bin``."""

    def __init__(self, database: Database, events: EventLog, artifacts: Path) -> None:
        self._database = database
        self._events = events
        self._artifacts = artifacts
        self.objections: list[Objection] = []
        self.needs: list[Needs] = []

    def path(self, project_id: str, fingerprint: str) -> Path:
        """Where the rows of a version lie."""
        return self._folder(project_id) / f"{fingerprint}.parquet"

    def delete(self, project_id: str, name_or_id: str, version: int | None, by: str) -> None:
        """Move a dataset, or one of several versions, into the trash; nothing changes where it is there already.

        Raises Conflict where a run or a schedule needs it.
        """

        def work(session: Session) -> None:
            found = store.find(session, project_id, name_or_id)
            if found is None and version is None and store.find_in_trash(session, project_id, name_or_id) is not None:
                return
            dataset = _locked(session, found, name_or_id)
            row = self._version(session, dataset, version) if version is not None else None
            if dataset.deleted_at is not None or (row is not None and row.deleted_at is not None):
                return
            if row is not None and len(_there(session, dataset)) == 1:
                raise Conflict(
                    f"version {version} is the only one of dataset {dataset.name!r}",
                    next_step=f"delete the whole dataset: azuraforge datasets delete {dataset.name}",
                )
            for object_to in self.objections:
                object_to(session, project_id, dataset.id, dataset.name, version)
            self._tell(session, dataset, "dataset.deleted", version, by)
            if row is not None:
                store.change(session, row, deleted_at=now(), deleted_by=by)
            else:
                store.change(session, dataset, deleted_at=now(), deleted_by=by)

        self._database.write(project_id, work)

    def restore(self, project_id: str, name_or_id: str, version: int | None) -> str:
        """Take a dataset, or one version, out of the trash; returns the dataset's id.

        Raises NotFound where it was purged, Conflict where another dataset has taken the name.
        """

        def work(session: Session) -> str:
            if version is not None:
                dataset = _locked(session, store.find(session, project_id, name_or_id), name_or_id)
                row = self._version(session, dataset, version)
                if row.deleted_at is not None:
                    store.change(session, row, deleted_at=None, deleted_by=None)
                    self._tell(session, dataset, "dataset.restored", version)
                return dataset.id
            deleted = store.find_in_trash(session, project_id, name_or_id)
            if deleted is None:
                return _locked(session, store.find(session, project_id, name_or_id), name_or_id).id
            dataset = _locked(session, deleted, name_or_id)
            if dataset.deleted_at is not None:
                if store.find(session, project_id, dataset.name) is not None:
                    raise Conflict(
                        f"another dataset is named {dataset.name!r} by now",
                        where=f"dataset {dataset.id}",
                        next_step=f"delete that one first: azuraforge datasets delete {dataset.name}",
                    )
                store.change(session, dataset, deleted_at=None, deleted_by=None)
                self._tell(session, dataset, "dataset.restored", None)
            return dataset.id

        return self._database.write(project_id, work)

    def revive(self, session: Session, dataset: Dataset, row: DatasetVersionRow) -> None:
        """A version whose content was added again is there again, whatever had become of it."""
        if row.deleted_at is not None:
            store.change(session, row, deleted_at=None, deleted_by=None, purged_at=None)
            self._tell(session, dataset, "dataset.restored", row.version)

    def contents(self, session: Session, project_id: str, policy: Policy) -> Contents:
        items = []
        for dataset in store.deleted_datasets(session, project_id, None):
            held = sum(row.bytes for row in store.all_versions(session, project_id, dataset.id))
            needs = self._needed(session, project_id, dataset.id)
            items.append(_item(dataset, None, held, policy, next(iter(needs.values()), None)))
        for dataset, row in store.deleted_versions(session, project_id, None):
            needs = self._needed(session, project_id, dataset.id)
            items.append(_item(dataset, row, row.bytes, policy, needs.get(row.version)))
        return Contents(items[:AT_ONCE], len(items), sum(item.bytes for item in items))

    def expire(self, project_id: str, policy: Policy) -> None:
        """Datasets do not grow old by themselves."""

    def purge(self, project_id: str, before: datetime | None) -> Purged:
        with self._database.read(project_id) as session:
            datasets = [each.id for each in store.deleted_datasets(session, project_id, before)]
            versions = [(each.id, row.version) for each, row in store.deleted_versions(session, project_id, before)]
        purged, gone = Purged(), list[str]()
        for dataset_id in datasets:
            found, fingerprints = self._database.write(project_id, self._dataset_purger(project_id, dataset_id))
            purged.add(found)
            gone += fingerprints
        for dataset_id, version in versions:
            found, fingerprints = self._database.write(project_id, self._purger(project_id, dataset_id, version))
            purged.add(found)
            gone += fingerprints
        purged.bytes += self._shelf(project_id).free(gone)
        return purged

    def sweep(self, project_id: str, older_than_seconds: float) -> int:
        return self._shelf(project_id).sweep(older_than_seconds)

    def _dataset_purger(self, project_id: str, dataset_id: str) -> Callable[[Session], tuple[Purged, list[str]]]:
        def work(session: Session) -> tuple[Purged, list[str]]:
            dataset = store.lock(session, project_id, dataset_id)
            if dataset is None or dataset.deleted_at is None:
                return Purged(), []
            needed = self._needed(session, project_id, dataset_id)
            rows = store.all_versions(session, project_id, dataset_id)
            free = [row for row in rows if row.version not in needed]
            fingerprints = [row.fingerprint for row in free]
            if len(free) == len(rows):
                store.forget(session, project_id, dataset_id)
                return Purged(Counter(datasets=1)), fingerprints
            for row in free:
                store.change(session, row, purged_at=now(), deleted_at=row.deleted_at or dataset.deleted_at)
            return Purged(Counter(dataset_versions=len(free)), kept=1), fingerprints

        return work

    def _purger(self, project_id: str, dataset_id: str, version: int) -> Callable[[Session], tuple[Purged, list[str]]]:
        def work(session: Session) -> tuple[Purged, list[str]]:
            dataset = store.lock(session, project_id, dataset_id)
            row = store.version(session, project_id, dataset_id, version, trash=True)
            if dataset is None or row is None or row.deleted_at is None:
                return Purged(), []
            if version in self._needed(session, project_id, dataset_id):
                return Purged(kept=1), []
            store.change(session, row, purged_at=now())
            return Purged(Counter(dataset_versions=1)), [row.fingerprint]

        return work

    def _needed(self, session: Session, project_id: str, dataset_id: str) -> dict[int, NeededBy]:
        found: dict[int, NeededBy] = {}
        for ask in self.needs:
            found |= ask(session, project_id, dataset_id)
        return found

    def _version(self, session: Session, dataset: Dataset, version: int) -> DatasetVersionRow:
        row = store.version(session, dataset.project_id, dataset.id, version, trash=True)
        if row is None:
            raise NotFound(
                f"dataset {dataset.name!r} has no version {version}",
                next_step=f"azuraforge datasets show {dataset.name}",
            )
        return row

    def _tell(self, session: Session, dataset: Dataset, type_: str, version: int | None, by: str | None = None) -> None:
        data = {"dataset_id": dataset.id, "name": dataset.name, "version": version}
        self._events.append(session, dataset.project_id, "project", type_, {**data, "by": by} if by else data)

    def _folder(self, project_id: str) -> Path:
        return self._artifacts / project_id / "datasets"

    def _shelf(self, project_id: str) -> Shelf:
        folder = self._folder(project_id)
        return Shelf(
            self._database,
            project_id,
            folder,
            lambda fingerprint: self.path(project_id, fingerprint),
            lambda: [path.stem for path in folder.glob("*.parquet") if not path.name.startswith(".")],
            store.named_files,
        )


def _there(session: Session, dataset: Dataset) -> Sequence[DatasetVersionRow]:
    rows = store.all_versions(session, dataset.project_id, dataset.id)
    return [row for row in rows if row.deleted_at is None]


def _locked(session: Session, dataset: Dataset | None, name: str) -> Dataset:
    found = store.lock(session, dataset.project_id, dataset.id) if dataset is not None else None
    if found is None:
        raise NotFound(f"dataset {name!r} does not exist", next_step="azuraforge datasets list")
    return found


def _item(
    dataset: Dataset, row: DatasetVersionRow | None, held: int, policy: Policy, needed: NeededBy | None
) -> TrashItem:
    deleted: Dataset | DatasetVersionRow = row or dataset
    assert deleted.deleted_at is not None
    return TrashItem(
        noun="dataset",
        id=dataset.id,
        name=dataset.name,
        version=row.version if row else None,
        bytes=held,
        deleted_at=deleted.deleted_at,
        deleted_by=deleted.deleted_by or "",
        purged_after=deleted.deleted_at + timedelta(days=policy.trash_days),
        needed_by=needed,
    )
