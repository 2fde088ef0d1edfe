"""The questions behind ``lookup.py``: SQL of the hottest reads. Each is confined to one project by ``Question``."""

from __future__ import annotations

from functools import cache

from pydantic import BaseModel
from sqlalchemy import Boolean, String, bindparam, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute

from azuraforge.database import Base
from azuraforge.database.fast_reads import Question
from azuraforge.database.keyset import behind_parameters
from azuraforge.runs.schemas import ArtifactOut, AttemptOut, LinkedRun, RunDetail, RunOut
from azuraforge.runs.tables import (
    NO_TRIAL,
    Artifact,
    MetricChunk,
    MetricPoint,
    MetricSeries,
    Run,
    RunAttempt,
    RunDependency,
    RunFigure,
    RunNote,
)

_RUN_ID = bindparam("run_id", type_=String())


def _columns(table: type[Base], shape: type[BaseModel]) -> list[InstrumentedAttribute[object]]:
    """The columns of a table that a shape shows by the same name."""
    return [getattr(table, name) for name in shape.model_fields if name in table.__table__.c]


RUN = Question(select(*_columns(Run, RunDetail), Run.extra).where(Run.id == _RUN_ID))
EXISTS = Question(select(Run.id).where(Run.id == _RUN_ID))
NEEDS = Question(
    select(*_columns(Run, LinkedRun))
    .join(RunDependency, RunDependency.needs_id == Run.id)
    .where(RunDependency.run_id == _RUN_ID)
    .order_by(Run.created_at, Run.id)
)
NEEDED_BY = Question(
    select(*_columns(Run, LinkedRun))
    .join(RunDependency, RunDependency.run_id == Run.id)
    .where(RunDependency.needs_id == _RUN_ID)
    .order_by(Run.created_at, Run.id)
    .limit(bindparam("limit"))
)
ATTEMPTS = Question(
    select(*_columns(RunAttempt, AttemptOut)).where(RunAttempt.run_id == _RUN_ID).order_by(RunAttempt.attempt)
)
ARTIFACTS = Question(select(*_columns(Artifact, ArtifactOut)).where(Artifact.run_id == _RUN_ID).order_by(Artifact.name))
FIGURES = Question(select(RunFigure.name).where(RunFigure.run_id == _RUN_ID).order_by(RunFigure.name))
NOTES = Question(select(RunNote.markdown).where(RunNote.run_id == _RUN_ID).order_by(RunNote.number))
SERIES = Question(
    select(MetricSeries.series, MetricSeries.tail_points, MetricSeries.sealed_points)
    .where(MetricSeries.run_id == _RUN_ID)
    .order_by(MetricSeries.number)
)
CHUNKS = Question(
    select(MetricChunk.data)
    .where(MetricChunk.run_id == _RUN_ID, MetricChunk.series == bindparam("series"))
    .order_by(MetricChunk.first_step)
)
TAIL = Question(
    select(MetricPoint.step, MetricPoint.value)
    .where(MetricPoint.run_id == _RUN_ID, MetricPoint.series == bindparam("series"))
    .order_by(MetricPoint.step)
)


@cache
def page(*, state: bool, kind: bool, after: bool, trash: bool, trials: bool) -> Question:
    """Runs, newest first; parameters ``limit`` and, where said so, ``state``, ``kind`` and the key's."""
    statement = select(*_columns(Run, RunOut))
    statement = statement.where(Run.deleted_at.is_not(None) if trash else Run.deleted_at.is_(None))
    if state:
        statement = statement.where(Run.state == bindparam("state"))
    if kind:
        statement = statement.where(Run.kind == bindparam("kind"))
    elif not (trials or trash):
        statement = statement.where(literal_column(f"run.{NO_TRIAL}", Boolean()))  # as the partial index says it
    if after:
        statement = statement.where(behind_parameters((Run.created_at, Run.id), descending=True))
    return Question(statement.order_by(Run.created_at.desc(), Run.id.desc()).limit(bindparam("limit")))
