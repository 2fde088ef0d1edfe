"""Queries over judged predictions: scores, spans and counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    type_coerce,
)

from azuraforge.database import Session
from azuraforge.models.registry.names import CHAMPION
from azuraforge.models.tables import ModelAlias, Prediction, PredictionOutcome


def scores(
    session: Session, model_id: str, bucket_seconds: int, since: datetime | None, *, late: bool
) -> Sequence[Any]:
    """Return the sums that ``judging.score`` requires, by version and time interval.

    Each row contains the version, the start of the interval in seconds since 1970, the sums, and the number of judged
    points. Only predictions made after their targets count if ``late``, else only the others. Repeated predictions for
    the same input count once in the sums, with their mean loss, but each in the number of points.
    """
    asked = _questions(late=late).where(PredictionOutcome.model_id == model_id)
    if since is not None:
        asked = asked.where(PredictionOutcome.target_at >= since)
    each = asked.subquery().c
    start = _bucket(session, each.target_at, bucket_seconds)
    statement = (
        select(each.version, start.label("start"), *_sums(each))
        .group_by(each.version, start)
        .order_by(start, each.version)
    )
    return session.execute(statement).all()


def of_champions(session: Session, ids: Collection[str]) -> Sequence[Any]:
    """Return the sums that ``judging.score`` requires for the champions of models, with one statement.

    Each row contains the model's id, the number of points with a class, the sums, and the number of judged points.
    Models whose champion has no judged point are absent. Predictions made after their targets do not count.
    """
    table = PredictionOutcome
    held = and_(
        ModelAlias.model_id == table.model_id, ModelAlias.version == table.version, ModelAlias.alias == CHAMPION
    )
    asked = _questions(late=False).add_columns(func.count(table.label).label("labels"))
    each = asked.join(ModelAlias, held).where(table.model_id.in_(ids)).subquery().c
    return session.execute(select(each.model_id, func.sum(each.labels), *_sums(each)).group_by(each.model_id)).all()


def _questions(*, late: bool) -> Select[Any]:
    """Return the query for judged points by model and version; repeated predictions for equal inputs are one row."""
    table = PredictionOutcome
    hit = case((table.hit.is_(True), 1.0), (table.hit.is_(False), 0.0))
    question = func.coalesce(table.question, table.prediction_id)
    return (
        select(
            table.model_id,
            table.version,
            func.max(table.target_at).label("target_at"),
            func.avg(table.loss).label("loss"),
            func.avg(case((table.naive_loss.is_not(None), table.loss))).label("compared"),
            func.avg(table.naive_loss).label("naive_loss"),
            func.avg(hit).label("hit"),
            func.avg(case((table.incumbent_loss.is_not(None), table.loss))).label("alongside_incumbent"),
            func.avg(table.incumbent_loss).label("incumbent_loss"),
            func.count().label("answers"),
        )
        .where(table.late.is_(late))
        .group_by(table.model_id, table.version, question, table.step)
    )


def _sums(each: Any) -> list[ColumnElement[Any]]:
    """Return the sums over the columns of ``_questions`` in the order of ``judging.score``, then the answers."""
    return [
        func.count(),
        func.sum(each.loss),
        func.count(each.compared),
        func.sum(each.compared),
        func.sum(each.naive_loss),
        func.count(each.hit),
        func.sum(each.hit),
        func.count(each.incumbent_loss),
        func.sum(each.alongside_incumbent),
        func.sum(each.incumbent_loss),
        func.sum(each.answers),
    ]


def _bucket(session: Session, column: Any, seconds: int) -> Any:
    """Return the start of the interval that contains the column's time, in seconds since 1970."""
    if session.get_bind().dialect.name == "postgresql":
        whole = func.extract("epoch", column)
        return cast(func.floor(whole / seconds), BigInteger) * seconds
    return type_coerce(column, BigInteger) // literal(1_000_000 * seconds, BigInteger) * seconds


def span(session: Session, model_id: str) -> tuple[datetime, datetime, int] | None:
    """Return the first and the last judged target time and the number of judged points; None if no point is judged."""
    statement = select(
        func.min(PredictionOutcome.target_at), func.max(PredictionOutcome.target_at), func.count()
    ).where(PredictionOutcome.model_id == model_id)
    first, last, count = session.execute(statement).one()
    return (first, last, count) if count else None


def judged_again(session: Session, model_id: str) -> int:
    """Return the number of a model's points that were judged again after a revision."""
    statement = select(func.count()).where(PredictionOutcome.model_id == model_id, PredictionOutcome.revisions > 0)
    return int(session.scalar(statement) or 0)


def counts(session: Session, model_id: str) -> tuple[int, int]:
    """Return the number of a model's entries, and how many of them are not fully judged."""
    statement = select(func.count(), func.sum(case((Prediction.judged_at.is_(None), 1), else_=0))).where(
        Prediction.model_id == model_id
    )
    lines, waiting = session.execute(statement).one()
    return int(lines), int(waiting or 0)
