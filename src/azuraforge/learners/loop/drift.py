"""Tests of whether the losses of a learner have changed: ADWIN and Page–Hinkley.

They assume independent values, so they are given only outcomes that share no rows. On overlapping outcomes, they raise
alarms in pure noise.

Sources: Bifet and Gavaldà, "Learning from Time-Changing Data with Adaptive Windowing", SDM 2007; Page, "Continuous
inspection schemes", Biometrika 1954.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Buckets of one size before two of them are merged.
_BUCKETS = 5
#: Number of values between two searches for a change.
_EVERY = 32
#: Least number of values in each of the two windows that are compared.
_LEAST_WINDOW = 5


@dataclass
class Adwin:
    """An adaptive window over values, which drops its older part when the means of two parts differ.

    Bucket ``i`` of row ``r`` contains ``2 ** r`` values.

    Attributes:
        delta: bound of the probability of a false alarm per comparison.
        rose: whether the last change was a rise.

    Example:
        >>> test = Adwin(delta=0.002)
        >>> [n for n in range(2000) if test.update(0.0 if n < 1000 else 1.0)][:1]
        [1023]
        >>> test.mean > 0.9
        True
    """

    delta: float = 0.002
    total: float = 0.0
    spread: float = 0.0
    width: int = 0
    seen: int = 0
    rows: list[list[tuple[float, float]]] = field(default_factory=lambda: [[]])
    rose: bool = False

    @property
    def mean(self) -> float:
        """Mean of the window."""
        return self.total / self.width if self.width else 0.0

    def update(self, value: float) -> bool:
        """Add a value and return whether the mean has changed."""
        self.seen += 1
        self.width += 1
        if self.width > 1:
            gap = value - self.total / (self.width - 1)
            self.spread += (self.width - 1) * gap * gap / self.width
        self.total += value
        newest = self.rows[0]
        newest.append((value, 0.0))
        if len(newest) > _BUCKETS:
            self._merge()
        return self.seen % _EVERY == 0 and self.width > 2 * _LEAST_WINDOW and self._shrink()

    def _merge(self) -> None:
        for row, buckets in enumerate(self.rows):
            if len(buckets) <= _BUCKETS:
                return
            if row + 1 == len(self.rows):
                self.rows.append([])
            (first, first_spread), (second, second_spread) = buckets[0], buckets[1]
            size = 2**row
            gap = first / size - second / size
            self.rows[row + 1].append((first + second, first_spread + second_spread + size * gap * gap / 2))
            del buckets[:2]

    def _shrink(self) -> bool:
        before, changed = self.mean, False
        while self._cut_found():
            changed = True
            self._drop_oldest()
        self.rose = self.mean > before
        return changed

    def _cut_found(self) -> bool:
        old, old_total = 0, 0.0
        variance = self.spread / self.width
        log_term = math.log(2.0 * math.log(self.width) / self.delta)
        for row in range(len(self.rows) - 1, -1, -1):
            size = 2**row
            for total, _ in self.rows[row]:
                old += size
                old_total += total
                new = self.width - old
                if old < _LEAST_WINDOW:
                    continue
                if new < _LEAST_WINDOW:
                    return False
                least = 1.0 / (old - _LEAST_WINDOW + 1) + 1.0 / (new - _LEAST_WINDOW + 1)
                bound = math.sqrt(2.0 * least * variance * log_term) + 2.0 / 3.0 * least * log_term
                if abs(old_total / old - (self.total - old_total) / new) > bound:
                    return True
        return False

    def _drop_oldest(self) -> None:
        row = len(self.rows) - 1
        total, spread = self.rows[row].pop(0)
        size = 2**row
        self.width -= size
        self.total -= total
        gap = total / size - self.total / self.width
        self.spread = max(0.0, self.spread - spread - size * self.width * gap * gap / (size + self.width))
        while len(self.rows) > 1 and not self.rows[-1]:
            self.rows.pop()

    def to_json(self) -> dict[str, Any]:
        """Return the state as JSON."""
        rows = [[list(each) for each in row] for row in self.rows]
        return {"total": self.total, "spread": self.spread, "width": self.width, "seen": self.seen, "rows": rows}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore what ``to_json`` described."""
        self.total, self.spread = state["total"], state["spread"]
        self.width, self.seen = state["width"], state["seen"]
        self.rows = [[(total, spread) for total, spread in row] for row in state["rows"]]


@dataclass
class PageHinkley:
    """A test of whether the mean has risen: the excess over the running mean, summed and compared with its minimum.

    Attributes:
        threshold: excess at which the test raises an alarm.
        delta: change of the mean that is tolerated.

    Example:
        >>> test = PageHinkley(threshold=50, delta=0.005)
        >>> [n for n in range(2000) if test.update(0.0 if n < 1000 else 1.0)]
        [1051]
    """

    threshold: float = 50.0
    delta: float = 0.02
    count: int = 0
    mean: float = 0.0
    excess: float = 0.0
    least: float = 0.0

    def update(self, value: float) -> bool:
        """Add a value and return whether the mean has risen; an alarm starts the test again."""
        self.count += 1
        self.mean += (value - self.mean) / self.count
        self.excess += value - self.mean - self.delta
        if self.excess < self.least:
            self.least = self.excess
        if self.excess - self.least <= self.threshold:
            return False
        self.count, self.mean, self.excess, self.least = 0, 0.0, 0.0, 0.0
        return True

    def to_json(self) -> dict[str, Any]:
        """Return the state as JSON."""
        return {"count": self.count, "mean": self.mean, "excess": self.excess, "least": self.least}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore what ``to_json`` described."""
        self.count, self.mean, self.excess, self.least = (state[key] for key in ("count", "mean", "excess", "least"))


@dataclass
class Scale:
    """The mean of the losses so far, by twice which losses of numbers are divided, so that thresholds have no unit."""

    count: int = 0
    mean: float = 0.0

    def scaled(self, value: float) -> float:
        """Add a loss and return it in units of twice the mean of all losses so far, at most 10."""
        self.count += 1
        self.mean += (value - self.mean) / self.count
        return min(value / (2.0 * self.mean), 10.0) if self.mean > 0 else 0.0
