"""Prediction intervals from errors on rows that the forecaster did not learn from (split-conformal prediction).

Source: Lei et al., "Distribution-free predictive inference for regression", 2018; for a forecaster that has quantiles
of its own, Romano, Patterson and Candès, "Conformalized quantile regression", 2019.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import NormalDist

import numpy as np

from azuraforge.plugins.contract.arrays import Floats

#: Levels that networks learn; the others follow from them before calibration.
TRAINED_LEVELS: tuple[float, ...] = (0.05, 0.5, 0.95)
#: The interval that answers, figures and tables show.
SHOWN_SHARE = 0.9


def residual_quantiles(residuals: Floats, levels: Sequence[float]) -> Floats:
    """``(level, horizon)``: what to add to a prediction so that a share ``level`` of the truth lies below.

    The ranks are those of split-conformal prediction: with few residuals the outer quantiles move outwards, at most
    to the smallest and largest residual.

    In a short series fewer windows know the later steps: such a step is at least as wide as the step before it, grown
    with the square root of the distance as a random walk's errors grow.

    Args:
        residuals: ``(origin, horizon)``, truth minus prediction on the validation part; NaN is left out.
        levels: between 0 and 1.

    Example:
        >>> residual_quantiles(np.arange(19.0)[:, None], [0.05, 0.5, 0.95]).ravel().tolist()
        [0.0, 9.0, 18.0]
    """
    horizon = residuals.shape[1]
    offsets = np.zeros((len(levels), horizon))
    side, most = np.sign(np.asarray(levels) - 0.5), 0
    for step in range(horizon):
        known = np.sort(residuals[np.isfinite(residuals[:, step]), step])
        offsets[:, step] = [_offset(known, level) for level in levels]
        if len(known) < most:
            grown = offsets[:, step - 1] * np.sqrt((step + 1) / step)
            own = offsets[:, step] if len(known) else grown
            wider = np.where(side < 0, np.minimum(own, grown), np.maximum(own, grown))
            offsets[:, step] = np.where(side == 0, own, wider)
        most = max(most, len(known))
    return offsets


def at_levels(trained: Floats, levels: Sequence[float]) -> Floats:
    """Return quantiles ``(level, …)`` at ``levels`` from those at ``TRAINED_LEVELS``, on both sides as a normal's lie.

    Example:
        >>> at_levels(np.array([-1.0, 0.0, 2.0]), [0.05, 0.25, 0.5, 0.95]).round(3).tolist()
        [-1.0, -0.41, 0.0, 2.0]
    """
    low, middle, high = trained
    normal = NormalDist()
    shares = [normal.inv_cdf(level) / normal.inv_cdf(TRAINED_LEVELS[-1]) for level in levels]
    return np.stack([middle + (abs(share) * (high - middle if share > 0 else low - middle)) for share in shares])


def ends_of(levels: Iterable[float], share: float = SHOWN_SHARE) -> tuple[float, float] | None:
    """Return the levels at the ends of the interval that holds ``share``, else of the widest one; None without any.

    Example:
        >>> ends_of([0.05, 0.25, 0.5, 0.75, 0.95], 0.5), ends_of([0.05, 0.5, 0.95], 0.5), ends_of([0.5])
        ((0.25, 0.75), (0.05, 0.95), None)
    """
    pairs = pairs_of(levels)
    return pairs.get(share) or (pairs[max(pairs)] if pairs else None)


def pairs_of(levels: Iterable[float]) -> dict[float, tuple[float, float]]:
    """Return the symmetric intervals that the levels make: share → the levels at its ends, the narrowest first.

    Example:
        >>> pairs_of([0.05, 0.25, 0.5, 0.75, 0.95])
        {0.5: (0.25, 0.75), 0.9: (0.05, 0.95)}
    """
    known = sorted(levels)
    found = {}
    for low in reversed([level for level in known if level < 0.5]):
        high = next((level for level in known if abs(1 - low - level) < 1e-9), None)
        if high is not None:
            found[round(high - low, 9)] = (low, high)
    return found


def in_order(quantiles: Floats) -> Floats:
    """Quantiles ``(level, …)`` that never cross, lowest level first (Chernozhukov et al., 2010: sorting them)."""
    return np.sort(quantiles, axis=0)


def _offset(known: Floats, level: float) -> float:
    count = len(known)
    if not count:
        return 0.0
    if level == 0.5:
        return float(np.median(known))
    place = (count + 1) * level
    rank = np.floor(place + 1e-9) if level < 0.5 else np.ceil(place - 1e-9)
    return float(known[int(np.clip(rank, 1, count)) - 1])
