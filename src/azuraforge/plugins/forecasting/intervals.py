"""Prediction intervals from errors on rows that the forecaster did not learn (split-conformal prediction).

Source: Lei et al., "Distribution-free predictive inference for regression", 2018; for forecasters that predict
quantiles, Romano, Patterson and Candès, "Conformalized quantile regression", 2019; for the weights of recent errors,
Barber, Candès, Ramdas and Tibshirani, "Conformal prediction beyond exchangeability", 2023.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import NormalDist

import numpy as np

from azuraforge.plugins.contract.arrays import Floats

#: Quantile levels that networks learn; the other levels are derived from them before calibration.
TRAINED_LEVELS: tuple[float, ...] = (0.05, 0.5, 0.95)
#: Minimum number of errors at which recent errors have more weight, and the share of the errors after which the weight
#: halves. With fewer errors, the outer quantiles would depend on too few of them (see the simulation in decision 0030).
WEIGHED_ERRORS, HALF_LIFE = 300, 0.5
#: Up to this number, errors show their size, but neither the shape of their distribution nor a bias (decision 0024).
FEW_ERRORS = 20
#: Minimum degrees of freedom: with fewer, Student's t distribution has no finite variance, and its quantiles would say
#: little about the series.
_LEAST_FREEDOM = 2.0
#: Coverage of the interval that predictions, figures and tables show.
SHOWN_SHARE = 0.9


def residual_quantiles(residuals: Floats, levels: Sequence[float], *, recency: bool = False) -> Floats:
    """Return the offsets from a prediction, ``(level, horizon)``, below which a share ``level`` of values should be.

    The ranks follow split-conformal prediction. A row ahead with at most ``FEW_ERRORS`` residuals gets quantiles
    of Student's t distribution instead, because the smallest and largest of so few residuals cover less than stated and
    may both be on one side of the prediction. Their scale is the root mean square of the residuals, made non-decreasing
    over the horizon. The degrees of freedom are the number of horizons that the residuals cover, because the horizons
    of neighbouring origins overlap.

    In a short series, later rows ahead may have fewer residuals. Their intervals are at least as wide as the intervals
    of the row before, grown with the square root of the distance like the errors of a random walk. The offsets are 0
    up to the first row ahead with a residual.

    Args:
        residuals: ``(origin, horizon)``, actual value minus prediction on the validation set; NaN is ignored.
        levels: quantile levels between 0 and 1.
        recency: whether recent residuals have more weight, at rows ahead with at least ``WEIGHED_ERRORS`` residuals;
            requires origins in chronological order.

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
    """Return the offsets, ``(level, horizon)``, that calibrate the quantiles predicted by a forecaster.

    At a row ahead with at most ``FEW_ERRORS`` errors, quantiles are only widened, and the median is unchanged. Their
    mean distance from the forecast is then at least the offset that ``residual_quantiles`` returns for ``centre``.

    Args:
        errors: ``(level, origin, horizon)``, actual value minus each predicted quantile; NaN is ignored.
        centre: ``(origin, horizon)``, actual value minus the forecast.
        levels: quantile levels between 0 and 1.
        recency: see ``residual_quantiles``.
    """
    each_level = zip(errors, levels, strict=True)
    offsets = np.stack([residual_quantiles(own, [level], recency=recency)[0] for own, level in each_level])
    counts = np.isfinite(centre).sum(axis=0)
    few = (counts > 0) & (counts <= FEW_ERRORS)
    if few.any():
        own = np.nanmean((centre - errors)[:, :, few], axis=1)  # mean distance of quantiles from the forecast
        missing = residual_quantiles(centre, levels)[:, few] - own
        side = np.sign(np.asarray(levels) - 0.5)[:, None]
        offsets[:, few] = side * np.maximum(side * missing, 0.0)
    return offsets


def at_levels(trained: Floats, levels: Sequence[float]) -> Floats:
    """Return quantiles ``(level, …)`` at ``levels`` from the quantiles ``trained`` at ``TRAINED_LEVELS``.

    Each side of the median is scaled like a normal distribution.

    Example:
        >>> at_levels(np.array([-1.0, 0.0, 2.0]), [0.05, 0.25, 0.5, 0.95]).round(3).tolist()
        [-1.0, -0.41, 0.0, 2.0]
    """
    low, middle, high = trained
    normal = NormalDist()
    shares = [normal.inv_cdf(level) / normal.inv_cdf(TRAINED_LEVELS[-1]) for level in levels]
    return np.stack([middle + (abs(share) * (high - middle if share > 0 else low - middle)) for share in shares])


def ends_of(levels: Iterable[float], share: float = SHOWN_SHARE) -> tuple[float, float] | None:
    """Return the two levels of the interval with coverage ``share``, or of the widest interval if none has it.

    Returns None if the levels form no interval.

    Example:
        >>> ends_of([0.05, 0.25, 0.5, 0.75, 0.95], 0.5), ends_of([0.05, 0.5, 0.95], 0.5), ends_of([0.5])
        ((0.25, 0.75), (0.05, 0.95), None)
    """
    pairs = pairs_of(levels)
    return pairs.get(share) or (pairs[max(pairs)] if pairs else None)


def pairs_of(levels: Iterable[float]) -> dict[float, tuple[float, float]]:
    """Return the levels at the ends of each symmetric interval that the levels form, by coverage, narrowest first.

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
    """Return quantiles ``(level, …)`` sorted by level, so that they never cross (Chernozhukov et al., 2010)."""
    return np.sort(quantiles, axis=0)


def _recent(in_turn: Floats) -> Floats:
    """Return the weights ``(error,)`` of errors given in chronological order, sorted by the size of the errors.

    Weights halve with every ``HALF_LIFE`` of the errors into the past. With the weight of the error to be predicted,
    which is 1 before normalisation, they sum to 1.
    """
    age = np.arange(len(in_turn), 0, -1)
    weights = 0.5 ** (age / (HALF_LIFE * len(in_turn)))
    return np.asarray(weights[np.argsort(in_turn, kind="stable")] / (weights.sum() + 1.0))


def _student(freedom: float, levels: Sequence[float]) -> Floats:
    """Return quantiles of Student's t distribution, ``(level,)``, exactly zero at the level 0.5."""
    from scipy.special import stdtrit  # a slow import, needed only for few errors

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
