"""SQL queries for schedules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, Select, delete, func, or_, select

from azuraforge.automations.tables import Schedule, ScheduleFire
from azuraforge.database import Session, cross_project_query, now
from azuraforge.database.keyset import behind
from azuraforge.projects.reads import is_active

_PLAIN = {"synchronize_session": False}
_FRESH = {"populate_existing": True}


@dataclass(frozen=True)
class Due:
    """Key of a due schedule: its project and its id."""

    project_id: str
    schedule_id: str


@cross_project_query(limit=Integer())
def due_schedules(limit: ColumnElement[int]) -> Select[str, str]:
    """Select due schedules, longest overdue first."""
    due = select(Schedule.project_id, Schedule.id).where(Schedule.next_fire_at <= now(), is_active(Schedule.project_id))
    return due.order_by(Schedule.next_fire_at, Schedule.id).limit(limit)


def due(session: Session, limit: int) -> list[Due]:
    """Return the keys of at most ``limit`` due schedules. Requires a session of system scope."""
    return [Due(row.project_id, row.id) for row in due_schedules(session, limit=limit)]


def clock(session: Session) -> datetime:
    """Return the current time of the database."""
    found: datetime = session.execute(select(now())).scalar_one()
    return found


def find(session: Session, name_or_id: str) -> Schedule | None:
    """Return the schedule with this id or, if there is none, with this name; None if there is neither."""
    named = or_(Schedule.id == name_or_id, Schedule.name == name_or_id)
    statement = select(Schedule).where(named)
    return session.scalars(statement.order_by(Schedule.id != name_or_id), execution_options=_FRESH).first()


def lock(session: Session, schedule_id: str) -> Schedule | None:
    """Lock the row of a schedule until commit and return the schedule, or None if it does not exist."""
    statement = select(Schedule).where(Schedule.id == schedule_id)
    return session.scalar(statement.with_for_update(), execution_options=_FRESH)


def every(session: Session) -> Sequence[Schedule]:
    """Return the project's schedules, sorted by name."""
    return session.scalars(select(Schedule).order_by(Schedule.name)).all()


def page(session: Session, limit: int, after: tuple[str] | None) -> Sequence[Schedule]:
    """Return at most ``limit`` of the project's schedules after the cursor ``after``, sorted by name."""
    statement = select(Schedule).order_by(Schedule.name).limit(limit)
    if after is not None:
        statement = statement.where(behind([Schedule.name], after))
    return session.scalars(statement).all()


def count(session: Session) -> int:
    statement = select(func.count()).select_from(Schedule)
    return session.scalar(statement) or 0


def add(session: Session, schedule: Schedule) -> None:
    session.add(schedule)
    session.flush()
    session.refresh(schedule)


def change(session: Session, schedule: Schedule, **values: object) -> None:
    """Update columns of a row that the caller has locked."""
    for name, value in values.items():
        setattr(schedule, name, value)
    session.flush()


def remove(session: Session, schedule: Schedule) -> None:
    """Delete a schedule and its fires; the runs are kept."""
    session.execute(delete(ScheduleFire).where(_of(schedule.id)), execution_options=_PLAIN)
    session.delete(schedule)
    session.flush()


def fire(session: Session, schedule_id: str, fire_time: datetime) -> ScheduleFire | None:
    return session.scalar(select(ScheduleFire).where(_of(schedule_id), ScheduleFire.fire_time == fire_time))


def add_fire(session: Session, fire: ScheduleFire) -> None:
    session.add(fire)
    session.flush()
    session.refresh(fire)


def newest_fires(
    session: Session, schedule_id: str, limit: int, after: tuple[datetime] | None = None
) -> Sequence[ScheduleFire]:
    """Return at most ``limit`` of a schedule's fires after the cursor ``after``, newest first."""
    statement = select(ScheduleFire).where(_of(schedule_id))
    if after is not None:
        statement = statement.where(behind([ScheduleFire.fire_time], after, descending=True))
    return session.scalars(statement.order_by(ScheduleFire.fire_time.desc()).limit(limit)).all()


def forget_fires(session: Session, schedule_id: str, keep: int) -> None:
    """Delete all but the newest ``keep`` fires of a schedule."""
    oldest_kept = (
        select(ScheduleFire.fire_time)
        .where(_of(schedule_id))
        .order_by(ScheduleFire.fire_time.desc())
        .offset(keep - 1)
        .limit(1)
        .scalar_subquery()
    )
    session.execute(
        delete(ScheduleFire).where(_of(schedule_id), ScheduleFire.fire_time < oldest_kept),
        execution_options=_PLAIN,
    )


def _of(schedule_id: str) -> ColumnElement[bool]:
    return ScheduleFire.schedule_id == schedule_id
