"""Prediction intervals from errors on rows that the forecaster did not learn from (split-conformal prediction).

Source: Lei et al., "Distribution-free predictive inference for regression", 2018; for a forecaster that has quantiles
of its own, Romano, Patterson and Candès, "Conformalized quantile regression", 2019.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from azuraforge.plugins.contract.arrays import Floats


def residual_quantiles(residuals: Floats, levels: Sequence[float]) -> Floats:
    """``(level, horizon)``: what to add to a prediction so that a share ``level`` of the truth lies below.

    The ranks are those of split-conformal prediction: with few residuals the outer quantiles move outwards, at most
    to the smallest and largest residual.

    Args:
        residuals: ``(origin, horizon)``, truth minus prediction on the validation part; NaN is left out.
        levels: between 0 and 1.

    Example:
        >>> residual_quantiles(np.arange(19.0)[:, None], [0.05, 0.5, 0.95]).ravel().tolist()
        [0.0, 9.0, 18.0]
    """
    horizon = residuals.shape[1]
    offsets = np.zeros((len(levels), horizon))
    for step in range(horizon):
        known = np.sort(residuals[np.isfinite(residuals[:, step]), step])
        count = len(known)
        if not count:
            continue
        for row, level in enumerate(levels):
            if level < 0.5:
                rank = np.floor((count + 1) * level + 1e-9)
            elif level > 0.5:
                rank = np.ceil((count + 1) * level - 1e-9)
            else:
                offsets[row, step] = np.median(known)
                continue
            offsets[row, step] = known[int(np.clip(rank, 1, count)) - 1]
    return offsets


def in_order(quantiles: Floats) -> Floats:
    """Quantiles ``(level, …)`` that never cross, lowest level first (Chernozhukov et al., 2010: sorting them)."""
    return np.sort(quantiles, axis=0)
