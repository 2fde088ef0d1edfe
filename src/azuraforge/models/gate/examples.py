"""Comparison of two models on the same independent examples: paired bootstrap of mean losses, and exact sign test.

Source: Hesterberg, "What Teachers Should Know About the Bootstrap" (2015), for widening a percentile interval by
Student's t.
"""

from __future__ import annotations

import math

import numpy as np

from azuraforge.models.gate.losses import Floats, paired_sums

#: Smallest tail probability at which bootstrap quantiles are used; smaller tails follow from Student's t.
_READABLE_TAIL = 0.025
_GATHERED_AT_ONCE = 2_000_000
_FEW_VALUES = 16


def mean_difference(losses_a: Floats, losses_b: Floats) -> float:
    """Return the mean of ``losses_a`` minus the mean of ``losses_b``; 0.0 without examples.

    Both have the shape ``(example,)`` or ``(example, 1)``, for the same independent examples in the same order. Raises
    ValueError if their shapes or missing values differ, or if a loss is infinite or negative.

    Example:
        >>> mean_difference(np.array([[0.0], [1.0]]), np.array([[1.0], [1.0]]))
        -0.5
    """
    a, b = paired_sums(losses_a, losses_b)
    return float(np.mean(a - b)) if len(a) else 0.0


def mean_difference_interval(
    losses_a: Floats, losses_b: Floats, *, level: float = 0.95, resamples: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Return the confidence interval of ``mean_difference``: paired bootstrap, widened by Student's t.

    Args:
        losses_a: losses of one side, shape ``(example,)`` or ``(example, 1)``.
        losses_b: losses of the other side, of the same shape.
        level: two-sided confidence level.
        resamples: number of bootstrap draws.
        seed: seed of the draws.

    Raises ValueError if the shapes or missing values differ, if a loss is infinite or negative, if there are fewer
    than two examples, or if ``level`` is not between 0 and 1.

    Example:
        >>> low, high = mean_difference_interval(np.zeros(400), np.repeat([0.0, 1.0], [360, 40]))
        >>> -0.14 < low < -0.1 < high < -0.06
        True
    """
    a, b = paired_sums(losses_a, losses_b)
    differences = a - b
    examples = len(differences)
    if examples < 2:
        raise ValueError(f"{examples} examples have no interval")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    rng = np.random.default_rng(seed)
    values, counts = np.unique(differences, return_counts=True)
    if len(values) <= _FEW_VALUES:  # losses of 0 and 1 have only three differences
        draws = rng.multinomial(examples, counts / examples, size=resamples) @ values / examples
    else:
        at_once = max(1, _GATHERED_AT_ONCE // examples)
        sizes = [min(at_once, resamples - first) for first in range(0, resamples, at_once)]
        draws = np.concatenate(
            [differences[rng.integers(0, examples, size=(size, examples))].mean(axis=1) for size in sizes]
        )
    low, high = _stretched(float(differences.mean()), draws, examples, level)
    return float(low), float(high)


def sign_test(losses_a: Floats, losses_b: Floats) -> float:
    """Return the two-sided exact p-value of the sign test over the examples on which the two sides differ.

    This is the exact form of McNemar's test for losses of shape ``(example,)`` or ``(example, 1)``. Under the null
    hypothesis either side wins an example with the same probability; ties are ignored. The p-value is 1.0 if all
    examples are ties. Raises ValueError if the shapes or missing values differ, or if a loss is infinite or negative.

    Source: McNemar, "Note on the sampling error of the difference between correlated proportions", 1947.

    Example:
        >>> round(sign_test(np.zeros(4), np.ones(4)), 3)
        0.125
    """
    from scipy.special import bdtr

    a, b = paired_sums(losses_a, losses_b)
    wins, losses = int((a < b).sum()), int((a > b).sum())
    return min(1.0, 2 * float(bdtr(min(wins, losses), wins + losses, 0.5))) if wins + losses else 1.0


def _stretched(estimate: float, draws: Floats, examples: int, level: float) -> tuple[float, float]:
    from scipy.special import ndtri, stdtrit  # slow import, needed only for a comparison

    tail = (1 - level) / 2
    read_at = max(tail, _READABLE_TAIL)
    stretch = math.sqrt(examples / (examples - 1)) * stdtrit(examples - 1, tail) / ndtri(read_at)
    below, centre, above = np.quantile(draws, [read_at, 0.5, 1 - read_at])
    return estimate + stretch * (below - centre), estimate + stretch * (above - centre)
