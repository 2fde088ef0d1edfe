"""Examples whose outcome is known and that wait until the learner learns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from azuraforge.plugins.contract.arrays import Indices

_NAMES = ("seq", "at", "key", "features", "outcome", "known_at")


class Waiting:
    """Examples that are learned in batches of ``buffer``.

    Args:
        buffer: number of examples of a batch.
        features: number of features.
    """

    def __init__(self, buffer: int, features: int) -> None:
        self._buffer = buffer
        self._columns: dict[str, np.ndarray] = {
            "seq": np.zeros(0, np.int64),
            "at": np.zeros(0, np.int64),
            "key": np.zeros(0, np.int32),
            "features": np.zeros((0, features)),
            "outcome": np.zeros(0),
            "known_at": np.zeros(0, np.int64),
        }

    def take(self, added: Mapping[str, np.ndarray], step: Indices, steps: int) -> tuple[dict[str, np.ndarray], Indices]:
        """Add examples and return those that are learned now, and how many of them up to each of ``steps`` steps.

        Args:
            added: columns of the examples, in the order in which their outcomes became known.
            step: ``(example,)`` step at which each outcome became known.
            steps: number of steps.
        """
        if self._buffer == 1:
            return dict(added), np.searchsorted(step, np.arange(steps), side="right")
        before = len(self._columns["seq"])
        everything = {name: np.concatenate([self._columns[name], added[name]]) for name in _NAMES}
        counts = before + np.searchsorted(step, np.arange(steps), side="right")
        until = counts // self._buffer * self._buffer
        learned = int(until[-1])
        self._columns = {name: each[learned:].copy() for name, each in everything.items()}
        return {name: each[:learned] for name, each in everything.items()}, until

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the state as arrays."""
        return dict(self._columns)

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore what ``arrays`` returned."""
        self._columns = {name: arrays[name].copy() for name in _NAMES}
