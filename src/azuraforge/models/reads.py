"""Typed reads of models and versions for other packages; ``ModelReads`` blocks and is for threads."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from pydantic import JsonValue
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from azuraforge.database import Database, Session, name_search
from azuraforge.database.keyset import behind
from azuraforge.database.name_search import NamedRow
from azuraforge.errors import NotFound
from azuraforge.models import lookup, shapes, store
from azuraforge.models.events import PromotionState
from azuraforge.models.gate.policy import PolicyTerms
from azuraforge.models.gate.record import VerdictRecord
from azuraforge.models.promotion_tables import ModelPromotion
from azuraforge.models.provenance import LearnedRows
from azuraforge.models.registry import finding
from azuraforge.models.registry.names import BY_GATE, CHAMPION
from azuraforge.models.schemas import EvaluationOut, ModelDetail, VersionOut
from azuraforge.models.tables import (
    AliasChange,
    Evaluation,
    Model,
    ModelAlias,
    ModelPolicy,
    ModelVersion,
    Prediction,
    PredictionOutcome,
)
from azuraforge.plugins.contract.dataset_schema import DatasetSchema

#: Maximum counts of forecasts and of judged points; counting all of a long ledger would slow every page.
MOST_FORECASTS, MOST_POINTS = 1_000, 10_000
#: Number of newest forecasts among which distinct origins are counted.
_NEWEST_FORECASTS = 200


class LearnedVersion(NamedTuple):
    """Version with its training data and the facts required to load it."""

    project_id: str
    model_id: str
    version: int
    content_hash: str
    plugin: str
    config: dict[str, JsonValue]
    schema: DatasetSchema
    run_id: str
    dataset_id: str | None
    learned_from: LearnedRows


class ModelRow(NamedTuple):
    """Model with its champion; the fields of the champion are None if there is none."""

    id: str
    name: str
    champion: int | None
    since: datetime | None
    champion_run: str | None


class VersionRow(NamedTuple):
    """Version of a model: the newest trained on this platform, the newest of all, or the champion."""

    model_id: str
    version: int
    run_id: str
    dataset_id: str | None
    created_at: datetime
    imported: bool


class ForecastRow(NamedTuple):
    """Newest forecast that a caller received, with the number of forecasts, at most ``MOST_FORECASTS`` + 1.

    ``origins`` is the number of distinct origins among the newest forecasts.
    """

    model_id: str
    id: str
    version: int
    created_at: datetime
    forecasts: int
    origins: int


class JudgedRow(NamedTuple):
    """Newest judged target of a model, with the number of judged points, at most ``MOST_POINTS`` + 1."""

    model_id: str
    prediction_id: str
    judged_at: datetime
    points: int


class ModelReads:
    """Reads of models, versions and evaluations; each method takes the project's id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def show(self, project_id: str, name: str) -> ModelDetail:
        """Return a model as ``ModelLookup.get`` does on the event loop. Raises NotFound if it does not exist."""
        return self._database.follow_now(project_id, lookup.detail(name))

    def show_version(self, project_id: str, name: str, number: int) -> VersionOut:
        """Return one version with its lineage, even if the version or its model is in the trash.

        Raises NotFound if either does not exist.
        """
        with self._database.read(project_id) as session:
            owner = finding.find_model(session, name, trash=True)
            row = finding.find_version(session, owner, number, trash=True)
            names = shapes.names_by_version(store.aliases(session, owner.id))
            return shapes.version_out(owner.name, row, names.get(number, []))

    def evaluation(self, project_id: str, run_id: str) -> EvaluationOut:
        """Return a run's evaluation and verdict. Raises NotFound if the run has none."""
        with self._database.read(project_id) as session:
            found = store.evaluation(session, run_id)
        if found is None:
            raise NotFound(
                "run {run!r} has no evaluation",
                next_step="choose a training run that succeeded, with azuraforge runs list",
                run=run_id,
            )
        return shapes.evaluation_out(*found)


def champion(session: Session, name: str) -> LearnedVersion | None:
    """Return the champion of a model; None if it has none or does not exist."""
    owner = store.model(session, name)
    row = finding.aliased(session, owner.id, CHAMPION) if owner is not None else None
    return _learned(row) if row is not None else None


def required_champion(session: Session, name: str) -> LearnedVersion:
    """Return the champion of a model.

    Raises NotFound if the model does not exist, and Conflict if it has no champion.
    """
    return _learned(finding.find_aliased(session, finding.find_model(session, name), CHAMPION))


def models(session: Session, name: str | None, after: tuple[str, str] | None, limit: int) -> list[ModelRow]:
    """Return models that are not in the trash, ordered by name and following ``after``.

    With ``name``, only the model of this name is returned.
    """
    champion = and_(ModelAlias.model_id == Model.id, ModelAlias.alias == "champion")
    line = and_(AliasChange.model_id == Model.id, AliasChange.seq == ModelAlias.change)
    found = (
        select(Model.id, Model.name, ModelAlias.version, AliasChange.at, AliasChange.run_id)
        .outerjoin(ModelAlias, champion)
        .outerjoin(AliasChange, line)
        .where(Model.deleted_at.is_(None))
    )
    if name is not None:
        found = found.where(Model.name == name)
    if after is not None:
        found = found.where(behind((Model.name, Model.id), after))
    return [ModelRow(*row) for row in session.execute(found.order_by(Model.name, Model.id).limit(limit))]


def versions(session: Session, ids: Collection[str]) -> list[VersionRow]:
    """Return each model's newest version trained on this platform, its newest version of all, and its champion."""
    learned = aliased(ModelVersion)
    newest = (
        select(func.max(learned.version))
        .where(learned.model_id == ModelVersion.model_id, learned.imported.is_(None))
        .correlate(ModelVersion)
        .scalar_subquery()
    )
    held = and_(ModelAlias.model_id == ModelVersion.model_id, ModelAlias.alias == "champion")
    one = ModelVersion
    found = (
        select(one.model_id, one.version, one.run_id, one.dataset_id, one.created_at, one.imported.is_not(None))
        .join(Model, Model.id == one.model_id)
        .outerjoin(ModelAlias, held)
        .where(one.model_id.in_(ids))
        .where(or_(one.version == newest, one.version == Model.last_version, one.version == ModelAlias.version))
        .order_by(one.model_id, one.version)
    )
    return [VersionRow(*row) for row in session.execute(found)]


def forecasts(session: Session, ids: Collection[str]) -> dict[str, ForecastRow]:
    """Return, by model id, the newest forecast that a caller received; models without a forecast are absent."""
    line, counted, recent = aliased(Prediction), aliased(Prediction), aliased(Prediction)
    newest = (
        select(line.id)
        .where(line.model_id == Model.id, line.pair_id.is_(None))
        .order_by(line.created_at.desc(), line.id.desc())
        .limit(1)
        .correlate(Model)
        .scalar_subquery()
    )
    given = select(counted.id).where(counted.model_id == Model.id, counted.pair_id.is_(None))
    many = given.limit(MOST_FORECASTS + 1).correlate(Model).subquery()
    latest = (
        select(recent.origin_at.label("origin_at"))
        .where(recent.model_id == Model.id, recent.pair_id.is_(None))
        .order_by(recent.created_at.desc())
        .limit(_NEWEST_FORECASTS)
        .correlate(Model)
        .subquery()
    )
    found = (
        select(
            Model.id,
            Prediction.id,
            Prediction.version,
            Prediction.created_at,
            select(func.count()).select_from(many).scalar_subquery(),
            select(func.count(latest.c.origin_at.distinct())).scalar_subquery(),
        )
        .join(Prediction, Prediction.id == newest)
        .where(Model.id.in_(ids))
    )
    return {each[0]: ForecastRow(*each) for each in session.execute(found)}


def judged(session: Session, ids: Collection[str]) -> dict[str, JudgedRow]:
    """Return, by model id, the newest judged target; models without a judged point are absent."""
    newest, same, counted = aliased(PredictionOutcome), aliased(PredictionOutcome), aliased(PredictionOutcome)
    last = newest.target_at.desc(), newest.prediction_id.desc()
    line = select(newest.prediction_id).where(newest.model_id == Model.id).order_by(*last).limit(1).correlate(Model)
    when = (
        select(same.judged_at)
        .where(same.model_id == Model.id)
        .order_by(same.target_at.desc(), same.prediction_id.desc())
        .limit(1)
        .correlate(Model)
    )
    points = select(counted.step).where(counted.model_id == Model.id).limit(MOST_POINTS + 1).correlate(Model)
    count = select(func.count()).select_from(points.subquery()).scalar_subquery()
    found = select(Model.id, line.scalar_subquery(), when.scalar_subquery(), count).where(Model.id.in_(ids))
    return {each[0]: JudgedRow(*each) for each in session.execute(found) if each[1] is not None}


def verdicts(session: Session, run_ids: Collection[str]) -> dict[str, tuple[VerdictRecord, datetime]]:
    """Return the verdicts of runs with the times at which they were stored, by run id."""
    found = select(Evaluation.run_id, Evaluation.verdict, Evaluation.created_at)
    return {each[0]: (each[1], each[2]) for each in session.execute(found.where(Evaluation.run_id.in_(run_ids)))}


def promotions(session: Session, run_ids: Collection[str]) -> dict[str, PromotionState]:
    """Return the states of the promotions that the gate asked for, by run id; the newest one of each run."""
    row = ModelPromotion
    found = select(row.run_id, row.state).where(row.run_id.in_(run_ids), row.by == BY_GATE)
    return {each[0]: each[1] for each in session.execute(found.order_by(row.number)) if each[0] is not None}


def policies(session: Session, ids: Collection[str]) -> dict[str, PolicyTerms]:
    """Return the current policy of each model; models with the platform's default policy are absent."""
    other = aliased(ModelPolicy)
    newest = (
        select(func.max(other.number))
        .where(other.model_id == ModelPolicy.model_id)
        .correlate(ModelPolicy)
        .scalar_subquery()
    )
    found = select(ModelPolicy.model_id, ModelPolicy.policy)
    found = found.where(ModelPolicy.model_id.in_(ids), ModelPolicy.number == newest)
    return {each[0]: each[1] for each in session.execute(found)}


def _learned(row: ModelVersion) -> LearnedVersion:
    return LearnedVersion(
        project_id=row.project_id,
        model_id=row.model_id,
        version=row.version,
        content_hash=row.content_hash,
        plugin=row.plugin,
        config=row.config,
        schema=row.schema,
        run_id=row.run_id,
        dataset_id=row.dataset_id,
        learned_from=row.learned_from,
    )


def find_named(session: Session, text: str, limit: int) -> list[NamedRow]:
    """Return the newest models whose name contains ``text`` or whose id begins with it."""
    return name_search.find_named(
        session,
        text,
        limit,
        key=Model.id,
        name=Model.name,
        created_at=Model.created_at,
        deleted_at=Model.deleted_at,
    )
