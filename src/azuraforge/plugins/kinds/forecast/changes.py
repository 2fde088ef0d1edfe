"""R² of the change since the origin, which a forecast that only repeats the last value does not reach.

On prices the last value alone has an R² near one, and so has every forecast close to it. Of the *change* it explains
nothing: a value above zero shows predictive skill.
"""

from __future__ import annotations

import numpy as np

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.forecasting.channels import column_values, filled
from azuraforge.plugins.forecasting.panels import Blocks, filled_each


def last_values(part: Part) -> Floats:
    """Return ``(origin,)``: the last known target at each origin; NaN where none is known yet."""
    values = column_values(part.frame, part.schema.target)
    if part.schema.series is None:
        return filled(values, float("nan"))[part.origins]
    blocks = Blocks.of(part.frame, part.schema.series)
    return filled_each(values, blocks, np.full(len(blocks), np.nan))[part.origins]


def change_r2(truth: Floats, point: Floats, last: Floats) -> float | None:
    """Return ``1 - sum((truth - point)²) / sum((change - mean change)²)``, ``change = truth - last``; None if constant.

    Args:
        truth: ``(origin, horizon)``, NaN where missing.
        point: the forecasts, of the same shape.
        last: ``(origin,)``.

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
