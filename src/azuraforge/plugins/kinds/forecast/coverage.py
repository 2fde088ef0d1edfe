"""Shares of true values inside the intervals of a forecast, with their uncertainty along the origins.

Values that share an origin, or that origins near each other predict, fall inside together, so that they say less than
as many independent ones. How much less is estimated from slow cosine waves in the origins' shares (Lazarus, Lewis,
Stock and Watson, "HAR inference: recommendations for practice", 2018), next to as many waves' worth of the assumption
that each stretch of a horizon counts once. Wilson's interval is then computed for the number of independent values that
would say as much, with Student's t in place of the normal.
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

#: Weight, in waves, of the assumption of independent stretches.
_PRIOR_WAVES = 3
#: A wave is longer than ``_HORIZONS`` horizons; there are at most ``_SHARE`` times the origins to the power of 2/3.
_HORIZONS, _SHARE = 2, 0.25


def coverages(
    truth: Floats, predictions: Predictions, shown: Sequence[int], by_moment: Callable[[Floats], Floats] | None = None
) -> tuple[IntervalCoverage, ...]:
    """Return the coverage of each symmetric interval, the narrowest first.

    Args:
        truth: ``(origin, horizon)`` actual values, NaN where missing.
        predictions: of the same shape.
        shown: horizons, from 1, whose own coverage is stated.
        by_moment: of a panel, packs ``(origin, horizon)`` into ``(moment, series * horizon)``.
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
    """Return how an interval misses its nominal coverage: the range of ``likely`` excludes ``share``.

    Example:
        >>> missed(0.9, 0.82, 0.88), missed(0.9, 0.92, 0.97), missed(0.9, 0.88, 0.93)
        ('too_narrow', 'too_wide', None)
    """
    if high < share:
        return "too_narrow"
    return "too_wide" if low > share else None


def likely(inside: Floats, horizon: int) -> tuple[float, float]:
    """Return the ends of the interval that holds the true coverage with a probability of 95 %.

    Args:
        inside: ``(origin, value)`` 1 inside, 0 outside, NaN unknown; the origins follow one another.
        horizon: rows that an origin looks ahead.

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
    # If all values are inside, or none, the variance is still not zero.
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
