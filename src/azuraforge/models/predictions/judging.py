"""Judgement of predictions against their outcomes: pure arithmetic, without database or children.

A prediction of numbers is judged by the absolute error, next to that of the naive forecast (the last value known at its
origin) of the same target. A prediction of a class is judged by whether it was wrong, next to always answering the
class that was the truth most often until then.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from azuraforge.models.answers import Actual, PredictionPoint
from azuraforge.models.tables import Prediction

#: A value, a class, or a dataset's row with its present forecast.
Truth = float | str | Actual


@dataclass(frozen=True)
class Judged:
    """One point of a prediction with its judgement."""

    step: int
    target_at: datetime
    actual: float | None
    label: str | None
    loss: float
    naive_loss: float | None
    hit: bool | None
    late: bool
    incumbent_loss: float | None = None


def judge(line: Prediction, truths: Mapping[datetime, Truth], usual: str | None = None) -> list[Judged]:
    """Judge every point of ``line`` whose actual value is known.

    Args:
        line: of the ledger.
        truths: what happened, by the time of the target.
        usual: the class that was the truth most often so far; the baseline of classes.
    """
    found = []
    for step, point in enumerate(line.points, 1):
        if (truth := truths.get(point.at)) is not None:
            found.append(_judge(line, step, point, truth, usual))
    return found


def _judge(line: Prediction, step: int, point: PredictionPoint, truth: Truth, usual: str | None) -> Judged:
    at = point.at
    late = line.created_at > at
    if point.label is not None:
        hit = point.label == str(truth)
        naive = None if usual is None else float(usual != str(truth))
        return Judged(step, at, None, str(truth), float(not hit), naive, hit, False)
    row = truth if isinstance(truth, Actual) else None
    actual = row.value if row is not None else float(str(truth))
    inside = None if point.low is None or point.high is None else point.low <= actual <= point.high
    naive = None if line.naive is None else abs(line.naive - actual)
    present = None if row is None else _present_loss(row, line.origin_at)
    return Judged(step, at, actual, None, abs(point.value - actual), naive, inside, late, present)


def _present_loss(row: Actual, origin_at: datetime) -> float | None:
    """Return the loss of the present forecast if it was made by the origin; a later one knew more than the
    prediction."""
    present = row.present_at(origin_at)
    return None if present is None else abs(present - row.value)


def usual_of(counts: Counter[str]) -> str | None:
    """Return the most common label, the first in order among equals; None if there is none.

    Example:
        >>> usual_of(Counter({"b": 2, "a": 2, "c": 1})), usual_of(Counter())
        ('a', None)
    """
    return min(counts, key=lambda label: (-counts[label], label)) if counts else None


@dataclass(frozen=True)
class Score:
    """Means over judged points. ``skill`` is 1 − loss / the naive loss on the same points; 0 is as good as naive.

    The present forecast of the dataset (the incumbent) is compared on the points that it had forecast.
    """

    count: int
    loss: float
    naive_loss: float | None
    skill: float | None
    hits: float | None
    incumbent_count: int = 0
    incumbent_loss: float | None = None
    incumbent_skill: float | None = None


def score(sums: Iterable[float | int | None]) -> Score | None:
    """Return a score from ``count, sum of losses, points with a baseline, their losses, the baseline's, points with a
    hit or miss, hits, points with a present forecast, their losses, the present forecast's``; None if nothing is known
    yet.

    Example:
        >>> found = score((4, 8.0, 2, 3.0, 6.0, 4, 3, 2, 3.0, 4.0))
        >>> found.loss, found.naive_loss, found.skill, found.hits, found.incumbent_loss, found.incumbent_skill
        (2.0, 3.0, 0.5, 0.75, 2.0, 0.25)
    """
    count, loss, compared, ours, naive, with_interval, hits, present, mine, theirs = (value or 0 for value in sums)
    if not count:
        return None
    skill = 1 - ours / naive if compared and naive > 0 else None
    return Score(
        int(count),
        loss / count,
        naive / compared if compared else None,
        skill if skill is None or math.isfinite(skill) else None,
        hits / with_interval if with_interval else None,
        int(present),
        theirs / present if present else None,
        1 - mine / theirs if present and theirs > 0 else None,
    )
