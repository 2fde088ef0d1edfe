"""Weights of members, from their errors on the validation set.

Sources: Wolpert, "Stacked generalization", 1992; Breiman, "Stacked regressions", 1996 (weights that are not negative);
Petropoulos and Svetunkov, "A simple combination of univariate models", 2020 (the median of ETS, ARIMA, Theta and CES);
Jose and Winkler, "Simple robust averages of forecasts", 2008 (trimmed means).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from azuraforge.plugins.contract.arrays import Floats

#: Minimum number of origins, and of horizons that their targets cover, at which members are weighted. With fewer, equal
#: or nearly equal weights had smaller errors at every horizon that was measured, see docs/decisions/0020 and 0043.
LEAST_ORIGINS, LEAST_STRETCHES = 50, 2
#: A member is clearly worse if its error exceeds the smallest error by this factor.
CLEARLY_WORSE = 1.2
#: For a single series, half of the weight goes to the members whose error is at most this factor of the smallest, in
#: proportion to a power of their accuracy: stacked weights alone overfit a validation set that differs from later rows,
#: see docs/decisions/0047.
_WORSE_BY_POWERS, _POWER = 1.5, 6
#: With little evidence, a member counts unless its error exceeds the smallest error by this factor: such a difference
#: is not chance, and a member that never fits (the last season under steep growth) would spoil a mean.
HOPELESS = 20.0
#: Number of horizons at which stacked weights count as much as equal ones.
_HALF_WAY = 8.0
_SUM_TO_ONE = 1e3
#: A naive forecast whose error is below this share of a typical step counts as exact, and its error is not a divisor.
_NOTHING = 1e-6
#: Share of the weights that a trimmed mean excludes at each end. One of four members may diverge on early rows; a
#: smaller share would include a part of it, and the intervals, which grow with its errors, would be far too wide.
_TRIMMED = 1 / 4


@dataclass(frozen=True)
class Combination:
    """Combination of members' forecasts.

    Attributes:
        rule: ``weights`` for the weighted sum, ``median`` for the median of the members with a weight, ``trimmed`` for
            the weighted mean of each value without a quarter of the weights at either end.
        weights: weight of each member, by name; they sum to 1 and are equal for a median.
        scores: error of each member on the validation set, by name, as a multiple of the naive forecast's error; None
            if unknown.
        squared: whether the scores are root mean squared errors, as for intermittent demand, instead of mean absolute
            errors.
    """

    rule: Literal["weights", "median", "trimmed"]
    weights: Mapping[str, float]
    scores: Mapping[str, float | None]
    squared: bool = False

    def of(self, points: Mapping[str, Floats]) -> Floats:
        """Return the combined forecast ``(origin, horizon)`` of the members' forecasts ``points``, by name."""
        if self.rule == "median":
            return np.asarray(np.median([points[name] for name in sorted(self.weights)], axis=0))
        if self.rule == "trimmed":
            names = sorted(self.weights)
            weights = np.array([self.weights[name] for name in names])
            return _trimmed(np.stack([points[name] for name in names]), weights)
        combined = np.zeros_like(next(iter(points.values())))
        for name in sorted(self.weights):
            combined += self.weights[name] * points[name]
        return combined


def is_thin(truth: Floats) -> bool:
    """Return whether the actual values ``(origin, horizon)`` cover too few origins or horizons to weight members."""
    return bool(len(truth) < LEAST_ORIGINS or _stretches(truth) < LEAST_STRETCHES)


def combine(
    points: Mapping[str, Floats],
    truth: Floats,
    scale: Floats,
    core: Sequence[str],
    free: str,
    twice: Collection[str] = (),
    twice_if_weighed: Collection[str] | None = None,
    squared: bool = False,
) -> Combination:
    """Return the combination of the members, chosen by their errors on the validation set.

    Args:
        points: forecasts ``(origin, horizon)`` by member.
        truth: actual values ``(origin, horizon)``; NaN if unknown.
        scale: typical step of each origin's series, ``(origin, 1)``.
        core: members that count with little evidence, unless their error exceeds ``HOPELESS`` times the smallest error.
        free: member that is used if no member of ``core`` remains; scores are multiples of its errors.
        twice: members of ``core`` that count twice with little evidence, in a trimmed mean with weights that fall with
            a power of the scores; the power grows with the evidence. If none remains, the median is used.
        twice_if_weighed: members that count twice with enough evidence, in the half of the weights that falls with a
            power of the scores; if None, all weights are stacked.
        squared: whether members are scored by squared errors. The absolute error of intermittent demand is smallest for
            its median, which is zero if most rows are; the squared error is smallest for its mean.
    """
    errors = {name: (truth - point) / scale for name, point in points.items()}
    known = np.isfinite(truth)
    per_step = {
        name: np.sqrt(_mean_by_step(each**2, known)) if squared else _mean_by_step(np.abs(each), known)
        for name, each in errors.items()
    }
    usual = np.where(per_step[free] > _NOTHING, per_step[free], 1.0)
    scores = {name: float(np.mean(each / usual)) if known.any() else None for name, each in per_step.items()}
    able = [name for name in core if name in points]
    if is_thin(truth) or not known.any():
        found = {name: score for name in able if (score := scores[name]) is not None}
        if found:
            able = [name for name in able if found[name] <= HOPELESS * min(found.values()) + 1e-12]
        if set(able) & set(twice):
            stretches = _stretches(truth)
            power = stretches / (stretches + 1)
            counts = _by_powers({name: found.get(name, 1.0) for name in able}, twice, power)
            return Combination("trimmed", counts, scores, squared)
        chosen = able or [free]
        return Combination("median", dict.fromkeys(chosen, 1 / len(chosen)), scores, squared)
    least = min(score for score in scores.values() if score is not None)
    kept = [name for name in sorted(points) if (scores[name] or 0.0) <= CLEARLY_WORSE * least + 1e-12]
    squares = _mean_by_step(errors[free] ** 2, known)
    usual_square = np.sqrt(np.where(squares > _NOTHING**2, squares, 1.0))
    columns = np.stack([(errors[name] / usual_square)[known] for name in kept], axis=1)
    stretches = _stretches(truth)
    trust = stretches / (stretches + _HALF_WAY)
    stacked = trust * _stacked(columns) + (1 - trust) / len(kept)
    weights = dict(zip(kept, stacked.tolist(), strict=True))
    if twice_if_weighed is not None:
        near = {name: score or 0.0 for name, score in scores.items()}
        near = {name: score for name, score in near.items() if score <= _WORSE_BY_POWERS * least + 1e-12}
        powers = _by_powers(near, twice_if_weighed, _POWER)
        weights = {name: (weights.get(name, 0.0) + powers[name]) / 2 for name in sorted(near)}
    return Combination("weights", weights, scores, squared)


def _by_powers(errors: Mapping[str, float], twice: Collection[str], power: float) -> dict[str, float]:
    """Return weights with sum 1: the count of a member, 1 or 2, divided by a power of its error."""
    least = max(min(errors.values()), _NOTHING)
    counts = {
        name: (2 if name in twice else 1) * (max(error, _NOTHING) / least) ** -power for name, error in errors.items()
    }
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items()}


def _stretches(truth: Floats) -> float:
    """Return the number of rows that the targets ``(origin, horizon)`` of consecutive origins cover, in horizons."""
    origins, horizon = truth.shape
    return float((origins + horizon - 1) / horizon)


def _trimmed(points: Floats, weights: Floats) -> Floats:
    """Return the trimmed weighted mean ``(origin, horizon)`` of the forecasts ``(member, origin, horizon)``."""
    order = np.argsort(points, axis=0, kind="stable")
    share = weights[order]
    upper = np.cumsum(share, axis=0)
    kept = np.clip(np.minimum(upper, 1 - _TRIMMED) - np.maximum(upper - share, _TRIMMED), 0.0, None)
    ordered = np.take_along_axis(points, order, axis=0)
    return np.asarray((kept * ordered).sum(axis=0) / kept.sum(axis=0))


def _stacked(errors: Floats) -> Floats:
    """Return the non-negative weights ``(member,)``, with sum 1, that minimize the squared error of the combination."""
    from scipy.optimize import nnls

    members = errors.shape[1]
    # The Gram matrix has the same minimum as the rows, at a cost that does not grow with their number.
    gram = errors.T @ errors / len(errors)
    root = np.linalg.cholesky(gram + 1e-9 * max(float(np.trace(gram)), 1e-12) * np.eye(members)).T
    rows = np.vstack([root, np.full((1, members), _SUM_TO_ONE * max(float(np.abs(root).max()), 1e-12))])
    found, _ = nnls(rows, np.append(np.zeros(members), rows[-1, 0]))
    total = float(found.sum())
    return np.asarray(found / total) if total > 0 else np.full(members, 1 / members)


def _mean_by_step(values: Floats, known: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Floats:
    counts = np.maximum(known.sum(axis=0), 1)
    return np.asarray(np.where(known, values, 0.0).sum(axis=0) / counts)
