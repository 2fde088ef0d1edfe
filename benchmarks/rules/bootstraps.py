"""Rules that resample blocks of neighbouring origins; the first was the gate's own before decision 0018.

All but the studentised one stretch the percentile interval by Student's t for the number of blocks.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import ndtri, stdtrit

from azuraforge.models.gate.losses import Floats
from benchmarks.rules.analytic import autocovariance
from benchmarks.rules.losses import Draw, Finding, beyond

RESAMPLES = 400


def season_blocks(drawn: Draw, season: int) -> Finding:
    """Blocks as long as horizon, season, cube root of the origins and three correlation times (the former rule)."""
    return _resampled(drawn, lambda values: _former(values, drawn.cell.horizon, season), least=True)


def blocks(drawn: Draw, season: int) -> Finding:
    """Apply the former rule without the season."""
    return _resampled(drawn, lambda values: _former(values, drawn.cell.horizon, 1), least=True)


def automatic_blocks(drawn: Draw, season: int) -> Finding:
    """Blocks of the length of Politis and White (2004), with the correction of Patton and others (2009)."""
    return _resampled(drawn, lambda values: max(drawn.cell.horizon, politis_white(values)), least=False)


def studentised(drawn: Draw, season: int) -> Finding:
    """Blocks as above, each resample divided by its own standard error (Götze and Künsch 1996)."""
    rng = np.random.default_rng(0)
    ratios = np.empty((len(drawn.values), RESAMPLES))
    for row, values in enumerate(drawn.values):
        block = min(max(drawn.cell.horizon, politis_white(values)), len(values) // 2)
        means, count = _block_means(values, block), len(values) // block
        drawn_means = means[rng.integers(0, len(means), size=(RESAMPLES, count))]
        spread = np.maximum(drawn_means.std(axis=1, ddof=1), 1e-300)
        ratios[row] = means.std() * (drawn_means.mean(axis=1) - means.mean()) / spread
    return beyond(drawn, lambda tail: np.quantile(ratios, 1 - tail, axis=1))


def politis_white(values: Floats) -> int:
    """Return the automatic block length for ``(origin,)`` values of mean zero, at most a third of them."""
    length = len(values)
    quiet = max(5, math.ceil(math.sqrt(math.log10(length))))
    most = min(length // 2, math.ceil(math.sqrt(length)) + quiet)
    lags = autocovariance(values[None], length)[0]
    if lags[0] <= 0:
        return 1
    small = np.abs(lags[1:] / lags[0]) < 2 * math.sqrt(math.log10(length) / length)
    last = most
    for lag in range(most):
        if small[lag : lag + quiet].all():
            last = lag
            break
    reach = min(max(1, 2 * last), most)
    steps = np.arange(-reach, reach + 1)
    weights = np.minimum(1.0, 2 * (1 - np.abs(steps) / reach)) * lags[np.abs(steps)]
    at_zero, curved = float(weights.sum()), float((np.abs(steps) * weights).sum())
    if at_zero <= 0:
        return max(1, length // 3)
    best = (2 * curved**2 / (4 / 3 * at_zero**2)) ** (1 / 3) * length ** (1 / 3)
    return max(1, min(math.ceil(best), length // 3))


def _former(values: Floats, horizon: int, season: int) -> int:
    """Return the former rule's block length; 0 if fewer than two blocks fit."""
    length = len(values)
    block = max(1, horizon, season, math.ceil(round(math.cbrt(length), 9)))
    if length < 2 * block:
        return 0
    lags = autocovariance(values[None], length // 2)[0]
    correlation = lags[1:] / max(lags[0], 1e-300)
    silent = np.flatnonzero(correlation < 2 / math.sqrt(length))
    heard = correlation[: silent[0]] if len(silent) else correlation
    return max(block, min(math.ceil(3 * (1 + 2 * float(heard.sum()))), length // 6))


def _resampled(drawn: Draw, block_of: Callable[[Floats], int], *, least: bool) -> Finding:
    """Return the test by percentile intervals; ``least``: not known below 30 origins."""
    rng = np.random.default_rng(0)
    repetitions, length = drawn.values.shape
    draws, sizes = np.full((repetitions, RESAMPLES), np.nan), np.ones(repetitions)
    for row, values in enumerate(drawn.values):
        block = min(block_of(values), length // 2)
        if not block or (least and length < 30):
            continue
        means, count = _block_means(values, block), math.ceil(length / block)
        draws[row] = means[rng.integers(0, len(means), size=(RESAMPLES, count))].mean(axis=1)
        sizes[row] = block

    def distance(tail: float) -> Floats:
        read_at = max(tail, 0.025)
        counts = np.ceil(length / sizes)
        stretch = np.sqrt(counts * sizes / (length - sizes)) * stdtrit(length / sizes - 1, tail) / ndtri(read_at)
        return np.asarray(stretch * (np.quantile(draws, 1 - read_at, axis=1) - np.median(draws, axis=1)))

    return beyond(drawn, distance)


def _block_means(values: Floats, block: int) -> Floats:
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray((sums[block:] - sums[:-block]) / block)
