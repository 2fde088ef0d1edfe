"""SQL queries for notifications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, Select, and_, delete, func, or_, select

from azuraforge.automations.notifications.tables import Notification, NotificationTarget
from azuraforge.database import Base, Session, cross_project_query, now
from azuraforge.database.keyset import behind
from azuraforge.projects.reads import is_active

_FRESH = {"populate_existing": True}


@dataclass(frozen=True)
class Key:
    """Key of a notification: its project and its id."""

    project_id: str
    id: str


@cross_project_query(limit=Integer())
def due_notifications(limit: ColumnElement[int]) -> Select[str, str]:
    """Select due messages, longest overdue first."""
    found = select(Notification.project_id, Notification.id).where(
        Notification.next_at <= now(), is_active(Notification.project_id)
    )
    return found.order_by(Notification.next_at).limit(limit)


@cross_project_query(limit=Integer())
def unacknowledged_notifications(limit: ColumnElement[int]) -> Select[str, str]:
    """Select messages that are due for escalation."""
    found = select(Notification.project_id, Notification.id).where(
        Notification.escalate_at <= now(), is_active(Notification.project_id)
    )
    return found.order_by(Notification.escalate_at).limit(limit)


def due(session: Session, limit: int) -> list[Key]:
    """Return the keys of at most ``limit`` due messages. Requires a session of system scope."""
    return [Key(row.project_id, row.id) for row in due_notifications(session, limit=limit)]


def unacknowledged(session: Session, limit: int) -> list[Key]:
    """Return the keys of at most ``limit`` messages due for escalation. Requires a session of system scope."""
    return [Key(row.project_id, row.id) for row in unacknowledged_notifications(session, limit=limit)]


def clock(session: Session) -> datetime:
    """Return the current time of the database."""
    found: datetime = session.execute(select(now())).scalar_one()
    return found


def target(session: Session, name_or_id: str, *, locked: bool = False) -> NotificationTarget | None:
    """Return the target with this id or, if there is none, with this name; None if there is neither.

    If ``locked``, lock its row until commit.
    """
    named = or_(NotificationTarget.id == name_or_id, NotificationTarget.name == name_or_id)
    statement = select(NotificationTarget).where(named).order_by(NotificationTarget.id != name_or_id)
    if locked:
        statement = statement.with_for_update()
    return session.scalars(statement, execution_options=_FRESH).first()


def targets(session: Session) -> Sequence[NotificationTarget]:
    """Return the project's targets, sorted by name."""
    return session.scalars(select(NotificationTarget).order_by(NotificationTarget.name)).all()


def add(session: Session, row: Base) -> None:
    session.add(row)
    session.flush()
    session.refresh(row)


def change(session: Session, row: Base, **values: object) -> None:
    """Update columns of a row that the caller has locked."""
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()


def remove(session: Session, row: NotificationTarget) -> None:
    """Delete a target and its messages."""
    of = Notification.target_id == row.id
    session.execute(delete(Notification).where(of), execution_options={"synchronize_session": False})
    session.delete(row)
    session.flush()


def notification(session: Session, id_: str, *, locked: bool = False) -> Notification | None:
    """Return a message, or None; if ``locked``, lock its row until commit."""
    statement = select(Notification).where(Notification.id == id_)
    if locked:
        statement = statement.with_for_update()
    return session.scalar(statement, execution_options=_FRESH)


def newest_of(session: Session, target_id: str, source: str) -> Notification | None:
    """Lock and return the newest message of one source to a target; None if there is none."""
    of = (Notification.target_id == target_id, Notification.source == source)
    statement = select(Notification).where(*of).order_by(Notification.created_at.desc()).limit(1).with_for_update()
    return session.scalar(statement, execution_options=_FRESH)


def count(session: Session, target_id: str) -> int:
    of = Notification.target_id == target_id
    return session.scalar(select(func.count()).select_from(Notification).where(of)) or 0


def page(session: Session, limit: int, after: tuple[datetime, str] | None) -> Sequence[Notification]:
    """Return at most ``limit`` messages after the cursor ``after``, newest first."""
    keys = [Notification.created_at, Notification.id]
    statement = select(Notification)
    if after is not None:
        statement = statement.where(behind([*keys], after, descending=True))
    return session.scalars(statement.order_by(*(key.desc() for key in keys)).limit(limit)).all()


def purge(session: Session, before: datetime, limit: int) -> int:
    """Delete at most ``limit`` messages that were created before ``before`` and will not be sent or escalated again.

    Return their number.
    """
    old = and_(Notification.created_at < before, Notification.next_at.is_(None), Notification.escalate_at.is_(None))
    ids = session.scalars(select(Notification.id).where(old).limit(limit)).all()
    gone = delete(Notification).where(Notification.id.in_(ids))
    session.execute(gone, execution_options={"synchronize_session": False})
    return len(ids)
