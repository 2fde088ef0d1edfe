"""SQL queries for runs; see also ``lease.py``, ``lookup_store.py``, ``metrics/store.py`` and ``trash_store.py``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import JsonValue
from sqlalchemy import Select, and_, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from azuraforge.database import Base, Session, now
from azuraforge.messages.stored import StoredText
from azuraforge.runs.tables import (
    Artifact,
    Checkpoint,
    FurthestStep,
    Run,
    RunAttempt,
    RunDependency,
    RunFigure,
    RunNote,
    RunPhase,
)

#: Any table whose rows belong to one run.
OfRun = TypeVar("OfRun", Artifact, Checkpoint, FurthestStep, RunAttempt, RunFigure, RunNote, RunPhase)
_PLAIN = {"synchronize_session": False}


def get(session: Session, run_id: str) -> Run | None:
    return session.scalar(_run(run_id), execution_options={"populate_existing": True})


def lock(session: Session, run_id: str) -> Run | None:
    """Lock the row of a run until commit and return the run, or None if it does not exist."""
    return session.scalar(_run(run_id).with_for_update(), execution_options={"populate_existing": True})


def lock_all(session: Session, run_ids: Sequence[str]) -> Sequence[Run]:
    """Lock the rows of the given runs until commit and return the runs."""
    statement = select(Run).where(Run.id.in_(run_ids)).order_by(Run.id)
    return session.scalars(statement.with_for_update(), execution_options={"populate_existing": True}).all()


def by_idempotency_key(session: Session, key: str) -> Run | None:
    return session.scalar(select(Run).where(Run.idempotency_key == key))


def named(session: Session, run_ids: Sequence[str]) -> Sequence[Run]:
    return session.scalars(select(Run).where(Run.id.in_(run_ids))).all()


def lock_named(session: Session, run_ids: Sequence[str]) -> Sequence[Run]:
    """Lock the rows of existing runs until commit, in the order of their ids, and return the runs."""
    statement = select(Run).where(Run.id.in_(run_ids)).order_by(Run.id)
    return session.scalars(statement.with_for_update(), execution_options={"populate_existing": True}).all()


def add_dependencies(session: Session, run_id: str, needs_ids: Sequence[str]) -> None:
    if needs_ids:
        rows = [{"project_id": session.project_id, "run_id": run_id, "needs_id": each} for each in needs_ids]
        session.connection().execute(insert(RunDependency), rows)


def needs(session: Session, run_id: str) -> Sequence[Run]:
    """Return the runs that a run depends on, oldest first."""
    of = and_(RunDependency.project_id == Run.project_id, RunDependency.needs_id == Run.id)
    statement = select(Run).join(RunDependency, of).where(RunDependency.run_id == run_id)
    return session.scalars(
        statement.order_by(Run.created_at, Run.id), execution_options={"populate_existing": True}
    ).all()


def lock_waiting_for(session: Session, run_id: str) -> Sequence[Run]:
    """Lock the queued runs that depend on a run until commit, in the order of their ids, and return them."""
    waiting = select(RunDependency.run_id).where(RunDependency.needs_id == run_id)
    statement = select(Run).where(Run.id.in_(waiting), Run.state == "queued")
    return session.scalars(
        statement.order_by(Run.id).with_for_update(), execution_options={"populate_existing": True}
    ).all()


def change(session: Session, run: Run, **values: object) -> None:
    """Update columns of a row that the caller has locked."""
    for name, value in values.items():
        setattr(run, name, value)
    session.flush()


def start_attempt(session: Session, run_id: str, attempt: int, worker: str) -> None:
    session.connection().execute(
        insert(RunAttempt).values(
            project_id=session.project_id,
            run_id=run_id,
            attempt=attempt,
            worker=worker,
            started_at=now(),
        )
    )


def fix_attempt(session: Session, run_id: str, attempt: int, environment: Mapping[str, JsonValue]) -> None:
    _change_attempt(session, run_id, attempt, environment=environment)


def end_attempt(session: Session, run_id: str, attempt: int, ended_as: str, reason: StoredText | None) -> None:
    _change_attempt(session, run_id, attempt, ended_at=now(), ended_as=ended_as, reason=reason)


def note_resumption(session: Session, run_id: str, attempt: int, from_step: int | None, recomputed: int | None) -> None:
    _change_attempt(session, run_id, attempt, resumed_from_step=from_step, steps_recomputed=recomputed)


def attempts(session: Session, run_id: str) -> Sequence[RunAttempt]:
    return session.scalars(_of(RunAttempt, run_id).order_by(RunAttempt.attempt)).all()


def phase(session: Session, run_id: str, name: str) -> RunPhase | None:
    return session.scalar(_of(RunPhase, run_id).where(RunPhase.name == name))


def save_phase(session: Session, run_id: str, name: str, values: Mapping[str, object]) -> None:
    key = {"project_id": session.project_id, "run_id": run_id, "name": name}
    _upsert(session, RunPhase, key, {**values, "ended_at": now()})


def checkpoints(session: Session, run_id: str, phase_name: str) -> Sequence[Checkpoint]:
    """Return a phase's checkpoints, newest attempt first, then highest step first."""
    statement = _of(Checkpoint, run_id).where(Checkpoint.phase == phase_name)
    return session.scalars(statement.order_by(Checkpoint.attempt.desc(), Checkpoint.step.desc())).all()


def save_checkpoint(session: Session, key: Mapping[str, object], values: Mapping[str, object]) -> None:
    _upsert(session, Checkpoint, key, {**values, "created_at": now()})


def delete_checkpoint(session: Session, row: Checkpoint) -> None:
    session.execute(
        delete(Checkpoint).where(
            Checkpoint.project_id == row.project_id,
            Checkpoint.run_id == row.run_id,
            Checkpoint.phase == row.phase,
            Checkpoint.attempt == row.attempt,
            Checkpoint.step == row.step,
        ),
        execution_options=_PLAIN,
    )


def note_furthest_step(session: Session, run_id: str, phase_name: str, step: int) -> bool:
    """Store ``step`` if no attempt of the phase has reached it before; return whether it was stored."""
    row = session.scalar(_of(FurthestStep, run_id).where(FurthestStep.phase == phase_name))
    if row is not None and row.step >= step:
        return False
    key = {"project_id": session.project_id, "run_id": run_id, "phase": phase_name}
    if row is not None:
        session.expire(row)
    _upsert(session, FurthestStep, key, {"step": step})
    return True


def save_artifact(session: Session, run_id: str, name: str, values: Mapping[str, object]) -> None:
    _upsert(session, Artifact, {"project_id": session.project_id, "run_id": run_id, "name": name}, values)


def artifact(session: Session, run_id: str, name: str) -> Artifact | None:
    return session.scalar(_of(Artifact, run_id).where(Artifact.name == name))


def count_artifacts(session: Session, run_id: str) -> int:
    return session.scalar(select(func.count()).select_from(Artifact).where(Artifact.run_id == run_id)) or 0


def knows_file(session: Session, sha256: str) -> bool:
    """Return whether an artifact of any run of the project has this content."""
    return session.scalar(select(Artifact.sha256).where(Artifact.sha256 == sha256).limit(1)) is not None


def artifacts_of_kind(session: Session, run_id: str, kind: str) -> Sequence[Artifact]:
    return session.scalars(_of(Artifact, run_id).where(Artifact.kind == kind)).all()


def save_figure(session: Session, run_id: str, name: str, data: Mapping[str, object]) -> None:
    _upsert(
        session, RunFigure, {"project_id": session.project_id, "run_id": run_id, "name": name}, {"data": dict(data)}
    )


def figure(session: Session, run_id: str, name: str) -> RunFigure | None:
    return session.scalar(_of(RunFigure, run_id).where(RunFigure.name == name))


def add_note(session: Session, run_id: str, attempt: int, markdown: StoredText) -> None:
    last = select(func.coalesce(func.max(RunNote.number), 0)).where(RunNote.run_id == run_id)
    session.add(
        RunNote(
            project_id=session.project_id,
            run_id=run_id,
            number=(session.scalar(last) or 0) + 1,
            attempt=attempt,
            markdown=markdown,
        )
    )
    session.flush()


def _run(run_id: str) -> Select[Run]:
    return select(Run).where(Run.id == run_id)


def _of(table: type[OfRun], run_id: str) -> Select[OfRun]:
    return select(table).where(table.run_id == run_id)


def _change_attempt(session: Session, run_id: str, attempt: int, **values: object) -> None:
    session.execute(
        update(RunAttempt).where(RunAttempt.run_id == run_id, RunAttempt.attempt == attempt).values(**values),
        execution_options=_PLAIN,
    )


def _upsert(session: Session, table: type[Base], key: Mapping[str, object], values: Mapping[str, object]) -> None:
    dialect = session.get_bind().dialect.name
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(table).values({**key, **values})
    session.connection().execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))
