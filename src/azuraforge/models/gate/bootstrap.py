"""The paired moving-block bootstrap: is one forecaster's RMSE lower than another's by more than noise?

Losses of neighbouring origins are alike (horizons overlap, seasons repeat), so single origins may not be drawn as
if they were independent. Whole blocks of neighbouring origins are drawn instead, the same ones for both sides.

Sources: Künsch, "The Jackknife and the Bootstrap for General Stationary Observations" (1989), for moving blocks;
Meketon and Schmeiser, "Overlapping Batch Means" (1984), for the bias ``n / (n - block)``; Hesterberg, "What Teachers
Should Know About the Bootstrap" (2015), for stretching a percentile interval by Student's t where few independent
pieces carry it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Bootstrap quantiles are read at this tail at the most extreme; rarer tails follow from Student's t.
_READABLE_TAIL = 0.025
_GATHERED_AT_ONCE = 2_000_000
_FEW_VALUES = 16
#: Logarithm of the largest ratio that is told, a million.
_LARGEST = math.log(1e6)
#: A block grown by memory still leaves this many blocks, and spans this many correlation times.
_FEWEST_BLOCKS = 6
_CORRELATION_TIMES = 3


@dataclass(frozen=True)
class Interval:
    """A relative difference of two RMSEs, ``(rmse_a - rmse_b) / rmse_b``, and its confidence interval."""

    relative_difference: float
    low: float
    high: float
    level: float
    block: int
    origins: int


def block_length(origins: int, horizon: int, season: int) -> int:
    """Origins in one block: the longest of horizon, season and the cube root of the number of origins.

    Example:
        >>> block_length(330, horizon=8, season=52)
        52
        >>> block_length(14_000, horizon=1, season=1)
        25
    """
    return max(1, horizon, season, math.ceil(round(math.cbrt(origins), 9)))


def relative_rmse_interval(
    losses_a: Floats,
    losses_b: Floats,
    *,
    block: int,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
    power: float = 0.5,
    grow: bool = True,
) -> Interval:
    """Compare two forecasters on the same origins.

    Args:
        losses_a: ``(origin,)`` or ``(origin, horizon)`` squared errors; NaN where the true value is missing.
        losses_b: the other side's, of the same shape and with NaN at the same places.
        block: origins in one block, at least; see ``block_length``. It grows, to a sixth of the origins at most,
            where the differences of the losses remember longer than that.
        level: two-sided confidence, for example 0.95.
        resamples: bootstrap draws.
        seed: same seed, same interval.
        power: 0.5 compares roots of mean losses (RMSE), 1 the mean losses themselves.
        grow: let the block grow by memory; False where examples are independent.

    Raises ValueError where the two do not belong together, or hold fewer than two blocks.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=(400, 1))
        >>> found = relative_rmse_interval((0.5 * noise) ** 2, noise**2, block=8)
        >>> round(found.relative_difference, 6), found.high < 0
        (-0.5, True)
    """
    a, b = _per_origin(losses_a, losses_b)
    origins = len(a)
    if block < 1 or origins < 2 * block:
        raise ValueError(f"{origins} origins hold fewer than two blocks of {block}")
    if grow:
        block = max(block, min(remembering_block(a, b), origins // _FEWEST_BLOCKS))
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    floor = _floor(a, b)
    estimate = 2 * power * _half_log_ratio(a.sum(), b.sum(), floor)
    draws = 2 * power * _draw(a, b, block, resamples, seed, floor)
    low, high = _stretched(estimate, draws, origins, block, level)
    # A side that is perfect in most resamples has no bound on its other end: the largest number stands for it.
    ends = [math.expm1(min(end, _LARGEST)) for end in (estimate, low, high)]
    return Interval(ends[0], ends[1], ends[2], level, block, origins)


def relative_rmse(losses_a: Floats, losses_b: Floats, power: float = 0.5) -> float:
    """``(rmse_a - rmse_b) / rmse_b`` on the same origins; at most a million where b is perfect and a is not.

    Example:
        >>> round(relative_rmse(np.full((2, 3), 4.0), np.full((2, 3), 16.0)), 6)
        -0.5
    """
    a, b = _per_origin(losses_a, losses_b)
    return math.expm1(2 * power * _half_log_ratio(a.sum(), b.sum(), _floor(a, b)))


def mean_difference(losses_a: Floats, losses_b: Floats) -> float:
    """The mean of a's losses less the mean of b's, over the same independent examples.

    Example:
        >>> mean_difference(np.array([[0.0], [1.0]]), np.array([[1.0], [1.0]]))
        -0.5
    """
    a, b = _per_origin(losses_a, losses_b)
    return float(np.mean(a - b)) if len(a) else 0.0


def mean_difference_interval(
    losses_a: Floats, losses_b: Floats, *, level: float = 0.95, resamples: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """The ends of the confidence interval of ``mean_difference``: paired bootstrap, stretched by Student's t.

    Args:
        losses_a: ``(example,)`` or ``(example, 1)`` losses.
        losses_b: the other side's, of the same shape.
        level: two-sided confidence.
        resamples: bootstrap draws.
        seed: same seed, same interval.

    Raises ValueError where the two do not belong together, or are fewer than two.

    Example:
        >>> low, high = mean_difference_interval(np.zeros(400), np.repeat([0.0, 1.0], [360, 40]))
        >>> -0.14 < low < -0.1 < high < -0.06
        True
    """
    a, b = _per_origin(losses_a, losses_b)
    differences = a - b
    examples = len(differences)
    if examples < 2:
        raise ValueError(f"{examples} examples have no interval")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    rng = np.random.default_rng(seed)
    values, counts = np.unique(differences, return_counts=True)
    if len(values) <= _FEW_VALUES:  # losses of 0 and 1 differ in three ways only
        draws = rng.multinomial(examples, counts / examples, size=resamples) @ values / examples
    else:
        at_once = max(1, _GATHERED_AT_ONCE // examples)
        sizes = [min(at_once, resamples - first) for first in range(0, resamples, at_once)]
        draws = np.concatenate(
            [differences[rng.integers(0, examples, size=(size, examples))].mean(axis=1) for size in sizes]
        )
    low, high = _stretched(float(differences.mean()), draws, examples, 1, level)
    return float(low), float(high)


def sign_test(losses_a: Floats, losses_b: Floats) -> float:
    """Two-sided exact p-value that examples on which the two differ fall to either side by chance.

    McNemar's test in its exact form: ``(example,)`` or ``(example, 1)`` losses; ties say nothing.
    Source: McNemar, "Note on the sampling error of the difference between correlated proportions", 1947.

    Example:
        >>> round(sign_test(np.zeros(4), np.ones(4)), 3)
        0.125
    """
    from scipy.special import bdtr

    a, b = _per_origin(losses_a, losses_b)
    wins, losses = int((a < b).sum()), int((a > b).sum())
    return min(1.0, 2 * float(bdtr(min(wins, losses), wins + losses, 0.5))) if wins + losses else 1.0


def _floor(a: Floats, b: Floats) -> float:
    """Far below any real sum; keeps the logarithm finite where one side is perfect in a whole resample."""
    return 1e-12 * float(a.sum() + b.sum()) + 1e-300


def _per_origin(losses_a: Floats, losses_b: Floats) -> tuple[Floats, Floats]:
    a, b = np.asarray(losses_a, dtype=np.float64), np.asarray(losses_b, dtype=np.float64)
    if a.shape != b.shape or a.ndim not in (1, 2):
        raise ValueError(f"paired losses need one shape (origin, horizon), got {a.shape} and {b.shape}")
    if not np.array_equal(np.isnan(a), np.isnan(b)):
        raise ValueError("paired losses must be missing (NaN) at the same places on both sides")
    a, b = np.nan_to_num(a, nan=0.0, posinf=np.inf), np.nan_to_num(b, nan=0.0, posinf=np.inf)
    if not (np.isfinite(a).all() and np.isfinite(b).all()) or a.min(initial=0) < 0 or b.min(initial=0) < 0:
        raise ValueError("losses must be finite squared errors")
    # Both sides miss the same targets, so in the ratio of two means the counts cancel: sums are enough.
    return (a.sum(axis=1), b.sum(axis=1)) if a.ndim == 2 else (a, b)


def remembering_block(losses_a: Floats, losses_b: Floats) -> int:
    """Three integrated autocorrelation times of the paired, scaled differences; losses as ``relative_rmse_interval``'s.

    A block of one correlation time hides about a third of the variance between blocks; three leave a tenth.
    """
    a, b = _per_origin(losses_a, losses_b)
    differences = a / (a.mean() + 1e-300) - b / (b.mean() + 1e-300)
    differences = differences - differences.mean()
    length = len(differences)
    spectrum = np.fft.rfft(differences, 2 * length)
    covariance = np.fft.irfft(np.abs(spectrum) ** 2)[: length // 2]
    if covariance[0] <= 0:
        return 1
    correlation = covariance[1:] / covariance[0]
    # Sum up to the first lag that could be noise: beyond it, terms add variance and no information.
    silent = np.flatnonzero(correlation < 2 / math.sqrt(length))
    heard = correlation[: silent[0]] if len(silent) else correlation
    return math.ceil(_CORRELATION_TIMES * (1 + 2 * float(heard.sum())))


def _half_log_ratio(sum_a: Floats | float, sum_b: Floats | float, floor: float) -> float:
    return float(0.5 * (np.log(sum_a + floor) - np.log(sum_b + floor)))


def _draw(a: Floats, b: Floats, block: int, resamples: int, seed: int, floor: float) -> Floats:
    """``(resample,)`` logarithms of the RMSE ratio. Blocks' sums are differences of one cumulative sum."""
    blocks_a, blocks_b = _block_sums(a, block), _block_sums(b, block)
    per_draw = math.ceil(len(a) / block)
    rng = np.random.default_rng(seed)
    at_once = max(1, _GATHERED_AT_ONCE // per_draw)
    drawn: list[Floats] = []
    for first in range(0, resamples, at_once):
        starts = rng.integers(0, len(blocks_a), size=(min(at_once, resamples - first), per_draw))
        sums_a, sums_b = blocks_a[starts].sum(axis=1), blocks_b[starts].sum(axis=1)
        drawn.append(0.5 * (np.log(sums_a + floor) - np.log(sums_b + floor)))
    return np.concatenate(drawn)


def _block_sums(losses: Floats, block: int) -> Floats:
    cumulative = np.concatenate([[0.0], np.cumsum(losses)])
    # A difference of large sums may fall a rounding below zero.
    sums: Floats = np.maximum(cumulative[block:] - cumulative[:-block], 0.0)
    return sums


def _stretched(estimate: float, draws: Floats, origins: int, block: int, level: float) -> tuple[float, float]:
    from scipy.special import ndtri, stdtrit  # heavy: only where a gate is really asked

    tail = (1 - level) / 2
    read_at = max(tail, _READABLE_TAIL)
    freedom = origins / block - 1
    drawn_origins = math.ceil(origins / block) * block
    stretch = math.sqrt(drawn_origins / (origins - block)) * stdtrit(freedom, tail) / ndtri(read_at)
    # Rows at both ends lie in fewer blocks, so the draws' centre is slightly off: deviations are taken from there.
    below, centre, above = np.quantile(draws, [read_at, 0.5, 1 - read_at])
    return estimate + stretch * (below - centre), estimate + stretch * (above - centre)
