"""Minimum width of intervals, from the changes of the series itself.

On a validation set in which the series is constant, a forecast may have no errors, and its intervals no width. The
changes over the whole training set then show how far the series can move.
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

#: An interval narrower than this share of the series' typical change counts as having no width.
_NO_WIDTH = 1e-6


def at_least_own_steps(spread: Spread, train: Part) -> Spread:
    """Return the spread with a minimum width for the rows ahead at which it has no width.

    At these, the quantiles are those of a normal distribution whose standard deviation is the root mean square change
    of the training set over as many rows. The spread of a constant series is returned unchanged.
    """
    sizes = changes(train)
    if not sizes.any():
        return spread
    flat = np.ptp(spread.offsets, axis=0) * _typical(spread, train) <= _NO_WIDTH * sizes
    if not flat.any():
        return spread
    # The changes in the unit of the offsets.
    own = sizes / _typical(spread, train)
    offsets, table = spread.offsets.copy(), spread.table.copy()
    offsets[:, flat] = _middle(spread.offsets)[flat] + _normal(QUANTILE_LEVELS, own)[:, flat]
    if len(table):
        grid = np.clip(np.linspace(0.0, 1.0, GRID), 0.5 / (GRID - 1), 1 - 0.5 / (GRID - 1))
        table[:, flat] = _middle(spread.offsets)[flat] + _normal(tuple(grid.tolist()), own)[:, flat]
    return replace(spread, offsets=offsets, table=table)


def changes(train: Part) -> Floats:
    """Return the root mean square change of the known target over 1, 2, … rows, made non-decreasing, ``(horizon,)``.

    Changes over more rows than the series has grow like those of a random walk.
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
    """Return quantiles ``(level, horizon)`` of normal distributions with mean 0 and the given standard deviations."""
    return np.array([NormalDist().inv_cdf(level) for level in levels])[:, None] * sizes
