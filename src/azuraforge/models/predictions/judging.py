"""Judgement of predictions against their outcomes: pure arithmetic without database or child processes.

A numeric prediction is judged by its absolute error, which is compared with that of the naive forecast (the last value
known at the origin). A predicted class is judged by whether it was wrong, compared with always predicting the class
that was the most frequent outcome until then.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from azuraforge.models.answers import Actual, PredictionPoint
from azuraforge.models.tables import Prediction

#: Actual value of a point: a number, a class, or a dataset row with its incumbent forecasts.
Truth = float | str | Actual


@dataclass(frozen=True)
class Judged:
    """Judgement of one point of a prediction.

    Attributes:
        step: number of the point, from 1.
        target_at: time of the point.
        actual: actual value; None for a class.
        label: actual class; None for a number.
        loss: absolute error; for a class, 1 if it was wrong, else 0.
        naive_loss: loss of the baseline; None if it is unknown.
        hit: whether the interval contains the value, or the class is right; None without an interval.
        late: whether the prediction was made after the time of the point; False for a class.
        incumbent_loss: absolute error of the incumbent forecast; None if there is none.
    """

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
        line: entry of the ledger.
        truths: actual values by target time.
        usual: most frequent outcome so far, which is the baseline of class predictions; None if unknown.
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
    """Return the absolute error of the incumbent forecast made no later than the origin; None if there is none.

    A later incumbent forecast would have known more than the prediction.
    """
    present = row.present_at(origin_at)
    return None if present is None else abs(present - row.value)


def usual_of(counts: Counter[str]) -> str | None:
    """Return the most frequent label, the alphabetically first among equals; None if there is none.

    Example:
        >>> usual_of(Counter({"b": 2, "a": 2, "c": 1})), usual_of(Counter())
        ('a', None)
    """
    return min(counts, key=lambda label: (-counts[label], label)) if counts else None


@dataclass(frozen=True)
class Score:
    """Mean losses over judged points.

    Attributes:
        count: number of judged points.
        loss: mean loss of the predictions.
        naive_loss: mean loss of the baseline; None if no point has one.
        skill: 1 − loss / naive loss on the same points; 0 is as good as naive.
        hits: share of points inside the interval or with the right class.
        incumbent_count: number of points with an incumbent forecast.
        incumbent_loss: mean loss of the incumbent forecast on those points.
        incumbent_skill: 1 − loss / incumbent loss on those points.

    A skill is None if the loss with which it compares is missing or zero; ``hits`` is None if no point has an interval
    or a class.
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
    """Return the score from sums over judged points; None if there are no points.

    Args:
        sums: number of points; sum of losses; number of points with a baseline, the sum of their losses and of the
            baseline's losses; number of points with an interval or class, and number of hits; number of points with an
            incumbent forecast, the sum of their losses and of the incumbent's losses.

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
