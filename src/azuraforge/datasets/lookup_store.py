"""SQL queries of ``lookup.py``, the most frequent reads. ``Question`` restricts each query to one project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Generic, NamedTuple, TypeVar

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from azuraforge.database.fast_reads import Question, columns
from azuraforge.database.keyset import behind_parameters
from azuraforge.datasets.schemas import Finding, Json
from azuraforge.datasets.segments import Growth, Revisions, Segment
from azuraforge.datasets.tables import Dataset, DatasetVersionRow
from azuraforge.plugins.contract.dataset_schema import DatasetSchema

RowT = TypeVar("RowT", bound=tuple[object, ...])


class DatasetRow(NamedTuple):
    id: str
    name: str
    revisions: Revisions
    deleted_at: datetime | None
    deleted_by: str | None


class VersionRow(NamedTuple):
    """A version with the columns that the API shows."""

    dataset_id: str
    version: int
    fingerprint: str
    file_sha256: str | None
    columns: DatasetSchema
    rows: int
    start_at: datetime | None
    end_at: datetime | None
    source: str
    provenance: Json
    findings: tuple[Finding, ...]
    growth: Growth | None
    created_at: datetime
    deleted_at: datetime | None
    deleted_by: str | None


class StoredRow(NamedTuple):
    """A version with its segments, for services of the platform."""

    version: int
    fingerprint: str
    columns: DatasetSchema
    options: Json
    rows: int
    bytes: int
    start_at: datetime | None
    end_at: datetime | None
    segments: tuple[Segment, ...]
    blocks: tuple[str, ...]
    source: str
    provenance: Json
    findings: tuple[Finding, ...]
    growth: Growth | None
    cursor: Json | None
    file_sha256: str | None
    created_at: datetime
    deleted_at: datetime | None
    deleted_by: str | None


class NameRow(NamedTuple):
    name: str


class NumberRow(NamedTuple):
    """The number of one version of a dataset."""

    dataset_id: str
    version: int


_SHOWN = columns(Dataset, DatasetRow)
_VERSION = columns(DatasetVersionRow, VersionRow)
_IS_THERE = and_(DatasetVersionRow.deleted_at.is_(None), DatasetVersionRow.purged_at.is_(None))
_NAME: BindParameter[str] = bindparam("name")

_other = aliased(DatasetVersionRow)
_last = (
    select(func.max(_other.version))
    .where(
        _other.project_id == DatasetVersionRow.project_id,
        _other.dataset_id == DatasetVersionRow.dataset_id,
        _other.deleted_at.is_(None),
        _other.purged_at.is_(None),
    )
    .scalar_subquery()
)
#: One dataset by its name, else by its id.
DATASET = Question(
    DatasetRow,
    select(*_SHOWN)
    .where(Dataset.deleted_at.is_(None), or_(Dataset.name == _NAME, Dataset.id == _NAME))
    .order_by(Dataset.name != _NAME)
    .limit(1),
)
#: One deleted dataset by its id, else the most recently deleted one of this name.
DELETED = Question(
    DatasetRow,
    select(*_SHOWN)
    .where(Dataset.deleted_at.is_not(None), or_(Dataset.name == _NAME, Dataset.id == _NAME))
    .order_by(Dataset.id != _NAME, Dataset.deleted_at.desc())
    .limit(1),
)
#: Names of the datasets that are not in the trash.
NAMES = Question(NameRow, select(Dataset.name).where(Dataset.deleted_at.is_(None)).order_by(Dataset.name))


@dataclass(frozen=True)
class VersionQuestions(Generic[RowT]):
    """Queries for the newest version that is not deleted, and for a version by its number, which may be deleted.

    Parameters: ``dataset_id``; the second query also requires ``version``.
    """

    newest: Question[RowT]
    numbered: Question[RowT]


def _version_questions(row: type[RowT]) -> VersionQuestions[RowT]:
    statement = select(*columns(DatasetVersionRow, row)).where(DatasetVersionRow.dataset_id == bindparam("dataset_id"))
    return VersionQuestions(
        newest=Question(row, statement.where(_IS_THERE).order_by(DatasetVersionRow.version.desc()).limit(1)),
        numbered=Question(
            row,
            statement.where(DatasetVersionRow.version == bindparam("version"), DatasetVersionRow.purged_at.is_(None)),
        ),
    )


#: The number of a dataset's newest version; no row if the dataset or all of its versions are deleted.
NEWEST_NUMBER = Question(
    NumberRow,
    select(DatasetVersionRow.dataset_id, DatasetVersionRow.version)
    .join(Dataset, Dataset.id == DatasetVersionRow.dataset_id)
    .where(DatasetVersionRow.dataset_id == bindparam("dataset_id"), _IS_THERE, Dataset.deleted_at.is_(None))
    .order_by(DatasetVersionRow.version.desc())
    .limit(1),
)
SHOWN = _version_questions(VersionRow)
STORED = _version_questions(StoredRow)


@dataclass(frozen=True)
class PageQuestions:
    """Queries for a page of datasets by name, the numbers of their versions, and the newest version of each."""

    datasets: Question[DatasetRow]
    numbers: Question[NumberRow]
    newest: Question[VersionRow]


@cache
def page(*, after: bool, trash: bool) -> PageQuestions:
    """Return the queries for a page of datasets.

    Parameters: ``limit``, and with ``after`` the cursor parameters of ``keyset.parameters``.
    """
    key = (Dataset.name, Dataset.id)
    conditions: list[ColumnElement[bool]] = [Dataset.deleted_at.is_not(None) if trash else Dataset.deleted_at.is_(None)]
    if after:
        conditions.append(behind_parameters(key))
    limit: BindParameter[int] = bindparam("limit")
    listed = select(Dataset.id).where(Dataset.project_id == bindparam("project_id"), *conditions)
    listed = listed.order_by(*key).limit(limit)
    number = select(DatasetVersionRow.dataset_id, DatasetVersionRow.version).where(_IS_THERE)
    return PageQuestions(
        datasets=Question(DatasetRow, select(*_SHOWN).where(*conditions).order_by(*key).limit(limit)),
        numbers=Question(
            NumberRow, number.where(DatasetVersionRow.dataset_id.in_(listed)).order_by(DatasetVersionRow.version)
        ),
        newest=Question(
            VersionRow,
            select(*_VERSION).where(DatasetVersionRow.version == _last, DatasetVersionRow.dataset_id.in_(listed)),
        ),
    )


@cache
def versions(*, after: bool) -> Question[VersionRow]:
    """Return the query for a dataset's versions, newest first, without deleted ones.

    Parameters: ``dataset_id``, ``limit``, and with ``after`` the cursor parameters of ``keyset.parameters``.
    """
    statement = select(*_VERSION).where(DatasetVersionRow.dataset_id == bindparam("dataset_id"), _IS_THERE)
    if after:
        statement = statement.where(behind_parameters([DatasetVersionRow.version], descending=True))
    return Question(VersionRow, statement.order_by(DatasetVersionRow.version.desc()).limit(bindparam("limit")))
