"""Rows as the API shows them."""

from __future__ import annotations

from azuraforge.datasets.lookup_store import DatasetRow, VersionRow
from azuraforge.datasets.schemas import DatasetOut, DatasetVersionOut


def version_out(dataset: DatasetRow, row: VersionRow) -> DatasetVersionOut:
    """A version that was there already."""
    return DatasetVersionOut(
        id=dataset.id,
        name=dataset.name,
        version=row.version,
        fingerprint=row.fingerprint,
        file_sha256=row.file_sha256,
        dataset_schema=row.columns,
        rows=row.rows,
        start=row.start_at,
        end=row.end_at,
        source=row.source,
        provenance=row.provenance,
        findings=row.findings,
        growth=row.growth,
        revisions=dataset.revisions,
        created=False,
        created_at=row.created_at,
        deleted_at=row.deleted_at or dataset.deleted_at,
        deleted_by=row.deleted_by or dataset.deleted_by,
    )


def dataset_out(dataset: DatasetRow, latest: VersionRow, numbers: list[int]) -> DatasetOut:
    """A dataset with its newest version; ``numbers``: the versions that are there."""
    return DatasetOut(
        id=dataset.id,
        name=dataset.name,
        versions=len(numbers),
        numbers=numbers,
        latest=version_out(dataset, latest),
    )
