"""SQL queries of the most frequent reads, used by ``lookup.py``. ``Question`` restricts each query to one project."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Integer,
    String,
    and_,
    bindparam,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from azuraforge.database.fast_reads import Question, columns
from azuraforge.database.keyset import Column, behind_parameters
from azuraforge.messages.stored import StoredText
from azuraforge.runs.schemas import OnFailure, RunState
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
from azuraforge.strict_json import JsonObject

_RUN_ID = bindparam("run_id", type_=String())


class RunRow(NamedTuple):
    """Run as shown in lists."""

    id: str
    kind: str
    name: str
    state: RunState
    plugin: str | None
    model: str | None
    dataset_id: str | None
    dataset_name: str | None
    dataset_version: int | None
    attempt: int
    cancel_requested: bool
    waiting_on: int
    progress: JsonObject
    summary: JsonObject | None
    error: JsonObject | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    pinned: bool
    deleted_at: datetime | None
    deleted_by: str | None
    tags: list[str]


class RunDetailRow(NamedTuple):
    """Columns of a run that only its detail page shows."""

    note: str | None
    config: JsonObject
    seed: int
    threads: int
    priority: int
    on_failure: OnFailure
    time_limit_seconds: float | None
    memory_limit_bytes: int | None
    dataset_fingerprint: str | None
    code_version: str
    plugin_version: str | None
    environment: JsonObject | None
    bit_reproducible: bool
    follow_ups: list[str]
    extra: JsonObject


class IdRow(NamedTuple):
    id: str


class LinkedRow(NamedTuple):
    """Run that another run depends on, or that depends on it."""

    id: str
    name: str
    state: RunState


class AttemptRow(NamedTuple):
    attempt: int
    worker: str
    started_at: datetime
    ended_at: datetime | None
    ended_as: str | None
    reason: StoredText | None
    resumed_from_step: int | None
    steps_recomputed: int | None


class ArtifactRow(NamedTuple):
    name: str
    kind: str
    media_type: str
    bytes: int
    sha256: str
    created_at: datetime


class FigureRow(NamedTuple):
    name: str


class NoteRow(NamedTuple):
    markdown: StoredText


class SeriesRow(NamedTuple):
    series: str
    tail_points: int
    sealed_points: int


class SeriesAbout(NamedTuple):
    """A curve without its points."""

    series: str
    phase: str
    tail_points: int
    sealed_points: int
    last_step: int | None
    last: float | None
    lowest: float | None
    highest: float | None


class TotalRow(NamedTuple):
    total: int


class SeriesName(NamedTuple):
    series: str


class ChunkRow(NamedTuple):
    data: bytes


class PointRow(NamedTuple):
    step: int
    value: float | None
    at_ms: int | None


_SHOWN = columns(Run, RunRow)

RUN = Question(RunRow, select(*_SHOWN).where(Run.id == _RUN_ID))
DETAIL = Question(RunDetailRow, select(*columns(Run, RunDetailRow)).where(Run.id == _RUN_ID))
EXISTS = Question(IdRow, select(Run.id).where(Run.id == _RUN_ID))
NEEDS = Question(
    LinkedRow,
    select(Run.id, Run.name, Run.state)
    .join(RunDependency, RunDependency.needs_id == Run.id)
    .where(RunDependency.run_id == _RUN_ID)
    .order_by(Run.created_at, Run.id),
)
NEEDED_BY = Question(
    LinkedRow,
    select(Run.id, Run.name, Run.state)
    .join(RunDependency, RunDependency.run_id == Run.id)
    .where(RunDependency.needs_id == _RUN_ID)
    .order_by(Run.created_at, Run.id)
    .limit(bindparam("limit")),
)
ATTEMPTS = Question(
    AttemptRow,
    select(
        RunAttempt.attempt,
        RunAttempt.worker,
        RunAttempt.started_at,
        RunAttempt.ended_at,
        RunAttempt.ended_as,
        RunAttempt.reason,
        RunAttempt.resumed_from_step,
        RunAttempt.steps_recomputed,
    )
    .where(RunAttempt.run_id == _RUN_ID)
    .order_by(RunAttempt.attempt),
)
ARTIFACTS = Question(
    ArtifactRow,
    select(Artifact.name, Artifact.kind, Artifact.media_type, Artifact.bytes, Artifact.sha256, Artifact.created_at)
    .where(Artifact.run_id == _RUN_ID)
    .order_by(Artifact.name),
)
FIGURES = Question(FigureRow, select(RunFigure.name).where(RunFigure.run_id == _RUN_ID).order_by(RunFigure.name))
NOTES = Question(NoteRow, select(RunNote.markdown).where(RunNote.run_id == _RUN_ID).order_by(RunNote.number))
SERIES = Question(
    SeriesRow,
    select(MetricSeries.series, MetricSeries.tail_points, MetricSeries.sealed_points)
    .where(MetricSeries.run_id == _RUN_ID)
    .order_by(MetricSeries.number),
)
#: The first curves of a run, and how many it has.
FIRST_SERIES = Question(
    SeriesName,
    select(MetricSeries.series)
    .where(MetricSeries.run_id == _RUN_ID)
    .order_by(MetricSeries.number)
    .limit(bindparam("series_limit", type_=Integer())),
)
SERIES_COUNT = Question(
    TotalRow, select(func.count().label("total")).select_from(MetricSeries).where(MetricSeries.run_id == _RUN_ID)
)
_PARENT = aliased(Run)
PARENT = Question(
    LinkedRow,
    select(_PARENT.id, _PARENT.name, _PARENT.state)
    .join(Run, and_(Run.parent_id == _PARENT.id, Run.project_id == _PARENT.project_id))
    .where(Run.id == _RUN_ID),
)
_FROM, _TO = bindparam("from_step", type_=BigInteger()), bindparam("to_step", type_=BigInteger())
CHUNKS_BETWEEN = Question(
    ChunkRow,
    select(MetricChunk.data)
    .where(
        MetricChunk.run_id == _RUN_ID,
        MetricChunk.series == bindparam("series"),
        MetricChunk.last_step >= _FROM,
        MetricChunk.first_step <= _TO,
    )
    .order_by(MetricChunk.first_step),
)
TAIL_BETWEEN = Question(
    PointRow,
    select(MetricPoint.step, MetricPoint.value, MetricPoint.at_ms)
    .where(
        MetricPoint.run_id == _RUN_ID,
        MetricPoint.series == bindparam("series"),
        MetricPoint.step >= _FROM,
        MetricPoint.step <= _TO,
    )
    .order_by(MetricPoint.step),
)
CHUNKS = Question(
    ChunkRow,
    select(MetricChunk.data)
    .where(MetricChunk.run_id == _RUN_ID, MetricChunk.series == bindparam("series"))
    .order_by(MetricChunk.first_step),
)
TAIL = Question(
    PointRow,
    select(MetricPoint.step, MetricPoint.value, MetricPoint.at_ms)
    .where(MetricPoint.run_id == _RUN_ID, MetricPoint.series == bindparam("series"))
    .order_by(MetricPoint.step),
)


@cache
def page(*, state: bool, kind: bool, after: bool, trash: bool, trials: bool) -> Question[RunRow]:
    """Return the query for a page of runs, newest first.

    Its parameters are ``limit`` and, depending on the arguments, ``state``, ``kind`` and the cursor's values.

    Args:
        state: whether to filter by state.
        kind: whether to filter by kind.
        after: whether to continue after a cursor.
        trash: whether to return deleted runs instead of the others.
        trials: whether to include trials of studies.
    """
    key: tuple[Column, ...] = (Run.created_at, Run.id)
    statement = select(*_SHOWN).where(Run.deleted_at.is_not(None) if trash else Run.deleted_at.is_(None))
    if state:
        statement = statement.where(Run.state == bindparam("state"))
    if kind:
        statement = statement.where(Run.kind == bindparam("kind"))
    elif not (trials or trash):
        statement = statement.where(literal_column(f"run.{NO_TRIAL}", Boolean()))  # as in the partial index
    if after:
        statement = statement.where(behind_parameters(key, descending=True))
    return Question(RunRow, statement.order_by(*(column.desc() for column in key)).limit(bindparam("limit")))


def rows(ids: Sequence[str]) -> Question[RunRow]:
    """Return the query for the runs with the given ids."""
    return Question(RunRow, select(*_SHOWN).where(among(Run.id, ids)), varied=True)


def series_page(*, search: bool, after: bool) -> tuple[Question[SeriesAbout], Question[TotalRow]]:
    """Return the queries for a page of a run's curves, sorted by name, and for the number of all that match.

    Their parameters are ``run_id``, ``limit`` and, depending on the arguments, ``pattern`` (for LIKE, in lower case
    and escaped by a backslash) and ``after_name``.
    """
    return _series_page(search, after)


@cache
def _series_page(search: bool, after: bool) -> tuple[Question[SeriesAbout], Question[TotalRow]]:
    page = select(*columns(MetricSeries, SeriesAbout)).where(MetricSeries.run_id == _RUN_ID)
    count = select(func.count().label("total")).select_from(MetricSeries).where(MetricSeries.run_id == _RUN_ID)
    if search:
        pattern = bindparam("pattern", type_=String())
        matches = func.lower(MetricSeries.series).like(pattern, escape="\\")
        page, count = page.where(matches), count.where(matches)
    if after:
        page = page.where(MetricSeries.series > bindparam("after_name", type_=String()))
    page = page.order_by(MetricSeries.series).limit(bindparam("limit", type_=Integer()))
    return Question(SeriesAbout, page), Question(TotalRow, count)


def among(column: InstrumentedAttribute[str], values: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a column has one of the values, with one parameter for each."""
    # Literals of their own, because SQLAlchemy would expand a list of plain values only when it executes the statement.
    return column.in_([literal(value, String()) for value in values])
