"""Typed reads of datasets for other packages."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from azuraforge.database import Session
from azuraforge.datasets.segments import Growth
from azuraforge.datasets.tables import Dataset, DatasetVersionRow
from azuraforge.plugins.contract.dataset_schema import DatasetSchema

#: As many arrivals as are regular.
REGULAR = 3


class ObservedRow(NamedTuple):
    """The newest version of a dataset; ``third_at``: when the one two before it was added."""

    dataset_id: str
    name: str
    version: int
    created_at: datetime
    rows: int
    growth: Growth | None
    source: str
    columns: DatasetSchema
    third_at: datetime | None


class VersionThen(NamedTuple):
    """A version as it is named in the history of a model."""

    version: int
    fingerprint: str
    rows: int
    end_at: datetime | None
    created_at: datetime


def observed(session: Session, dataset_ids: Collection[str]) -> dict[str, ObservedRow]:
    """Return the newest version of each dataset that is not in the trash."""
    other = aliased(DatasetVersionRow)
    of_same = other.dataset_id == Dataset.id
    newest = select(func.max(other.version)).where(of_same).correlate(Dataset).scalar_subquery()
    third = (
        select(other.created_at)
        .where(of_same)
        .order_by(other.version.desc())
        .limit(1)
        .offset(REGULAR - 1)
        .correlate(Dataset)
        .scalar_subquery()
    )
    row = DatasetVersionRow
    found = (
        select(Dataset.id, Dataset.name, row.version, row.created_at, row.rows, row.growth, row.source, row.columns)
        .add_columns(third)
        .join(row, and_(row.dataset_id == Dataset.id, row.version == newest))
        .where(Dataset.id.in_(dataset_ids), Dataset.deleted_at.is_(None))
    )
    return {each[0]: ObservedRow(*each) for each in session.execute(found)}


def name_of(session: Session, dataset_id: str) -> str | None:
    """Return the name of a dataset, also of one in the trash; None if it was purged."""
    return session.scalar(select(Dataset.name).where(Dataset.id == dataset_id))


def version_at(session: Session, dataset_id: str, at: datetime) -> VersionThen | None:
    """Return the newest version of a dataset that had been added by then, also one deleted since."""
    row = DatasetVersionRow
    found = select(row.version, row.fingerprint, row.rows, row.end_at, row.created_at)
    found = found.where(row.dataset_id == dataset_id, row.created_at <= at).order_by(row.version.desc()).limit(1)
    first = session.execute(found).first()
    return VersionThen(*first) if first is not None else None
