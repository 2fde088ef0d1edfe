"""Who may carry a run, and for how long. All time here is the database's.

A claim takes one queued row and numbers the attempt. Every later write of that attempt is *fenced*: it names run,
attempt and ``state = 'running'``, and where it meets no row, the attempt has been replaced. A lease that is not
renewed in time lets others take the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from azuraforge.database import now, seconds_from_now
from azuraforge.runs.failures import Replaced
from azuraforge.runs.tables import Run

_PLAIN = {"synchronize_session": False}


@dataclass(frozen=True)
class Held:
    """A run as one attempt holds it: the key of every fenced write."""

    project_id: str
    run_id: str
    attempt: int


def claim(
    session: Session, worker: str, kinds: Sequence[str], lease_seconds: float, wanted: tuple[str, str] | None = None
) -> Run | None:
    """Take the queued run that is due first, or ``wanted`` (project, id) where a carrier names one. System scope.

    One statement on both databases: SQLite has a single writer, PostgreSQL skips rows that others are taking.
    """
    due = and_(
        Run.state == "queued",
        Run.kind.in_(kinds),
        or_(Run.run_after.is_(None), Run.run_after <= now()),
    )
    if wanted is not None:
        due = and_(due, Run.project_id == wanted[0], Run.id == wanted[1])
    first = (
        select(Run.project_id, Run.id)
        .where(due)
        .order_by(Run.priority.desc(), Run.created_at, Run.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(Run)
        .where(tuple_(Run.project_id, Run.id).in_(first))
        .values(
            state="running",
            attempt=Run.attempt + 1,
            worker=worker,
            lease_until=seconds_from_now(lease_seconds),
            run_after=None,
            started_at=now(),
        )
        .returning(Run.project_id, Run.id)
    )
    key = session.execute(taken, execution_options=_PLAIN).one_or_none()
    if key is None:
        return None
    return session.scalars(
        select(Run).where(Run.project_id == key[0], Run.id == key[1]),
        execution_options={"populate_existing": True},
    ).one()


def fence(held: Held) -> ColumnElement[bool]:
    """The condition that every write of an attempt carries."""
    return and_(
        Run.project_id == held.project_id,
        Run.id == held.run_id,
        Run.attempt == held.attempt,
        Run.state == "running",
    )


def fenced_update(session: Session, held: Held, **values: Any) -> None:
    """Change the run's row, or raise Replaced. Called first in a transaction, it guards the whole of it."""
    statement = update(Run).where(fence(held)).values(**(values or {"attempt": Run.attempt}))
    if session.execute(statement.returning(Run.id), execution_options=_PLAIN).one_or_none() is None:
        raise Replaced


def beat(session: Session, held: Sequence[Held], lease_seconds: float) -> dict[Held, bool]:
    """Renew leases. Returns those still held, and whether somebody asked to cancel them. System scope."""
    if not held:
        return {}
    keys = {(each.project_id, each.run_id, each.attempt): each for each in held}
    statement = (
        update(Run)
        .where(Run.state == "running", tuple_(Run.project_id, Run.id, Run.attempt).in_(list(keys)))
        .values(lease_until=seconds_from_now(lease_seconds))
        .returning(Run.project_id, Run.id, Run.attempt, Run.cancel_requested)
    )
    rows = session.execute(statement, execution_options=_PLAIN).all()
    return {keys[(row[0], row[1], row[2])]: bool(row[3]) for row in rows}


def expired(session: Session) -> list[tuple[Held, str]]:
    """Attempts whose lease ran out, with the kind of their run. System scope."""
    statement = select(Run.project_id, Run.id, Run.attempt, Run.kind).where(
        Run.state == "running", Run.lease_until < now()
    )
    rows = session.execute(statement.with_for_update(skip_locked=True))
    return [(Held(project_id, run_id, attempt), kind) for project_id, run_id, attempt, kind in rows]


def running(session: Session, kinds: Sequence[str]) -> list[Held]:
    """Every running attempt of these kinds. System scope; for a platform that knows itself to be alone."""
    statement = select(Run.project_id, Run.id, Run.attempt).where(Run.state == "running", Run.kind.in_(kinds))
    return [Held(project_id, run_id, attempt) for project_id, run_id, attempt in session.execute(statement)]


def count_due(session: Session, kinds: Sequence[str]) -> int:
    """How many queued runs may start now. System scope."""
    due = or_(Run.run_after.is_(None), Run.run_after <= now())
    statement = select(func.count()).select_from(Run).where(Run.state == "queued", Run.kind.in_(kinds), due)
    return session.scalar(statement) or 0


def clock(session: Session) -> datetime:
    """The database's time."""
    found: datetime = session.scalar(select(now()))
    return found
