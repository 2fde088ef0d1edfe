"""Typed queries of runs for other packages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVarTuple

from pydantic import JsonValue
from sqlalchemy import Select, String, and_, func, literal_column, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from azuraforge.database import Database, Session, name_search
from azuraforge.database.name_search import NamedRow
from azuraforge.runs.metrics import store as metrics_store
from azuraforge.runs.metrics.statistics import SeriesStatistics
from azuraforge.runs.tables import Artifact, Run, RunAttempt

Columns = TypeVarTuple("Columns")

_ENDED = ("succeeded", "failed", "cancelled", "quarantined")


class RunRow(NamedTuple):
    id: str
    kind: str
    state: str
    model: str | None
    dataset_id: str | None
    started_at: datetime | None
    finished_at: datetime | None
    error: Mapping[str, JsonValue] | None


class AttemptSpan(NamedTuple):
    """Start of a run's first attempt, and the worker of its last one."""

    started_at: datetime
    worker: str


def spans(session: Session, run_ids: Collection[str]) -> dict[str, AttemptSpan]:
    """Return the spans of the runs' attempts, by run id; runs without attempts are omitted."""
    statement = select(RunAttempt.run_id, RunAttempt.started_at, RunAttempt.worker)
    statement = statement.where(RunAttempt.run_id.in_(run_ids)).order_by(RunAttempt.attempt)
    found: dict[str, AttemptSpan] = {}
    for run_id, started_at, worker in session.execute(statement):
        first = found.get(run_id)
        found[run_id] = AttemptSpan(first.started_at if first else started_at, worker)
    return found


def attempt_counts(session: Session, run_ids: Collection[str]) -> dict[str, int]:
    """Return the number of attempts of runs, by run id; runs without attempts are omitted."""
    statement = select(RunAttempt.run_id, func.count().label("attempts")).where(RunAttempt.run_id.in_(run_ids))
    return {row.run_id: row.attempts for row in session.execute(statement.group_by(RunAttempt.run_id))}


def runs(session: Session, ids: Collection[str], kinds: Collection[str]) -> list[RunRow]:
    """Return the runs with the given ids, and all running runs of the given kinds."""
    columns = (Run.id, Run.kind, Run.state, Run.model, Run.dataset_id, Run.started_at, Run.finished_at, Run.error)
    # A literal, so that query planners use the index of running runs.
    running = and_(Run.state == literal_column("'running'", String()), Run.kind.in_(kinds))
    return [RunRow(*row) for row in session.execute(select(*columns).where(or_(Run.id.in_(ids), running)))]


def names(session: Session, ids: Collection[str]) -> dict[str, str]:
    """Return the names of runs by id, also of those in the trash; purged runs are absent."""
    return {each[0]: each[1] for each in session.execute(select(Run.id, Run.name).where(Run.id.in_(ids)))}


def count_active(session: Session) -> int:
    """Return the number of the project's runs that are queued or running."""
    statement = select(func.count()).select_from(Run).where(Run.state.in_(("queued", "running")))
    return session.scalar(statement) or 0


def count_all(session: Session) -> int:
    """Return the number of the project's runs, also of those in the trash."""
    return session.scalar(select(func.count()).select_from(Run)) or 0


def artifact_bytes(session: Session) -> int:
    """Return the size of the files of the project's artifacts; a file of several artifacts counts once."""
    files = select(func.max(Artifact.bytes).label("bytes")).group_by(Artifact.sha256).subquery()
    return int(session.scalar(select(func.coalesce(func.sum(files.c.bytes), 0))) or 0)


def with_ended_run(
    statement: Select[*Columns], project_id: InstrumentedAttribute[str], run_id: InstrumentedAttribute[str | None]
) -> Select[*Columns]:
    """Restrict a cross-project query to rows whose run has ended.

    Args:
        project_id: column with the project of the run.
        run_id: column with the id of the run.
    """
    same = and_(Run.project_id == project_id, Run.id == run_id)
    return statement.join(Run, same).where(Run.state.in_(_ENDED))


def series_statistics(
    database: Database, project_id: str, run_ids: Sequence[str], most: int
) -> tuple[list[SeriesStatistics], int]:
    """Return the statistics of the curves of several runs, and the number of series that were left out.

    At most ``most`` series are read, those of most runs first. Measurements of the system are not included.
    """
    with database.read(project_id) as session:
        return metrics_store.statistics(session, run_ids, most)


def find_named(session: Session, text: str, limit: int) -> list[NamedRow]:
    """Return the newest runs whose name contains ``text`` or whose id begins with it."""
    return name_search.find_named(
        session,
        text,
        limit,
        key=Run.id,
        name=Run.name,
        created_at=Run.created_at,
        deleted_at=Run.deleted_at,
        state=Run.state,
    )
