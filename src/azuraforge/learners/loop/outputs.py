"""Outputs of the loop that wait for the next commit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import numpy as np

from azuraforge.learners.loop.commit import Answered, Block, HourScores, Judged, Notice, Requested
from azuraforge.plugins.contract.arrays import Floats, Indices

PartT = TypeVar("PartT", Answered, Judged)


class Outputs:
    """Answers, outcomes and scores since the last commit."""

    def __init__(self) -> None:
        self._answered: list[Answered] = []
        self._judged: list[Judged] = []
        self._hours: dict[int, HourScores] = {}
        self.notices: list[Notice] = []
        self.requests: list[Requested] = []

    def __bool__(self) -> bool:
        return bool(self._answered or self._judged or self._hours or self.notices or self.requests)

    def add(self, answered: Answered, judged: Judged, hours: Iterable[HourScores]) -> None:
        """Add the results of one step of the loop."""
        if len(answered.seq):
            self._answered.append(answered)
        if len(judged.seq):
            self._judged.append(judged)
        self._hours.update((each.hour, each) for each in hours)

    def block(
        self, first: int, last: int, keys: tuple[str, ...], baselines: tuple[str, ...], width: int
    ) -> Block | None:
        """Return and forget the answers and outcomes of the rows ``first`` to ``last``; None if there are none."""
        if not self._answered and not self._judged:
            return None
        answered = _joined(Answered, self._answered) or Answered(
            _none(), _none(), _none().astype(np.int32), np.zeros((0, width)), np.zeros((0, len(baselines), width))
        )
        judged = _joined(Judged, self._judged) or Judged(
            _none(), _none().astype(np.int32), _none(), _none(), np.zeros(0), np.zeros((0, 1 + len(baselines)))
        )
        self._answered, self._judged = [], []
        return Block(first, last, keys, baselines, answered, judged)

    def hours(self) -> tuple[HourScores, ...]:
        """Return the hours whose sums changed, and forget them."""
        found = tuple(self._hours[hour] for hour in sorted(self._hours))
        self._hours = {}
        return found


def _joined(kind: type[PartT], parts: list[PartT]) -> PartT | None:
    if not parts:
        return None
    names = kind.__dataclass_fields__
    columns: dict[str, Floats | Indices] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in names
    }
    return kind(**columns)  # type: ignore[arg-type]  # the columns of both kinds are arrays


def _none() -> Indices:
    return np.zeros(0, np.int64)
