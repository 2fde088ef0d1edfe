"""SQL queries of the most frequent reads, used by ``lookup.py``. ``Question`` restricts each query to one project."""

from __future__ import annotations

from datetime import datetime
from functools import cache, lru_cache
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Double,
    Integer,
    String,
    and_,
    bindparam,
    func,
    literal_column,
    null,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from azuraforge.database.fast_reads import Question, columns
from azuraforge.database.keyset import Column, behind_parameters
from azuraforge.messages.stored import StoredText
from azuraforge.runs.metrics.queries import Comparison, Statistic
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
    """Run as shown in lists; ``sort_value`` is None if the list is sorted by time."""

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
    sort_value: float | None


class RunDetailRow(NamedTuple):
    """Columns of a run that only its detail page shows."""

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

RUN = Question(RunRow, select(*_SHOWN, null().label("sort_value")).where(Run.id == _RUN_ID))
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


def page(
    *,
    state: bool,
    kind: bool,
    after: bool,
    trash: bool,
    trials: bool,
    conditions: tuple[tuple[Statistic, Comparison], ...] = (),
    sort: tuple[Statistic, bool] | None = None,
) -> Question[RunRow]:
    """Return the query for a page of runs, newest first or sorted by a metric.

    Its parameters are ``limit`` and, depending on the arguments, ``state``, ``kind``, the cursor's values,
    ``sort_series``, and ``series_0``, ``value_0`` … of the conditions. It reads statistics of curves, but no points.

    Args:
        state: whether to filter by state.
        kind: whether to filter by kind.
        after: whether to continue after a cursor.
        trash: whether to return deleted runs instead of the others.
        trials: whether to include trials of studies.
        conditions: statistic and comparison of each condition on a metric.
        sort: statistic to sort by and whether to sort in descending order; None sorts by time.
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
) -> Question[RunRow]:
    key: tuple[Column, ...] = (Run.created_at, Run.id)
    sort_value: Column = null().label("sort_value")
    descending = True
    if sort is not None:
        (series, value), descending = _series("sort_series", sort[0]), sort[1]
        sort_value = value.label("sort_value")
        key = (value, Run.id)
    statement = select(*_SHOWN, sort_value)
    if sort is not None:
        statement = statement.join(*series).where(value.is_not(None))
    statement = statement.where(Run.deleted_at.is_not(None) if trash else Run.deleted_at.is_(None))
    if state:
        statement = statement.where(Run.state == bindparam("state"))
    if kind:
        statement = statement.where(Run.kind == bindparam("kind"))
    elif not (trials or trash):
        statement = statement.where(literal_column(f"run.{NO_TRIAL}", Boolean()))  # as in the partial index
    for number, (statistic, comparison) in enumerate(conditions):
        series, value = _series(f"series_{number}", statistic)
        asked: ColumnElement[float] = bindparam(f"value_{number}", type_=Double())
        statement = statement.join(*series).where(value.bool_op(comparison)(asked))
    if after:
        statement = statement.where(behind_parameters(key, descending=descending))
    order = [column.desc() if descending else column.asc() for column in key]
    varied = bool(conditions) or sort is not None
    return Question(RunRow, statement.order_by(*order).limit(bindparam("limit")), varied=varied)


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


#: Caches of statements. Without conditions there are at most 224, all of which are kept; with conditions there can be
#: many more, so only the recently used ones are kept.
_page = cache(_make_page)
_filtered_page = lru_cache(maxsize=256)(_make_page)


def _series(
    name: str, statistic: Statistic
) -> tuple[tuple[type[MetricSeries], ColumnElement[bool]], InstrumentedAttribute[float | None]]:
    """Return the join with the series that the query parameter ``name`` names, and the column of ``statistic``."""
    table = aliased(MetricSeries)
    values = {"last": table.last, "lowest": table.lowest, "highest": table.highest}
    of_run = and_(table.project_id == Run.project_id, table.run_id == Run.id)
    return (table, and_(of_run, table.series == bindparam(name, type_=String()))), values[statistic]
