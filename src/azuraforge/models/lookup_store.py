"""The questions behind ``lookup.py``: SQL of the hottest reads. Each is confined to one project by ``Question``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, select

from azuraforge.database.fast_reads import Question
from azuraforge.database.keyset import behind_parameters
from azuraforge.models.tables import Model, ModelAlias, ModelVersion

_SHOWN = (Model.id, Model.name, Model.created_at, Model.deleted_at, Model.deleted_by)
_VERSION = tuple(each for each in ModelVersion.__table__.c if each.key != "project_id")
_IS_THERE = and_(ModelVersion.deleted_at.is_(None), ModelVersion.purged_at.is_(None))
_NAMED = and_(Model.name == bindparam("name"), Model.deleted_at.is_(None))

MODEL = Question(select(*_SHOWN).where(_NAMED))
ALIASES = Question(
    select(ModelAlias.alias, ModelAlias.version)
    .join(Model, Model.id == ModelAlias.model_id)
    .where(_NAMED)
    .order_by(ModelAlias.alias)
)
_POINTING = select(ModelAlias.alias).where(
    ModelAlias.project_id == ModelVersion.project_id,
    ModelAlias.model_id == ModelVersion.model_id,
    ModelAlias.version == ModelVersion.version,
)
#: The versions that aliases point at.
ALIASED = Question(
    select(*_VERSION).join(Model, Model.id == ModelVersion.model_id).where(_NAMED, _IS_THERE, _POINTING.exists())
)
VERSION_COUNT = Question(
    select(func.count(ModelVersion.version).label("versions"))
    .join(Model, Model.id == ModelVersion.model_id)
    .where(_NAMED, _IS_THERE)
)


@dataclass(frozen=True)
class PageQuestions:
    """A page of models by name, with the schema of their last versions, their champions and counts of versions."""

    models: Question
    newest: Question
    champions: Question
    counts: Question


@cache
def page(*, after: bool, trash: bool) -> PageQuestions:
    """Parameters: ``limit``, and with ``after`` those of ``keyset.parameters``."""
    key = (Model.name, Model.id)
    conditions: list[ColumnElement[bool]] = [Model.deleted_at.is_not(None) if trash else Model.deleted_at.is_(None)]
    if after:
        conditions.append(behind_parameters(key))
    limit: Any = bindparam("limit")
    listed = select(Model.id).where(Model.project_id == bindparam("project_id"), *conditions)
    listed = listed.order_by(*key).limit(limit)
    last = and_(Model.id == ModelVersion.model_id, Model.last_version == ModelVersion.version)
    counted = select(ModelVersion.model_id, func.count().label("versions")).where(_IS_THERE)
    champions = select(ModelAlias.model_id, ModelAlias.version).where(ModelAlias.alias == "champion")
    return PageQuestions(
        models=Question(select(*_SHOWN).where(*conditions).order_by(*key).limit(limit)),
        newest=Question(
            select(ModelVersion.model_id, ModelVersion.schema).join(Model, last).where(Model.id.in_(listed))
        ),
        champions=Question(champions.where(ModelAlias.model_id.in_(listed))),
        counts=Question(counted.where(ModelVersion.model_id.in_(listed)).group_by(ModelVersion.model_id)),
    )


@cache
def versions(*, after: bool) -> Question:
    """A model's versions that are there, the newest first. Parameters: ``name``, ``limit``, and the key's."""
    statement = select(*_VERSION).join(Model, Model.id == ModelVersion.model_id).where(_NAMED, _IS_THERE)
    if after:
        statement = statement.where(behind_parameters([ModelVersion.version], descending=True))
    return Question(statement.order_by(ModelVersion.version.desc()).limit(bindparam("limit")))
