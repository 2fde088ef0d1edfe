"""The SQL of shadows and canaries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased

from azuraforge.database import now
from azuraforge.models.tables import Model, ModelDeployment, Prediction, PredictionOutcome

Counter = Literal["both_answered", "only_beside_failed", "only_this_failed", "left_out"]
#: Pairs of a deployment that are read at most; the test needs far fewer.
_MOST_PAIRS = 20_000


def add(session: Session, owner: Model, **fields: Any) -> ModelDeployment:
    """The next deployment of a locked model."""
    mine = (ModelDeployment.project_id == owner.project_id, ModelDeployment.model_id == owner.id)
    last = session.scalar(select(func.max(ModelDeployment.number)).where(*mine)) or 0
    row = ModelDeployment(
        project_id=owner.project_id, model_id=owner.id, number=last + 1, state="active", started_at=now(), **fields
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    return row


def get(session: Session, project_id: str, model_id: str, number: int, *, lock: bool = False) -> ModelDeployment | None:
    statement = select(ModelDeployment).where(
        ModelDeployment.project_id == project_id,
        ModelDeployment.model_id == model_id,
        ModelDeployment.number == number,
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def listed(session: Session, project_id: str, model_id: str, limit: int) -> Sequence[ModelDeployment]:
    """Newest first."""
    statement = select(ModelDeployment).where(
        ModelDeployment.project_id == project_id, ModelDeployment.model_id == model_id
    )
    return session.scalars(statement.order_by(ModelDeployment.number.desc()).limit(limit)).all()


def active(session: Session, project_id: str, model_id: str, alias: str | None = None) -> Sequence[ModelDeployment]:
    """Those that take part in answers now, of one alias or of all."""
    statement = select(ModelDeployment).where(
        ModelDeployment.project_id == project_id,
        ModelDeployment.model_id == model_id,
        ModelDeployment.state == "active",
    )
    if alias is not None:
        statement = statement.where(ModelDeployment.alias == alias)
    return session.scalars(statement.order_by(ModelDeployment.number)).all()


def end(session: Session, row: ModelDeployment, state: str, *, reason: str, by: str) -> None:
    row.state, row.ended_reason, row.ended_by, row.ended_at = state, reason, by, now()
    session.flush()
    session.refresh(row)


def count(session: Session, project_id: str, model_id: str, number: int, counter: Counter) -> None:
    """One more; added by the database, so that nobody's is lost."""
    column = getattr(ModelDeployment, counter)
    session.execute(
        update(ModelDeployment)
        .where(
            ModelDeployment.project_id == project_id,
            ModelDeployment.model_id == model_id,
            ModelDeployment.number == number,
        )
        .values({counter: column + 1})
    )


def pairs(session: Session, row: ModelDeployment) -> Sequence[tuple[datetime, datetime, float, float]]:
    """Answers of both versions to one question, judged to the end: ``(first target, last target, loss of the
    deployed version, loss of the one beside)``, in the order of their targets. A loss is the mean over the steps that
    both have."""
    given, kept = aliased(Prediction), aliased(Prediction)
    of_given, of_kept = aliased(PredictionOutcome), aliased(PredictionOutcome)
    statement = (
        select(
            given.version,
            func.min(of_given.target_at),
            func.max(of_given.target_at),
            func.avg(of_given.loss),
            func.avg(of_kept.loss),
        )
        .join(kept, (kept.project_id == given.project_id) & (kept.pair_id == given.id))
        .join(
            of_given,
            (of_given.project_id == given.project_id) & (of_given.prediction_id == given.id),
        )
        .join(
            of_kept,
            (of_kept.project_id == kept.project_id)
            & (of_kept.prediction_id == kept.id)
            & (of_kept.step == of_given.step),
        )
        .where(
            given.project_id == row.project_id,
            given.model_id == row.model_id,
            given.deployment == row.number,
            given.pair_id.is_(None),
            given.judged_at.is_not(None),
            kept.judged_at.is_not(None),
            of_given.late.is_(False),
        )
        .group_by(given.id, given.version)
        .order_by(func.min(of_given.target_at), given.id)
        .limit(_MOST_PAIRS)
    )
    found = session.execute(statement).all()
    return [
        (first, last, of_a, of_b) if version == row.version else (first, last, of_b, of_a)
        for version, first, last, of_a, of_b in found
    ]
