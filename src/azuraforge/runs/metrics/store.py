"""SQL queries for curves: new points are stored in a tail, whose oldest points are compressed into chunks."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from azuraforge.database import Session
from azuraforge.runs.events import MetricsLogged
from azuraforge.runs.metrics import curves as metrics
from azuraforge.runs.tables import MetricChunk, MetricPoint, MetricSeries

#: Series, step, value, and logging time in milliseconds since 1970 (None: unknown).
Point = tuple[str, int, float, int | None]
#: Step, value and logging time of a point.
Written = tuple[int, float, int | None]
_Sample = tuple[float, int | None]
_BEFORE_ALL = -(2**62)


@dataclass
class _Curve:
    """One row of ``metric_series``."""

    project_id: str
    run_id: str
    series: str
    phase: str
    number: int
    tail_points: int = 0
    sealed_points: int = 0
    sealed_through: int | None = None
    last_step: int | None = None
    last: float | None = None
    lowest: float | None = None
    highest: float | None = None

    @property
    def key(self) -> dict[str, str]:
        """Parameters of the statements that select a curve with ``_named``."""
        return {"of_project": self.project_id, "of_run": self.run_id, "of_series": self.series}


def _named(table: Any) -> tuple[Any, ...]:
    return (
        table.project_id == bindparam("of_project"),
        table.run_id == bindparam("of_run"),
        table.series == bindparam("of_series"),
    )


# Built once, since every batch of points needs these statements and building one costs more than executing it.
_CURVES = (
    select(*MetricSeries.__table__.c)
    .where(MetricSeries.project_id == bindparam("of_project"), MetricSeries.run_id == bindparam("of_run"))
    .order_by(MetricSeries.number)
)
_BETWEEN = select(MetricPoint.step, MetricPoint.attempt).where(
    *_named(MetricPoint), MetricPoint.step >= bindparam("first"), MetricPoint.step <= bindparam("last")
)
_POINTS: Any = MetricPoint.__table__
_PUT = {
    dialect.dialect.name: put.on_conflict_do_update(
        index_elements=["project_id", "run_id", "series", "step"],
        set_={"value": put.excluded.value, "attempt": put.excluded.attempt, "at_ms": put.excluded.at_ms},
    )
    for dialect in (postgresql, sqlite)
    for put in (dialect.insert(_POINTS),)
}
_SERIES: Any = MetricSeries.__table__
#: Columns of a curve's row that describe its points.
_ABOUT = ("tail_points", "sealed_points", "sealed_through", "last_step", "last", "lowest", "highest")
_DESCRIBE = update(_SERIES).where(*_named(_SERIES.c)).values({name: bindparam(name) for name in _ABOUT})


def append(
    session: Session, run_id: str, attempt: int, phase: str, points: Iterable[Point]
) -> dict[str, list[Written]]:
    """Store points of one attempt and return the points that were written, by series, in the given order.

    A series that does not exist yet is created and belongs to ``phase``. A step is skipped if it is already in a chunk,
    or in the tail and not from an earlier attempt. If ``points`` repeats
    a step, the first point is stored. Series without new points are missing in the result. The caller must have
    checked the fence.
    """
    by_series: dict[str, dict[int, _Sample]] = defaultdict(dict)
    for series, step, value, at in points:
        by_series[series].setdefault(step, (value, at))
    known = {row.series: row for row in _series(session, run_id)}
    written: dict[str, list[Written]] = {}
    for name, new in by_series.items():
        row = known.get(name)
        if row is None:
            row = known[name] = _Curve(session.project_id, run_id, name, phase, len(known))
            session.connection().execute(insert(_SERIES), vars(row))
        if taken := _append(session, row, attempt, new):
            written[name] = [(step, value, at) for step, (value, at) in taken.items()]
    return written


def truncate(session: Session, run_id: str, phase: str, after_step: int | None) -> dict[str, int]:
    """Delete a phase's points after ``after_step`` (None: all points).

    Return, by series, the last step that each non-empty series of the phase had before.
    """
    last: dict[str, int] = {}
    for row in _series(session, run_id):
        if row.phase != phase:
            continue
        steps = [step for step in (_last_tail(session, row), row.sealed_through) if step is not None]
        if steps:
            last[row.series] = max(steps)
            _truncate(session, row, _BEFORE_ALL if after_step is None else after_step)
    return last


def event(written: dict[str, list[Written]], attempt: int) -> MetricsLogged:
    """Return the event that reports the written points and, in the same order, their times.

    Null represents NaN, infinities and unknown times.
    """
    return MetricsLogged.model_construct(  # not validated again, since a batch may contain a million points
        points={
            series: [(step, value if math.isfinite(value) else None) for step, value, _ in points]
            for series, points in written.items()
        },
        times={series: [at for _, _, at in points] for series, points in written.items()},
        attempt=attempt,
    )


def read(session: Session, run_id: str, series: str) -> metrics.Curve:
    """Return all points of a series as a curve; the curve is empty if the series does not exist."""
    chunks = select(MetricChunk.data).where(*_of(MetricChunk, session.project_id, run_id, series))
    tail = select(MetricPoint.step, MetricPoint.value, MetricPoint.at_ms)
    points = session.execute(
        tail.where(*_of(MetricPoint, session.project_id, run_id, series)).order_by(MetricPoint.step)
    )
    return metrics.whole(
        session.scalars(chunks.order_by(MetricChunk.first_step)).all(),
        [(step, value, at) for step, value, at in points],
    )


class SeriesStatistics(NamedTuple):
    """Statistics of one curve: the value at its highest step, and the extremes; None if all its values are NaN."""

    run_id: str
    series: str
    last: float | None
    lowest: float | None
    highest: float | None


def statistics(session: Session, run_ids: Sequence[str], most: int) -> tuple[list[SeriesStatistics], int]:
    """Return the statistics of the curves of several runs, and the number of series that were left out.

    At most ``most`` series are read, those of most runs first. Measurements of the system are not included.
    """
    row = MetricSeries
    among = (row.run_id.in_(run_ids), row.series.not_like("system/%"))
    frequent = select(row.series).where(*among).group_by(row.series)
    names = session.scalars(frequent.order_by(func.count().desc(), func.min(row.number), row.series).limit(most)).all()
    columns = (row.run_id, row.series, row.last, row.lowest, row.highest)
    found = session.execute(select(*columns).where(row.run_id.in_(run_ids), row.series.in_(names))).all()
    place = {name: index for index, name in enumerate(names)}
    rows = sorted((SeriesStatistics(*each) for each in found), key=lambda each: place[each.series])
    left_out = 0
    if len(names) == most:
        left_out = (session.scalar(select(func.count(row.series.distinct())).where(*among)) or 0) - len(names)
    return rows, left_out


def _series(session: Session, run_id: str) -> list[_Curve]:
    found = session.connection().execute(_CURVES, {"of_project": session.project_id, "of_run": run_id})
    return [_Curve(**row) for row in found.mappings()]


def _of(table: Any, project_id: str, run_id: str, series: str) -> tuple[Any, ...]:
    return (table.project_id == project_id, table.run_id == run_id, table.series == series)


def _key(row: _Curve, table: Any) -> tuple[Any, ...]:
    return _of(table, row.project_id, row.run_id, row.series)


def _append(session: Session, row: _Curve, attempt: int, new: dict[int, _Sample]) -> dict[int, _Sample]:
    """Append points to the tail and return those of ``new`` that were written."""
    if row.sealed_through is not None and min(new) <= row.sealed_through:
        sealed = _sealed_steps(session, row, min(new), max(new))
        new = {step: sample for step, sample in new.items() if step not in sealed}
    earlier = _tail_attempts(session, row, min(new), max(new)) if new else {}
    new = {step: sample for step, sample in new.items() if earlier.get(step, -1) < attempt}
    if not new:
        return new
    connection = session.connection()
    key = {"project_id": row.project_id, "run_id": row.run_id, "series": row.series, "attempt": attempt}
    connection.execute(
        _PUT[connection.dialect.name],
        [{**key, "step": step, "value": _number(value), "at_ms": at} for step, (value, at) in new.items()],
    )
    row.tail_points += len(new.keys() - earlier.keys())
    if new.keys() & earlier.keys():  # a replaced value may have been an extreme
        _find_extremes(session, row)
    else:
        _widen(row, [value for value, _ in new.values()])
    newest = max(new)
    if row.last_step is None or newest >= row.last_step:
        row.last_step, row.last = newest, _number(new[newest][0])
    if row.tail_points >= metrics.CHUNK_POINTS:
        _seal(session, row)
    _describe(session, row)
    return new


def _describe(session: Session, row: _Curve) -> None:
    about = {name: getattr(row, name) for name in _ABOUT}
    session.connection().execute(_DESCRIBE, {**row.key, **about})


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


def _widen(row: _Curve, values: Iterable[float]) -> None:
    numbers = [value for value in values if not math.isnan(value)]
    row.lowest = min((each for each in (row.lowest, *numbers) if each is not None), default=None)
    row.highest = max((each for each in (row.highest, *numbers) if each is not None), default=None)


def _find_extremes(session: Session, row: _Curve) -> None:
    """Recompute the extremes of a curve from its tail and the rows of its chunks."""
    point, chunk = MetricPoint.value, MetricChunk
    tail = session.execute(select(func.min(point), func.max(point)).where(*_key(row, MetricPoint))).one()
    sealed = session.execute(select(func.min(chunk.low), func.max(chunk.high)).where(*_key(row, chunk))).one()
    row.lowest = row.highest = None
    _widen(row, [value for value in (*tail, *sealed) if value is not None])


def _find_last(session: Session, row: _Curve) -> None:
    """Recompute the last step of a curve and its value from the tail and the last chunk."""
    newest = (
        select(MetricPoint.step, MetricPoint.value).where(*_key(row, MetricPoint)).order_by(MetricPoint.step.desc())
    )
    found = session.execute(newest.limit(1)).one_or_none()
    row.last_step, row.last = (found.step, found.value) if found is not None else (None, None)
    if row.sealed_through is None or (row.last_step is not None and row.last_step > row.sealed_through):
        return
    chunk = select(MetricChunk.data).where(*_key(row, MetricChunk), MetricChunk.last_step == row.sealed_through)
    sealed = metrics.decode(session.scalars(chunk).one())
    row.last_step, row.last = int(sealed.steps[-1]), _number(float(sealed.values[-1]))


def _tail_attempts(session: Session, row: _Curve, first: int, last: int) -> dict[int, int]:
    """Return the attempt that wrote each step of the tail from ``first`` to ``last``, by step."""
    found = session.connection().execute(_BETWEEN, {**row.key, "first": first, "last": last})
    return {row.step: row.attempt for row in found}


def _sealed_steps(session: Session, row: _Curve, first: int, last: int) -> set[int]:
    statement = select(MetricChunk.data).where(
        *_key(row, MetricChunk), MetricChunk.first_step <= last, MetricChunk.last_step >= first
    )
    return {step for data in session.scalars(statement) for step in metrics.decode(data).steps.tolist()}


def _seal(session: Session, row: _Curve) -> None:
    """Compress the oldest points of the tail into chunks of ``CHUNK_POINTS`` points."""
    columns = (MetricPoint.step, MetricPoint.value, MetricPoint.at_ms)
    statement = select(*columns).where(*_key(row, MetricPoint)).order_by(MetricPoint.step)
    points = session.execute(statement).all()
    while len(points) >= metrics.CHUNK_POINTS:
        oldest, points = points[: metrics.CHUNK_POINTS], points[metrics.CHUNK_POINTS :]
        steps = [step for step, _, _ in oldest]
        values = [math.nan if value is None else value for _, value, _ in oldest]
        times = [metrics.UNKNOWN_TIME if at is None else at for _, _, at in oldest]
        _add_chunk(session, row, metrics.encode(steps, values, times))
        session.execute(
            delete(MetricPoint).where(
                *_key(row, MetricPoint), MetricPoint.step >= steps[0], MetricPoint.step <= steps[-1]
            ),
            execution_options={"synchronize_session": False},
        )
        row.sealed_points += len(steps)
        row.sealed_through = max(steps[-1], row.sealed_through if row.sealed_through is not None else steps[-1])
    row.tail_points = len(points)


def _add_chunk(session: Session, row: _Curve, chunk: metrics.Chunk) -> None:
    session.connection().execute(
        insert(MetricChunk).values(
            project_id=row.project_id,
            run_id=row.run_id,
            series=row.series,
            first_step=chunk.first_step,
            last_step=chunk.last_step,
            points=chunk.points,
            low=chunk.low,
            high=chunk.high,
            data=chunk.data,
        )
    )


def _last_tail(session: Session, row: _Curve) -> int | None:
    return session.scalar(select(func.max(MetricPoint.step)).where(*_key(row, MetricPoint)))


def _truncate(session: Session, row: _Curve, after_step: int) -> None:
    options = {"synchronize_session": False}
    session.execute(
        delete(MetricPoint).where(*_key(row, MetricPoint), MetricPoint.step > after_step), execution_options=options
    )
    behind = (*_key(row, MetricChunk), MetricChunk.last_step > after_step)
    cut = session.scalars(select(MetricChunk.data).where(*behind, MetricChunk.first_step <= after_step)).all()
    session.execute(delete(MetricChunk).where(*behind), execution_options=options)
    for data in cut:
        sealed = metrics.decode(data)
        end = int((sealed.steps <= after_step).sum())
        left_over = (sealed.steps[:end].tolist(), sealed.values[:end].tolist(), sealed.times[:end].tolist())
        _add_chunk(session, row, metrics.encode(*left_over))
    left = select(func.coalesce(func.sum(MetricChunk.points), 0), func.max(MetricChunk.last_step))
    points, through = session.execute(left.where(*_key(row, MetricChunk))).one()
    tail = session.scalar(select(func.count()).select_from(MetricPoint).where(*_key(row, MetricPoint))) or 0
    row.tail_points, row.sealed_points, row.sealed_through = tail, points, through
    _find_extremes(session, row)
    _find_last(session, row)
    _describe(session, row)
