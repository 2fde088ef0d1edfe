"""SQL queries for promotions that wait, or waited, for approval."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, and_, or_, select

from azuraforge.database import Session, now
from azuraforge.database.keyset import behind
from azuraforge.models.events import PromotionState
from azuraforge.models.promotion_tables import ModelPromotion, PromotionApproval
from azuraforge.models.tables import Model


def waiting(session: Session, model_id: str, alias: str) -> ModelPromotion | None:
    """Return the open promotion of an alias; None if there is none."""
    row = ModelPromotion
    return session.scalar(select(row).where(row.model_id == model_id, row.alias == alias, row.state == "waiting"))


def waiting_versions(session: Session, ids: Collection[str]) -> dict[str, list[int]]:
    """Return the versions of open promotions by model id; models without one are absent."""
    row = ModelPromotion
    found: dict[str, list[int]] = {}
    statement = select(row.model_id, row.version).where(row.model_id.in_(ids), row.state == "waiting").distinct()
    for model_id, version in session.execute(statement.order_by(row.version)):
        found.setdefault(model_id, []).append(version)
    return found


def promotion(session: Session, model_id: str, number: int) -> ModelPromotion | None:
    return session.get(ModelPromotion, (session.project_id, model_id, number))


def with_reason(session: Session, model_id: str, alias: str, reason: str) -> ModelPromotion | None:
    """Return the newest promotion of an alias with this reason; None if there is none."""
    row = ModelPromotion
    found = select(row).where(row.model_id == model_id, row.alias == alias, row.reason == reason)
    return session.scalars(found.order_by(row.number.desc())).first()


def add(session: Session, owner: Model, **fields: object) -> ModelPromotion:
    """Add an open promotion at the next place in a locked model's history, and return it."""
    owner.last_change += 1
    row = ModelPromotion(project_id=owner.project_id, model_id=owner.id, number=owner.last_change, at=now(), **fields)
    session.add(row)
    session.flush()
    session.refresh(row)
    return row


def decide(
    session: Session, row: ModelPromotion, state: PromotionState, *, by: str, reason: str, seq: int | None
) -> None:
    """Close an open promotion of a locked model.

    ``seq`` is the decision's place in the history, or None if it is not yet known.
    """
    row.state, row.decided_by, row.decided_reason, row.decided_seq = state, by, reason, seq
    row.decided_at = now()
    session.flush()
    session.refresh(row)


def approve(session: Session, row: ModelPromotion, *, person: str, by: str, reason: str, seq: int) -> PromotionApproval:
    """Add a person's approval of an open promotion, and return it; ``seq`` is its place in the history."""
    added = PromotionApproval(
        project_id=row.project_id,
        model_id=row.model_id,
        number=row.number,
        seq=seq,
        person_id=person,
        by=by,
        reason=reason,
        at=now(),
    )
    session.add(added)
    session.flush()
    session.refresh(added)
    return added


def approvals(session: Session, model_id: str, numbers: Collection[int]) -> dict[int, list[PromotionApproval]]:
    """Return the approvals of promotions by number, oldest first; promotions without an approval are absent."""
    row = PromotionApproval
    found: dict[int, list[PromotionApproval]] = {}
    statement = select(row).where(row.model_id == model_id, row.number.in_(numbers)).order_by(row.number, row.seq)
    for each in session.scalars(statement):
        found.setdefault(each.number, []).append(each)
    return found


def listed(
    session: Session, model_id: str, after: tuple[int] | None, limit: int, *, is_open: bool
) -> Sequence[ModelPromotion]:
    """Return a model's promotions, newest first: only the open ones if ``is_open``."""
    row = ModelPromotion
    statement = select(row).where(row.model_id == model_id)
    if is_open:
        statement = statement.where(row.state == "waiting")
    if after is not None:
        statement = statement.where(behind([row.number], after, descending=True))
    return session.scalars(statement.order_by(row.number.desc()).limit(limit)).all()


def asked(
    session: Session, model_id: str, alias: str | None, after: tuple[int] | None, limit: int
) -> Sequence[ModelPromotion]:
    """Return the promotions that were asked for before a place in the history, newest first."""
    row = ModelPromotion
    statement = select(row).where(*_of(model_id, alias))
    if after is not None:
        statement = statement.where(behind([row.number], after, descending=True))
    return session.scalars(statement.order_by(row.number.desc()).limit(limit)).all()


def refused(
    session: Session, model_id: str, alias: str | None, after: tuple[int] | None, limit: int
) -> Sequence[ModelPromotion]:
    """Return the promotions that were declined or replaced before a place in the history, newest decision first."""
    row = ModelPromotion
    statement = select(row).where(*_of(model_id, alias), row.state.in_(("declined", "replaced")))
    if after is not None:
        statement = statement.where(behind([row.decided_seq], after, descending=True))
    return session.scalars(statement.order_by(row.decided_seq.desc()).limit(limit)).all()


def partial(
    session: Session, model_id: str, alias: str | None, after: tuple[int] | None, limit: int
) -> Sequence[tuple[ModelPromotion, PromotionApproval]]:
    """Return the approvals before a place in the history that did not complete a promotion, newest first."""
    row, given = ModelPromotion, PromotionApproval
    keys = (given.model_id == row.model_id, given.number == row.number)
    statement = select(row, given).join(given, and_(*keys)).where(*_of(model_id, alias))
    statement = statement.where(or_(row.decided_seq.is_(None), row.decided_seq != given.seq))
    if after is not None:
        statement = statement.where(behind([given.seq], after, descending=True))
    return [(each[0], each[1]) for each in session.execute(statement.order_by(given.seq.desc()).limit(limit))]


def _of(model_id: str, alias: str | None) -> list[ColumnElement[bool]]:
    row = ModelPromotion
    return [row.model_id == model_id, *([row.alias == alias] if alias is not None else [])]
