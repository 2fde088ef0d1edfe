"""Conversions of database rows to API schemas."""

from __future__ import annotations

from azuraforge.datasets.lookup_store import DatasetRow, VersionRow
from azuraforge.datasets.schemas import DatasetOut
from azuraforge.datasets.versions import shown_version


def dataset_out(dataset: DatasetRow, latest: VersionRow, numbers: list[int]) -> DatasetOut:
    """Return a dataset with its newest version; ``numbers`` are the numbers of the versions that are not deleted."""
    return DatasetOut(
        id=dataset.id,
        name=dataset.name,
        versions=len(numbers),
        numbers=numbers,
        latest=shown_version(dataset, latest).out(),
    )
