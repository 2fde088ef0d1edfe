"""SQL queries for deleting and purging runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select

from azuraforge.database import Base, Session, now
from azuraforge.database.keyset import behind
from azuraforge.runs.tables import (
    Artifact,
    Checkpoint,
    FurthestStep,
    MetricChunk,
    MetricPoint,
    MetricSeries,
    Run,
    RunAttempt,
    RunDependency,
    RunFigure,
    RunNote,
    RunPhase,
)

_PLAIN = {"synchronize_session": False}
_GOES_ON = Run.state.in_(("queued", "running"))
#: Tables that belong to a run, in the order of deletion.
_PARTS = (
    MetricChunk,
    MetricPoint,
    MetricSeries,
    Artifact,
    Checkpoint,
    FurthestStep,
    RunFigure,
    RunNote,
    RunPhase,
    RunAttempt,
)


def newest(session: Session, after: tuple[datetime, str] | None, limit: int | None) -> Sequence[Run]:
    """Return at most ``limit`` deleted runs after the cursor ``after``, latest deletion first."""
    statement = select(Run).where(_in_trash()).order_by(Run.deleted_at.desc(), Run.id.desc())
    if after is not None:
        statement = statement.where(behind((Run.deleted_at, Run.id), after, descending=True))
    return session.scalars(statement.limit(limit)).all()


def totals(session: Session) -> tuple[int, int]:
    """Return the number of deleted runs and the total size of their artifacts in bytes."""
    count = session.scalar(select(func.count()).select_from(Run).where(_in_trash())) or 0
    of = and_(Artifact.project_id == Run.project_id, Artifact.run_id == Run.id)
    held = select(func.coalesce(func.sum(Artifact.bytes), 0)).select_from(Run).join(Artifact, of)
    return count, int(session.scalar(held.where(_in_trash())) or 0)


def count(session: Session, run_ids: Sequence[str]) -> int:
    """Return how many of the given runs exist, in the trash or not."""
    statement = select(func.count()).select_from(Run).where(Run.id.in_(run_ids))
    return session.scalar(statement) or 0


def artifact_bytes(session: Session, run_ids: Sequence[str]) -> dict[str, int]:
    """Return the size of each run's artifacts in bytes; runs without artifacts are omitted."""
    statement = select(Artifact.run_id, func.sum(Artifact.bytes)).where(Artifact.run_id.in_(run_ids))
    return {run_id: int(held) for run_id, held in session.execute(statement.group_by(Artifact.run_id))}


def deleted_before(session: Session, before: datetime | None, after: Run | None, limit: int) -> Sequence[Run]:
    """Return at most ``limit`` deleted runs that follow ``after``, earliest deletion first.

    With ``before``, return only runs that were deleted no later.
    """
    statement = select(Run).where(_in_trash())
    if before is not None:
        statement = statement.where(Run.deleted_at <= before)
    if after is not None:
        statement = statement.where(
            or_(Run.deleted_at > after.deleted_at, and_(Run.deleted_at == after.deleted_at, Run.id > after.id))
        )
    return session.scalars(statement.order_by(Run.deleted_at, Run.id).limit(limit)).all()


def outdated(session: Session, age: timedelta, after: Run | None, limit: int) -> Sequence[Run]:
    """Return at most ``limit`` unpinned runs that succeeded at least ``age`` ago and follow ``after``, oldest first."""
    before: datetime = session.connection().execute(select(now())).scalar_one() - age
    statement = select(Run).where(
        Run.state == "succeeded",
        Run.finished_at <= before,
        Run.pinned.is_(False),
        Run.deleted_at.is_(None),
    )
    if after is not None:
        at = after.finished_at
        statement = statement.where(or_(Run.finished_at > at, and_(Run.finished_at == at, Run.id > after.id)))
    return session.scalars(statement.order_by(Run.finished_at, Run.id).limit(limit)).all()


def going_on_dataset(session: Session, dataset_id: str, version: int | None) -> str | None:
    """Return the id of a queued or running run that reads a dataset, or the given version of it; None if none does."""
    statement = select(Run.id).where(Run.dataset_id == dataset_id, _GOES_ON)
    if version is not None:
        statement = statement.where(Run.dataset_version == version)
    return session.scalar(statement.limit(1))


def going_for_model(session: Session, model: str) -> str | None:
    """Return the id of a queued or running run that uses or trains a model; None if none does."""
    statement = select(Run.id).where(Run.model == model, _GOES_ON)
    return session.scalar(statement.limit(1))


def forget(session: Session, run_id: str) -> list[str]:
    """Delete a locked run with all its rows; return the addresses of its artifacts' files."""
    named = select(Artifact.sha256).where(Artifact.run_id == run_id)
    addresses = list(session.scalars(named))
    for table in _PARTS:
        _delete(session, table, table.run_id == run_id)
    linked = or_(RunDependency.run_id == run_id, RunDependency.needs_id == run_id)
    _delete(session, RunDependency, linked)
    _delete(session, Run, Run.id == run_id)
    return addresses


def named_files(session: Session, addresses: Sequence[str]) -> set[str]:
    """Return the subset of ``addresses`` that runs of the project still refer to."""
    statement = select(Artifact.sha256).where(Artifact.sha256.in_(addresses))
    return set(session.scalars(statement))


def _delete(session: Session, table: type[Base], *conditions: ColumnElement[bool]) -> None:
    session.execute(delete(table).where(*conditions), execution_options=_PLAIN)


def _in_trash() -> ColumnElement[bool]:
    return Run.deleted_at.is_not(None)
