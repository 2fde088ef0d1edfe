"""Scores of learners as the API shows them, computed from the sums of the hours when they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from azuraforge.learners.learning.schemas import Contender, HourOut, LearnerHours, LearnerScore, LearnerScores
from azuraforge.learners.learning.tables import Learner, LearnerHour
from azuraforge.learners.learning.times import moment
from azuraforge.learners.loop.scoring import Interval, interval, n_effective
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.online.kind import OnlineKind
from azuraforge.plugins.kinds.online.kinds import ONLINE_KINDS


def scores_of(learner: Learner, hours: Sequence[LearnerHour]) -> LearnerScores:
    """Return the scores of a learner and its baselines since the start."""
    kind = ONLINE_KINDS[learner.plan.task]()
    sums = _sums(learner, kind, hours)
    classes, overlap = len(learner.plan.classes), learner.plan.target.overlap
    ranked = next(each for each in kind.metrics if each.name == kind.ranked_by)
    names = [learner.plugin, *kind.baselines]
    found: list[Contender] = []
    differences: dict[str, Interval] = {}
    for number, name in enumerate(names):
        own = sums[:, number]
        shown = [_score(each.name, interval(own, _metric(kind, each.name, classes), overlap)) for each in kind.metrics]
        difference = None
        if number:
            compared = interval(sums[:, 0], _metric(kind, ranked.name, classes), overlap, against=own)
            differences[name] = compared
            difference = _score(ranked.name, compared)
        found.append(Contender(name=name, baseline=number > 0, scores=shown, difference=difference))
    higher = ranked.direction == "higher"
    sign = -1.0 if higher else 1.0

    def rank(contender: Contender) -> float:
        value = next(each.value for each in contender.scores if each.metric == ranked.name)
        return np.inf if value is None else sign * value

    best = min((each for each in found if each.baseline), key=rank)
    above = differences[best.name].above_zero
    outcomes = float(sums[:, 0, 0].sum())
    return LearnerScores(
        ranked_by=ranked.name,
        higher_is_better=higher,
        outcomes=int(outcomes),
        effective=n_effective(outcomes, overlap),
        hours=len(hours),
        contenders=sorted(found, key=rank),
        better=None if above is None else above == higher,
    )


def hours_of(learner: Learner, hours: Sequence[LearnerHour]) -> LearnerHours:
    """Return the ranking metric of a learner and its baselines hour by hour."""
    kind = ONLINE_KINDS[learner.plan.task]()
    sums = _sums(learner, kind, hours)
    values = _metric(kind, kind.ranked_by, len(learner.plan.classes))(sums)
    shown = [
        HourOut(
            at=moment(hour.hour_us),
            outcomes=int(sums[number, 0, 0]),
            learner=_finite(values[number, 0]),
            baselines={
                name: _finite(value) for name, value in zip(kind.baselines, values[number, 1:].tolist(), strict=True)
            },
        )
        for number, hour in enumerate(hours)
    ]
    return LearnerHours(metric=kind.ranked_by, hours=shown)


def _sums(learner: Learner, kind: OnlineKind, hours: Sequence[LearnerHour]) -> Floats:
    shape = (1 + len(kind.baselines), len(kind.sums(len(learner.plan.classes))))
    if not hours:
        return np.zeros((0, *shape))
    return np.stack([np.frombuffer(each.sums, np.float64).reshape(shape) for each in hours])


def _metric(kind: OnlineKind, name: str, classes: int) -> Callable[[Floats], Floats]:
    def metric(sums: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            return kind.scores(sums, classes)[name]

    return metric


def _score(metric: str, found: Interval) -> LearnerScore:
    return LearnerScore(metric=metric, value=found.value, low=found.low, high=found.high)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
