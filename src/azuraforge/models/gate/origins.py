"""Test of whether one of two forecasters has a lower score on the same origins of a series, beyond noise.

Losses of neighbouring origins are similar (horizons overlap, errors are autocorrelated), so single origins are not
independent evidence. A ratio r of mean losses is rejected if the mean of the differences ``a - r b`` deviates from zero
by more than its uncertainty allows, whatever the memory of the differences (``memory.py``). The interval contains the
ratios around the estimate that are not rejected. The set of all such ratios may be unbounded or have a gap; there is
then an interval only if r = 1 is in the gap. At r = 1 this is the test of the plain differences, so a row that
dominates both means cannot remain unnoticed.

Sources: Diebold and Mariano, "Comparing Predictive Accuracy" (1995), for the test on paired losses; Fieller, "Some
Problems in Interval Estimation" (1954), for the interval of a ratio. Decision 0022.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from azuraforge.models.gate.losses import Floats, paired_sums
from azuraforge.models.gate.memory import MeanUncertainty, Waves, waves_of

#: Logarithm of the largest ratio that is shown, one million.
_LARGEST = math.log(1e6)
#: Distances from the estimate, in logarithms of a ratio of mean losses, at which the search for an end tests.
_STEPS = np.geomspace(1e-7, 2 * _LARGEST, 40)
_REFINED, _REFINEMENTS = 10, 5
#: Relative differences of half and of twice the other score; an interval that contains both excludes no practical
#: difference.
_HALF, _TWICE = -0.5, 1.0


@dataclass(frozen=True)
class Interval:
    """Relative difference of two scores, ``(a - b) / b``, with its confidence interval.

    Attributes:
        relative_difference: estimate.
        low, high: ends of the interval. Both are None if equal scores are not excluded and the interval either is
            unbounded or contains both half and twice b's score.
        level: confidence level.
        pieces: number of independent origins with the same information.
        origins: number of origins.
    """

    relative_difference: float
    low: float | None
    high: float | None
    level: float
    pieces: float
    origins: int


class RelativeInterval(Protocol):
    """Protocol of a comparison of two forecasters on the same origins; see ``relative_difference_interval``."""

    def __call__(self, losses_a: Floats, losses_b: Floats, *, horizon: int, level: float, power: float) -> Interval: ...


@dataclass(frozen=True)
class Pair:
    """Losses of two forecasters on the same origins, along the last axis; there may be any leading axes.

    Attributes:
        a, b: waves of each side's losses, as shares of their mean.
        log_ratio: logarithm of a's mean loss divided by b's, shape ``(…,)``.
    """

    a: Waves
    b: Waves
    log_ratio: Floats

    @classmethod
    def of(cls, a: Floats, b: Floats, horizon: int) -> Pair:
        """Return the pair of losses, shape ``(…, origin)``, with a tiny constant added that keeps the ratio finite."""
        mean = a.mean(axis=-1, keepdims=True) + b.mean(axis=-1, keepdims=True)
        a, b = (side + 1e-12 * mean + 1e-300 for side in (a, b))
        means = [side.mean(axis=-1, keepdims=True) for side in (a, b)]
        log_ratio = np.asarray(np.log(means[0]) - np.log(means[1]))[..., 0]
        return cls(waves_of(a / means[0], horizon), waves_of(b / means[1], horizon), log_ratio)

    def chance_of_less(self, log_ratio: Floats | float = 0.0) -> Floats:
        """Return the probability that a's mean loss is at most the observed one if the log ratio is ``log_ratio``.

        Shape: ``(…,)``.
        """
        differences = self.a.less(self.b, np.exp(log_ratio - self.log_ratio))
        return differences.uncertainty().below(differences.mean)

    def chance_of_more(self, log_ratio: Floats | float = 0.0) -> Floats:
        """Return the probability that a's mean loss is at least the observed one if the log ratio is ``log_ratio``.

        Shape: ``(…,)``.
        """
        differences = self.a.less(self.b, np.exp(log_ratio - self.log_ratio))
        return differences.uncertainty().below(-differences.mean)

    def scaled(self) -> MeanUncertainty:
        """Return the uncertainty of the logarithm of the ratio, assuming that the means used for scaling are exact."""
        return self.a.less(self.b, np.ones_like(self.log_ratio)).uncertainty()

    @property
    def pieces(self) -> Floats:
        """Number of independent origins with the same information, shape ``(…,)``."""
        return self.scaled().pieces


def relative_difference_interval(
    losses_a: Floats, losses_b: Floats, *, horizon: int, level: float = 0.95, power: float = 0.5
) -> Interval:
    """Compare two forecasters on the same origins.

    Args:
        losses_a: squared errors, shape ``(origin,)`` or ``(origin, horizon)``; NaN where the true value is missing.
        losses_b: losses of the other side, of the same shape and with NaN at the same places.
        horizon: number of rows that the losses of one origin cover, so that neighbouring origins share targets.
        level: two-sided confidence level, such as 0.95.
        power: 0.5 compares roots of mean losses (RMSE), 1 the mean losses themselves.

    Raises ValueError if shapes or missing values differ, if a loss is infinite or negative, if there are fewer than two
    origins, or if ``level`` is not between 0 and 1.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=(400, 1))
        >>> found = relative_difference_interval((0.5 * noise) ** 2, noise**2, horizon=1)
        >>> round(found.relative_difference, 6), found.high < 0
        (-0.5, True)
    """
    pair = _pair(losses_a, losses_b, horizon, level)
    estimate, tail = float(pair.log_ratio), (1 - level) / 2
    below, above = (_first_rejected(pair, tail, sign) for sign in (-1, 1))
    low, high = _relative(estimate - below, power), _relative(estimate + above, power)
    # Ratios beyond a gap of rejected ratios may not be rejected; the gap counts only if it contains a ratio of one.
    differs = min(float(pair.chance_of_less()), float(pair.chance_of_more())) < tail
    closed = math.isfinite(below) and math.isfinite(above) and low <= 0 <= high
    known = differs or (closed and not (low < _HALF and high > _TWICE))
    found = Interval(_relative(estimate, power), low, high, level, float(pair.pieces), pair.a.origins)
    return found if known else replace(found, low=None, high=None)


def scaled_interval(
    losses_a: Floats, losses_b: Floats, *, horizon: int, level: float = 0.95, power: float = 0.5
) -> Interval:
    """Compare like ``relative_difference_interval``, with more power but more false results after an outlier.

    The uncertainty of the logarithm of the ratio is approximated by that of the scaled losses. This suits a test that
    can only block a promotion, for which a missed difference is worse than a false one. Raises the same errors.
    """
    pair = _pair(losses_a, losses_b, horizon, level)
    estimate, found = float(pair.log_ratio), pair.scaled()
    half_width = float(found.half_width((1 - level) / 2))
    ends = [_relative(end, power) for end in (estimate, estimate - half_width, estimate + half_width)]
    return Interval(ends[0], ends[1], ends[2], level, float(found.pieces), pair.a.origins)


def relative_difference(losses_a: Floats, losses_b: Floats, power: float = 0.5) -> float:
    """Return ``(a - b) / b`` of two scores on the same origins; at most one million if b is perfect and a is not.

    A score is the mean of the losses to the power ``power``: 0.5 gives an RMSE from squared errors, 1 the mean itself.
    Raises ValueError if shapes or missing values differ, or if a loss is infinite or negative.

    Example:
        >>> round(relative_difference(np.full((2, 3), 4.0), np.full((2, 3), 16.0)), 6)
        -0.5
    """
    a, b = paired_sums(losses_a, losses_b)
    return _relative(float(Pair.of(a, b, 1).log_ratio), power)


def _pair(losses_a: Floats, losses_b: Floats, horizon: int, level: float) -> Pair:
    a, b = paired_sums(losses_a, losses_b)
    if len(a) < 2:
        raise ValueError(f"{len(a)} origins have no interval")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    return Pair.of(a, b, horizon)


def _first_rejected(pair: Pair, tail: float, sign: int) -> float:
    """Return the distance of the nearest rejected ratio from the estimate, in logarithms; infinity if none is rejected.

    ``sign`` is the direction of the search. A ratio of one is tested explicitly, so that the interval excludes it
    exactly if the test of the plain differences does.
    """
    estimate = float(pair.log_ratio)
    steps = np.union1d(_STEPS, [-sign * estimate]) if sign * estimate < 0 else _STEPS
    chance = pair.chance_of_less if sign > 0 else pair.chance_of_more
    reached = 0.0
    for _ in range(1 + _REFINEMENTS):
        rejected = chance(estimate + sign * steps) < tail
        if not rejected.any():
            return math.inf
        first = int(rejected.argmax())
        reached = float(steps[first - 1]) if first else reached
        steps = np.linspace(reached, steps[first], _REFINED + 1)[1:]
    return reached


def _relative(logarithm: float, power: float) -> float:
    # A side without errors leaves one end unbounded; the largest number represents it.
    return math.expm1(min(power * logarithm, _LARGEST))
