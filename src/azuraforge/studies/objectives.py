"""Objectives of a study, and selection of the best trial."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.metric import BYTES, FIT_SECONDS, MetricFacts
from azuraforge.plugins.contract.task_kind import TaskKindFacts
from azuraforge.studies.records import StoredObjective
from azuraforge.studies.schemas import Direction, Objective

#: Metrics of every trial: the seconds of fitting, and the size of the predictor.
_COSTS = (FIT_SECONDS, BYTES)


def metrics_of(kind: TaskKindFacts | None) -> list[MetricFacts]:
    """Return the metrics that can be objectives, the task kind's own first."""
    own = [kind.metric(name) for name in kind.objectives] if kind is not None else []
    return [*own, *_COSTS]


def objectives_of(asked: Sequence[Objective], kind: TaskKindFacts) -> list[StoredObjective]:
    """Return the objectives with their directions; by default, the first metric of the task kind.

    Raises InvalidInput for an unknown or repeated metric.
    """
    facts = {each.name: each for each in metrics_of(kind)}
    known = list(facts)
    found: list[StoredObjective] = []
    for index, each in enumerate(asked or [Objective(metric=known[0])]):
        if each.metric not in known:
            close = difflib.get_close_matches(each.metric, known, n=1)
            raise InvalidInput(
                "trials of the task {task} have no metric {metric!r}; did you mean {close}?"
                if close
                else "trials of the task {task} have no metric {metric!r}",
                where="objectives.{index}",
                next_step="choose one of: {known}",
                task=kind.name,
                metric=each.metric,
                close=close[0] if close else "",
                index=index,
                known=", ".join(known),
            )
        better: Direction = "maximize" if facts[each.metric].direction == "higher" else "minimize"
        found.append({"metric": each.metric, "direction": each.direction or better})
    if len({each["metric"] for each in found}) < len(found):
        raise InvalidInput("two objectives have the same metric", where="objectives", next_step="remove the duplicate")
    return found


def scores_of(metrics: Mapping[str, float | None], objectives: Sequence[StoredObjective]) -> list[float] | None:
    """Return one score per objective; None if a score is missing or not finite."""
    found = []
    for objective in objectives:
        value = metrics.get(objective["metric"])
        if value is None or not math.isfinite(value):
            return None
        found.append(float(value))
    return found


def best_of(complete: Sequence[tuple[int, Sequence[float]]], direction: str) -> int | None:
    """Return the number of the trial with the best first score, the earliest of equal ones; None without trials.

    ``complete`` contains (number, scores) of each complete trial; ``direction`` is ``minimize`` or ``maximize``.

    Example:
        >>> best_of([(0, [2.0]), (1, [1.0]), (2, [1.0])], "minimize")
        1
    """
    sign = 1.0 if direction == "minimize" else -1.0
    ranked = sorted((sign * scores[0], number) for number, scores in complete)
    return ranked[0][1] if ranked else None


def best_report(curve: Sequence[float | None], direction: str) -> int | None:
    """Return the 1-based index of a curve's best value, the earliest of equal ones; None if there is no value.

    ``direction`` is ``minimize`` or ``maximize``.
    """
    sign = 1.0 if direction == "minimize" else -1.0
    known = [(sign * value, index) for index, value in enumerate(curve, 1) if value is not None]
    return min(known)[1] if known else None
