"""SQL queries for drift references and reports."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from pydantic import ConfigDict
from sqlalchemy import ScalarSelect, and_, func, or_, select, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute

from azuraforge.database import JsonShape, Session, now
from azuraforge.models.distributions import DriftReport, Reference
from azuraforge.models.drift.errors import JudgedError
from azuraforge.models.registry.names import CHAMPION
from azuraforge.models.tables import EarlierOutcome, Model, ModelAlias, ModelDrift, Prediction, PredictionOutcome
from azuraforge.plugins.contract.shape import Shape


def found(session: Session, model_id: str, version: int) -> ModelDrift | None:
    """Return a version's reference with its last report; None if it has no reference."""
    return session.get(ModelDrift, (session.project_id, model_id, version))


class _Enough(Shape):
    """Part of a report that a list of models shows."""

    model_config = ConfigDict(extra="ignore")

    enough: bool


class ChampionDrift(NamedTuple):
    """Result of the last check of a champion; ``report`` contains whether there were enough values."""

    model_id: str
    alarm: bool
    report: _Enough


def of_champions(session: Session, ids: Collection[str]) -> list[ChampionDrift]:
    """Return the results of the last checks of the champions of models; unchecked ones are absent."""
    row = ModelDrift
    held = and_(ModelAlias.model_id == row.model_id, ModelAlias.version == row.version, ModelAlias.alias == CHAMPION)
    report = type_coerce(row.report, JsonShape(_Enough))
    found = select(row.model_id, row.alarm, report).join(ModelAlias, held)
    is_checked = row.model_id.in_(ids) & row.checked_at.is_not(None)
    return [ChampionDrift(*each) for each in session.execute(found.where(is_checked))]


def keep(session: Session, model_id: str, version: int, reference: Reference) -> None:
    """Store a version's reference; do nothing if it already has one."""
    connection = session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    key = {"project_id": session.project_id, "model_id": model_id, "version": version}
    statement = dialect.insert(ModelDrift).values(**key, reference=reference, alarm=False, made_at=now())
    connection.execute(statement.on_conflict_do_nothing())


def keep_report(session: Session, model_id: str, version: int, report: DriftReport) -> bool:
    """Store the report of a check of a version with a reference; return whether the previous report raised an alarm."""
    statement = select(ModelDrift).where(ModelDrift.model_id == model_id, ModelDrift.version == version)
    row = session.scalars(statement.with_for_update()).one()
    before, row.alarm = row.alarm, report.alarm
    row.report, row.checked_at = report, now()
    session.flush()
    return before


def window(session: Session, model_id: str, version: int, count: int) -> list[Prediction]:
    """Return at most ``count`` of a version's newest ledger entries with features, oldest origin first."""
    statement = (
        select(Prediction)
        .where(
            Prediction.model_id == model_id,
            Prediction.version == version,
            Prediction.features.is_not(None),
        )
        .order_by(Prediction.created_at.desc())
        .limit(count)
    )
    return sorted(session.scalars(statement), key=lambda line: (line.origin_at, line.created_at))


def judged_errors(session: Session, model_id: str, version: int, count: int) -> list[JudgedError]:
    """Return the mean absolute error of each of the newest fully judged origins, oldest first.

    Forecasts of several series from one origin are averaged. Forecasts made after their target times are excluded, as
    are forecasts from request rows that continue no dataset. A point that was judged again after a revision counts with
    its first judgement: the sequential test is valid only if earlier values never change.
    """
    first = func.coalesce(EarlierOutcome.loss, PredictionOutcome.loss)
    matures = func.max(Prediction.matures_at)
    statement = (
        select(Prediction.origin_at, matures, func.avg(first))
        .join(
            PredictionOutcome,
            and_(
                PredictionOutcome.project_id == Prediction.project_id,
                PredictionOutcome.prediction_id == Prediction.id,
            ),
        )
        .outerjoin(
            EarlierOutcome,
            and_(
                EarlierOutcome.project_id == PredictionOutcome.project_id,
                EarlierOutcome.prediction_id == PredictionOutcome.prediction_id,
                EarlierOutcome.step == PredictionOutcome.step,
                EarlierOutcome.number == 0,
            ),
        )
        .where(
            Prediction.model_id == model_id,
            Prediction.version == version,
            Prediction.judged_at.is_not(None),
            Prediction.continues.is_not(None),
            PredictionOutcome.late.is_(False),
        )
        .group_by(Prediction.origin_at)
        .order_by(Prediction.origin_at.desc())
        .limit(count)
    )
    rows = session.execute(statement).all()
    return [JudgedError(row[0], row[1], float(row[2])) for row in reversed(rows)]


def due(session: Session, models: Iterable[str] | None = None) -> list[tuple[str, int]]:
    """Return the champions with entries written or judged since their last check, as model name and version.

    Args:
        models: ids of the models to consider; None for all.
    """
    last = _last(Prediction.created_at)
    judged = _last(Prediction.judged_at)
    statement = (
        select(Model.name, ModelAlias.version)
        .join(ModelAlias, and_(ModelAlias.project_id == Model.project_id, ModelAlias.model_id == Model.id))
        .outerjoin(
            ModelDrift,
            and_(
                ModelDrift.project_id == ModelAlias.project_id,
                ModelDrift.model_id == ModelAlias.model_id,
                ModelDrift.version == ModelAlias.version,
            ),
        )
        .where(
            Model.deleted_at.is_(None),
            ModelAlias.alias == "champion",
            last.is_not(None),
            or_(ModelDrift.checked_at.is_(None), last > ModelDrift.checked_at, judged > ModelDrift.checked_at),
        )
        .order_by(Model.name)
    )
    if models is not None:
        statement = statement.where(Model.id.in_(list(models)))
    return [(row[0], row[1]) for row in session.execute(statement)]


def _last(
    moment: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
) -> ScalarSelect[datetime | None]:
    """Return the expression for the newest ``moment`` among the entries of a champion."""
    return (
        select(func.max(moment))
        .where(
            Prediction.project_id == ModelAlias.project_id,
            Prediction.model_id == ModelAlias.model_id,
            Prediction.version == ModelAlias.version,
            Prediction.features.is_not(None),
        )
        .scalar_subquery()
    )
