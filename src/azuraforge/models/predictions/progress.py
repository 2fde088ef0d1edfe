"""Progress of judging: the newest dataset version added, and the newest one used to judge predictions.

``note_version`` runs in the transaction that adds a version. ``check`` and ``finish`` run in the transactions that
judge: they lock the dataset's row, which blocks the next version, and fail if a newer version was added after the rows
were read. A process with older rows therefore never judges after one with newer rows.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, select
from sqlalchemy.dialects import postgresql, sqlite

from azuraforge.database import Session, cross_project_query
from azuraforge.models.tables import JudgingProgress, Prediction
from azuraforge.projects.reads import is_active


class Overtaken(Exception):
    """Exception raised if a newer version was added after the rows used for judging were read."""


class At(NamedTuple):
    """Numbers of the newest version added and of the newest version used for judging."""

    added: int
    judged: int


class Due(NamedTuple):
    """Dataset with a version that has not been used for judging yet."""

    project_id: str
    dataset_id: str


@cross_project_query(limit=Integer())
def datasets_to_judge_by(limit: ColumnElement[int]) -> Select[str, str]:
    """Select the datasets with a version that has not been used for judging yet."""
    row = JudgingProgress
    return select(row.project_id, row.dataset_id).where(row.judged < row.added, is_active(row.project_id)).limit(limit)


def due(session: Session, limit: int) -> list[Due]:
    """Return the datasets with a version that has not been used for judging yet; requires a session of system scope."""
    return [Due(row.project_id, row.dataset_id) for row in datasets_to_judge_by(session, limit=limit)]


def note_version(session: Session, dataset_id: str, version: int) -> None:
    """Record that a new version can judge the predictions that continue a dataset; do nothing if there are none."""
    continuing = select(Prediction.id).where(Prediction.continues == dataset_id).limit(1)
    if session.scalar(continuing) is None:
        return
    _insert(session, dataset_id)
    row = _locked(session, dataset_id)
    row.added = max(row.added, version)
    session.flush()


def found(session: Session, dataset_id: str) -> At:
    """Return a dataset's progress; both numbers are 0 if none is recorded."""
    row = session.get(JudgingProgress, (session.project_id, dataset_id))
    return At(0, 0) if row is None else At(row.added, row.judged)


def check(session: Session, dataset_id: str, at: At) -> None:
    """Lock the progress of a dataset until commit. Raises Overtaken if a version was added since ``at`` was read."""
    _insert(session, dataset_id)
    if _locked(session, dataset_id).added != at.added:
        raise Overtaken


def finish(session: Session, dataset_id: str, at: At) -> None:
    """Record that version ``at.added`` was used for judging; do nothing if it is 0.

    Raises Overtaken if a newer version was added since ``at`` was read.
    """
    if at.added == 0:
        return
    check(session, dataset_id, at)
    row = _locked(session, dataset_id)
    row.judged = max(row.judged, at.added)
    session.flush()


def _insert(session: Session, dataset_id: str) -> None:
    connection = session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {"project_id": session.project_id, "dataset_id": dataset_id, "added": 0, "judged": 0}
    connection.execute(dialect.insert(JudgingProgress).values(values).on_conflict_do_nothing())


def _locked(session: Session, dataset_id: str) -> JudgingProgress:
    statement = select(JudgingProgress).where(JudgingProgress.dataset_id == dataset_id).with_for_update()
    return session.scalars(statement, execution_options={"populate_existing": True}).one()
