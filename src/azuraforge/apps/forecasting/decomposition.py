"""Seasons from a decomposition (STL for one season, MSTL for several), updated by exponential smoothing.

The decomposition estimates the seasons at the end of the training set. The weight with which they follow later rows is
chosen within the training set: its first two thirds are decomposed, and the weight with the smallest error on the last
third is used.

Source: Bandara, Hyndman and Bergmeir, "MSTL: a seasonal-trend decomposition algorithm for time series with multiple
seasonal patterns", 2021.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from azuraforge.apps.forecasting.carried import Estimate
from azuraforge.apps.forecasting.smoothing.recursion import Smoothing
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.seasons import CYCLES_NEEDED

#: Candidate weights of an error in a seasonal value.
GAMMAS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)

Fit = Callable[[Floats], Estimate[Smoothing]]


def decompose(values: Floats, seasons: tuple[int, ...]) -> Floats:
    """Return the seasonal components of ``values`` by MSTL: ``(row,)`` → ``(season, row)``."""
    from statsforecast.mstl import mstl

    found = mstl(values, list(seasons))
    names = ["seasonal"] if len(seasons) == 1 else [f"seasonal{season}" for season in seasons]
    return np.stack([found[name].to_numpy(dtype=np.float64) for name in names])


def with_carried_seasons(values: Floats, seasons: tuple[int, ...], fit: Fit) -> Estimate[Smoothing]:
    """Decompose the values, fit the seasonally adjusted values, and choose the weight of an error in the seasons.

    Args:
        values: values without gaps, ``(row,)``.
        seasons: lengths of the seasons in rows, ascending.
        fit: function that estimates a model of the seasonally adjusted values.
    """
    return _decomposed(values, seasons, fit, _gamma(values, seasons, fit))


def _decomposed(values: Floats, seasons: tuple[int, ...], fit: Fit, gamma: float) -> Estimate[Smoothing]:
    parts = decompose(values, seasons)
    rest = values - parts.sum(axis=0)
    found = fit(rest)
    ended = found.model.walk(found.before, rest, np.zeros(0, dtype=np.int64)).after
    model = replace(
        found.model,
        form=f"STL+{found.model.form}",
        periods=np.array(seasons, dtype=np.int64),
        gammas=np.full(len(seasons), gamma),
    )
    last = [part[-season:] for part, season in zip(parts, seasons, strict=True)]
    first = [np.roll(cycle, len(values) % len(cycle)) for cycle in last]  # the last cycle, rotated to the first row
    return Estimate(model, np.concatenate([found.before, *first]), np.concatenate([ended, *last]))


def _gamma(values: Floats, seasons: tuple[int, ...], fit: Fit) -> float:
    """Return the candidate weight with the smallest squared error on the last third, 0 for short series.

    Errors are measured one row and half of the shortest season ahead.
    """
    early = len(values) * 2 // 3
    if early < CYCLES_NEEDED * max(seasons) or len(values) - early < min(seasons):
        return 0.0
    found = _decomposed(values[:early], seasons, fit, 0.0)
    model, later, begin = found.model, values[early:], found.after
    assert begin is not None
    horizon = min(max(1, min(seasons) // 2), len(later) - 1)
    at = np.arange(len(later) - horizon)

    def mean_square(gamma: float) -> float:
        tried = replace(model, gammas=np.full(len(seasons), gamma))
        made = tried.ahead(tried.walk(begin, later, at).states, horizon)
        return float(np.mean((later[at + 1] - made[:, 0]) ** 2 + (later[at + horizon] - made[:, -1]) ** 2))

    return min(GAMMAS, key=mean_square)
