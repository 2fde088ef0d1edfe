"""R² of the change since the origin, which measures skill beyond repeating the last value.

For prices, a forecast that repeats the last value has an R² near 1. It explains nothing of the *change* since the
origin, so an R² of the change above 0 shows predictive skill.
"""

from __future__ import annotations

import numpy as np

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.forecasting.channels import column_values, filled
from azuraforge.plugins.forecasting.panels import Blocks, filled_each


def last_values(part: Part) -> Floats:
    """Return the last known target at each origin, ``(origin,)``; NaN if none is known up to the origin."""
    values = column_values(part.frame, part.schema.target)
    if part.schema.series is None:
        return filled(values, float("nan"))[part.origins]
    blocks = Blocks.of(part.frame, part.schema.series)
    return filled_each(values, blocks, np.full(len(blocks), np.nan))[part.origins]


def change_r2(truth: Floats, point: Floats, last: Floats) -> float | None:
    """Return the R² of the change: ``1 - sum((truth - point)²) / sum((change - mean(change))²)``.

    ``change`` is ``truth - last``. Returns None if it is constant or unknown.

    Args:
        truth: ``(origin, horizon)`` true values, NaN where missing.
        point: ``(origin, horizon)`` forecasts.
        last: ``(origin,)`` last known values at the origins.

    Example:
        >>> change_r2(np.array([[11.0], [9.0]]), np.array([[10.0], [10.0]]), last=np.array([10.0, 10.0]))
        0.0
        >>> change_r2(np.array([[11.0], [9.0]]), np.array([[10.5], [9.5]]), last=np.array([10.0, 10.0]))
        0.75
    """
    change = truth - last[:, None]
    known = np.isfinite(change)
    if not known.any():
        return None
    spread = float(np.square(change[known] - change[known].mean()).sum())
    value = 1 - float(np.square(truth[known] - point[known]).sum()) / spread if spread > 0 else np.nan
    return value if np.isfinite(value) else None
