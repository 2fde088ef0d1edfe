"""Prequential scores: sums per hour and since the start, and intervals by moving-block bootstrap.

Hours store counts and sums only. Intervals are computed when they are read, archived or compared: hours are resampled
in blocks, because neighbouring outcomes depend on one another.

Source: Künsch, "The jackknife and the bootstrap for general stationary observations", Annals of Statistics 1989.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from azuraforge.learners.loop.commit import HourScores
from azuraforge.plugins.contract.arrays import Floats, Indices

HOUR = 3_600_000_000
#: Number of bootstrap samples.
_SAMPLES = 999
#: Least number of blocks from which an interval is computed.
_LEAST_BLOCKS = 10
#: A block covers at least this many horizons.
_HORIZONS = 2


class Scores:
    """Sums of the present hour and since the start, for a learner and its baselines.

    Args:
        contenders: number of baselines plus one.
        sums: number of sums.
    """

    def __init__(self, contenders: int, sums: int) -> None:
        self.total = np.zeros((contenders, sums))
        self.hours = 0
        self.independent = 0
        self._hour = -1
        self._sums = np.zeros((contenders, sums))
        self._independent = 0

    def add(self, known_at: Indices, tallies: Floats, independent: np.ndarray) -> list[HourScores]:
        """Add judged outcomes and return the hours whose sums changed.

        Args:
            known_at: ``(outcome,)`` times, which do not decrease.
            tallies: ``(outcome, contender, sum)``.
            independent: ``(outcome,)`` whether the outcome shares no rows with earlier such outcomes.
        """
        changed: list[HourScores] = []
        hours = known_at // HOUR * HOUR
        starts = np.flatnonzero(np.concatenate([hours[:1] == hours[:1], hours[1:] != hours[:-1]])).tolist()
        for number, start in enumerate(starts):
            stop = starts[number + 1] if number + 1 < len(starts) else len(hours)
            hour = int(hours[start])
            if hour != self._hour:
                self._finish()
                self._hour = hour
            # In order, so that the bits do not depend on how many outcomes are added at once.
            pieces = np.concatenate([self._sums[None], tallies[start:stop]])
            self._sums = np.add.accumulate(pieces, axis=0)[-1]
            self._independent += int(independent[start:stop].sum())
            changed.append(HourScores(hour, self._sums.copy(), self._independent))
        return changed

    @property
    def since_start(self) -> Floats:
        """``(contender, sum)`` since the start."""
        return self.total + self._sums

    @property
    def n_independent(self) -> int:
        """Number of outcomes since the start that share no rows."""
        return self.independent + self._independent

    def _finish(self) -> None:
        if self._hour < 0:
            return
        self.total = self.total + self._sums
        self.independent += self._independent
        self.hours += 1
        self._sums = np.zeros_like(self._sums)
        self._independent = 0

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the state as arrays."""
        numbers = [self.hours, self.independent, self._hour, self._independent]
        return {"total": self.total, "sums": self._sums, "numbers": np.array(numbers, np.int64)}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore what ``arrays`` returned."""
        self.total, self._sums = arrays["total"].copy(), arrays["sums"].copy()
        self.hours, self.independent, self._hour, self._independent = (int(each) for each in arrays["numbers"])


@dataclass(frozen=True)
class Interval:
    """A 95 % interval of a metric, or of the difference of two contenders.

    ``low`` and ``high`` are None where there are too few blocks: the result is not yet known.
    """

    value: float | None
    low: float | None
    high: float | None

    @property
    def above_zero(self) -> bool | None:
        """Whether the value is above zero; None if it is not yet known."""
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return None
        return self.low > 0


def block_length(outcomes: Floats, overlap: int) -> int:
    """Return the number of consecutive hours in a block, so that a block has at least two horizons of outcomes.

    Args:
        outcomes: ``(hour,)`` number of judged outcomes.
        overlap: number of consecutive outcomes that share rows.

    Example:
        >>> block_length(np.full(100, 12.0), 12), block_length(np.full(100, 60.0), 1)
        (2, 1)
    """
    mean = float(outcomes.mean()) if len(outcomes) else 0.0
    return max(1, int(np.ceil(_HORIZONS * overlap / mean))) if mean > 0 else 1


def interval(
    hours: Floats, metric: Callable[[Floats], Floats], overlap: int, *, against: Floats | None = None, seed: int = 0
) -> Interval:
    """Return a metric with its 95 % interval, or the difference between two contenders on the same hours.

    Args:
        hours: ``(hour, sum)`` of one contender; the first sum is the number of outcomes.
        metric: returns values ``(…)`` from sums ``(…, sum)``.
        overlap: number of consecutive outcomes that share rows.
        against: ``(hour, sum)`` of another contender, whose metric is subtracted.
        seed: seed of the bootstrap.
    """

    value = float("nan")
    if len(hours):
        value = float(metric(hours.sum(axis=0))) - (0.0 if against is None else float(metric(against.sum(axis=0))))
    shown = value if np.isfinite(value) else None
    length = block_length(hours[:, 0], overlap)
    blocks = len(hours) // length
    if shown is None or blocks < _LEAST_BLOCKS:
        return Interval(shown, None, None)
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, len(hours) - length + 1, size=(_SAMPLES, blocks))
    # Cumulative sums make the sum of a block one subtraction, so that a year of hours takes milliseconds.
    sampled = _block_sums(hours, starts, length)
    found = metric(sampled)
    if against is not None:
        found = found - metric(_block_sums(against, starts, length))
    found = found[np.isfinite(found)]
    if len(found) < _SAMPLES // 2:
        return Interval(shown, None, None)
    low, high = np.quantile(found, [0.025, 0.975])
    return Interval(shown, float(low), float(high))


def _block_sums(hours: Floats, starts: Indices, length: int) -> Floats:
    """Return the sums of resampled blocks, ``(sample, sum)``."""
    running = np.concatenate([np.zeros((1, hours.shape[1])), np.cumsum(hours, axis=0)])
    blocks = running[length:] - running[:-length]
    sums: Floats = np.stack([blocks[each].sum(axis=0) for each in starts])
    return sums


def n_effective(outcomes: float, overlap: int) -> float:
    """Return the effective number of outcomes: those that share rows count once.

    Example:
        >>> n_effective(1200, 12)
        100.0
    """
    return outcomes / max(1, overlap)
