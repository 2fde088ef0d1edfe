"""SQL queries for deployments and their judged pairs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import aliased

from azuraforge.database import Session, now
from azuraforge.database.keyset import behind
from azuraforge.messages.stored import StoredText
from azuraforge.models.deployment_tables import DeploymentPair, DeploymentSeries, ModelDeployment
from azuraforge.models.tables import Model, Prediction, PredictionOutcome

Counter = Literal["both_answered", "only_alongside_failed", "only_this_failed", "left_out"]
#: Maximum number of rows read at once.
_MOST_PAIRS = 20_000


def add(session: Session, owner: Model, **fields: object) -> ModelDeployment:
    """Add the next deployment of a locked model, and return it."""
    mine = (ModelDeployment.project_id == owner.project_id, ModelDeployment.model_id == owner.id)
    last = session.scalar(select(func.max(ModelDeployment.number)).where(*mine)) or 0
    row = ModelDeployment(
        project_id=owner.project_id, model_id=owner.id, number=last + 1, state="active", started_at=now(), **fields
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    return row


def get(session: Session, model_id: str, number: int, *, lock: bool = False) -> ModelDeployment | None:
    statement = select(ModelDeployment).where(
        ModelDeployment.model_id == model_id,
        ModelDeployment.number == number,
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def listed(session: Session, model_id: str, limit: int, after: tuple[int] | None = None) -> Sequence[ModelDeployment]:
    """Return a model's deployments, newest first, following the key ``after``."""
    statement = select(ModelDeployment).where(ModelDeployment.model_id == model_id)
    if after is not None:
        statement = statement.where(behind([ModelDeployment.number], after, descending=True))
    return session.scalars(statement.order_by(ModelDeployment.number.desc()).limit(limit)).all()


def active(session: Session, model_id: str, alias: str | None = None) -> Sequence[ModelDeployment]:
    """Return a model's active deployments, of one alias or of all."""
    statement = select(ModelDeployment).where(
        ModelDeployment.model_id == model_id,
        ModelDeployment.state == "active",
    )
    if alias is not None:
        statement = statement.where(ModelDeployment.alias == alias)
    return session.scalars(statement.order_by(ModelDeployment.number)).all()


def end(session: Session, row: ModelDeployment, state: str, *, reason: StoredText, by: str) -> None:
    row.state, row.ended_reason, row.ended_by, row.ended_at = state, reason, by, now()
    session.flush()
    session.refresh(row)


def count(session: Session, model_id: str, number: int, counter: Counter) -> None:
    """Increment a counter of a deployment in the database, so that concurrent increments are not lost."""
    column = getattr(ModelDeployment, counter)
    session.execute(
        update(ModelDeployment)
        .where(
            ModelDeployment.model_id == model_id,
            ModelDeployment.number == number,
        )
        .values({counter: column + 1})
    )


@dataclass(frozen=True)
class JudgedPair:
    """Predictions of both versions for one request, fully judged; losses cover the targets that both have.

    Attributes:
        prediction_id: id of the prediction that was returned.
        first_at: first target time.
        last_at: last target time.
        loss: mean loss of the deployed version.
        alongside_loss: mean loss of the version that the alias points to.
        largest: largest loss of the deployed version.
        alongside_largest: largest loss of the version that the alias points to.
        of_numbers: whether the predictions are numbers, not classes.
        series: name of the series; empty if the versions learned only one.
    """

    prediction_id: str
    first_at: datetime
    last_at: datetime
    loss: float
    alongside_loss: float
    largest: float
    alongside_largest: float
    of_numbers: bool
    series: str = ""


@dataclass(frozen=True)
class KnownLoss:
    """Largest loss of a judged prediction.

    Attributes:
        series: name of the series; empty if the version learned only one.
        loss: largest loss.
        of_its_own: whether the prediction counts: its targets do not overlap those of a newer prediction that counts.
    """

    series: str
    loss: float
    of_its_own: bool


def new_pairs(session: Session, row: ModelDeployment) -> list[JudgedPair]:
    """Return judged pairs of a deployment that have not been evaluated yet, at most 20,000, ordered by target time."""
    given, kept = aliased(Prediction), aliased(Prediction)
    of_given, of_kept = aliased(PredictionOutcome), aliased(PredictionOutcome)
    statement = (
        select(
            given.id,
            given.version,
            func.min(of_given.target_at),
            func.max(of_given.target_at),
            func.avg(of_given.loss),
            func.avg(of_kept.loss),
            func.max(of_given.loss),
            func.max(of_kept.loss),
            func.count(of_given.actual),
            given.inputs,
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
            & (of_kept.step == of_given.step)
            # Forecasts from different dataset versions have different origins, so the same step may have another time.
            # The same image is the same question at any time.
            & ((of_kept.target_at == of_given.target_at) | (kept.question == given.question)),
        )
        .outerjoin(
            DeploymentPair,
            (DeploymentPair.project_id == given.project_id)
            & (DeploymentPair.model_id == given.model_id)
            & (DeploymentPair.number == given.deployment)
            & (DeploymentPair.prediction_id == given.id),
        )
        .where(
            given.project_id == row.project_id,
            given.model_id == row.model_id,
            given.deployment == row.number,
            given.pair_id.is_(None),
            given.judged_at.is_not(None),
            kept.judged_at.is_not(None),
            of_given.late.is_(False),
            of_kept.late.is_(False),
            DeploymentPair.prediction_id.is_(None),
        )
        .group_by(given.project_id, given.id, given.version)
        .order_by(func.min(of_given.target_at), given.id)
        .limit(_MOST_PAIRS)
    )
    found = []
    for id_, version, first, last, one, other, largest, other_largest, numbers, inputs in session.execute(statement):
        mine = version == row.version
        losses = (one, other, largest, other_largest) if mine else (other, one, other_largest, largest)
        found.append(JudgedPair(id_, first, last, *losses, numbers > 0, inputs.series or ""))
    return found


def keep_pairs(session: Session, row: ModelDeployment, looked_at: Sequence[tuple[JudgedPair, bool]]) -> None:
    """Mark pairs as evaluated, and store whether each was counted."""
    names = ("prediction_id", "first_at", "last_at", "loss", "alongside_loss", "largest", "alongside_largest")
    owner = {"project_id": row.project_id, "model_id": row.model_id, "number": row.number}
    pairs = [
        {**owner, "counted": counted, **{name: getattr(pair, name) for name in names}} for pair, counted in looked_at
    ]
    if pairs:
        session.connection().execute(insert(DeploymentPair).values(looked_at=now()), pairs)


def series_of(session: Session, row: ModelDeployment, names: Collection[str]) -> dict[str, DeploymentSeries]:
    """Return the series of a locked deployment by name; missing ones are created."""
    mine = {"project_id": row.project_id, "model_id": row.model_id, "number": row.number}
    statement = select(DeploymentSeries).filter_by(**mine).where(DeploymentSeries.series.in_(names))
    found = {each.series: each for each in session.scalars(statement)}
    for name in set(names) - found.keys():
        found[name] = DeploymentSeries(**mine, series=name, losses=0.0, losses_of=0)
        session.add(found[name])
    return found


def largest_losses(session: Session, model_id: str, version: int, limit: int) -> list[KnownLoss]:
    """Return the largest loss of each of a version's newest fully judged numeric predictions, newest first.

    The list ends after ``limit`` predictions whose targets do not overlap, at the latest after 20,000 predictions.
    """
    table = PredictionOutcome
    last = func.max(table.target_at)
    statement = (
        select(func.min(table.target_at), last, func.max(table.loss), Prediction.inputs)
        .join(Prediction, (Prediction.project_id == table.project_id) & (Prediction.id == table.prediction_id))
        .where(
            table.model_id == model_id,
            table.version == version,
            table.late.is_(False),
            table.actual.is_not(None),
            Prediction.judged_at.is_not(None),
        )
        .group_by(table.prediction_id, Prediction.project_id, Prediction.id)
        .order_by(last.desc(), table.prediction_id)
        .limit(_MOST_PAIRS)
    )
    losses: list[KnownLoss] = []
    until: datetime | None = None
    for first, end, loss, inputs in session.execute(statement):
        own = until is None or end < until
        losses.append(KnownLoss(inputs.series or "", loss, own))
        if own:
            until, limit = first, limit - 1
        if not limit:
            break
    return losses
