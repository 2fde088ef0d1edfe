"""Test of whether a champion is worse than a simple baseline beyond chance, from judged ledger entries.

The baselines are the naive forecast, which each entry contains, and the seasonal naive forecast, which is available
once the ledger contains the outcomes of one season. Each forecast contributes the relative difference of the two mean
losses, ``(loss - baseline's) / (loss + baseline's)``, between -1 and 1; of forecasts with overlapping targets only the
first counts. For each baseline, the differences feed two sequential change tests (``deployments/sequential.py``), one
for all steps and one for the first step. The tests stay valid if they are evaluated after every outcome.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from azuraforge.database import Database
from azuraforge.models.deployments.sequential import log_change
from azuraforge.models.predictions import store as ledger_store
from azuraforge.models.predictions.schemas import BaselineStanding, Standing
from azuraforge.models.predictions.seasons import SeasonBack
from azuraforge.models.predictions.store import JudgedPoint
from azuraforge.models.registry.finding import find_aliased, find_model
from azuraforge.models.registry.names import CHAMPION
from azuraforge.plugins.contract.dataset_schema import DatasetSchema

#: Minimum average number of forecasts between two false alarms if champion and baselines are equally good.
FALSE_ALARM_AFTER = 10_000
#: Maximum number of judged points to compare; the newest are used.
MOST_POINTS = 10_000
NAIVE, SEASONAL_NAIVE = "naive", "seasonal_naive"


@dataclass(frozen=True)
class _Point:
    """Judged point with the losses of the baselines, by their names."""

    step: int
    target_at: datetime
    series: str | None
    loss: float
    baselines: Mapping[str, float]


@dataclass(frozen=True)
class _Forecast:
    """Points of all series forecast from one origin. ``timed`` is False for images, whose targets have no time."""

    timed: bool
    points: Sequence[_Point]

    def part(self, baseline: str, *, first_step: bool) -> _Forecast:
        """Return the points that the baseline also predicted; with ``first_step``, only the points one step ahead."""
        kept = [each for each in self.points if baseline in each.baselines and (each.step == 1 or not first_step)]
        return _Forecast(self.timed, kept)


class Standings:
    """Comparison of champions with baselines; each method takes the project's id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, project_id: str, model: str) -> Standing:
        """Compare a model's champion with the baselines.

        Raises NotFound if the model does not exist, and Conflict if it has no champion.
        """
        with self._database.read(project_id) as session:
            owner = find_model(session, model)
            row = find_aliased(session, owner, CHAMPION)
            points = ledger_store.judged_points(session, owner.id, MOST_POINTS)
        return standing_of(row.version, row.schema, points)


def standing_of(version: int, schema: DatasetSchema, points: Sequence[JudgedPoint]) -> Standing:
    """Compare one version with the baselines.

    Args:
        version: number of the version.
        schema: schema of the version; its frequency and season determine the seasonal naive forecast.
        points: judged points of every version of the model, oldest target first.
    """
    forecasts = list(_forecasts(version, schema, points))
    names = [
        name for name in (NAIVE, SEASONAL_NAIVE) if any(name in p.baselines for each in forecasts for p in each.points)
    ]
    several_steps = any(point.step > 1 for each in forecasts for point in each.points)
    bound = FALSE_ALARM_AFTER * max(1, len(names)) * (2 if several_steps else 1)
    found = [_against(name, forecasts, math.log(bound)) for name in names]
    worst = max(found, key=lambda each: each.evidence, default=None)
    return Standing(
        version=version,
        worse_than=worst.baseline if worst is not None and worst.evidence >= 1 else None,
        baselines=found,
    )


def _forecasts(version: int, schema: DatasetSchema, points: Sequence[JudgedPoint]) -> Iterator[_Forecast]:
    """Yield the forecasts of a version, oldest origin first; repeated predictions for the same input count once."""
    back = SeasonBack.of(schema)
    known = {(each.series, back.key(each.target_at)): each.actual for each in points if each.actual is not None}
    asked: dict[tuple[str, int], str] = {}
    groups: dict[tuple[datetime, str], list[_Point]] = {}
    for each in points:
        question = (each.question or each.prediction_id, each.step)
        if each.version != version or asked.setdefault(question, each.prediction_id) != each.prediction_id:
            continue
        baselines = {} if each.naive_loss is None else {NAIVE: each.naive_loss}
        if each.actual is not None:
            before = back.before(each.target_at, each.origin_at)
            earlier = known.get((each.series, before)) if before is not None else None
            if earlier is not None:
                baselines[SEASONAL_NAIVE] = abs(earlier - each.actual)
        image = "" if each.actual is not None else each.prediction_id
        point = _Point(each.step, each.target_at, each.series, each.loss, baselines)
        groups.setdefault((each.origin_at, image), []).append(point)
    yield from (_Forecast(not key[1], groups[key]) for key in sorted(groups))


def _against(baseline: str, forecasts: Sequence[_Forecast], bound: float) -> BaselineStanding:
    first = _apart(each.part(baseline, first_step=True) for each in forecasts)
    every = list(_apart(each.part(baseline, first_step=False) for each in forecasts))
    evidence = max(log_change([_difference(baseline, each) for each in tested]) for tested in (list(first), every))
    points = [point for each in every for point in each.points]
    return BaselineStanding(
        baseline=baseline,
        forecasts=len(every),
        loss=_mean(point.loss for point in points),
        baseline_loss=_mean(point.baselines[baseline] for point in points),
        evidence=max(0.0, evidence / bound),
    )


def _apart(forecasts: Iterable[_Forecast]) -> Iterator[_Forecast]:
    """Yield forecasts whose targets all follow those of the previously yielded one.

    The choice depends on times only, never on losses.
    """
    frontier: datetime | None = None
    for each in forecasts:
        if not each.points:
            continue
        if each.timed:
            if frontier is not None and min(point.target_at for point in each.points) <= frontier:
                continue
            frontier = max(point.target_at for point in each.points)
        yield each


def _difference(baseline: str, forecast: _Forecast) -> float:
    """Return the relative difference of the mean losses, between -1 and 1, with equal weight for each series."""
    by_series: dict[str | None, list[_Point]] = {}
    for point in forecast.points:
        by_series.setdefault(point.series, []).append(point)
    found = []
    for points in by_series.values():
        ours, theirs = sum(point.loss for point in points), sum(point.baselines[baseline] for point in points)
        found.append((ours - theirs) / (ours + theirs) if ours + theirs > 0 else 0.0)
    return _mean(found)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found)
