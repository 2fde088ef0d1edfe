"""The most frequent reads of datasets, in few database round trips and without the ORM.

A version is found by a plan of queries. ``DatasetLookup`` executes the plan on the event loop, and
``DatasetService`` in a thread.
"""

from __future__ import annotations

import difflib
from typing import TypeVar

from azuraforge.database import Database
from azuraforge.database.fast_reads import Plan
from azuraforge.database.keyset import parameters
from azuraforge.datasets import lookup_store, shapes
from azuraforge.datasets.lookup_store import DatasetRow, StoredRow, VersionQuestions, VersionRow
from azuraforge.datasets.schemas import DatasetPage, DatasetVersionOut, DatasetVersionPage
from azuraforge.datasets.versions import shown_version
from azuraforge.errors import NotFound
from azuraforge.paging import PAGE, Order

BY_NAME: Order[tuple[str, str]] = Order("datasets", tuple[str, str])
VERSIONS: Order[tuple[int]] = Order("dataset versions", tuple[int])
VersionT = TypeVar("VersionT", VersionRow, StoredRow)


class DatasetLookup:
    """Asynchronous reads of datasets, for the event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self, project_id: str, *, trash: bool = False, limit: int = PAGE, after: str | None = None
    ) -> DatasetPage:
        """Return a page of datasets with their newest versions, by name; with ``trash``, of deleted datasets.

        A dataset without a version is omitted. Raises InvalidInput if ``after`` is not a cursor of this list.
        """
        key = BY_NAME.read(after)
        asked = lookup_store.page(after=key is not None, trash=trash)
        given = {"limit": limit + 1, **parameters(key or ())}
        datasets, numbers, newest = asked.datasets.given(given), asked.numbers.given(given), asked.newest.given(given)
        await self._database.ask_all(project_id, datasets, numbers, newest)
        numbers_of: dict[str, list[int]] = {}
        for row in numbers.rows:
            numbers_of.setdefault(row.dataset_id, []).append(row.version)
        newest_of = {row.dataset_id: row for row in newest.rows}
        page, cursor = BY_NAME.cut(datasets.rows, limit, lambda dataset: (dataset.name, dataset.id))
        items = [
            shapes.dataset_out(dataset, newest_of[dataset.id], numbers_of[dataset.id])
            for dataset in page
            if dataset.id in newest_of
        ]
        return DatasetPage(items=items, next=cursor)

    async def versions(
        self, project_id: str, name_or_id: str, *, limit: int = PAGE, after: str | None = None
    ) -> DatasetVersionPage:
        """Return a page of a dataset's versions, newest first.

        Raises NotFound if the dataset does not exist, and InvalidInput if ``after`` is not a cursor of this list.
        """
        found = await self._database.ask(project_id, lookup_store.DATASET.given({"name": name_or_id}))
        if not found:
            raise NotFound(
                "dataset {dataset!r} does not exist", next_step="run azuraforge datasets list", dataset=name_or_id
            )
        dataset = found[0]
        key = VERSIONS.read(after, dataset.id)
        given = {"dataset_id": dataset.id, "limit": limit + 1, **parameters(key or ())}
        rows = await self._database.ask(project_id, lookup_store.versions(after=key is not None).given(given))
        page, cursor = VERSIONS.cut(rows, limit, lambda row: (row.version,), dataset.id)
        return DatasetVersionPage(items=[shown_version(dataset, row).out() for row in page], next=cursor)

    async def find(self, project_id: str, name_or_id: str) -> DatasetVersionOut | None:
        """Return a dataset's newest version; None if the dataset does not exist or has no version."""
        found = await self._database.ask(project_id, lookup_store.DATASET.given({"name": name_or_id}))
        if not found:
            return None
        newest = await self._database.ask(project_id, lookup_store.SHOWN.newest.given({"dataset_id": found[0].id}))
        return shown_version(found[0], newest[0]).out() if newest else None

    async def newest(self, project_id: str, dataset_id: str) -> int | None:
        """Return the number of a dataset's newest version; None if the dataset or all of its versions are deleted."""
        found = await self._database.ask(project_id, lookup_store.NEWEST_NUMBER.given({"dataset_id": dataset_id}))
        return found[0].version if found else None

    async def get(self, project_id: str, name_or_id: str, version: int | None = None) -> DatasetVersionOut:
        """Return one version (``version`` None: the newest), even if it is in the trash.

        Raises NotFound if it does not exist.
        """
        plan = version_of(lookup_store.SHOWN, name_or_id, version, trash=True)
        return shown_version(*await self._database.follow(project_id, plan)).out()


def version_of(
    questions: VersionQuestions[VersionT], name_or_id: str, version: int | None, *, trash: bool
) -> Plan[tuple[DatasetRow, VersionT]]:
    """Plan the queries for a dataset and one of its versions (``version`` None: the newest that is not deleted).

    With ``trash``, the plan also finds deleted items that are not purged, and deleted datasets by id or former name.
    Raises NotFound if the dataset or the version does not exist.
    """
    yield (found := lookup_store.DATASET.given({"name": name_or_id}),)
    rows = found.rows
    if not rows:
        yield (deleted := lookup_store.DELETED.given({"name": name_or_id}),)
        if deleted.rows and not trash:
            raise NotFound(
                "dataset {dataset!r} is in the trash",
                next_step="restore the dataset: azuraforge datasets restore {dataset}",
                code="in_trash",
                dataset=name_or_id,
            )
        rows = deleted.rows
    if not rows:
        yield (names := lookup_store.NAMES.given({}),)
        close = difflib.get_close_matches(name_or_id, [row.name for row in names.rows], n=1)
        raise NotFound(
            "dataset {dataset!r} does not exist",
            next_step="did you mean {close!r}?" if close else "run azuraforge datasets list",
            dataset=name_or_id,
            close=close[0] if close else "",
        )
    dataset = rows[0]
    given = {"dataset_id": dataset.id}
    if version is None:
        asked = questions.newest.given(given)
    else:
        asked = questions.numbered.given({**given, "version": version})
    yield (asked,)
    if not asked.rows:
        raise NotFound(
            "dataset {dataset!r} has no version {version}",
            next_step="run azuraforge datasets show {dataset}",
            dataset=dataset.name,
            version=version,
        )
    row = asked.rows[0]
    if row.deleted_at is not None and not trash:
        raise NotFound(
            "version {version} of dataset {dataset!r} is in the trash",
            next_step="restore the version: azuraforge datasets restore {dataset} {version}",
            code="in_trash",
            dataset=dataset.name,
            version=version,
        )
    return dataset, row
