"""Who may carry a run, and for how long. All time here is the database's.

A claim finds one queued row across projects, by its key only, then takes it inside its project and numbers the
attempt. Every later write of that attempt is *fenced*: it names run, attempt and ``state = 'running'``, and where it
meets no row, the attempt has been replaced. A lease that is not renewed in time lets others take the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, Select, and_, literal, or_, select, tuple_, update
from sqlalchemy.orm import Session

from azuraforge.database import Texts, among, crossing, now, seconds_from_now
from azuraforge.runs.failures import Replaced
from azuraforge.runs.tables import Run

_PLAIN = {"synchronize_session": False}
_KEY: tuple[Any, ...] = (Run.project_id, Run.id, Run.attempt)


@dataclass(frozen=True)
class Held:
    """A run as one attempt holds it: the key of every fenced write."""

    project_id: str
    run_id: str
    attempt: int


def _due(kinds: ColumnElement[Any]) -> ColumnElement[bool]:
    """Which queued runs may start now; the one condition of every claim."""
    return and_(
        Run.state == "queued",
        among(Run.kind, kinds),
        or_(Run.run_after.is_(None), Run.run_after <= now()),
    )


@crossing(kinds=Texts())
def first_due_run(kinds: ColumnElement[Any]) -> Select[Any]:
    """The queued run that comes first, locked; PostgreSQL skips rows that others are taking."""
    return (
        select(*_KEY)
        .where(_due(kinds))
        .order_by(Run.priority.desc(), Run.created_at, Run.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Run)
    )


@crossing(kinds=Texts(), limit=Integer())
def due_runs(kinds: ColumnElement[Any], limit: ColumnElement[Any]) -> Select[Any]:
    """Queued runs that may start now, in the order in which they will."""
    return select(*_KEY).where(_due(kinds)).order_by(Run.priority.desc(), Run.created_at, Run.id).limit(limit)


@crossing()
def first_expired_run() -> Select[Any]:
    """A running attempt whose lease ran out, locked."""
    return (
        select(*_KEY)
        .where(Run.state == "running", Run.lease_until < now())
        .order_by(Run.lease_until)
        .limit(1)
        .with_for_update(skip_locked=True, of=Run)
    )


@crossing(kinds=Texts())
def running_runs(kinds: ColumnElement[Any]) -> Select[Any]:
    """Every running attempt of these kinds."""
    return select(*_KEY).where(Run.state == "running", among(Run.kind, kinds))


@crossing(ids=Texts())
def places_of_runs(ids: ColumnElement[Any]) -> Select[Any]:
    """Where the named runs live."""
    return select(*_KEY).where(among(Run.id, ids))


def find_due(session: Session, kinds: Sequence[str]) -> Held | None:
    """The run to claim next, as it stands in the queue. System scope."""
    return _first(first_due_run(session, kinds=kinds))


def wanted_due(session: Session, project_id: str, run_id: str, kinds: Sequence[str]) -> Held | None:
    """The same for a run that a carrier names. Project scope."""
    named = and_(Run.project_id == project_id, Run.id == run_id)
    statement = select(*_KEY).where(named, _due(literal(list(kinds), Texts()))).with_for_update(skip_locked=True)
    return _first(session.execute(statement).all())


def claim(session: Session, found: Held, worker: str, lease_seconds: float) -> Run | None:
    """Take a queued run that was found in this transaction, and number the attempt. Project scope.

    None where somebody else was faster.
    """
    taken = (
        update(Run)
        .where(
            Run.project_id == found.project_id,
            Run.id == found.run_id,
            Run.attempt == found.attempt,
            Run.state == "queued",
        )
        .values(
            state="running",
            attempt=Run.attempt + 1,
            worker=worker,
            lease_until=seconds_from_now(lease_seconds),
            run_after=None,
            started_at=now(),
        )
        .returning(Run.id)
    )
    if session.execute(taken, execution_options=_PLAIN).one_or_none() is None:
        return None
    return session.scalars(
        select(Run).where(Run.project_id == found.project_id, Run.id == found.run_id),
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


def beat(session: Session, project_id: str, held: Sequence[Held], lease_seconds: float) -> dict[Held, bool]:
    """Renew leases of one project. Returns those still held, and whether somebody asked to cancel them."""
    keys = {(each.run_id, each.attempt): each for each in held if each.project_id == project_id}
    statement = (
        update(Run)
        .where(Run.project_id == project_id, Run.state == "running", tuple_(Run.id, Run.attempt).in_(list(keys)))
        .values(lease_until=seconds_from_now(lease_seconds))
        .returning(Run.id, Run.attempt, Run.cancel_requested)
    )
    rows = session.execute(statement, execution_options=_PLAIN).all()
    return {keys[(row[0], row[1])]: bool(row[2]) for row in rows}


def find_expired(session: Session) -> Held | None:
    """An attempt whose lease ran out. System scope."""
    return _first(first_expired_run(session))


def running(session: Session, kinds: Sequence[str]) -> list[Held]:
    """Every running attempt of these kinds. System scope; for a platform that knows itself to be alone."""
    return [_held(row) for row in running_runs(session, kinds=kinds)]


def due(session: Session, kinds: Sequence[str], limit: int) -> list[Held]:
    """Queued runs that may start now. System scope."""
    return [_held(row) for row in due_runs(session, kinds=kinds, limit=limit)]


def places(session: Session, run_ids: Sequence[str]) -> list[Held]:
    """The named runs, whichever project they belong to. System scope; for sweeping work folders."""
    return [_held(row) for row in places_of_runs(session, ids=run_ids)]


def _first(rows: Sequence[Row[Any]]) -> Held | None:
    return _held(rows[0]) if rows else None


def _held(row: Row[Any]) -> Held:
    return Held(row.project_id, row.id, row.attempt)
