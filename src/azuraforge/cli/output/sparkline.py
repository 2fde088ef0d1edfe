"""Sparklines: curves drawn in one line of text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float | None], width: int = 16) -> str:
    """Return a curve of at most ``width`` characters. Each shows the mean of an equal share of the values.

    A share without finite values becomes a space; the result is empty if no value is finite.

    Example:
        >>> sparkline([4.0, 3.0, 2.0, 1.0], width=4), sparkline([1.0, None, 1.0], width=3)
        ('█▆▃▁', '▁ ▁')
    """
    means = [_mean(part) for part in _split(values, width)]
    known = [mean for mean in means if mean is not None]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known)
    top = len(_BARS) - 1
    return "".join(
        " " if mean is None else _BARS[round((mean - low) / span * top) if span > 0 else 0] for mean in means
    )


def _split(values: Sequence[float | None], parts: int) -> list[Sequence[float | None]]:
    count = min(parts, len(values))
    edges = [round(index * len(values) / count) for index in range(count + 1)] if count else []
    return [values[start:end] for start, end in pairwise(edges)]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return sum(known) / len(known) if known else None
