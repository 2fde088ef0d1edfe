"""The least width of intervals, from the steps of the series itself.

A validation set in which nothing changes says that a forecast errs by nothing. The changes of the whole training set
say how far the series can go.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist

import numpy as np

from azuraforge.apps.forecasting.spread import Spread
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.forecasting.adaptive import GRID
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.config import QUANTILE_LEVELS

#: An interval narrower than this share of the series' usual change counts as having no width.
_NO_WIDTH = 1e-6


def at_least_own_steps(spread: Spread, train: Part) -> Spread:
    """Return the spread with the least width at steps ahead at which it has none.

    There the quantiles are those of a normal distribution with the size of the training set's changes over as many
    rows. A series that has never changed has no width.
    """
    sizes = changes(train)
    if not sizes.any():
        return spread
    flat = np.ptp(spread.offsets, axis=0) * _typical(spread, train) <= _NO_WIDTH * sizes
    if not flat.any():
        return spread
    # Both kinds of width in one unit: that of the forecast's power.
    own = sizes / _typical(spread, train)
    offsets, table = spread.offsets.copy(), spread.table.copy()
    offsets[:, flat] = _middle(spread.offsets)[flat] + _normal(QUANTILE_LEVELS, own)[:, flat]
    if len(table):
        grid = np.clip(np.linspace(0.0, 1.0, GRID), 0.5 / (GRID - 1), 1 - 0.5 / (GRID - 1))
        table[:, flat] = _middle(spread.offsets)[flat] + _normal(tuple(grid.tolist()), own)[:, flat]
    return replace(spread, offsets=offsets, table=table)


def changes(train: Part) -> Floats:
    """Return ``(horizon,)``: the root mean square change of the known target over so many rows, never decreasing.

    Steps longer than the series go on as those of a random walk.
    """
    values = column_values(train.frame, train.schema.target)
    known = values[np.isfinite(values)]
    steps = np.arange(1, train.horizon + 1)
    found = np.full(train.horizon, np.nan)
    for place, step in enumerate(steps[: max(0, len(known) - 1)].tolist()):
        found[place] = np.sqrt(np.mean(np.square(known[step:] - known[:-step])))
    if not np.isfinite(found).any():
        return np.zeros(train.horizon)
    last = int(np.flatnonzero(np.isfinite(found))[-1])
    found[last + 1 :] = found[: last + 1].max() * np.sqrt(steps[last + 1 :] / steps[last])
    return np.asarray(np.maximum.accumulate(found))


def _typical(spread: Spread, train: Part) -> float:
    """Return the unit of the offsets at the training set's median; 1 if errors do not grow with the forecast."""
    values = column_values(train.frame, train.schema.target)
    return float(spread.width(np.array([float(np.nanmedian(np.abs(values)))]))[0]) or 1.0


def _middle(offsets: Floats) -> Floats:
    return np.asarray(offsets[QUANTILE_LEVELS.index(0.5)])


def _normal(levels: tuple[float, ...], sizes: Floats) -> Floats:
    """Return ``(level, horizon)`` quantiles of normal distributions of the given sizes."""
    return np.array([NormalDist().inv_cdf(level) for level in levels])[:, None] * sizes
