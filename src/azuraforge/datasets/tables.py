"""Database tables of datasets and their immutable versions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from azuraforge.database import Base, Deletable, JsonShape, JsonText, Owned, Timestamp, new_id, now, unique_name
from azuraforge.datasets.schemas import Finding, Json
from azuraforge.datasets.segments import Growth, Revisions, Segment
from azuraforge.plugins.contract.dataset_schema import DatasetSchema


class Dataset(Deletable, Owned, Base):
    """A named dataset. The name of a dataset in the trash can be used again."""

    __tablename__ = "dataset"
    __table_args__ = (unique_name("dataset"),)

    project_id: Mapped[str] = mapped_column(String(16), ForeignKey("project.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100))
    revisions: Mapped[Revisions] = mapped_column(String(10), default="refuse")
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())


class DatasetVersionRow(Deletable, Owned, Base):
    """One version, whose content never changes. Its rows are segments, which it shares with other versions.

    A purged version keeps its row, so that its number is not used again; only files that no other version refers to are
    deleted. ``cursor``, the position of the source after these rows, advances even if the source had no new rows.
    """

    __tablename__ = "dataset_version"
    __table_args__ = (
        ForeignKeyConstraint(["project_id", "dataset_id"], ["dataset.project_id", "dataset.id"]),
        UniqueConstraint("project_id", "dataset_id", "fingerprint"),
        Index("ix_dataset_version_project_id_fingerprint", "project_id", "fingerprint"),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    dataset_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    file_sha256: Mapped[str | None] = mapped_column(String(64), default=None)
    columns: Mapped[DatasetSchema] = mapped_column(JsonShape(DatasetSchema, recurs=True))
    options: Mapped[Json] = mapped_column(JsonText)
    rows: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int] = mapped_column(BigInteger)
    start_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)
    end_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)
    source: Mapped[str] = mapped_column(String(200))
    provenance: Mapped[Json] = mapped_column(JsonText)
    findings: Mapped[tuple[Finding, ...]] = mapped_column(JsonShape(tuple[Finding, ...]))
    created_at: Mapped[datetime] = mapped_column(Timestamp, default=now())
    segments: Mapped[tuple[Segment, ...]] = mapped_column(JsonShape(tuple[Segment, ...]))
    blocks: Mapped[tuple[str, ...]] = mapped_column(JsonShape(tuple[str, ...]))
    growth: Mapped[Growth | None] = mapped_column(JsonShape(Growth), default=None)
    cursor: Mapped[Json | None] = mapped_column(JsonText, default=None)
    purged_at: Mapped[datetime | None] = mapped_column(Timestamp, default=None)


class DatasetSegmentRow(Owned, Base):
    """A version's reference to a segment, which prevents the file's removal. Purged versions have none."""

    __tablename__ = "dataset_segment"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "dataset_id", "version"],
            ["dataset_version.project_id", "dataset_version.dataset_id", "dataset_version.version"],
        ),
        Index("ix_dataset_segment_project_id_address", "project_id", "address"),
    )

    project_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    dataset_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
