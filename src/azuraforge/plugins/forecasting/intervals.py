"""Prediction intervals from errors on rows that the forecaster did not learn from (split-conformal prediction).

Source: Lei et al., "Distribution-free predictive inference for regression", 2018; for a forecaster that has quantiles
of its own, Romano, Patterson and Candès, "Conformalized quantile regression", 2019; for the weights of recent errors,
Barber, Candès, Ramdas and Tibshirani, "Conformal prediction beyond exchangeability", 2023.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import NormalDist

import numpy as np

from azuraforge.plugins.contract.arrays import Floats

#: Levels that networks learn; the others follow from them before calibration.
TRAINED_LEVELS: tuple[float, ...] = (0.05, 0.5, 0.95)
#: Number of errors from which recent ones weigh more, and the share of them after which a weight halves: with fewer,
#: the outer quantiles would rest on too few errors (decision 0030 has the simulation).
WEIGHED_ERRORS, HALF_LIFE = 300, 0.5
#: So few errors show the size of errors, but neither their shape nor a bias (decision 0024).
FEW_ERRORS = 20
#: With fewer degrees of freedom, Student's t has no variance, and its quantiles would say little about the series.
_LEAST_FREEDOM = 2.0
#: Coverage of the interval that answers, figures and tables show.
SHOWN_SHARE = 0.9


def residual_quantiles(residuals: Floats, levels: Sequence[float], *, recency: bool = False) -> Floats:
    """Return ``(level, horizon)``: offsets of a prediction so that a share ``level`` of the truth lies below.

    The ranks are those of split-conformal prediction. A step that knows at most ``FEW_ERRORS`` residuals gets quantiles
    of Student's t around the prediction instead: their size is the residuals' root mean square, which does not shrink
    with the distance, and the degrees of freedom are the whole horizons that the residuals hold, because those of
    neighbouring origins overlap. The smallest and largest of so few residuals hold far less than they promise, and may
    both lie on one side of the prediction.

    In a short series fewer windows know the later steps: such a step is at least as wide as the step before it, grown
    with the square root of the distance as a random walk's errors grow.

    Args:
        residuals: ``(origin, horizon)``, truth minus prediction on the validation set; NaN is left out.
        levels: between 0 and 1.
        recency: the origins follow one another; where a step knows ``WEIGHED_ERRORS``, recent ones weigh more.

    Example:
        >>> residual_quantiles(np.arange(39.0)[:, None], [0.05, 0.5, 0.95]).ravel().tolist()
        [1.0, 19.0, 37.0]
        >>> residual_quantiles(np.array([[1.0], [3.0]]), [0.05, 0.5, 0.95]).ravel().round(2).tolist()
        [-6.53, 0.0, 6.53]
    """
    horizon = residuals.shape[1]
    offsets = np.zeros((len(levels), horizon))
    side, most, size = np.sign(np.asarray(levels) - 0.5), 0, 0.0
    for step in range(horizon):
        in_turn = residuals[np.isfinite(residuals[:, step]), step]
        known = np.sort(in_turn)
        if 0 < len(known) <= FEW_ERRORS:
            size = max(size, float(np.sqrt(np.mean(np.square(known)))))
            offsets[:, step] = size * _student((len(known) + horizon - 1) / horizon, levels)
        else:
            weighed = recency and len(known) >= WEIGHED_ERRORS
            weights = _recent(in_turn) if weighed else None
            offsets[:, step] = [_offset(known, level, weights) for level in levels]
        if len(known) < most:
            grown = offsets[:, step - 1] * np.sqrt((step + 1) / step)
            own = offsets[:, step] if len(known) else grown
            wider = np.where(side < 0, np.minimum(own, grown), np.maximum(own, grown))
            offsets[:, step] = np.where(side == 0, own, wider)
        most = max(most, len(known))
    return offsets


def calibration(errors: Floats, centre: Floats, levels: Sequence[float], *, recency: bool = False) -> Floats:
    """Return ``(level, horizon)``: offsets of each quantile that a forecaster predicts itself.

    A step that knows at most ``FEW_ERRORS`` errors only ever widens the quantiles, and leaves the median as it is: on
    average they then reach as far from the forecast as ``residual_quantiles`` of its errors.

    Args:
        errors: ``(level, origin, horizon)``, truth minus each predicted quantile; NaN is left out.
        centre: ``(origin, horizon)``, truth minus the forecast.
        levels: between 0 and 1.
        recency: as for ``residual_quantiles``.
    """
    each_level = zip(errors, levels, strict=True)
    offsets = np.stack([residual_quantiles(own, [level], recency=recency)[0] for own, level in each_level])
    counts = np.isfinite(centre).sum(axis=0)
    few = (counts > 0) & (counts <= FEW_ERRORS)
    if few.any():
        own = np.nanmean((centre - errors)[:, :, few], axis=1)  # of the predicted quantiles, from the forecast
        missing = residual_quantiles(centre, levels)[:, few] - own
        side = np.sign(np.asarray(levels) - 0.5)[:, None]
        offsets[:, few] = side * np.maximum(side * missing, 0.0)
    return offsets


def at_levels(trained: Floats, levels: Sequence[float]) -> Floats:
    """Return quantiles ``(level, …)`` at ``levels`` from those at ``TRAINED_LEVELS``, each side as of a normal law.

    Example:
        >>> at_levels(np.array([-1.0, 0.0, 2.0]), [0.05, 0.25, 0.5, 0.95]).round(3).tolist()
        [-1.0, -0.41, 0.0, 2.0]
    """
    low, middle, high = trained
    normal = NormalDist()
    shares = [normal.inv_cdf(level) / normal.inv_cdf(TRAINED_LEVELS[-1]) for level in levels]
    return np.stack([middle + (abs(share) * (high - middle if share > 0 else low - middle)) for share in shares])


def ends_of(levels: Iterable[float], share: float = SHOWN_SHARE) -> tuple[float, float] | None:
    """Return the levels at the ends of the interval with coverage ``share``, else of the widest one; None without any.

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
    """Return quantiles ``(level, …)`` that never cross, lowest level first (sorted, Chernozhukov et al., 2010)."""
    return np.sort(quantiles, axis=0)


def _recent(in_turn: Floats) -> Floats:
    """Return ``(error,)`` weights that halve with every ``HALF_LIFE`` of the errors into the past, in order of size.

    The error to come weighs 1, as the one after the last; all weights with it sum to 1.
    """
    age = np.arange(len(in_turn), 0, -1)
    weights = 0.5 ** (age / (HALF_LIFE * len(in_turn)))
    return np.asarray(weights[np.argsort(in_turn, kind="stable")] / (weights.sum() + 1.0))


def _student(freedom: float, levels: Sequence[float]) -> Floats:
    """Return ``(level,)``: quantiles of Student's t, exactly zero in the middle."""
    from scipy.special import stdtrit  # heavy: only where errors are few

    found = stdtrit(max(_LEAST_FREEDOM, freedom), np.asarray(levels))
    return np.where(np.asarray(levels) == 0.5, 0.0, found)


def _offset(known: Floats, level: float, weights: Floats | None = None) -> float:
    count = len(known)
    if not count:
        return 0.0
    if level == 0.5:
        return float(np.median(known))
    if weights is not None:
        one_side = np.cumsum(weights if level > 0.5 else weights[::-1])
        rank = int(np.searchsorted(one_side, max(level, 1 - level) - 1e-9))
        rank = min(rank, count - 1)
        return float(known[rank if level > 0.5 else count - 1 - rank])
    place = (count + 1) * level
    rank = np.floor(place + 1e-9) if level < 0.5 else np.ceil(place - 1e-9)
    return float(known[int(np.clip(rank, 1, count)) - 1])
