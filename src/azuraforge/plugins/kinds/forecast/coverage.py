"""Coverage of prediction intervals, with its uncertainty.

Whether values are inside an interval is correlated between values of one origin and of neighbouring origins, so they
carry less information than the same number of independent values. The variance of the coverage is estimated from
low-frequency cosine waves in the shares of the origins (Lazarus, Lewis, Stock and Watson, "HAR inference:
recommendations for practice", 2018). The estimate is shrunk towards the variance that results if each stretch of
``horizon`` origins counts as one independent value. Wilson's interval is then computed for the effective number of
independent values, with Student's t distribution instead of the normal one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.evaluation import RANGE_LEVEL, HorizonCoverage, IntervalCoverage
from azuraforge.plugins.contract.parts import Predictions
from azuraforge.plugins.forecasting.intervals import pairs_of

Miss = Literal["too_narrow", "too_wide"]

#: Weight of the assumption of independent stretches, as a number of waves.
_PRIOR_WAVES = 3
#: Limits of the number of waves: one per ``2 * _HORIZONS`` horizons, and ``_SHARE`` times the origins to the power 2/3.
_HORIZONS, _SHARE = 2, 0.25


def coverages(
    truth: Floats, predictions: Predictions, shown: Sequence[int], by_moment: Callable[[Floats], Floats] | None = None
) -> tuple[IntervalCoverage, ...]:
    """Return the coverage of each symmetric interval, in ascending order of its level; empty if no value is known.

    Args:
        truth: ``(origin, horizon)`` true values, NaN where missing.
        predictions: predictions of the same shape.
        shown: horizons, counted from 1, whose coverage is stated separately.
        by_moment: for a panel, the function that packs ``(origin, horizon)`` into ``(moment, series * horizon)``.
    """
    found = []
    known = np.isfinite(truth)
    if not known.any():
        return ()
    for share, (lower, upper) in pairs_of(predictions.quantiles).items():
        low, high = predictions.quantiles[lower], predictions.quantiles[upper]
        inside = np.where(known, (low <= truth) & (truth <= high), np.nan)
        ends = likely(inside if by_moment is None else by_moment(inside), truth.shape[1])
        found.append(
            IntervalCoverage(
                share=share,
                coverage=float(np.nanmean(inside)),
                low=ends[0],
                high=ends[1],
                width=float((high - low)[known].mean()),
                horizons=tuple(HorizonCoverage(horizon=step, coverage=_mean(inside[:, step - 1])) for step in shown),
            )
        )
    return tuple(found)


def missed(share: float, low: float, high: float) -> Miss | None:
    """Return how an interval misses its nominal level ``share``; None if ``share`` is between ``low`` and ``high``.

    Example:
        >>> missed(0.9, 0.82, 0.88), missed(0.9, 0.92, 0.97), missed(0.9, 0.88, 0.93)
        ('too_narrow', 'too_wide', None)
    """
    if high < share:
        return "too_narrow"
    return "too_wide" if low > share else None


def likely(inside: Floats, horizon: int) -> tuple[float, float]:
    """Return the ends of the 95 % confidence interval of the coverage.

    Args:
        inside: ``(origin, value)`` 1 inside, 0 outside, NaN unknown, at least one known; origins in order of time.
        horizon: number of rows predicted from each origin.

    Example:
        >>> [round(end, 2) for end in likely(np.ones((40, 1)), 1)]
        [0.86, 1.0]
    """
    from scipy.special import stdtrit

    known = np.isfinite(inside).sum(axis=1)
    inside, known = inside[known > 0], known[known > 0].astype(np.float64)
    origins, values = len(known), float(known.sum())
    held = np.nansum(inside, axis=1)
    share = float(held.sum()) / values
    stretches = (origins + horizon - 1) / horizon
    surprise = (held - share * known) / known.mean()
    waves = int(min(origins / (2 * _HORIZONS * horizon), _SHARE * origins ** (2 / 3)))
    angles = np.pi * np.outer(np.arange(1, waves + 1), np.arange(origins) + 0.5) / origins
    seen = float(np.square(np.cos(angles) @ surprise).sum()) * 2 / origins**2
    # Half a value is added on each side, so that the variance is not zero if all values are inside, or none.
    moderate = (share * stretches + 0.5) / (stretches + 1)
    alike = moderate * (1 - moderate) / stretches
    variance = (seen + _PRIOR_WAVES * alike) / (waves + _PRIOR_WAVES)
    worth = min(moderate * (1 - moderate) / variance, values)
    t = float(stdtrit(waves + _PRIOR_WAVES, 0.5 + RANGE_LEVEL / 2))
    middle = share + t * t / (2 * worth)
    half = t * math.sqrt(share * (1 - share) / worth + (t / (2 * worth)) ** 2)
    whole = 1 + t * t / worth
    return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)


def _mean(inside: Floats) -> float | None:
    return float(np.nanmean(inside)) if np.isfinite(inside).any() else None
