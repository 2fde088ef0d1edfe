"""Intervals of the combined forecast, from its errors on the validation part.

Where validation has few origins, the errors that the same forecast makes inside the training part give their shape over
the horizon, and those of the validation part how much larger they are. Student's t then widens the intervals, with as
many degrees of freedom as the training part holds whole horizons, because so few errors are independent.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.config import QUANTILE_LEVELS
from azuraforge.plugins.forecasting.intervals import residual_quantiles

#: Origins from which on the errors of the validation part stand alone: both outer quantiles need 19.
ENOUGH_ORIGINS = 40
#: Stretches of a horizon that the expectation of ``_EXPECTED`` is worth.
_PRIOR_STRETCHES = 2.0
#: Squared errors outside the training part, of those inside it, before any was seen.
_EXPECTED = 1.3
#: Below, Student's t has no variance, and its quantiles would say little about the series.
_LEAST_FREEDOM = 2.0


def spread_of(errors: Floats, inside: Floats) -> Floats:
    """Return ``(level, horizon)``: what to add to a forecast for each of ``QUANTILE_LEVELS``.

    Args:
        errors: ``(origin, horizon)``, truth minus forecast on the validation part; NaN where unknown.
        inside: the same inside the training part.
    """
    from scipy.special import stdtrit

    known = np.isfinite(inside)
    origins = int(np.isfinite(errors).any(axis=1).sum())
    if origins >= ENOUGH_ORIGINS or not known.any():
        return residual_quantiles(errors, QUANTILE_LEVELS)
    horizon = errors.shape[1]
    size = _size_by_step(inside, known)
    shape = np.abs(inside / size)[known]
    ratios = (errors / size)[np.isfinite(errors)] ** 2
    stretches = _stretches(origins, horizon)
    seen = float(ratios.mean()) if len(ratios) else 0.0
    larger = np.sqrt((_PRIOR_STRETCHES * _EXPECTED + stretches * seen) / (_PRIOR_STRETCHES + stretches))
    freedom = max(_LEAST_FREEDOM, _stretches(int(known.any(axis=1).sum()), horizon))
    offsets = np.zeros((len(QUANTILE_LEVELS), horizon))
    for row, level in enumerate(QUANTILE_LEVELS):
        if level != 0.5:
            wider = float(stdtrit(freedom, level)) / NormalDist().inv_cdf(level)
            width = wider * float(np.quantile(shape, abs(2 * level - 1)))
            offsets[row] = np.sign(level - 0.5) * larger * size * width
    return offsets


def _size_by_step(inside: Floats, known: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Floats:
    """Return ``(horizon,)``: the root mean square errors, which do not shrink with the distance.

    Steps without errors, beyond the rows of a short series, go on as those of a random walk.
    """
    steps = np.arange(1, inside.shape[1] + 1)
    squares = np.where(known, inside**2, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    last = int(np.flatnonzero(known.any(axis=0))[-1])
    squares[last + 1 :] = squares[: last + 1].max() * steps[last + 1 :] / steps[last]
    return np.asarray(np.maximum(np.maximum.accumulate(np.sqrt(squares)), 1e-300))


def _stretches(origins: int, horizon: int) -> float:
    """Return how many whole horizons the targets of consecutive origins hold."""
    return (origins + horizon - 1) / horizon if origins else 0.0
