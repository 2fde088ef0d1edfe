"""What a study may aim at, and who is best."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from typing import Any

from azuraforge.errors import InvalidInput
from azuraforge.studies.schemas import Direction, Objective

#: Task → metrics of the validation part that the platform computes; the first is taken where none is named.
METRICS: Mapping[str, tuple[str, ...]] = {
    "forecast": ("rmse", "mae", "mase", "smape", "r2"),
    "classify": ("log_loss", "accuracy", "error_rate", "macro_f1", "ece"),
}
#: Of every trial: what it cost to learn, and what it weighs.
_COSTS = ("fit_seconds", "bytes")
_MORE_IS_BETTER = ("r2", "accuracy", "macro_f1")


def metrics_of(task: str | None) -> list[str]:
    """Names that can be objectives, the task's own first."""
    return [*METRICS.get(task or "", ()), *_COSTS]


def objectives_of(asked: Sequence[Objective], task: str) -> list[dict[str, str]]:
    """The objectives with their directions. Raises InvalidInput for a metric that no trial has."""
    known = metrics_of(task)
    found = []
    for index, each in enumerate(asked or [Objective(metric=known[0])]):
        if each.metric not in known:
            close = difflib.get_close_matches(each.metric, known, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise InvalidInput(
                f"trials of the task {task} have no metric {each.metric!r}{hint}",
                where=f"objectives.{index}",
                next_step=f"choose one of: {', '.join(known)}",
            )
        better: Direction = "maximize" if each.metric in _MORE_IS_BETTER else "minimize"
        found.append({"metric": each.metric, "direction": each.direction or better})
    if len({each["metric"] for each in found}) < len(found):
        raise InvalidInput("each metric is an objective once at most", where="objectives")
    return found


def scores_of(metrics: Mapping[str, Any], objectives: Sequence[Mapping[str, str]]) -> list[float] | None:
    """One number for each objective; None where one is missing or is no number."""
    found = []
    for objective in objectives:
        value = metrics.get(objective["metric"])
        if value is None or not math.isfinite(value):
            return None
        found.append(float(value))
    return found


def best_of(complete: Sequence[tuple[int, Sequence[float]]], direction: str) -> int | None:
    """The trial with the best first score; of equal ones the earliest.

    Example:
        >>> best_of([(0, [2.0]), (1, [1.0]), (2, [1.0])], "minimize")
        1
    """
    sign = 1.0 if direction == "minimize" else -1.0
    ranked = sorted((sign * scores[0], number) for number, scores in complete)
    return ranked[0][1] if ranked else None


def best_report(curve: Sequence[float | None], direction: str) -> int | None:
    """The 1-based report where a curve was best; the earliest of equal ones."""
    sign = 1.0 if direction == "minimize" else -1.0
    known = [(sign * value, index) for index, value in enumerate(curve, 1) if value is not None]
    return min(known)[1] if known else None
