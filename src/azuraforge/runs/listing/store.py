"""SQL queries for the columns of lists of runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, func, literal, literal_column, or_, select

from azuraforge.database.fast_reads import Question
from azuraforge.processes.resources.usage import PHASE as SYSTEM
from azuraforge.runs.lookup_store import among
from azuraforge.runs.tables import MetricChunk, MetricPoint, MetricSeries, Run
from azuraforge.strict_json import JsonObject

#: Maximum number of points of a curve in a list, and of the chunks that are read for them.
SPARK_POINTS, _SPARK_CHUNKS = 32, 4


class ConfigRow(NamedTuple):
    id: str
    config: JsonObject


class SummaryRow(NamedTuple):
    id: str
    summary: JsonObject | None


class ValueRow(NamedTuple):
    """Statistics of one curve of one run."""

    run_id: str
    series: str
    last: float | None
    lowest: float | None
    highest: float | None


class SealedRow(NamedTuple):
    run_id: str
    series: str
    first_step: int
    data: bytes


class PointRow(NamedTuple):
    run_id: str
    series: str
    step: int
    value: float | None
    at_ms: int | None


class NameRow(NamedTuple):
    series: str


_VALUES = (MetricSeries.run_id, MetricSeries.series, MetricSeries.last, MetricSeries.lowest, MetricSeries.highest)


def configs(ids: Sequence[str]) -> Question[ConfigRow]:
    """Return the query for the configs of runs."""
    return Question(ConfigRow, select(Run.id, Run.config).where(among(Run.id, ids)), varied=True)


NEWEST_CONFIGS = Question(
    ConfigRow, select(Run.id, Run.config).order_by(Run.created_at.desc(), Run.id.desc()).limit(bindparam("limit"))
)


NEWEST_SUMMARIES = Question(
    SummaryRow,
    select(Run.id, Run.summary)
    .where(Run.summary.is_not(None))
    .order_by(Run.created_at.desc(), Run.id.desc())
    .limit(bindparam("limit")),
)


def summaries(ids: Sequence[str]) -> Question[SummaryRow]:
    """Return the query for the results of runs."""
    return Question(SummaryRow, select(Run.id, Run.summary).where(among(Run.id, ids)), varied=True)


def values(ids: Sequence[str], series: Sequence[str]) -> Question[ValueRow]:
    """Return the query for the statistics of metrics of runs."""
    named = among(MetricSeries.run_id, ids), among(MetricSeries.series, series)
    return Question(ValueRow, select(*_VALUES).where(*named), varied=True)


def first_values(ids: Sequence[str], most: int) -> Question[ValueRow]:
    """Return the query for the statistics of the first metrics of runs, without those of the system."""
    statement = select(*_VALUES).where(
        among(MetricSeries.run_id, ids),
        MetricSeries.phase != literal_column(f"'{SYSTEM}'", String()),
        MetricSeries.number < literal(most + 20),
    )
    return Question(ValueRow, statement.order_by(MetricSeries.run_id, MetricSeries.number), varied=True)


def sealed(ids: Sequence[str], series: Sequence[str]) -> Question[SealedRow]:
    """Return the query for a few chunks of each curve, evenly distributed."""
    chosen = _sampled(MetricChunk, MetricChunk.first_step, ids, series, _SPARK_CHUNKS)
    of = and_(
        MetricChunk.project_id == chosen.c.project_id,
        MetricChunk.run_id == chosen.c.run_id,
        MetricChunk.series == chosen.c.series,
        MetricChunk.first_step == chosen.c.step,
    )
    statement = select(MetricChunk.run_id, MetricChunk.series, MetricChunk.first_step, MetricChunk.data)
    return Question(SealedRow, statement.join(chosen, of).order_by(MetricChunk.first_step), varied=True)


def tails(ids: Sequence[str], series: Sequence[str]) -> Question[PointRow]:
    """Return the query for a few points of the tail of each curve, evenly distributed."""
    chosen = _sampled(MetricPoint, MetricPoint.step, ids, series, SPARK_POINTS)
    of = and_(
        MetricPoint.project_id == chosen.c.project_id,
        MetricPoint.run_id == chosen.c.run_id,
        MetricPoint.series == chosen.c.series,
        MetricPoint.step == chosen.c.step,
    )
    statement = select(MetricPoint.run_id, MetricPoint.series, MetricPoint.step, MetricPoint.value, MetricPoint.at_ms)
    return Question(PointRow, statement.join(chosen, of).order_by(MetricPoint.step), varied=True)


def _sampled(table: Any, step: ColumnElement[Any] | Any, ids: Sequence[str], series: Sequence[str], most: int) -> Any:
    """Return a subquery for the keys of at most ``most`` + 1 rows of each curve: evenly distributed, with the last."""
    of = [table.run_id, table.series]
    number = func.row_number().over(partition_by=of, order_by=step)
    numbered = (
        select(
            table.project_id,
            table.run_id,
            table.series,
            step.label("step"),
            number.label("number"),
            func.count().over(partition_by=of).label("count"),
        )
        .where(table.project_id == bindparam("project_id"), among(table.run_id, ids), among(table.series, series))
        .subquery("numbered")
    )
    c = numbered.c
    share: ColumnElement[int] = literal_column(str(most))
    one: ColumnElement[int] = literal_column("1")
    two: ColumnElement[int] = literal_column("2")
    changes = ((c.number - one) * share).op("/")(c.count) != ((c.number - two) * share).op("/")(c.count)
    kept = or_(c.number == one, c.number == c.count, changes)
    return select(c.project_id, c.run_id, c.series, c.step).where(kept).subquery("chosen")


def series_names(search: str) -> Question[NameRow]:
    """Return the query for names of the project's metrics that contain a text; its parameter is ``limit``.

    Each step of the recursion finds the next name by the index, however many runs have the metric.
    """
    mine = MetricSeries.project_id == bindparam("project_id")
    first = select(bindparam("project_id", type_=String()).label("project_id"), _least(mine).label("series"))
    names = first.cte("names", recursive=True)
    later = _least(and_(mine, MetricSeries.series > names.c.series))
    names = names.union_all(select(names.c.project_id, later).where(names.c.series.is_not(None)))
    found = cast(Select[Any], select(names.c.series)).where(names.c.series.is_not(None))
    if search:
        found = found.where(func.lower(names.c.series).contains(search.lower(), autoescape=True))
    return Question(NameRow, found.limit(bindparam("limit")), varied=True)


def _least(condition: ColumnElement[bool]) -> Any:
    return select(func.min(MetricSeries.series)).where(condition).scalar_subquery()
