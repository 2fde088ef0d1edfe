"""Typed reads of datasets, for other packages."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple, TypeVar

from sqlalchemy import BigInteger, ColumnElement, ScalarSelect, and_, cast, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from azuraforge.database import Session, name_search
from azuraforge.database.name_search import NamedRow
from azuraforge.datasets.schemas import Json
from azuraforge.datasets.segments import Growth
from azuraforge.datasets.tables import Dataset, DatasetVersionRow
from azuraforge.plugins.contract.dataset_schema import DatasetSchema

_T = TypeVar("_T")

#: Minimum number of arrivals that count as regular.
REGULAR = 3


class ObservedRow(NamedTuple):
    """The newest version of a dataset that added rows, and the creation time ``third_at`` of the third newest.

    ``third_at`` is None if fewer than three versions added rows. Versions that only restate when columns become known,
    or only change incumbent forecasts, do not count.
    """

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
    """Facts about a dataset version for the history of a model."""

    version: int
    fingerprint: str
    rows: int
    end_at: datetime | None
    created_at: datetime


def observed(session: Session, dataset_ids: Collection[str]) -> dict[str, ObservedRow]:
    """Return the newest version that added rows, by dataset id; datasets in the trash are omitted."""
    other = aliased(DatasetVersionRow)
    added = cast(_field(session, other.growth, "rows_added"), BigInteger)
    restates = _field(session, other.provenance, "rows_of_version").is_not(None)
    of_same = and_(other.dataset_id == Dataset.id, or_(added > 0, and_(added.is_(None), ~restates)))

    def nth(column: InstrumentedAttribute[_T], number: int) -> ScalarSelect[_T]:
        found = select(column).where(of_same).order_by(other.version.desc()).limit(1).offset(number - 1)
        return found.correlate(Dataset).scalar_subquery()

    newest, third = nth(other.version, 1), nth(other.created_at, REGULAR)
    row = DatasetVersionRow
    found = (
        select(Dataset.id, Dataset.name, row.version, row.created_at, row.rows, row.growth, row.source, row.columns)
        .add_columns(third)
        .join(row, and_(row.dataset_id == Dataset.id, row.version == newest))
        .where(Dataset.id.in_(dataset_ids), Dataset.deleted_at.is_(None))
    )
    return {each[0]: ObservedRow(*each) for each in session.execute(found)}


def name_of(session: Session, dataset_id: str) -> str | None:
    """Return the name of a dataset, even if it is in the trash; None if it was purged."""
    return session.scalar(select(Dataset.name).where(Dataset.id == dataset_id))


def names(session: Session, ids: Collection[str]) -> dict[str, str]:
    """Return the names of datasets by id, also of those in the trash; purged datasets are absent."""
    return {each[0]: each[1] for each in session.execute(select(Dataset.id, Dataset.name).where(Dataset.id.in_(ids)))}


def version_at(session: Session, dataset_id: str, at: datetime) -> VersionThen | None:
    """Return the newest version of a dataset that existed at a time, even if it was deleted later; None if none did."""
    row = DatasetVersionRow
    found = select(row.version, row.fingerprint, row.rows, row.end_at, row.created_at)
    found = found.where(row.dataset_id == dataset_id, row.created_at <= at).order_by(row.version.desc()).limit(1)
    first = session.execute(found).first()
    return VersionThen(*first) if first is not None else None


def _field(
    session: Session, column: InstrumentedAttribute[Json] | InstrumentedAttribute[Growth | None], name: str
) -> ColumnElement[str]:
    """Return the SQL expression for a field of a JSON column; it is NULL if the field is absent."""
    if session.get_bind().dialect.name == "postgresql":
        return func.json_extract_path_text(column, name)
    return func.json_extract(column, f"$.{name}")


def find_named(session: Session, text: str, limit: int) -> list[NamedRow]:
    """Return the newest datasets whose name contains ``text`` or whose id begins with it."""
    return name_search.find_named(
        session,
        text,
        limit,
        key=Dataset.id,
        name=Dataset.name,
        created_at=Dataset.created_at,
        deleted_at=Dataset.deleted_at,
    )
