"""Leases: the temporary right of one attempt to execute a run. All times are those of the database's clock.

A claim finds the key of one queued run across all projects, then updates the row within its project and increments the
attempt number. Every later write of that attempt is *fenced*: its condition contains the run, the attempt and
``state = 'running'``. If it matches no row, the attempt has been replaced. A run whose lease is not renewed in time is
requeued and can be claimed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Row,
    ScalarSelect,
    Select,
    String,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import aliased

from azuraforge.database import ProjectKey, Session, Texts, among, cross_project_query, now, seconds_from_now
from azuraforge.processes.failures import Replaced
from azuraforge.projects.reads import is_active
from azuraforge.runs.tables import Run
from azuraforge.settings import QUEUES, STANDING

# Literals instead of parameters, because query planners use the partial indexes only with literals.
_RUNNING = literal_column("'running'", String())
_QUEUED = literal_column("'queued'", String())
_NOTHING = literal_column("0", Integer())
_ONE = literal_column("1", Integer())
_STANDING = literal_column(f"'{STANDING}'", String())
_UNBOUNDED = 2**31 - 1
_PLAIN = {"synchronize_session": False}
_KEY: tuple[Any, ...] = (Run.project_id, Run.id, Run.attempt)

#: Query for the project, id and attempt of runs; cross-project queries lose the column types.
KeySelect: TypeAlias = Select[Any]
KeyRow: TypeAlias = Row[Any]
#: Query parameter with a list of strings.
TextsParameter: TypeAlias = ColumnElement[Sequence[str]]


@dataclass(frozen=True)
class Held(ProjectKey):
    """Key of a run and one of its attempts, used in every fenced write."""

    run_id: str
    attempt: int


def _due(run: type[Run], kinds: TextsParameter, queues: TextsParameter) -> ColumnElement[bool]:
    """Return the condition for queued runs that may start now. It implies ``READY``, so the partial index is used."""
    return and_(
        run.state == _QUEUED,
        run.waiting_on == _NOTHING,
        among(run.kind, kinds),
        among(run.queue, queues),
        or_(run.run_after.is_(None), run.run_after <= now()),
    )


def _projects_with_due_runs() -> CTE:
    """Return the projects with ready runs, by an index skip scan whose cost is independent of the number of runs."""

    def first(after: ColumnElement[str] | None = None) -> ScalarSelect[str]:
        ready = aliased(Run)
        statement = select(func.min(ready.project_id)).where(ready.state == _QUEUED, ready.waiting_on == _NOTHING)
        return (statement if after is None else statement.where(ready.project_id > after)).scalar_subquery()

    waiting = select(first().label("project_id")).cte("waiting", recursive=True)
    return waiting.union_all(select(first(waiting.c.project_id)).where(waiting.c.project_id.is_not(None)))


def _running_in(project_id: ColumnElement[str]) -> Select[int]:
    """Return a query for the number of running runs in a project that occupy a slot: not external, not standing."""
    running = aliased(Run)
    count = select(func.count()).select_from(running)
    return count.where(
        running.state == _RUNNING,
        running.project_id == project_id,
        running.kind != "external",
        running.queue != _STANDING,
    )


def _first_of(waiting: CTE, kinds: TextsParameter, queues: TextsParameter) -> Select[str]:
    """Return a query for a project's due run with the highest priority, the oldest of several equal ones."""
    best, head = aliased(Run), aliased(Run)
    highest = select(best.priority).where(best.project_id == waiting.c.project_id, _due(best, kinds, queues))
    highest = highest.order_by(best.priority.desc()).limit(_ONE).correlate(waiting)
    first = select(head.id).where(
        head.project_id == waiting.c.project_id,
        _due(head, kinds, queues),
        head.priority == highest.scalar_subquery(),
    )
    return first.order_by(head.created_at, head.id).limit(_ONE).with_for_update(skip_locked=True, of=head)


@cross_project_query(kinds=Texts(), queues=Texts(), most_running=Integer())
def first_due_run(kinds: TextsParameter, queues: TextsParameter, most_running: ColumnElement[int]) -> KeySelect:
    """Lock and return the queued run to claim next; PostgreSQL skips rows that other workers are claiming.

    Projects with the fewest running runs come first, then runs with the highest priority, then the oldest runs.
    Projects with ``most_running`` or more running runs are skipped, and those that are archived or deleted.
    """
    waiting = _projects_with_due_runs()
    running = _running_in(waiting.c.project_id).scalar_subquery()
    first = _first_of(waiting, kinds, queues).scalar_subquery()
    # Computed separately from the join, since PostgreSQL would otherwise hash the whole table.
    of_each = select(waiting.c.project_id, running.label("running"), first.label("id"))
    heads = of_each.where(running < most_running, is_active(waiting.c.project_id)).cte("heads")
    return (
        select(*_KEY)
        .join(heads, and_(Run.project_id == heads.c.project_id, Run.id == heads.c.id))
        .order_by(heads.c.running, Run.priority.desc(), Run.created_at, Run.id)
        .limit(1)
    )


@cross_project_query(kinds=Texts())
def first_standing_run(kinds: TextsParameter) -> KeySelect:
    """Lock and return the oldest due run without end. Neither slots nor fairness apply to it."""
    due = (
        Run.state == _QUEUED,
        Run.waiting_on == _NOTHING,
        Run.queue == _STANDING,
        among(Run.kind, kinds),
        or_(Run.run_after.is_(None), Run.run_after <= now()),
        is_active(Run.project_id),
    )
    first = select(*_KEY).where(*due).order_by(Run.created_at, Run.id).limit(1)
    return first.with_for_update(skip_locked=True, of=Run)


@cross_project_query(kinds=Texts(), queues=Texts(), limit=Integer())
def due_runs(kinds: TextsParameter, queues: TextsParameter, limit: ColumnElement[int]) -> KeySelect:
    """Return queued runs that may start now, ordered by priority, then by age."""
    urgent = (Run.priority.desc(), Run.created_at, Run.id)
    return select(*_KEY).where(_due(Run, kinds, queues), is_active(Run.project_id)).order_by(*urgent).limit(limit)


@cross_project_query()
def first_expired_run() -> KeySelect:
    """Lock and return the running attempt whose lease expired first."""
    return (
        select(*_KEY)
        .where(Run.state == _RUNNING, Run.lease_until < now())
        .order_by(Run.lease_until)
        .limit(1)
        .with_for_update(skip_locked=True, of=Run)
    )


@cross_project_query(kinds=Texts())
def running_runs(kinds: TextsParameter) -> KeySelect:
    """Return all running attempts of runs of the given kinds."""
    return select(*_KEY).where(Run.state == _RUNNING, among(Run.kind, kinds))


@cross_project_query(ids=Texts())
def places_of_runs(ids: TextsParameter) -> KeySelect:
    """Return the keys of the runs with the given ids, in any project."""
    return select(*_KEY).where(among(Run.id, ids))


def find_due(
    session: Session, kinds: Sequence[str], most_running: int | None = None, queues: Sequence[str] = QUEUES
) -> Held | None:
    """Lock and return the run to claim next, or None. Requires a session of system scope.

    ``most_running`` is the maximum number of running runs in one project; None means no limit.
    """
    most = _UNBOUNDED if most_running is None else most_running
    return _first(first_due_run(session, kinds=kinds, queues=queues, most_running=most))


def find_standing(session: Session, kinds: Sequence[str]) -> Held | None:
    """Lock and return the run without end to claim next, or None. Requires a session of system scope."""
    return _first(first_standing_run(session, kinds=kinds))


def wanted_due(session: Session, run_id: str, kinds: Sequence[str]) -> Held | None:
    """Lock and return the run with this id in the session's project; None if it may not start now or is locked."""
    named = and_(Run.project_id == session.project_id, Run.id == run_id, is_active(Run.project_id))
    due = _due(Run, literal(list(kinds), Texts()), literal(QUEUES, Texts()))
    return _first(session.execute(select(*_KEY).where(named, due).with_for_update(skip_locked=True)).all())


def has_room(session: Session, most_running: int | None) -> bool:
    """Return whether the session's project may start another run; always true if ``most_running`` is None.

    Call it in the transaction of ``claim``: on PostgreSQL it makes other claims in the project wait for the commit.
    """
    if most_running is None:
        return True
    if session.get_bind().dialect.name == "postgresql":  # else concurrent claims could both take the last slot
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"azuraforge.room.{session.project_id}"))))
    return (session.scalar(_running_in(literal(session.project_id))) or 0) < most_running


def claim(session: Session, found: Held, worker: str, lease_seconds: float) -> Run | None:
    """Claim a queued run and increment its attempt number. Requires a session of project scope.

    Return None if the run is no longer queued, for example because another worker has claimed it.
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
    """Return the condition of every fenced write: the attempt is still executing the run."""
    return and_(
        Run.project_id == held.project_id,
        Run.id == held.run_id,
        Run.attempt == held.attempt,
        Run.state == "running",
    )


def fenced_update(session: Session, held: Held, **values: object) -> None:
    """Update the run's row, or raise Replaced if the attempt no longer holds the run.

    Called first in a transaction, it fences all writes of the transaction. Without ``values`` it only checks the fence.
    """
    statement = update(Run).where(fence(held)).values(**(values or {"attempt": Run.attempt}))
    if session.execute(statement.returning(Run.id), execution_options=_PLAIN).one_or_none() is None:
        raise Replaced


def beat(session: Session, held: Sequence[Held], lease_seconds: float) -> dict[Held, bool]:
    """Renew the leases of attempts in the session's project.

    Return the attempts that still hold their run, with whether cancellation of the run was requested.
    """
    project_id = session.project_id
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
    """Lock and return an attempt whose lease has expired, or None. Requires a session of system scope."""
    return _first(first_expired_run(session))


def running(session: Session, kinds: Sequence[str]) -> list[Held]:
    """Return all running attempts of runs of the given kinds. Requires a session of system scope."""
    return [_held(row) for row in running_runs(session, kinds=kinds)]


def due(session: Session, kinds: Sequence[str], limit: int, queues: Sequence[str] = QUEUES) -> list[Held]:
    """Return up to ``limit`` queued runs that may start now. Requires a session of system scope."""
    return [_held(row) for row in due_runs(session, kinds=kinds, queues=queues, limit=limit)]


def places(session: Session, run_ids: Sequence[str]) -> list[Held]:
    """Return the keys of the runs with the given ids, in any project. Requires a session of system scope."""
    return [_held(row) for row in places_of_runs(session, ids=run_ids)]


def _first(rows: Sequence[KeyRow]) -> Held | None:
    return _held(rows[0]) if rows else None


def _held(row: KeyRow) -> Held:
    return Held(row.project_id, row.id, row.attempt)
