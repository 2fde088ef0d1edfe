"""The questions behind ``lookup.py``: SQL of the hottest reads. Each is confined to one project by ``Question``."""

from __future__ import annotations

from functools import cache, lru_cache

from pydantic import BaseModel
from sqlalchemy import Boolean, ColumnElement, Double, String, and_, bindparam, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from azuraforge.database import Base
from azuraforge.database.fast_reads import Question
from azuraforge.database.keyset import Column, behind_parameters
from azuraforge.runs.metrics.queries import Comparison, Statistic
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
    select(MetricPoint.step, MetricPoint.value, MetricPoint.at_ms)
    .where(MetricPoint.run_id == _RUN_ID, MetricPoint.series == bindparam("series"))
    .order_by(MetricPoint.step)
)


def page(
    *,
    state: bool,
    kind: bool,
    after: bool,
    trash: bool,
    trials: bool,
    conditions: tuple[tuple[Statistic, Comparison], ...] = (),
    sort: tuple[Statistic, bool] | None = None,
) -> Question:
    """Return a page of runs, newest first or by a metric (its statistic, and whether it descends).

    Parameters: ``limit`` and, where asked for, ``state``, ``kind``, the key's, ``sort_series``, and ``series_0``,
    ``value_0`` … of the conditions. Series are found by keys and by an index that no new point changes; no point and no
    chunk is read.
    """
    made = _filtered_page if conditions else _page
    return made(state, kind, after, trash, trials, conditions, sort)


def _make_page(
    state: bool,
    kind: bool,
    after: bool,
    trash: bool,
    trials: bool,
    conditions: tuple[tuple[Statistic, Comparison], ...],
    sort: tuple[Statistic, bool] | None,
) -> Question:
    columns: list[Column] = [*_columns(Run, RunOut)]
    key: tuple[Column, ...] = (Run.created_at, Run.id)
    descending = True
    if sort is not None:
        (series, value), descending = _series("sort_series", sort[0]), sort[1]
        columns.append(value.label("sort_value"))
        key = (value, Run.id)
    statement = select(*columns)
    if sort is not None:
        statement = statement.join(*series).where(value.is_not(None))
    statement = statement.where(Run.deleted_at.is_not(None) if trash else Run.deleted_at.is_(None))
    if state:
        statement = statement.where(Run.state == bindparam("state"))
    if kind:
        statement = statement.where(Run.kind == bindparam("kind"))
    elif not (trials or trash):
        statement = statement.where(literal_column(f"run.{NO_TRIAL}", Boolean()))  # as the partial index says it
    for number, (statistic, comparison) in enumerate(conditions):
        series, value = _series(f"series_{number}", statistic)
        asked: ColumnElement[float] = bindparam(f"value_{number}", type_=Double())
        statement = statement.join(*series).where(value.bool_op(comparison)(asked))
    if after:
        statement = statement.where(behind_parameters(key, descending=descending))
    order = [column.desc() if descending else column.asc() for column in key]
    varied = bool(conditions) or sort is not None
    return Question(statement.order_by(*order).limit(bindparam("limit")), varied=varied)


#: Without conditions there are 224 pages, and all of them stay; with conditions a reader can ask for very many.
_page = cache(_make_page)
_filtered_page = lru_cache(maxsize=256)(_make_page)


def _series(
    name: str, statistic: Statistic
) -> tuple[tuple[type[MetricSeries], ColumnElement[bool]], InstrumentedAttribute[float | None]]:
    """A series of the run, named by a parameter: the table with the condition of its join, and a statistic of it."""
    table = aliased(MetricSeries)
    values = {"last": table.last, "lowest": table.lowest, "highest": table.highest}
    of_run = and_(table.project_id == Run.project_id, table.run_id == Run.id)
    return (table, and_(of_run, table.series == bindparam(name, type_=String()))), values[statistic]
