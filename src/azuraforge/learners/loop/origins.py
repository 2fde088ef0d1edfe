"""Open origins: rows at which a learner has answered and whose outcome is not known yet."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.rows import Keys

#: Least number of rows for which arrays have space.
_LEAST = 64


class OpenOrigins:
    """Columns of open origins, identified by consecutive numbers, the *ids*.

    Adding and closing origins costs constant time per origin. The stored rows depend only on which origins are open,
    not on how they were added.

    Args:
        features: number of features.
        baselines: number of baselines.
        width: number of columns of an answer.
    """

    def __init__(self, features: int, baselines: int, width: int) -> None:
        self.first = 0  # id of the oldest row
        self._start = self._stop = 0
        self._columns: dict[str, np.ndarray] = {
            "seq": np.zeros(_LEAST, np.int64),
            "at": np.zeros(_LEAST, np.int64),
            "key": np.zeros(_LEAST, np.int32),
            "place": np.zeros(_LEAST, np.int64),
            "closed": np.zeros(_LEAST, np.bool_),
            "features": np.zeros((_LEAST, features)),
            "answer": np.zeros((_LEAST, width)),
            "baselines": np.zeros((_LEAST, baselines, width)),
        }

    def __len__(self) -> int:
        return self._stop - self._start

    @property
    def next_id(self) -> int:
        """Id of the next origin."""
        return self.first + len(self)

    def add(self, seq: Indices, at: Indices, key: Keys, place: Indices, features: Floats) -> int:
        """Add origins without answers and return the id of the first."""
        found = self.next_id
        count = len(seq)
        self._make_space(count)
        here = slice(self._stop, self._stop + count)
        added = {"seq": seq, "at": at, "key": key, "place": place, "features": features}
        for name, values in added.items():
            self._columns[name][here] = values
        self._columns["closed"][here] = False
        self._columns["answer"][here] = np.nan
        self._columns["baselines"][here] = np.nan
        self._stop += count
        return found

    def answer(self, first: int, answers: Floats, baselines: Floats) -> None:
        """Store the answers of consecutive origins from the id ``first`` on."""
        begin = self._start + first - self.first
        here = slice(begin, begin + len(answers))
        self._columns["answer"][here] = answers
        self._columns["baselines"][here] = baselines

    def column(self, name: str, ids: Indices) -> np.ndarray:
        """Return a copy of a column at the ids."""
        found: np.ndarray = self._columns[name][self._start + (ids - self.first)]
        return found

    def close(self, ids: Indices) -> None:
        """Remove origins; the numbers of the remaining ones stay."""
        closed = self._columns["closed"]
        closed[self._start + (ids - self.first)] = True
        still_open = np.flatnonzero(~closed[self._start : self._stop])
        gone = int(still_open[0]) if len(still_open) else len(self)
        self._start += gone
        self.first += gone

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the state as arrays."""
        here = slice(self._start, self._stop)
        return {"first": np.array([self.first])} | {name: each[here].copy() for name, each in self._columns.items()}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore what ``arrays`` returned."""
        count = len(arrays["seq"])
        self._start = self._stop = 0
        self._make_space(count)
        for name, column in self._columns.items():
            column[:count] = arrays[name]
        self._stop, self.first = count, int(arrays["first"][0])

    def _make_space(self, count: int) -> None:
        capacity = len(self._columns["seq"])
        if self._stop + count <= capacity:
            return
        kept = len(self)
        size = capacity
        while size < 2 * (kept + count):
            size *= 2
        for name, column in self._columns.items():
            moved = np.zeros((size, *column.shape[1:]), column.dtype)
            moved[:kept] = column[self._start : self._stop]
            self._columns[name] = moved
        self._start, self._stop = 0, kept
