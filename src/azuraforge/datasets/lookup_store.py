"""The questions behind ``lookup.py``: SQL of the hottest reads. Each is confined to one project by ``Question``."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from azuraforge.database.fast_reads import Question
from azuraforge.datasets.tables import Dataset, DatasetVersionRow

_SHOWN = (Dataset.id, Dataset.name, Dataset.deleted_at, Dataset.deleted_by)
_VERSION = tuple(each for each in DatasetVersionRow.__table__.c if each.key != "project_id")
_IS_THERE = and_(DatasetVersionRow.deleted_at.is_(None), DatasetVersionRow.purged_at.is_(None))
_NAME: Any = bindparam("name")

DATASETS = Question(select(*_SHOWN).where(Dataset.deleted_at.is_(None)).order_by(Dataset.name, Dataset.id))
NUMBERS = Question(
    select(DatasetVersionRow.dataset_id, DatasetVersionRow.version).where(_IS_THERE).order_by(DatasetVersionRow.version)
)
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
#: The newest version of each dataset.
LATEST = Question(select(*_VERSION).where(DatasetVersionRow.version == _last))
#: One dataset by its name, else by its id.
DATASET = Question(
    select(*_SHOWN)
    .where(Dataset.deleted_at.is_(None), or_(Dataset.name == _NAME, Dataset.id == _NAME))
    .order_by(Dataset.name != _NAME)
    .limit(1)
)
#: The newest version of a dataset.
NEWEST = Question(
    select(*_VERSION)
    .where(DatasetVersionRow.dataset_id == bindparam("dataset_id"), _IS_THERE)
    .order_by(DatasetVersionRow.version.desc())
    .limit(1)
)
