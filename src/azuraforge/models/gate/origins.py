"""Two forecasters on the same origins of a series: is one's RMSE lower than the other's by more than noise?

Losses of neighbouring origins are alike (horizons overlap, errors remember), so single origins are no independent
evidence. The statistic is the logarithm of the ratio of mean losses; its uncertainty is that of the mean of the
paired differences of scaled losses, whatever their memory (``memory.py``). Where one origin dominates both means,
scaling hides it from that uncertainty, so an interval without zero must also stand a test of the plain differences.

Source: Diebold and Mariano, "Comparing Predictive Accuracy" (1995), for the test on paired losses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from azuraforge.models.gate.losses import Floats, paired_sums
from azuraforge.models.gate.memory import mean_uncertainty

#: Logarithm of the largest ratio that is shown, a million.
_LARGEST = math.log(1e6)


@dataclass(frozen=True)
class Interval:
    """A relative difference of two RMSEs, ``(rmse_a - rmse_b) / rmse_b``, and its confidence interval.

    ``pieces``: the independent origins that would say as much.
    """

    relative_difference: float
    low: float
    high: float
    level: float
    pieces: float
    origins: int


def relative_rmse_interval(
    losses_a: Floats,
    losses_b: Floats,
    *,
    horizon: int,
    level: float = 0.95,
    power: float = 0.5,
    plain: bool = True,
) -> Interval:
    """Compare two forecasters on the same origins.

    Args:
        losses_a: ``(origin,)`` or ``(origin, horizon)`` squared errors; NaN where the true value is missing.
        losses_b: the other side's, of the same shape and with NaN at the same places.
        horizon: rows that the losses of one origin look over, so that neighbouring origins share targets.
        level: two-sided confidence, for example 0.95.
        power: 0.5 compares roots of mean losses (RMSE), 1 the mean losses themselves.
        plain: the interval contains zero unless the plain differences show a lead, too.

    Raises ValueError if the two do not belong together, or are fewer than two.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=(400, 1))
        >>> found = relative_rmse_interval((0.5 * noise) ** 2, noise**2, horizon=1)
        >>> round(found.relative_difference, 6), found.high < 0
        (-0.5, True)
    """
    a, b = paired_sums(losses_a, losses_b)
    origins = len(a)
    if origins < 2:
        raise ValueError(f"{origins} origins have no interval")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    estimate = power * _log_ratio(a, b)
    found = mean_uncertainty(power * scaled_differences(a, b), horizon)
    reach = float(found.reach((1 - level) / 2))
    # A side without errors has no bound on one end: the largest number stands for it.
    ends = [math.expm1(min(end, _LARGEST)) for end in (estimate, estimate - reach, estimate + reach)]
    if plain and not _differ(a, b, horizon, level):
        ends[1:] = [min(ends[1], 0.0), max(ends[2], 0.0)]
    return Interval(ends[0], ends[1], ends[2], level, float(found.pieces), origins)


def relative_rmse(losses_a: Floats, losses_b: Floats, power: float = 0.5) -> float:
    """``(rmse_a - rmse_b) / rmse_b`` on the same origins; at most a million where b is perfect and a is not.

    Example:
        >>> round(relative_rmse(np.full((2, 3), 4.0), np.full((2, 3), 16.0)), 6)
        -0.5
    """
    return math.expm1(power * _log_ratio(*paired_sums(losses_a, losses_b)))


def scaled_differences(a: Floats, b: Floats) -> Floats:
    """``(…, origin)`` differences of losses, each side as a share of its mean: they change the log ratio so much.

    Example:
        >>> scaled_differences(np.array([1.0, 3.0]), np.array([5.0, 5.0])).tolist()
        [-0.5, 0.5]
    """
    means = [np.maximum(side.mean(axis=-1, keepdims=True), np.finfo(np.float64).tiny) for side in (a, b)]
    return np.asarray(a / means[0] - b / means[1])


def _differ(a: Floats, b: Floats, horizon: int, level: float) -> bool:
    """Return whether the mean of ``a - b`` differs from zero by more than noise."""
    largest = float(max(a.max(), b.max()))
    if largest == 0:
        return False
    differences = a / largest - b / largest
    found = mean_uncertainty(differences, horizon)
    return abs(float(differences.mean())) > float(found.reach((1 - level) / 2))


def _log_ratio(a: Floats, b: Floats) -> float:
    """Logarithm of the ratio of sums; a floor far below any real sum keeps it finite."""
    floor = 1e-12 * float(a.sum() + b.sum()) + 1e-300
    return float(np.log(a.sum() + floor) - np.log(b.sum() + floor))
