"""The reads of datasets that pages and clients ask for most, in one round trip each and without the ORM.

They answer exactly what ``DatasetService`` would; a test compares.
"""

from __future__ import annotations

from typing import TypeAlias

from azuraforge.database import Database
from azuraforge.datasets import lookup_store, shapes
from azuraforge.datasets.schemas import DatasetOut, DatasetVersionOut

DatasetList: TypeAlias = list[DatasetOut]


class DatasetLookup:
    """Reads to be awaited where the request is."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, project_id: str) -> DatasetList:
        """Every dataset that is not in the trash with its newest version, by name."""
        datasets, numbers, latest = await self._database.ask(
            project_id, (lookup_store.DATASETS, {}), (lookup_store.NUMBERS, {}), (lookup_store.LATEST, {})
        )
        of: dict[str, list[int]] = {}
        for row in numbers:
            of.setdefault(row.dataset_id, []).append(row.version)
        newest = {row.dataset_id: row for row in latest}
        return [
            shapes.dataset_out(dataset, newest[dataset.id], of[dataset.id])
            for dataset in datasets
            if dataset.id in newest
        ]

    async def find(self, project_id: str, name_or_id: str) -> DatasetVersionOut | None:
        """A dataset's newest version; None where none has this name or id, or a version."""
        (found,) = await self._database.ask(project_id, (lookup_store.DATASET, {"name": name_or_id}))
        if not found:
            return None
        (newest,) = await self._database.ask(project_id, (lookup_store.NEWEST, {"dataset_id": found[0].id}))
        return shapes.version_out(found[0], newest[0]) if newest else None
