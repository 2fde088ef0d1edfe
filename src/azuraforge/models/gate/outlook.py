"""Estimate of the number of additional origins or examples that would decide an open comparison.

It assumes that the observed difference, spread and memory of the paired losses are the true ones, and finds the number
with which the same test at the same level would decide in four of five cases. If the observed difference is large by
chance, or the memory is longer than the few values show, more are needed.

Source: Lehr, "Sixteen S-squared over D-squared" (1992), for the rule with independent values.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from azuraforge.models.gate.comparability import MIN_PIECES
from azuraforge.models.gate.contenders import Contender
from azuraforge.models.gate.evidence import Comparison
from azuraforge.models.gate.losses import Floats, paired_sums
from azuraforge.models.gate.origins import Pair
from azuraforge.models.gate.reasons import Reason

#: Share of cases in which the estimated number decides.
CHANCE = 0.8
#: Minimum number of values from which a spread is estimated.
_FEWEST = 10
#: Maximum multiple of the present number; a larger one only shows that the difference is close to zero.
_MOST_TIMES = 100.0
_HALVINGS = 8


def more_needed(found: Comparison, a: Contender, b: Contender, *, horizon: int = 1, needed: int = 0) -> int | None:
    """Return how many more origins or examples would decide an open comparison.

    Returns None if the comparison is decided or the number cannot be estimated, for example from fewer than ``needed``.

    Args:
        found: comparison.
        a, b: the two contenders that it compares, on the same origins or examples.
        horizon: number of rows that the losses of one origin cover.
        needed: minimum number of origins or examples for a decision.
    """
    if found.low is not None and found.high is not None and not found.low <= 0 <= found.high:
        return None
    one, other = paired_sums(a.losses, b.losses)
    there = len(one)
    if there < max(_FEWEST, needed):
        return None
    decides = _of_origins(one, other, horizon, found.level) if a.in_time else _of_examples(one, other, found.level)
    if decides(1.0) or not decides(_MOST_TIMES):
        return None  # close to its threshold the test may decide otherwise
    low, high = 0.0, math.log(_MOST_TIMES)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if decides(math.exp(middle)) else (middle, high)
    more = there * (math.exp(high) - 1)
    unit = 10 ** max(0, math.floor(math.log10(max(more, 1.0))) - 1)
    return int(math.ceil(more / unit) * unit)


def would_decide(found: Comparison, a: Contender, b: Contender, horizon: int, needed: int) -> list[Reason]:
    """Return a list with the reason that states the result of ``more_needed``; an empty list if the result is None."""
    more = more_needed(found, a, b, horizon=horizon, needed=needed)
    return [] if more is None else [Reason("more_would_decide", {**found.params, "more": more})]


def _of_origins(a: Floats, b: Floats, horizon: int, level: float) -> Callable[[float], bool]:
    pair = Pair.of(a, b, horizon)
    differences = pair.a.less(pair.b, np.exp(-pair.log_ratio))
    now = differences.uncertainty()

    def decides(times: float) -> bool:
        found = differences.foreseen(now, times)
        reach = found.half_width((1 - level) / 2) + found.half_width(1 - CHANCE)
        return bool(reach <= abs(float(differences.mean)) and found.pieces >= MIN_PIECES)

    return decides


def _of_examples(a: Floats, b: Floats, level: float) -> Callable[[float], bool]:
    from scipy.special import ndtri

    spread, difference = float(np.std(a - b)), abs(float(np.mean(a - b)))
    reach = -float(ndtri((1 - level) / 2) + ndtri(1 - CHANCE))
    return lambda times: spread * reach / math.sqrt(len(a) * times) <= difference
