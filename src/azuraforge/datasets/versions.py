"""Stored versions, as services of the platform use them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from azuraforge.datasets.schemas import DatasetVersionOut, Finding, Json
from azuraforge.datasets.segments import Growth, Revisions, Segment
from azuraforge.plugins.contract.dataset_schema import DatasetSchema

if TYPE_CHECKING:  # child processes import this file, but not the database
    from azuraforge.datasets.lookup_store import DatasetRow, StoredRow, VersionRow
    from azuraforge.datasets.tables import Dataset, DatasetVersionRow


@dataclass(frozen=True)
class ShownVersion:
    """One immutable version with the fields that the API shows."""

    id: str
    name: str
    version: int
    fingerprint: str
    schema: DatasetSchema
    rows: int
    start_at: datetime | None
    end_at: datetime | None
    source: str
    provenance: Json
    findings: tuple[Finding, ...]
    growth: Growth | None
    revisions: Revisions
    file_sha256: str | None
    created_at: datetime
    deleted_at: datetime | None
    deleted_by: str | None

    def out(self, *, created: bool = False) -> DatasetVersionOut:
        """Return the version as an API schema."""
        return DatasetVersionOut(
            id=self.id,
            name=self.name,
            version=self.version,
            fingerprint=self.fingerprint,
            file_sha256=self.file_sha256,
            dataset_schema=self.schema,
            rows=self.rows,
            start=self.start_at,
            end=self.end_at,
            source=self.source,
            provenance=self.provenance,
            findings=self.findings,
            growth=self.growth,
            revisions=self.revisions,
            created=created,
            created_at=self.created_at,
            deleted_at=self.deleted_at,
            deleted_by=self.deleted_by,
        )


@dataclass(frozen=True)
class DatasetVersion(ShownVersion):
    """A version with the paths of its segments, and of its incumbent forecasts if they were added as a separate file.

    ``loading.load_version(paths, schema, options, fingerprint)`` reads it in a child process and refuses changed rows.
    """

    options: Json
    bytes: int
    paths: tuple[Path, ...]
    segments: tuple[Segment, ...]
    blocks: tuple[str, ...]
    cursor: Json | None
    incumbent: Segment | None = None
    incumbent_path: Path | None = None


def shown_version(dataset: Dataset | DatasetRow, row: DatasetVersionRow | StoredRow | VersionRow) -> ShownVersion:
    """Build a version from its database rows. It counts as deleted if it or its dataset is in the trash."""
    return ShownVersion(
        id=dataset.id,
        name=dataset.name,
        version=row.version,
        fingerprint=row.fingerprint,
        schema=row.columns,
        rows=row.rows,
        start_at=row.start_at,
        end_at=row.end_at,
        source=row.source,
        provenance=row.provenance,
        findings=row.findings,
        growth=row.growth,
        revisions=dataset.revisions,
        file_sha256=row.file_sha256,
        created_at=row.created_at,
        deleted_at=row.deleted_at or dataset.deleted_at,
        deleted_by=row.deleted_by or dataset.deleted_by,
    )
