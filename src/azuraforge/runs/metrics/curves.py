"""Compression of curves into chunks, and downsampling that keeps spikes.

NumPy is imported when the first curve is read; compression does not need it.
"""

from __future__ import annotations

import math
import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from azuraforge.errors import NotFound

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Steps = npt.NDArray[np.int64]
    Values = npt.NDArray[np.float64]

CHUNK_POINTS = 1000
#: Stored time of a point whose logging time is unknown.
UNKNOWN_TIME = 0
_WIDTH = 8
_LEVEL = 6


@dataclass(frozen=True)
class Curve:
    """Points sorted by step. Each array has shape ``(points,)``; times are milliseconds since 1970."""

    steps: Steps
    values: Values
    times: Steps

    def __len__(self) -> int:
        return len(self.steps)


@dataclass(frozen=True)
class Chunk:
    """Compressed points with increasing steps. ``low`` and ``high`` are the extreme values, None if all are NaN."""

    first_step: int
    last_step: int
    points: int
    low: float | None
    high: float | None
    data: bytes


def encode(steps: Sequence[int], values: Sequence[float], times: Sequence[int]) -> Chunk:
    """Compress points into a chunk. ``steps`` must strictly increase; NaN and infinities are kept bit for bit.

    Steps and times are stored as differences, and each column bytewise (all first bytes, all second bytes, …), so that
    they compress well: about 8 bytes per point for noisy values and 1 or 2 bytes for steps and times.

    Raises ValueError if the lengths differ, there are no points, or the steps do not increase.
    """
    if not len(steps) == len(values) == len(times) or not steps:
        raise ValueError(f"{len(steps)} steps, {len(values)} values and {len(times)} times make no chunk")
    differences = _differences(steps)
    if any(difference <= 0 for difference in differences[1:]):
        raise ValueError("steps must rise")
    columns = (
        _to_bytes(array("q", differences)),
        _to_bytes(array("d", values)),
        _to_bytes(array("q", _differences(times))),
    )
    numbers = [value for value in values if not math.isnan(value)]
    return Chunk(
        steps[0],
        steps[-1],
        len(steps),
        min(numbers, default=None),
        max(numbers, default=None),
        zlib.compress(b"".join(columns), _LEVEL),
    )


def decode(data: bytes) -> Curve:
    """Return the points of a chunk that ``encode`` compressed."""
    import numpy as np

    columns = zlib.decompress(data)
    third = len(columns) // 3
    steps, times = _from_bytes(columns[:third], "<i8"), _from_bytes(columns[2 * third :], "<i8")
    for column in (steps, times):
        np.cumsum(column, out=column)
    return Curve(steps, _from_bytes(columns[third : 2 * third], "<f8"), times)


def whole(chunks: Iterable[bytes], tail: Sequence[tuple[int, float | None, int | None]]) -> Curve:
    """Return a curve from its compressed chunks and its tail of (step, value, time), sorted by step.

    If several points have the same step, the last one is kept.
    """
    import numpy as np

    parts = [decode(data) for data in chunks]
    if tail:
        parts.append(
            Curve(
                np.array([step for step, _, _ in tail], np.int64),
                np.array([math.nan if value is None else value for _, value, _ in tail]),
                np.array([UNKNOWN_TIME if at is None else at for _, _, at in tail], np.int64),
            )
        )
    if not parts:
        return Curve(np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64))
    steps = np.concatenate([part.steps for part in parts])
    values = np.concatenate([part.values for part in parts])
    times = np.concatenate([part.times for part in parts])
    if (steps[1:] <= steps[:-1]).any():
        order = np.argsort(steps, kind="stable")
        steps, values, times = steps[order], values[order], times[order]
        last = np.append(steps[1:] != steps[:-1], True)
        steps, values, times = steps[last], values[last], times[last]
    return Curve(steps, values, times)


def within(curve: Curve, first: int | None, last: int | None) -> Curve:
    """Return the points from step ``first`` to step ``last``; None means no bound.

    Example:
        >>> import numpy as np
        >>> within(Curve(np.arange(5), np.zeros(5), np.zeros(5, np.int64)), 1, 3).steps.tolist()
        [1, 2, 3]
    """
    if first is None and last is None:
        return curve
    start = 0 if first is None else int(curve.steps.searchsorted(first))
    end = len(curve) if last is None else int(curve.steps.searchsorted(last, side="right"))
    return Curve(curve.steps[start:end], curve.values[start:end], curve.times[start:end])


def chosen(names: Sequence[str], wanted: Iterable[str] | None) -> list[str]:
    """Return the requested series (None: all) in the run's order. Raises NotFound if the run lacks one."""
    if wanted is None:
        return list(names)
    asked = set(wanted)
    if unknown := sorted(asked - set(names)):
        raise NotFound(
            "the run has no series {unknown!r}",
            next_step="choose one of: {names}",
            unknown=unknown[0],
            names=", ".join(names),
        )
    return [name for name in names if name in asked]


def downsample(curve: Curve, max_points: int) -> Curve:
    """Return at most ``max_points`` points: each bucket keeps its lowest and highest point and, if any, its first NaN.

    Spikes of a single point and ranges of NaN therefore stay visible. The order of the points is kept. Raises
    ValueError if ``max_points`` is less than 3.

    Example:
        >>> import numpy as np
        >>> points = Curve(np.arange(6), np.array([0.0, 0.0, 9.0, 0.0, -9.0, 0.0]), np.zeros(6, np.int64))
        >>> downsample(points, 3).steps.tolist()
        [2, 4]
    """
    import numpy as np

    if max_points < 3:
        raise ValueError(f"max_points is {max_points}; at least 3 are needed to show anything")
    if len(curve) <= max_points:
        return curve
    values = curve.values
    missing = np.isnan(values)
    buckets = max(1, max_points // (3 if missing.any() else 2))
    starts = np.arange(buckets) * len(values) // buckets
    bucket = np.repeat(np.arange(buckets), np.diff(np.append(starts, len(values))))
    kept = np.zeros(len(values), bool)
    for holds in (
        values == np.fmax.reduceat(values, starts)[bucket],
        values == np.fmin.reduceat(values, starts)[bucket],
        missing,
    ):
        found = np.flatnonzero(holds)
        if len(found):
            of = bucket[found]
            kept[found[np.append(True, of[1:] != of[:-1])]] = True  # the first match in each bucket
    return Curve(curve.steps[kept], values[kept], curve.times[kept])


def _differences(column: Sequence[int]) -> list[int]:
    return [column[0], *(later - earlier for earlier, later in pairwise(column))]


def _from_bytes(shuffled: bytes, kind: str) -> npt.NDArray[Any]:
    import numpy as np

    rows = np.frombuffer(shuffled, np.uint8).reshape(_WIDTH, -1)
    return np.ascontiguousarray(rows.T).view(kind).reshape(-1).astype(kind[1:], copy=True)


def _to_bytes(column: array[int] | array[float]) -> bytes:
    if sys.byteorder == "big":
        column.byteswap()
    plain = column.tobytes()
    return b"".join(plain[byte::_WIDTH] for byte in range(_WIDTH))
