"""Conversions of rows to shapes of the API."""

from __future__ import annotations

from azuraforge.datasets.lookup_store import DatasetRow, VersionRow
from azuraforge.datasets.schemas import DatasetOut
from azuraforge.datasets.versions import shown_version


def dataset_out(dataset: DatasetRow, latest: VersionRow, numbers: list[int]) -> DatasetOut:
    """Return a dataset with its newest version; ``numbers``: the existing versions."""
    return DatasetOut(
        id=dataset.id,
        name=dataset.name,
        versions=len(numbers),
        numbers=numbers,
        latest=shown_version(dataset, latest).out(),
    )
