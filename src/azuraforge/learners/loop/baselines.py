"""Baselines of a learner: all of its task kind, for each key by itself."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.online.kind import Baseline, OnlineKind
from azuraforge.plugins.contract.rows import Keys


class Baselines:
    """The answers of all baselines of a task kind.

    Args:
        kind: task kind.
        classes: number of classes of the target, or 0.
    """

    def __init__(self, kind: OnlineKind, classes: int) -> None:
        self._kind, self._classes = kind, classes
        self.names = kind.baselines
        self._rules: dict[int, tuple[Baseline, ...]] = {}

    def advance(self, step: Indices, key: Keys, known_step: Indices, known_key: Keys, outcome: Floats) -> Floats:
        """Learn outcomes and return the answers, ``(origin, baseline, width)``.

        Args:
            step, key: ``(origin,)`` position and key of each origin.
            known_step, known_key: ``(outcome,)`` position at which each outcome becomes known, and its key.
            outcome: ``(outcome,)`` without void ones.
        """
        answers = np.full((len(step), len(self.names), self._kind.width(self._classes)), np.nan)
        for each in np.unique(np.concatenate([key, known_key])).tolist():
            rules = self._rules.get(each)
            if rules is None:
                rules = tuple(self._kind.baseline(name, self._classes) for name in self.names)
                self._rules[each] = rules
            at, learned = np.flatnonzero(key == each), np.flatnonzero(known_key == each)
            known = np.searchsorted(known_step[learned], step[at], side="right")
            for number, rule in enumerate(rules):
                answers[at, number] = rule.advance(outcome[learned], known)
        return answers

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the state as arrays."""
        keys = sorted(self._rules)
        states: dict[str, np.ndarray] = {"keys": np.array(keys, np.int64)}
        for number, name in enumerate(self.names):
            each = [self._rules[key][number].state for key in keys]
            states[name] = np.array(each).reshape(len(keys), -1) if keys else np.zeros((0, 0))
        return states

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore what ``arrays`` returned."""
        self._rules = {
            int(key): tuple(
                self._kind.baseline(name, self._classes, arrays[name][number].copy()) for name in self.names
            )
            for number, key in enumerate(arrays["keys"])
        }
