"""Repeated judgement of points whose actual values a dataset has revised; the former judgements are kept.

The sequential tests of a canary do not change: ``deployments.store.new_pairs`` reads each pair only once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, insert, or_, select

from azuraforge.database import Session, now
from azuraforge.datasets.versions import DatasetVersion
from azuraforge.models.answers import Actual
from azuraforge.models.predictions.judging import judge
from azuraforge.models.tables import EarlierOutcome, Model, Prediction, PredictionOutcome

#: Columns of a judgement that a repeated judgement replaces.
_REPLACED = ("actual", "loss", "naive_loss", "incumbent_loss", "hit", "source", "dataset_version", "judged_at")
#: Maximum number of ids in one statement.
_AT_ONCE = 500


class JudgedPoint(NamedTuple):
    """Point judged by a version of the dataset, with its ledger entry."""

    line: Prediction
    step: int
    at: datetime
    actual: float | None


class Replaced(NamedTuple):
    """Result of a repeated judgement: numbers of points and predictions, and the names of their models."""

    points: int
    predictions: int
    models: list[str]


def judged_points(
    session: Session, dataset_id: str, span: tuple[datetime, datetime], after: tuple[str, int], limit: int
) -> list[JudgedPoint]:
    """Return at most ``limit`` points in the time range ``span`` that were judged by a version of the dataset.

    The points follow the key ``after`` and are ordered by entry id and step.
    """
    table = PredictionOutcome
    behind = or_(table.prediction_id > after[0], and_(table.prediction_id == after[0], table.step > after[1]))
    statement = (
        select(Prediction, table.step, table.target_at, table.actual)
        .join(table, (table.project_id == Prediction.project_id) & (table.prediction_id == Prediction.id))
        .where(Prediction.continues == dataset_id, table.dataset_version.is_not(None))
        .where(table.target_at.between(*span), behind)
        .order_by(table.prediction_id, table.step)
        .limit(limit)
    )
    return [JudgedPoint(*row) for row in session.execute(statement)]


def replace(session: Session, dataset: DatasetVersion, changed: Mapping[tuple[str, int], Actual]) -> Replaced:
    """Judge points again by revised values, and keep the former judgements.

    The transaction must hold the lock of the dataset's progress (``progress.check``).

    Args:
        dataset: version that contains the revised values.
        changed: revised value by entry id and step; a value equal to the judged one is skipped,
        and so is a point that was judged by a reported outcome.
    """
    ids = sorted({id_ for id_, _ in changed})
    again: list[PredictionOutcome] = []
    earlier: list[dict[str, Any]] = []
    models: set[str] = set()
    for first in range(0, len(ids), _AT_ONCE):
        some = ids[first : first + _AT_ONCE]
        lines = {line.id: line for line in _locked(session, some)}
        for row in _outcomes(session, some):
            value = changed.get((row.prediction_id, row.step))
            if value is None or row.dataset_version is None or row.actual == value.value:
                continue
            (judged,) = judge(lines[row.prediction_id], {row.target_at: value})
            earlier.append(_former(row))
            row.actual, row.loss, row.naive_loss, row.hit = value.value, judged.loss, judged.naive_loss, judged.hit
            row.incumbent_loss = judged.incumbent_loss
            row.source = f"dataset {dataset.name} v{dataset.version}"[:200]
            row.dataset_version, row.revisions, row.judged_at = dataset.version, row.revisions + 1, now()
            again.append(row)
            models.add(row.model_id)
    if earlier:
        session.connection().execute(insert(EarlierOutcome).values(replaced_at=now()), earlier)
    names = session.scalars(select(Model.name).where(Model.id.in_(models)).order_by(Model.name)).all() if models else []
    predictions = len({row.prediction_id for row in again})
    session.flush()
    return Replaced(len(again), predictions, list(names))


def earlier_outcomes(session: Session, prediction_id: str) -> Sequence[EarlierOutcome]:
    """Return a prediction's replaced judgements, ordered by step and time."""
    statement = select(EarlierOutcome).where(EarlierOutcome.prediction_id == prediction_id)
    return session.scalars(statement.order_by(EarlierOutcome.step, EarlierOutcome.number)).all()


def _former(row: PredictionOutcome) -> dict[str, Any]:
    keys = ("project_id", "prediction_id", "step", "model_id", *_REPLACED)
    return {"number": row.revisions, **{name: getattr(row, name) for name in keys}}


def _locked(session: Session, ids: Sequence[str]) -> Sequence[Prediction]:
    statement = select(Prediction).where(Prediction.id.in_(ids)).order_by(Prediction.id)
    return session.scalars(statement.with_for_update()).all()


def _outcomes(session: Session, ids: Sequence[str]) -> Sequence[PredictionOutcome]:
    statement = select(PredictionOutcome).where(PredictionOutcome.prediction_id.in_(ids))
    return session.scalars(statement.order_by(PredictionOutcome.prediction_id, PredictionOutcome.step)).all()
