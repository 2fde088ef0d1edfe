"""Intervals of the combined forecast, from its errors on the validation part.

Where validation has few origins, the errors that the same forecast makes inside the training part give their shape over
the horizon, and those of the validation part how much larger they are.
"""

from __future__ import annotations

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
_LEAST_INSIDE = 10


def spread_of(errors: Floats, inside: Floats) -> Floats:
    """Return ``(level, horizon)``: what to add to a forecast for each of ``QUANTILE_LEVELS``.

    Args:
        errors: ``(origin, horizon)``, truth minus forecast on the validation part; NaN where unknown.
        inside: the same inside the training part.
    """
    known = np.isfinite(inside)
    origins = int(np.isfinite(errors).any(axis=1).sum())
    if origins >= ENOUGH_ORIGINS or known.any(axis=1).sum() < _LEAST_INSIDE:
        return residual_quantiles(errors, QUANTILE_LEVELS)
    horizon = errors.shape[1]
    squares = np.where(known, inside**2, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    size = np.maximum(np.maximum.accumulate(np.sqrt(squares)), 1e-300)  # errors do not shrink with the distance
    shape = np.abs(inside / size)[known]
    ratios = (errors / size)[np.isfinite(errors)] ** 2
    stretches = (origins + horizon - 1) / horizon if origins else 0.0
    seen = float(ratios.mean()) if len(ratios) else 0.0
    larger = np.sqrt((_PRIOR_STRETCHES * _EXPECTED + stretches * seen) / (_PRIOR_STRETCHES + stretches))
    offsets = np.zeros((len(QUANTILE_LEVELS), horizon))
    for row, level in enumerate(QUANTILE_LEVELS):
        if level != 0.5:
            offsets[row] = np.sign(level - 0.5) * larger * size * float(np.quantile(shape, abs(2 * level - 1)))
    return offsets
