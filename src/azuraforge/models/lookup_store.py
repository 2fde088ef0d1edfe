"""The questions behind ``lookup.py``: SQL of the hottest reads. Each is confined to one project by ``Question``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import NamedTuple

from pydantic import JsonValue
from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from azuraforge.database.fast_reads import Asked, Question, columns
from azuraforge.database.keyset import behind_parameters
from azuraforge.models.provenance import ImportRecord, LearnedRows
from azuraforge.models.tables import Model, ModelAlias, ModelVersion
from azuraforge.plugins.contract.dataset_schema import DatasetSchema


class ModelRow(NamedTuple):
    id: str
    name: str
    created_at: datetime
    deleted_at: datetime | None
    deleted_by: str | None


class VersionRow(NamedTuple):
    """A version as pages show it."""

    version: int
    content_hash: str
    weights_sha256: str | None
    bytes: int
    kind: str
    plugin: str
    plugin_version: str | None
    config: dict[str, JsonValue]
    schema: DatasetSchema
    run_id: str
    dataset_id: str | None
    dataset_version: int | None
    dataset_fingerprint: str | None
    learned_from: LearnedRows
    code_version: str
    seed: int
    parent_version: int | None
    metrics: dict[str, float | None] | None
    created_at: datetime
    deleted_at: datetime | None
    deleted_by: str | None
    imported: ImportRecord | None


class AliasRow(NamedTuple):
    alias: str
    version: int


class NameRow(NamedTuple):
    name: str


class CountRow(NamedTuple):
    versions: int


class SchemaRow(NamedTuple):
    """The schema of a model's last version."""

    model_id: str
    schema: DatasetSchema


class ChampionRow(NamedTuple):
    model_id: str
    version: int


class CountOfRow(NamedTuple):
    model_id: str
    versions: int


_SHOWN = columns(Model, ModelRow)
_VERSION = columns(ModelVersion, VersionRow)
_IS_THERE = and_(ModelVersion.deleted_at.is_(None), ModelVersion.purged_at.is_(None))
_NAME: BindParameter[str] = bindparam("name")
_NAMED = and_(Model.name == _NAME, Model.deleted_at.is_(None))
_gone = aliased(Model)
#: The deleted model of this id, else the last one of this name.
_DELETED = Model.id == (
    select(_gone.id)
    .where(
        _gone.project_id == bindparam("project_id"),
        _gone.deleted_at.is_not(None),
        or_(_gone.name == _NAME, _gone.id == _NAME),
    )
    .order_by(_gone.id != _NAME, _gone.deleted_at.desc())
    .limit(1)
    .scalar_subquery()
)
_POINTING = select(ModelAlias.alias).where(
    ModelAlias.project_id == ModelVersion.project_id,
    ModelAlias.model_id == ModelVersion.model_id,
    ModelAlias.version == ModelVersion.version,
)

#: Names of the models that are not in the trash.
NAMES = Question(NameRow, select(Model.name).where(Model.deleted_at.is_(None)))


class DetailAsked(NamedTuple):
    """The questions about one model, with their parameters."""

    models: Asked[ModelRow]
    newest: Asked[VersionRow]
    aliased: Asked[VersionRow]
    counts: Asked[CountRow]
    aliases: Asked[AliasRow]


@dataclass(frozen=True)
class DetailQuestions:
    """One model, its newest versions, those that aliases point at, how many it has, and its aliases."""

    models: Question[ModelRow]
    newest: Question[VersionRow]
    aliased: Question[VersionRow]
    counts: Question[CountRow]
    aliases: Question[AliasRow]

    def given(self, name: str, limit: int) -> DetailAsked:
        """Return the questions about a model with at most ``limit`` newest versions."""
        of = {"name": name}
        newest = self.newest.given({**of, "limit": limit})
        rest = self.aliased.given(of), self.counts.given(of), self.aliases.given(of)
        return DetailAsked(self.models.given(of), newest, *rest)


@cache
def detail(*, trash: bool) -> DetailQuestions:
    """A model of a name; ``trash``: the deleted one of an id or a name. Parameter: ``name``."""
    meant = _DELETED if trash else _NAMED
    of_version = Model.id == ModelVersion.model_id
    return DetailQuestions(
        models=Question(ModelRow, select(*_SHOWN).where(meant)),
        newest=_versions(meant),
        aliased=Question(
            VersionRow, select(*_VERSION).join(Model, of_version).where(meant, _IS_THERE, _POINTING.exists())
        ),
        counts=Question(
            CountRow,
            select(func.count(ModelVersion.version).label("versions")).join(Model, of_version).where(meant, _IS_THERE),
        ),
        aliases=Question(
            AliasRow,
            select(ModelAlias.alias, ModelAlias.version)
            .join(Model, Model.id == ModelAlias.model_id)
            .where(meant)
            .order_by(ModelAlias.alias),
        ),
    )


@dataclass(frozen=True)
class PageQuestions:
    """A page of models by name, with the schema of their last versions, their champions and counts of versions."""

    models: Question[ModelRow]
    newest: Question[SchemaRow]
    champions: Question[ChampionRow]
    counts: Question[CountOfRow]


@cache
def page(*, after: bool, trash: bool) -> PageQuestions:
    """Parameters: ``limit``, and with ``after`` those of ``keyset.parameters``."""
    key = (Model.name, Model.id)
    conditions: list[ColumnElement[bool]] = [Model.deleted_at.is_not(None) if trash else Model.deleted_at.is_(None)]
    if after:
        conditions.append(behind_parameters(key))
    limit: BindParameter[int] = bindparam("limit")
    listed = select(Model.id).where(Model.project_id == bindparam("project_id"), *conditions)
    listed = listed.order_by(*key).limit(limit)
    last = and_(Model.id == ModelVersion.model_id, Model.last_version == ModelVersion.version)
    counted = select(ModelVersion.model_id, func.count().label("versions")).where(_IS_THERE)
    champions = select(ModelAlias.model_id, ModelAlias.version).where(ModelAlias.alias == "champion")
    return PageQuestions(
        models=Question(ModelRow, select(*_SHOWN).where(*conditions).order_by(*key).limit(limit)),
        newest=Question(
            SchemaRow, select(ModelVersion.model_id, ModelVersion.schema).join(Model, last).where(Model.id.in_(listed))
        ),
        champions=Question(ChampionRow, champions.where(ModelAlias.model_id.in_(listed))),
        counts=Question(CountOfRow, counted.where(ModelVersion.model_id.in_(listed)).group_by(ModelVersion.model_id)),
    )


@cache
def versions(*, after: bool) -> Question[VersionRow]:
    """A model's versions that are there, the newest first. Parameters: ``name``, ``limit``, and the key's."""
    return _versions(_NAMED, behind_parameters([ModelVersion.version], descending=True)) if after else _versions(_NAMED)


def _versions(*conditions: ColumnElement[bool]) -> Question[VersionRow]:
    statement = select(*_VERSION).join(Model, Model.id == ModelVersion.model_id).where(*conditions, _IS_THERE)
    return Question(VersionRow, statement.order_by(ModelVersion.version.desc()).limit(bindparam("limit")))
