"""SQL queries for the ledger: entries, their outcomes, and retention."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from azuraforge.database import Base, Session, now
from azuraforge.database.fast_reads import Question
from azuraforge.database.keyset import behind
from azuraforge.models.deployment_tables import ModelDeployment
from azuraforge.models.predictions.lines import LedgerLine
from azuraforge.models.tables import EarlierOutcome, Model, ModelAlias, ModelVersion, Prediction, PredictionOutcome

_THERE = and_(
    Model.name == bindparam("name"),
    Model.deleted_at.is_(None),
    ModelVersion.deleted_at.is_(None),
    ModelVersion.purged_at.is_(None),
)


class JudgedPoint(NamedTuple):
    """Judged point of a prediction. ``actual`` is None if the prediction names a class."""

    prediction_id: str
    version: int
    step: int
    origin_at: datetime
    target_at: datetime
    series: str | None
    actual: float | None
    loss: float
    naive_loss: float | None
    question: str | None


class WhichRow(NamedTuple):
    """Model id and number of a version."""

    model_id: str
    version: int


class AlongsideRow(NamedTuple):
    """Shadow or canary deployment next to an alias."""

    number: int
    mode: str
    version: int
    share_percent: float


_WHICH = select(Model.id.label("model_id"), ModelVersion.version)
#: Query for the version that an alias of a model points to.
ALIASED = Question(
    WhichRow,
    _WHICH.join(ModelAlias, ModelAlias.model_id == Model.id)
    .join(ModelVersion, and_(ModelVersion.model_id == Model.id, ModelVersion.version == ModelAlias.version))
    .where(_THERE, ModelAlias.alias == bindparam("alias")),
)
#: Query for a version of a model by its number; it returns no row if either does not exist.
NUMBERED = Question(
    WhichRow,
    _WHICH.join(ModelVersion, ModelVersion.model_id == Model.id).where(
        _THERE, ModelVersion.version == bindparam("number")
    ),
)
#: Query for the active deployment next to the version that an alias points to.
ALONGSIDE = Question(
    AlongsideRow,
    select(ModelDeployment.number, ModelDeployment.mode, ModelDeployment.version, ModelDeployment.share_percent)
    .join(Model, Model.id == ModelDeployment.model_id)
    .where(Model.name == bindparam("name"), Model.deleted_at.is_(None))
    .where(ModelDeployment.alias == bindparam("alias"), ModelDeployment.state == "active"),
)

_TABLE: Any = Prediction.__table__
_OUTCOME: Any = PredictionOutcome.__table__
_ADD = insert(_TABLE)
_CLOCK = select(now())
#: Maximum number of ids in one statement.
_AT_ONCE = 500


def add(session: Session, lines: Sequence[LedgerLine]) -> datetime:
    """Insert entries with the database's current time, and return that time."""
    connection = session.connection()
    at: datetime = connection.execute(_CLOCK).scalar_one()
    connection.execute(_ADD, [{**line.columns(), "project_id": session.project_id, "created_at": at} for line in lines])
    return at


def known_ids(session: Session, ids: Sequence[str]) -> set[str]:
    """Return the subset of ``ids`` that is already stored."""
    statement = select(Prediction.id)
    batches = (ids[first : first + _AT_ONCE] for first in range(0, len(ids), _AT_ONCE))
    return {id_ for batch in batches for id_ in session.scalars(statement.where(Prediction.id.in_(batch)))}


def line(session: Session, id_: str) -> tuple[Prediction, str] | None:
    """Return an entry and the name of its model; None if the entry does not exist."""
    statement = (
        select(Prediction, Model.name)
        .join(Model, (Model.project_id == Prediction.project_id) & (Model.id == Prediction.model_id))
        .where(Prediction.id == id_)
    )
    row = session.execute(statement).first()
    return (row[0], row[1]) if row else None


def page(
    session: Session,
    *,
    model_id: str | None,
    version: int | None,
    judged: bool | None,
    unserved: bool,
    before: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[tuple[Prediction, str]]:
    """Return entries older than the key ``before`` with their models' names, newest first.

    Args:
        unserved: whether to include predictions that no caller received.
    """
    statement = select(Prediction, Model.name).join(
        Model, (Model.project_id == Prediction.project_id) & (Model.id == Prediction.model_id)
    )
    if not unserved:
        statement = statement.where(Prediction.pair_id.is_(None))
    if model_id is not None:
        statement = statement.where(Prediction.model_id == model_id)
    if version is not None:
        statement = statement.where(Prediction.version == version)
    if judged is not None:
        statement = statement.where(Prediction.judged_at.is_not(None) if judged else Prediction.judged_at.is_(None))
    if before is not None:
        statement = statement.where(behind((Prediction.created_at, Prediction.id), before, descending=True))
    statement = statement.order_by(Prediction.created_at.desc(), Prediction.id.desc()).limit(limit)
    return [(row[0], row[1]) for row in session.execute(statement)]


def named(session: Session, ids: Sequence[str], request_ids: Sequence[str]) -> Sequence[Prediction]:
    """Return the entries with these ids, the entries paired with them, and the entries with these request ids.

    The rows are locked until commit and ordered by creation time, oldest first.
    """
    statement = select(Prediction).where(
        or_(Prediction.id.in_(ids), Prediction.pair_id.in_(ids), Prediction.request_id.in_(request_ids)),
    )
    return session.scalars(statement.order_by(Prediction.created_at, Prediction.id).with_for_update()).all()


def open_lines(session: Session, dataset_id: str, until: datetime, after: str, limit: int) -> Sequence[Prediction]:
    """Return the next entries, ordered by id, that continue a dataset and are not fully judged.

    Only entries with an origin before ``until`` and an id greater than ``after`` are returned.
    """
    statement = (
        select(Prediction)
        .where(
            Prediction.continues == dataset_id,
            Prediction.judged_at.is_(None),
            Prediction.origin_at < until,
            Prediction.id > after,
        )
        .order_by(Prediction.id)
        .limit(limit)
    )
    return session.scalars(statement).all()


def lock_lines(session: Session, ids: Sequence[str]) -> Sequence[Prediction]:
    """Lock the entries that are not fully judged until commit, and return them; the order by id avoids deadlocks."""
    statement = select(Prediction).where(Prediction.id.in_(ids), Prediction.judged_at.is_(None))
    found = session.scalars(statement.order_by(Prediction.id).with_for_update())
    return found.all()


def datasets_with_open_lines(session: Session) -> Sequence[str]:
    """Return the ids of the datasets continued by predictions that are not fully judged."""
    statement = (
        select(Prediction.continues).where(Prediction.judged_at.is_(None), Prediction.continues.is_not(None)).distinct()
    )
    return [str(each) for each in session.scalars(statement)]


def known_steps(session: Session, ids: Sequence[str]) -> dict[str, set[int]]:
    """Return the judged steps of each prediction; a prediction without any is absent."""
    statement = select(PredictionOutcome.prediction_id, PredictionOutcome.step).where(
        PredictionOutcome.prediction_id.in_(ids)
    )
    found: dict[str, set[int]] = {}
    for id_, step in session.execute(statement):
        found.setdefault(id_, set()).add(step)
    return found


def add_outcomes(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Insert outcomes of points; a point that was judged in the meantime keeps its outcome."""
    connection = session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    if rows:
        connection.execute(dialect.insert(_OUTCOME).values(judged_at=now()).on_conflict_do_nothing(), list(rows))


def outcomes(session: Session, id_: str) -> Sequence[PredictionOutcome]:
    """Return the outcomes of a prediction's points, ordered by step."""
    statement = select(PredictionOutcome).where(PredictionOutcome.prediction_id == id_)
    return session.scalars(statement.order_by(PredictionOutcome.step)).all()


def label_counts(session: Session, model_id: str) -> dict[str, int]:
    """Return for each class how often it was the outcome of a model's predictions."""
    statement = (
        select(PredictionOutcome.label, func.count())
        .where(
            PredictionOutcome.model_id == model_id,
            PredictionOutcome.label.is_not(None),
        )
        .group_by(PredictionOutcome.label)
    )
    return {str(label): count for label, count in session.execute(statement)}


def purge(session: Session, before: datetime, limit: int) -> int:
    """Delete at most ``limit`` entries that were created before ``before``, oldest first, with their outcomes.

    Return the number of deleted entries.
    """
    ids = session.scalars(
        select(Prediction.id).where(Prediction.created_at < before).order_by(Prediction.created_at).limit(limit)
    ).all()
    columns: tuple[tuple[type[Base], Any], ...] = (
        (EarlierOutcome, EarlierOutcome.prediction_id),
        (PredictionOutcome, PredictionOutcome.prediction_id),
        (Prediction, Prediction.id),
    )
    for table, column in columns:
        session.execute(
            delete(table).where(column.in_(ids)),
            execution_options={"synchronize_session": False},
        )
    return len(ids)


def at_time(session: Session, model_id: str, at: datetime) -> Sequence[Prediction]:
    """Return the entries of a model that may have a point at this time, locked until commit and ordered by id.

    Only entries that continue the dataset on which their version was trained are returned.
    """
    of = and_(
        ModelVersion.project_id == Prediction.project_id,
        ModelVersion.model_id == Prediction.model_id,
        ModelVersion.version == Prediction.version,
    )
    statement = (
        select(Prediction)
        .join(ModelVersion, of)
        .where(
            Prediction.model_id == model_id,
            Prediction.continues == ModelVersion.dataset_id,
            Prediction.origin_at <= at,
            Prediction.matures_at >= at,
        )
    )
    return session.scalars(statement.order_by(Prediction.id).with_for_update(of=Prediction)).all()


def newest(session: Session, model_id: str) -> Prediction | None:
    """Return a model's latest entry; None if it has none."""
    statement = select(Prediction).where(Prediction.model_id == model_id)
    return session.scalars(statement.order_by(Prediction.created_at.desc()).limit(1)).first()


def judged_points(session: Session, model_id: str, limit: int) -> list[JudgedPoint]:
    """Return the newest judged points of a model, oldest target first.

    Only predictions that were made before their targets and are fully judged count.
    """
    table, line = PredictionOutcome, Prediction
    statement = (
        select(
            table.prediction_id,
            table.version,
            table.step,
            line.origin_at,
            table.target_at,
            line.inputs,
            table.actual,
            table.loss,
            table.naive_loss,
            table.question,
        )
        .join(line, and_(line.project_id == table.project_id, line.id == table.prediction_id))
        .where(table.model_id == model_id, table.late.is_(False), line.judged_at.is_not(None))
        .order_by(table.target_at.desc(), table.prediction_id, table.step)
        .limit(limit)
    )
    rows = session.execute(statement).all()
    return [
        JudgedPoint(id_, version, step, origin, target, inputs.series, actual, loss, naive, question)
        for id_, version, step, origin, target, inputs, actual, loss, naive, question in reversed(rows)
    ]
