"""SQL queries for studies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, delete, func, literal_column, or_, select
from sqlalchemy.types import Boolean

from azuraforge.database import Session, cross_project_query, now
from azuraforge.database.keyset import behind
from azuraforge.projects.reads import is_active
from azuraforge.studies.tables import ACTIVE, Study, StudyTrial

_PLAIN = {"synchronize_session": False}
_FRESH = {"populate_existing": True}
_KEY: tuple[Any, ...] = (Study.project_id, Study.id)


@dataclass(frozen=True)
class Active:
    """Key of a study that may have work to do."""

    project_id: str
    study_id: str


@cross_project_query(limit=Integer())
def active_studies(limit: ColumnElement[int]) -> Select[Any]:
    """Select the studies that are running or have an open trial."""
    # A literal, so that query planners can use the partial index.
    is_working = literal_column(f"study.{ACTIVE}", Boolean())
    return select(*_KEY).where(is_working, is_active(Study.project_id)).order_by(*_KEY).limit(limit)


def active(session: Session, limit: int) -> list[Active]:
    """Return the keys of active studies, at most ``limit``. Requires a session of system scope."""
    return [Active(row.project_id, row.id) for row in active_studies(session, limit=limit)]


def clock(session: Session) -> datetime:
    """Return the database's current time."""
    found: datetime = session.execute(select(now())).scalar_one()
    return found


def find(session: Session, name_or_id: str, *, trash: bool = False) -> Study | None:
    """Return a study by id, or else by name; None if not found.

    With ``trash``, a deleted study is found, too, but only by its id.
    """
    named = or_(Study.id == name_or_id, and_(Study.name == name_or_id, Study.deleted_at.is_(None)))
    statement = select(Study).where(named)
    if not trash:
        statement = statement.where(Study.deleted_at.is_(None))
    return session.scalars(statement.order_by(Study.id != name_or_id), execution_options=_FRESH).first()


def find_in_trash(session: Session, name_or_id: str) -> Study | None:
    """Return a deleted study by id, or else the last deleted one with this name; None if not found."""
    named = or_(Study.id == name_or_id, Study.name == name_or_id)
    statement = select(Study).where(named, Study.deleted_at.is_not(None))
    return session.scalars(statement.order_by(Study.id != name_or_id, Study.deleted_at.desc())).first()


def deleted(session: Session, before: datetime | None) -> Sequence[Study]:
    """Return the deleted studies, most recently deleted first.

    With ``before``, return only studies that were deleted no later than ``before`` or whose purge was interrupted.
    """
    statement = select(Study).where(Study.deleted_at.is_not(None))
    if before is not None:
        statement = statement.where(or_(Study.deleted_at <= before, Study.purging))
    return session.scalars(statement.order_by(Study.deleted_at.desc(), Study.id), execution_options=_FRESH).all()


def lock(session: Session, study_id: str) -> Study | None:
    """Lock a study's row until the commit and return it; None if it does not exist."""
    statement = select(Study).where(Study.id == study_id)
    return session.scalar(statement.with_for_update(), execution_options=_FRESH)


def page(
    session: Session,
    limit: int,
    after: tuple[datetime, str] | None,
    *,
    state: str | None = None,
    name: str | None = None,
) -> Sequence[Study]:
    """Return a page of studies that are not in the trash, newest first, after the key ``after``.

    ``name`` is a part of the name; SQLite ignores the case of ASCII letters only.
    """
    statement = select(Study).where(Study.deleted_at.is_(None))
    if state is not None:
        statement = statement.where(Study.state == state)
    if name is not None:
        statement = statement.where(Study.name.icontains(name, autoescape=True))
    if after is not None:
        statement = statement.where(behind((Study.created_at, Study.id), after, descending=True))
    return session.scalars(statement.order_by(Study.created_at.desc(), Study.id.desc()).limit(limit)).all()


def count(session: Session) -> int:
    """Return the number of studies that are not in the trash."""
    kept = Study.deleted_at.is_(None)
    return session.scalar(select(func.count()).select_from(Study).where(kept)) or 0


def using(session: Session) -> Sequence[Study]:
    """Return the studies that may still start runs."""
    return session.scalars(select(Study).where(Study.state.in_(("running", "paused")))).all()


def beginning_from(session: Session, study: Study) -> list[Study]:
    """Return the studies that started from this study's trials, including deleted ones."""
    rows = session.scalars(select(Study).where(Study.id != study.id)).all()
    return [row for row in rows if study.id in row.warm_start_from]


def run_ids(session: Session, study_id: str) -> list[str]:
    """Return the ids of the runs of a study's trials, ordered by trial number."""
    of = StudyTrial.study_id == study_id
    return list(session.scalars(select(StudyTrial.run_id).where(of).order_by(StudyTrial.number)))


def add(session: Session, row: Study | StudyTrial) -> None:
    session.add(row)
    session.flush()
    session.refresh(row)


def change(session: Session, row: Study | StudyTrial, **values: object) -> None:
    """Change values of a row; to change a trial, the caller must have locked its study."""
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()


def remove(session: Session, study: Study) -> None:
    """Delete the study and its trials; the runs remain."""
    of = StudyTrial.study_id == study.id
    session.execute(delete(StudyTrial).where(of), execution_options=_PLAIN)
    session.delete(study)
    session.flush()


def trials(session: Session, study_id: str) -> Sequence[StudyTrial]:
    """Return a study's trials, ordered by number."""
    return session.scalars(_trials(study_id).order_by(StudyTrial.number), execution_options=_FRESH).all()


def trial_page(session: Session, study_id: str, limit: int, after: tuple[int] | None) -> Sequence[StudyTrial]:
    """Return a page of a study's trials, ordered by number, after the key ``after``."""
    statement = _trials(study_id).order_by(StudyTrial.number).limit(limit)
    if after is not None:
        statement = statement.where(behind([StudyTrial.number], after))
    return session.scalars(statement, execution_options=_FRESH).all()


def open_trials(session: Session, study_id: str) -> Sequence[StudyTrial]:
    """Return the trials that have not ended, ordered by number."""
    statement = _trials(study_id).where(StudyTrial.state == "running")
    return session.scalars(statement.order_by(StudyTrial.number), execution_options=_FRESH).all()


def last_states(session: Session, study_id: str, count: int) -> Sequence[str]:
    """Return the states of the newest ``count`` trials, newest first."""
    of = StudyTrial.study_id == study_id
    return session.scalars(select(StudyTrial.state).where(of).order_by(StudyTrial.number.desc()).limit(count)).all()


def trial(session: Session, study_id: str, number: int) -> StudyTrial | None:
    return session.scalar(_trials(study_id).where(StudyTrial.number == number), execution_options=_FRESH)


def counts(session: Session, study_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return the number of trials by study and state; states without trials are omitted."""
    statement = (
        select(StudyTrial.study_id, StudyTrial.state, func.count())
        .where(StudyTrial.study_id.in_(study_ids))
        .group_by(StudyTrial.study_id, StudyTrial.state)
    )
    found: dict[str, dict[str, int]] = {}
    for study_id, state, number in session.execute(statement):
        found.setdefault(study_id, {})[state] = number
    return found


def complete(session: Session, study_ids: Sequence[str]) -> dict[str, list[tuple[int, list[float]]]]:
    """Return the number and the scores of all complete trials by study, ordered by number.

    Studies without complete trials are omitted.
    """
    statement = (
        select(StudyTrial.study_id, StudyTrial.number, StudyTrial.scores)
        .where(StudyTrial.study_id.in_(study_ids), StudyTrial.state == "complete")
        .order_by(StudyTrial.number)
    )
    found: dict[str, list[tuple[int, list[float]]]] = {}
    for study_id, number, scores in session.execute(statement):
        found.setdefault(study_id, []).append((number, scores or []))
    return found


def cpu_seconds(session: Session, study_id: str) -> float:
    """Return the seconds of processor time of all ended trials."""
    of = StudyTrial.study_id == study_id
    return float(session.scalar(select(func.coalesce(func.sum(StudyTrial.cpu_seconds), 0.0)).where(of)) or 0.0)


def _trials(study_id: str) -> Select[StudyTrial]:
    return select(StudyTrial).where(StudyTrial.study_id == study_id)
