"""The weights of members, from their errors on the validation part.

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

#: Origins, and stretches of a whole horizon that do not overlap, from which on members are weighed. With fewer
#: origins, equal or nearly equal weights had less error on every horizon that was measured, see docs/decisions/0020
#: and 0043.
LEAST_ORIGINS, LEAST_STRETCHES = 50, 2
#: Members whose error exceeds the least by this factor are clearly worse.
CLEARLY_WORSE = 1.2
#: Of a single series half of the weight goes to members up to this factor, in proportion to a power of their accuracy:
#: stacked weights alone follow a validation part that differs from later rows, see docs/decisions/0047.
_WORSE_BY_POWERS, _POWER = 1.5, 6
#: Where evidence is thin, a member counts whatever its error, up to this factor: a difference of that size is none of
#: chance, and a member that never fits (a last season on steep growth) would spoil a mean.
HOPELESS = 20.0
#: Stretches at which stacked weights count as much as equal ones.
_HALF_WAY = 8.0
_SUM_TO_ONE = 1e3
#: A naive forecast whose errors are this share of a usual one has none: the usual error counts in its place.
_NOTHING = 1e-6
#: The share of the weights that a trimmed mean leaves out at each end. Of four members one may diverge on early rows;
#: a smaller share would let a part of it in, and intervals, which grow with its errors, would be far too wide.
_TRIMMED = 1 / 4


@dataclass(frozen=True)
class Combination:
    """A combination of members' forecasts.

    Attributes:
        rule: ``weights``: their sum; ``median``: that of the members with a weight; ``trimmed``: the weighted mean
            of each forecast value without the quarter of the weights at either end.
        weights: by name; they sum to 1, those of a median are equal.
        scores: by name, mean absolute error on the validation part, as a multiple of that of ``free``; None where
            unknown.
    """

    rule: Literal["weights", "median", "trimmed"]
    weights: Mapping[str, float]
    scores: Mapping[str, float | None]

    def of(self, points: Mapping[str, Floats]) -> Floats:
        """Return ``(origin, horizon)``: the combined forecast."""
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
    """Return whether ``(origin, horizon)`` true values are too few to weigh members by."""
    return bool(len(truth) < LEAST_ORIGINS or _stretches(truth) < LEAST_STRETCHES)


def combine(
    points: Mapping[str, Floats],
    truth: Floats,
    scale: Floats,
    core: Sequence[str],
    free: str,
    twice: Collection[str] = (),
    twice_if_weighed: Collection[str] | None = None,
) -> Combination:
    """Weigh members.

    Args:
        points: ``(origin, horizon)`` forecasts by member.
        truth: ``(origin, horizon)``; NaN where unknown.
        scale: ``(origin, 1)`` the size of a usual error of the origin's series.
        core: the members that count where evidence is thin, unless their errors are ``HOPELESS`` times the least.
        free: the member that stands where no member of ``core`` does, and by whose errors scores are stated.
        twice: those of ``core`` that count twice in a trimmed mean, where counts are divided by a power of the scores
            that grows with the evidence; without any, it is the median of equals.
        twice_if_weighed: members that count twice where there is evidence and half of the weight goes by a power of the
            scores; None: all weight is stacked there.
    """
    errors = {name: (truth - point) / scale for name, point in points.items()}
    known = np.isfinite(truth)
    per_step = {name: _mean_by_step(np.abs(each), known) for name, each in errors.items()}
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
            return Combination("trimmed", counts, scores)
        chosen = able or [free]
        return Combination("median", dict.fromkeys(chosen, 1 / len(chosen)), scores)
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
    return Combination("weights", weights, scores)


def _by_powers(errors: Mapping[str, float], twice: Collection[str], power: float) -> dict[str, float]:
    """Return weights: members count once or twice, divided by a power of their ``errors``."""
    least = max(min(errors.values()), _NOTHING)
    counts = {
        name: (2 if name in twice else 1) * (max(error, _NOTHING) / least) ** -power for name, error in errors.items()
    }
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items()}


def _stretches(truth: Floats) -> float:
    """Return how many whole horizons the targets of ``(origin, horizon)`` consecutive origins hold."""
    origins, horizon = truth.shape
    return float((origins + horizon - 1) / horizon)


def _trimmed(points: Floats, weights: Floats) -> Floats:
    """Return ``(origin, horizon)``: the weighted mean of ``(member, origin, horizon)`` without both ends."""
    order = np.argsort(points, axis=0, kind="stable")
    share = weights[order]
    upper = np.cumsum(share, axis=0)
    kept = np.clip(np.minimum(upper, 1 - _TRIMMED) - np.maximum(upper - share, _TRIMMED), 0.0, None)
    ordered = np.take_along_axis(points, order, axis=0)
    return np.asarray((kept * ordered).sum(axis=0) / kept.sum(axis=0))


def _stacked(errors: Floats) -> Floats:
    """Return ``(member,)`` weights of least square error; none is negative, and they sum to 1."""
    from scipy.optimize import nnls

    members = errors.shape[1]
    # Gram instead of rows: the same minimum, at a cost that does not grow with the rows.
    gram = errors.T @ errors / len(errors)
    root = np.linalg.cholesky(gram + 1e-9 * max(float(np.trace(gram)), 1e-12) * np.eye(members)).T
    rows = np.vstack([root, np.full((1, members), _SUM_TO_ONE * max(float(np.abs(root).max()), 1e-12))])
    found, _ = nnls(rows, np.append(np.zeros(members), rows[-1, 0]))
    total = float(found.sum())
    return np.asarray(found / total) if total > 0 else np.full(members, 1 / members)


def _mean_by_step(values: Floats, known: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Floats:
    counts = np.maximum(known.sum(axis=0), 1)
    return np.asarray(np.where(known, values, 0.0).sum(axis=0) / counts)
