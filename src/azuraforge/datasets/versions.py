"""A stored version, as the services of the platform use it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from azuraforge.datasets.schemas import DatasetVersionOut, Finding, Json
from azuraforge.datasets.segments import Growth, Revisions, Segment
from azuraforge.plugins.contract.dataset_schema import DatasetSchema


@dataclass(frozen=True)
class DatasetVersion:
    """One immutable version: its meaning, and the paths of its segments.

    ``loading.load_version(paths, schema, options, fingerprint)`` reads it in a child and refuses changed rows.
    """

    id: str
    name: str
    version: int
    fingerprint: str
    schema: DatasetSchema
    options: Json
    rows: int
    bytes: int
    start_at: datetime | None
    end_at: datetime | None
    paths: tuple[Path, ...]
    segments: tuple[Segment, ...]
    blocks: tuple[str, ...]
    source: str
    provenance: Json
    findings: tuple[Finding, ...]
    growth: Growth | None
    revisions: Revisions
    cursor: Json | None
    file_sha256: str | None
    created_at: datetime
    deleted_at: datetime | None
    deleted_by: str | None

    def out(self, *, created: bool = False) -> DatasetVersionOut:
        """The version as the API shows it."""
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
