"""Baselines of learners: rules that answer from earlier outcomes of the same key only.

Each advances over many outcomes at once. The bits of the answers do not depend on how many: counts are exact, and sums
are accumulated in order.
"""

from __future__ import annotations

import numpy as np

from azuraforge.plugins.contract.arrays import Floats, Indices


def certain(codes: Floats, classes: int) -> Floats:
    """Return certain answers, ``(origin, 1 + class)``; the code NaN becomes an abstention.

    Example:
        >>> certain(np.array([1.0, np.nan]), 2).tolist()
        [[1.0, 0.0, 1.0], [nan, nan, nan]]
    """
    rows = np.zeros((len(codes), 1 + classes))
    known = np.isfinite(codes)
    rows[:, 0] = codes
    rows[~known] = np.nan
    rows[known, 1 + codes[known].astype(np.int64)] = 1.0
    return rows


class LastOutcome:
    """The last known outcome, ``(origin,)``; NaN before the first."""

    def __init__(self, state: Floats | None = None) -> None:
        self.state = np.full(1, np.nan) if state is None else state

    def at(self, outcomes: Floats, known: Indices) -> Floats:
        """Learn ``outcomes`` and return the last one that is known at each origin."""
        everything = np.concatenate([self.state, outcomes])
        self.state = everything[-1:].copy()
        return everything[known]


class LastClass:
    """The answer that the last known class occurs again."""

    def __init__(self, classes: int, state: Floats | None = None) -> None:
        self._classes = classes
        self._last = LastOutcome(state)

    @property
    def state(self) -> Floats:
        return self._last.state

    def advance(self, outcomes: Floats, known: Indices) -> Floats:
        return certain(self._last.at(outcomes, known), self._classes)


class Majority:
    """The answer with the share of each class among the known outcomes; the first of equally frequent classes wins.

    Example:
        >>> rule = Majority(2)
        >>> rule.advance(np.array([1.0, 1.0, 0.0]), np.array([0, 1, 3])).round(3).tolist()
        [[nan, nan, nan], [1.0, 0.0, 1.0], [1.0, 0.333, 0.667]]
    """

    def __init__(self, classes: int, state: Floats | None = None) -> None:
        self._classes = classes
        self.state = np.zeros(classes) if state is None else state

    def advance(self, outcomes: Floats, known: Indices) -> Floats:
        counts = np.zeros((len(outcomes) + 1, self._classes))
        counts[0] = self.state
        counts[np.arange(1, len(outcomes) + 1), outcomes.astype(np.int64)] = 1.0
        counts = np.add.accumulate(counts, axis=0)
        self.state = counts[-1].copy()
        then = counts[known]
        total = then.sum(axis=1, keepdims=True)
        shares = np.divide(then, total, out=np.full_like(then, np.nan), where=total > 0)
        codes = np.where(total[:, 0] > 0, then.argmax(axis=1).astype(np.float64), np.nan)
        return np.column_stack([codes, shares])


class LastDirection:
    """The answer that the last known direction continues; with ``reversal``, that it turns."""

    def __init__(self, state: Floats | None = None, *, reversal: bool = False) -> None:
        self._reversal = reversal
        self._last = LastOutcome(state)

    @property
    def state(self) -> Floats:
        return self._last.state

    def advance(self, outcomes: Floats, known: Indices) -> Floats:
        last = self._last.at(outcomes, known)
        return (1.0 - last if self._reversal else last)[:, None]


class UpShare:
    """The answer with the share of "up" among the known outcomes."""

    def __init__(self, state: Floats | None = None) -> None:
        self._classes = Majority(2, state)

    @property
    def state(self) -> Floats:
        return self._classes.state

    def advance(self, outcomes: Floats, known: Indices) -> Floats:
        return self._classes.advance(outcomes, known)[:, 2:]


class AlwaysUp:
    """The answer "up" at each origin."""

    state = np.zeros(0)

    def advance(self, outcomes: Floats, known: Indices) -> Floats:
        return np.ones((len(known), 1))


class LastValue:
    """The last known outcome as the answer. For a target ``ahead`` rows, it is the present value of the column."""

    def __init__(self, state: Floats | None = None) -> None:
        self._last = LastOutcome(state)

    @property
    def state(self) -> Floats:
        return self._last.state

    def advance(self, outcomes: Floats, known: Indices) -> Floats:
        return self._last.at(outcomes, known)[:, None]


class RunningMean:
    """The mean of the known outcomes as the answer.

    Example:
        >>> RunningMean().advance(np.array([1.0, 4.0]), np.array([0, 1, 2])).tolist()
        [[0.0], [1.0], [2.5]]
    """

    def __init__(self, state: Floats | None = None) -> None:
        self.state = np.zeros(2) if state is None else state

    def advance(self, outcomes: Floats, known: Indices) -> Floats:
        sums = np.add.accumulate(np.concatenate([self.state[1:], outcomes]))
        counts = self.state[0] + np.arange(len(sums))
        self.state = np.array([counts[-1], sums[-1]])
        means: Floats = sums[known] / np.maximum(counts[known], 1.0)
        return means[:, None]
