"""Conversion of rows into API shapes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from azuraforge.messages import current
from azuraforge.messages.stored import in_language
from azuraforge.runs.handlers import RunExtra
from azuraforge.runs.lookup_store import ArtifactRow, AttemptRow, LinkedRow, RunDetailRow, RunRow, SeriesAbout
from azuraforge.runs.metrics import curves as metrics
from azuraforge.runs.metrics.schemas import SeriesOut
from azuraforge.runs.schemas import (
    ArtifactOut,
    AttemptOut,
    LinkedRun,
    MetricSeries,
    RunDetail,
    RunError,
    RunOut,
    RunProgress,
)
from azuraforge.runs.tables import Artifact, Run

_PLAIN = tuple(name for name in RunOut.model_fields if name not in ("progress", "error", "sort_value"))


def run_fields(row: Run | RunRow) -> dict[str, Any]:
    """Return the values for the fields of ``RunOut`` from a row."""
    fields = {name: getattr(row, name) for name in _PLAIN}
    fields["progress"] = RunProgress.model_validate(row.progress)
    fields["error"] = RunError.shown(row.error)
    return fields


def run_out(row: Run | RunRow) -> RunOut:
    return RunOut(**run_fields(row))


def sorted_run_out(row: RunRow) -> RunOut:
    """Return a run with the metric value that its list is sorted by."""
    value = row.sort_value
    return RunOut(**run_fields(row), sort_value=value if value is not None and math.isfinite(value) else None)


def run_detail(
    row: RunRow,
    detail: RunDetailRow,
    *,
    depends_on: Sequence[LinkedRow],
    needed_by: Sequence[LinkedRow],
    attempts: Sequence[AttemptRow],
    artifacts: Sequence[ArtifactRow],
    **lists: Any,
) -> RunDetail:
    """Return a run with its details.

    ``lists`` contains the fields ``parent``, ``figures``, ``notes``, ``metric_series``, ``metric_series_total`` and
    ``last_event_seq`` of ``RunDetail``.
    """
    fixed = detail.environment is not None  # set by the first attempt that the platform executes
    return RunDetail(
        **run_fields(row),
        config=detail.config,
        seed=detail.seed,
        threads=detail.threads,
        priority=detail.priority,
        depends_on=[linked_run(each) for each in depends_on],
        on_failure=detail.on_failure,
        needed_by=[linked_run(each) for each in needed_by],
        time_limit_seconds=detail.time_limit_seconds,
        memory_limit_bytes=detail.memory_limit_bytes,
        study=RunExtra.model_validate({"study": detail.extra.get("study")}).study,
        dataset_fingerprint=detail.dataset_fingerprint,
        code_version=detail.code_version if fixed else None,
        plugin_version=detail.plugin_version,
        environment=detail.environment,
        bit_reproducible=detail.bit_reproducible if fixed else None,
        follow_ups=detail.follow_ups,
        attempts=[attempt_out(each) for each in attempts],
        artifacts=[artifact_out(each) for each in artifacts],
        **lists,
    )


def attempt_out(row: AttemptRow) -> AttemptOut:
    fields = {name: getattr(row, name) for name in AttemptOut.model_fields}
    reason = None if row.reason is None else in_language(row.reason, current())
    return AttemptOut(**{**fields, "reason": reason})


def linked_run(row: LinkedRow) -> LinkedRun:
    return LinkedRun(id=row.id, name=row.name, state=row.state)


def artifact_out(row: Artifact | ArtifactRow) -> ArtifactOut:
    return ArtifactOut(**{name: getattr(row, name) for name in ArtifactOut.model_fields})


def series_about(row: SeriesAbout) -> SeriesOut:
    """Return a curve without its points."""
    return SeriesOut(
        name=row.series,
        phase=row.phase,
        points=row.tail_points + row.sealed_points,
        last_step=row.last_step,
        last=_finite(row.last),
        lowest=_finite(row.lowest),
        highest=_finite(row.highest),
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def series_out(name: str, curve: metrics.Curve, max_points: int, times: bool) -> MetricSeries:
    """Return a curve reduced to at most ``max_points`` points, with their logging times if ``times`` is true.

    Raises ValueError if ``max_points`` is less than 3.
    """
    few = metrics.downsample(curve, max_points)
    values: list[float] = few.values.tolist()
    shown: list[float | None] = [value if math.isfinite(value) else None for value in values]
    at: list[int | None] | None = None
    if times:
        at = [None if each == metrics.UNKNOWN_TIME else each for each in few.times.tolist()]
    return MetricSeries(series=name, steps=few.steps.tolist(), values=shown, times=at, total_points=len(curve))
