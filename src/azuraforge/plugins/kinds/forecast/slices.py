"""Slices of the targets of a test set by horizon, hour, weekday and month, as masks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from azuraforge.plugins.contract.judging import SliceMask
from azuraforge.plugins.contract.parts import Part

Keys = NDArray[np.int64]


def series_slices(asked: Sequence[str], test: Part) -> list[SliceMask]:
    """Return the slices of the requested keys, with ``(origin, horizon)`` masks.

    Hours, weekdays (1 is Monday) and months are those of the targets in the time zone of the series; they are left out
    if rows have no time.

    Args:
        asked: requested keys: ``horizon``, ``hour``, ``weekday`` and ``month``; others are ignored.
        test: test set.
    """
    found: list[SliceMask] = []
    for by in asked:
        keys = _keys(by, test)
        if keys is not None:
            found += [SliceMask(by, str(value), keys == value) for value in np.unique(keys).tolist()]
    return found


def _keys(by: str, test: Part) -> Keys | None:
    ahead = np.arange(1, test.horizon + 1, dtype=np.int64)
    if by == "horizon":
        return np.broadcast_to(ahead, (len(test.origins), test.horizon))
    if test.schema.time is None:
        return None
    at = test.frame.get_column(test.schema.time).dt.convert_time_zone(test.schema.timezone).dt
    read = {"hour": at.hour, "weekday": at.weekday, "month": at.month}.get(by)
    if read is None:
        return None
    numbers = read().to_numpy().astype(np.int64)
    # Targets beyond the last row have no true value and no loss, so their slice does not matter.
    return np.asarray(numbers[np.minimum(test.origins[:, None] + ahead, len(numbers) - 1)], dtype=np.int64)
