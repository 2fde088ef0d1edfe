"""The reads of datasets that pages and clients ask for most, in few round trips and without the ORM."""

from __future__ import annotations

from azuraforge.database import Database
from azuraforge.database.keyset import parameters
from azuraforge.datasets import lookup_store, shapes
from azuraforge.datasets.schemas import DatasetPage, DatasetVersionOut, DatasetVersionPage
from azuraforge.errors import NotFound
from azuraforge.paging import PAGE, Order

BY_NAME: Order[tuple[str, str]] = Order("datasets", tuple[str, str])
VERSIONS: Order[tuple[int]] = Order("dataset versions", tuple[int])


class DatasetLookup:
    """Reads to be awaited in the event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self, project_id: str, *, trash: bool = False, limit: int = PAGE, after: str | None = None
    ) -> DatasetPage:
        """Return a page of datasets with their newest versions, by name; the deleted ones, or all others."""
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
        """Return a page of a dataset's versions, the newest first. Raises NotFound."""
        found = await self._database.ask(project_id, lookup_store.DATASET.given({"name": name_or_id}))
        if not found:
            raise NotFound(f"dataset {name_or_id!r} does not exist", next_step="azuraforge datasets list")
        dataset = found[0]
        key = VERSIONS.read(after, dataset.id)
        given = {"dataset_id": dataset.id, "limit": limit + 1, **parameters(key or ())}
        rows = await self._database.ask(project_id, lookup_store.versions(after=key is not None).given(given))
        page, cursor = VERSIONS.cut(rows, limit, lambda row: (row.version,), dataset.id)
        return DatasetVersionPage(items=[shapes.version_out(dataset, row) for row in page], next=cursor)

    async def find(self, project_id: str, name_or_id: str) -> DatasetVersionOut | None:
        """Return a dataset's newest version; None where none has this name or id, or a version."""
        found = await self._database.ask(project_id, lookup_store.DATASET.given({"name": name_or_id}))
        if not found:
            return None
        newest = await self._database.ask(project_id, lookup_store.NEWEST.given({"dataset_id": found[0].id}))
        return shapes.version_out(found[0], newest[0]) if newest else None
