"""The slices that a model's policy guards, as masks over the targets of a test part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from azuraforge.models.gate.contenders import Slice
from azuraforge.models.gate.policy import GatePolicy, GuardedSlice
from azuraforge.plugins.contract.parts import Indices, Part

Keys = NDArray[np.int64]


def series_slices(policy: GatePolicy, test: Part) -> list[Slice]:
    """Slices over ``(origin, horizon)``: steps ahead, hours, weekdays (Monday is 1) and months of the targets' times.

    Times are read in the series' own zone. A series without times has no hours to guard: only steps.
    """
    found: list[Slice] = []
    for guarded in policy.slices:
        keys = _keys(guarded.by, test)
        if keys is not None:
            found += _cut(guarded, keys, [str(value) for value in range(int(keys.max(initial=0)) + 1)])
    return found


def class_slices(policy: GatePolicy, labels: Indices, classes: Sequence[str]) -> list[Slice]:
    """Slices over ``(example, 1)``: the examples of each true class."""
    return [
        each for guarded in policy.slices if guarded.by == "class" for each in _cut(guarded, labels[:, None], classes)
    ]


def _cut(guarded: GuardedSlice, keys: Keys, names: Sequence[str]) -> Iterator[Slice]:
    for value in np.unique(keys).tolist():
        if not guarded.values or names[value] in guarded.values:
            yield Slice(f"{guarded.by} {names[value]}", keys == value, guarded.margin)


def _keys(by: str, test: Part) -> Keys | None:
    ahead = np.arange(1, test.horizon + 1, dtype=np.int64)
    if by == "horizon":
        return np.broadcast_to(ahead, (len(test.origins), test.horizon))
    if test.schema.time is None or by == "class":
        return None
    at = test.frame.get_column(test.schema.time).dt.convert_time_zone(test.schema.timezone).dt
    numbers = {"hour": at.hour, "weekday": at.weekday, "month": at.month}[by]().to_numpy().astype(np.int64)
    return np.asarray(numbers[test.origins[:, None] + ahead], dtype=np.int64)
