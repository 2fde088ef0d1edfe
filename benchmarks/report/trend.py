"""The trend of a series whose neighbouring values resemble each other, with an interval that takes this into account.

Memory moves in steps and drifts, so that ordinary least squares would claim far too narrow an interval. The variance is
taken from the slow movements of the residuals alone: their four slowest cosines, made orthogonal to level and trend.
That is what a slope can be mistaken for, and the slope divided by it follows Student's t with four degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

_COSINES = 4
_FEWEST = 20


@dataclass(frozen=True)
class Trend:
    """A slope per hour and its 95 % interval. ``weight`` says how much a part knows, for ``together``."""

    slope: float
    error: float
    degrees: int
    weight: float

    @property
    def low(self) -> float:
        return self.slope - self._half

    @property
    def high(self) -> float:
        return self.slope + self._half

    @property
    def _half(self) -> float:
        return float(stats.t.ppf(0.975, self.degrees)) * self.error


def trend(hours: Sequence[float], values: Sequence[float]) -> Trend | None:
    """Return the least-squares trend of evenly spaced values; None if there are too few."""
    count = len(values)
    if count < _FEWEST:
        return None
    x = np.asarray(hours) - np.mean(hours)
    y = np.asarray(values) - np.mean(values)
    weight = float(x @ x)
    slope = float(x @ y) / weight
    basis = [np.full(count, count**-0.5), x / weight**0.5]
    for number in range(1, _COSINES + 1):
        wave = np.cos(np.pi * number * (np.arange(count) + 0.5) / count)
        for each in basis:
            wave = wave - (wave @ each) * each
        basis.append(wave / np.linalg.norm(wave))
    slow = np.array([(y - slope * x) @ each for each in basis[2:]])
    return Trend(slope, float((slow @ slow / _COSINES / weight) ** 0.5), _COSINES, weight)


def together(parts: Sequence[Trend]) -> Trend:
    """Return one slope for several parts, each with its own level, since a restarted process starts lower."""
    weight = sum(part.weight for part in parts)
    slope = sum(part.weight * part.slope for part in parts) / weight
    error = sum((part.weight * part.error) ** 2 for part in parts) ** 0.5 / weight
    return Trend(slope, error, sum(part.degrees for part in parts), weight)
