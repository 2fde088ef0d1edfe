"""SQL queries for the frequent reads of ``lookup.py``; a ``Question`` is a query that is confined to one project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from pydantic import ConfigDict, JsonValue
from sqlalchemy import BindParameter, ColumnElement, ScalarSelect, and_, bindparam, func, or_, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, aliased

from azuraforge.database import JsonShape
from azuraforge.database.fast_reads import Asked, Question, columns
from azuraforge.database.keyset import behind_parameters
from azuraforge.models.provenance import ImportRecord, LearnedRows
from azuraforge.models.tables import Model, ModelAlias, ModelVersion
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.shape import Shape


class ModelRow(NamedTuple):
    id: str
    name: str
    created_at: datetime
    deleted_at: datetime | None
    deleted_by: str | None


class DetailRow(NamedTuple):
    """Model with the number of its versions."""

    id: str
    name: str
    created_at: datetime
    deleted_at: datetime | None
    deleted_by: str | None
    versions: int


class VersionRow(NamedTuple):
    """Version with the columns that pages show."""

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


class TargetOf(Shape):
    """Part of a version's schema that a list of models shows; reading all of it would take six times as long."""

    model_config = ConfigDict(extra="ignore")

    target: str
    unit: str = ""


class SchemaRow(NamedTuple):
    """Target and task kind of a model's newest version."""

    model_id: str
    kind: str
    schema: TargetOf


class ChampionRow(NamedTuple):
    model_id: str
    version: int


class CountOfRow(NamedTuple):
    model_id: str
    versions: int


_SHOWN = columns(Model, ModelRow)
_TARGET = type_coerce(ModelVersion.schema, JsonShape(TargetOf, recurs=True)).label("schema")
_VERSION = columns(ModelVersion, VersionRow)
_IS_THERE = and_(ModelVersion.deleted_at.is_(None), ModelVersion.purged_at.is_(None))
_NAME: BindParameter[str] = bindparam("name")
_NAMED = and_(Model.name == _NAME, Model.deleted_at.is_(None))
_other, _numbered = aliased(Model), aliased(ModelVersion)
#: Subquery for the id of the model with the given name.
_ID = (
    select(_other.id)
    .where(_other.project_id == bindparam("project_id"), _other.name == _NAME, _other.deleted_at.is_(None))
    .scalar_subquery()
)
#: Subquery for the id of the deleted model with the given id, or of the last deleted one with the given name.
_DELETED_ID = (
    select(_other.id)
    .where(
        _other.project_id == bindparam("project_id"),
        _other.deleted_at.is_not(None),
        or_(_other.name == _NAME, _other.id == _NAME),
    )
    .order_by(_other.id != _NAME, _other.deleted_at.desc())
    .limit(1)
    .scalar_subquery()
)
_NUMBERED_IS_THERE = and_(_numbered.deleted_at.is_(None), _numbered.purged_at.is_(None))
_COUNT = (
    select(func.count(_numbered.version))
    .where(_numbered.project_id == Model.project_id, _numbered.model_id == Model.id, _NUMBERED_IS_THERE)
    .scalar_subquery()
)
_POINTING = select(ModelAlias.alias).where(
    ModelAlias.project_id == ModelVersion.project_id,
    ModelAlias.model_id == ModelVersion.model_id,
    ModelAlias.version == ModelVersion.version,
)

_DETAIL: list[ColumnElement[Any] | InstrumentedAttribute[Any]] = [*_SHOWN, _COUNT.label("versions")]

#: Query for the names of models that are not in the trash.
NAMES = Question(NameRow, select(Model.name).where(Model.deleted_at.is_(None)))


class DetailAsked(NamedTuple):
    """Database queries about one model, each bound to its parameters."""

    models: Asked[DetailRow]
    versions: Asked[VersionRow]
    aliases: Asked[AliasRow]


@dataclass(frozen=True)
class DetailQuestions:
    """Queries about one model: the model with its number of versions, its versions, and its aliases.

    The versions are the newest versions and the versions that aliases point to.
    """

    models: Question[DetailRow]
    versions: Question[VersionRow]
    aliases: Question[AliasRow]

    def given(self, name: str, limit: int) -> DetailAsked:
        """Return the queries for the model with this name or id, with at most ``limit`` newest versions."""
        of = {"name": name}
        return DetailAsked(self.models.given(of), self.versions.given({**of, "limit": limit}), self.aliases.given(of))


@cache
def detail(*, trash: bool) -> DetailQuestions:
    """Return the queries for a model by name; with ``trash``, for a deleted model by id or name.

    The parameters are ``name`` and ``limit``.
    """
    id_: ScalarSelect[str] = _DELETED_ID if trash else _ID
    newest = (
        select(_numbered.version)
        .where(_numbered.project_id == bindparam("project_id"), _numbered.model_id == id_, _NUMBERED_IS_THERE)
        .order_by(_numbered.version.desc())
        .limit(bindparam("limit"))
    )
    shown = or_(ModelVersion.version.in_(newest), _POINTING.exists())
    return DetailQuestions(
        models=Question(DetailRow, select(*_DETAIL).where(Model.id == id_)),
        versions=Question(
            VersionRow,
            select(*_VERSION)
            .where(ModelVersion.model_id == id_, _IS_THERE, shown)
            .order_by(ModelVersion.version.desc()),
        ),
        aliases=Question(
            AliasRow,
            select(ModelAlias.alias, ModelAlias.version).where(ModelAlias.model_id == id_).order_by(ModelAlias.alias),
        ),
    )


@dataclass(frozen=True)
class PageQuestions:
    """Queries about a page of models: the models, their newest schemas, champions and numbers of versions."""

    models: Question[ModelRow]
    newest: Question[SchemaRow]
    champions: Question[ChampionRow]
    counts: Question[CountOfRow]


@cache
def page(*, after: bool, trash: bool) -> PageQuestions:
    """Return the queries for a page of models.

    The parameters are ``limit`` and, with ``after``, the parameters of ``keyset.parameters``.
    """
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
            SchemaRow,
            select(ModelVersion.model_id, ModelVersion.kind, _TARGET).join(Model, last).where(Model.id.in_(listed)),
        ),
        champions=Question(ChampionRow, champions.where(ModelAlias.model_id.in_(listed))),
        counts=Question(CountOfRow, counted.where(ModelVersion.model_id.in_(listed)).group_by(ModelVersion.model_id)),
    )


@cache
def versions(*, after: bool) -> Question[VersionRow]:
    """Return the query for a model's existing versions, newest first.

    The parameters are ``name``, ``limit`` and, with ``after``, the parameters of ``keyset.parameters``.
    """
    return _versions(_NAMED, behind_parameters([ModelVersion.version], descending=True)) if after else _versions(_NAMED)


def _versions(*conditions: ColumnElement[bool]) -> Question[VersionRow]:
    statement = select(*_VERSION).join(Model, Model.id == ModelVersion.model_id).where(*conditions, _IS_THERE)
    return Question(VersionRow, statement.order_by(ModelVersion.version.desc()).limit(bindparam("limit")))
