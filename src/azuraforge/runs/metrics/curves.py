"""Curves without SQL: sealing points into small chunks, and reducing many points to few without losing a spike.

NumPy is imported when the first curve is drawn. The worker seals and reads chunks without it.
"""

from __future__ import annotations

import math
import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from azuraforge.errors import NotFound

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Steps = npt.NDArray[np.int64]
    Values = npt.NDArray[np.float64]

CHUNK_POINTS = 1000
_WIDTH = 8
_LEVEL = 6


@dataclass(frozen=True)
class Chunk:
    """Sealed points: steps in rising order, and the extremes of the values (None where all are NaN)."""

    first_step: int
    last_step: int
    points: int
    low: float | None
    high: float | None
    data: bytes


def encode(steps: Sequence[int], values: Sequence[float]) -> Chunk:
    """Seal points; ``steps`` rise strictly. NaN and infinities are kept bit for bit.

    Steps are stored as differences, both columns byte by byte (all first bytes, all second bytes …), which is what
    makes them compress: about 8 bytes a point for noisy values and nearly none for the steps.
    """
    if len(steps) != len(values) or not steps:
        raise ValueError(f"{len(steps)} steps and {len(values)} values make no chunk")
    differences = [steps[0], *(later - earlier for earlier, later in pairwise(steps))]
    if any(difference <= 0 for difference in differences[1:]):
        raise ValueError("steps must rise")
    columns = _to_bytes(array("q", differences)) + _to_bytes(array("d", values))
    numbers = [value for value in values if not math.isnan(value)]
    return Chunk(
        steps[0],
        steps[-1],
        len(steps),
        min(numbers, default=None),
        max(numbers, default=None),
        zlib.compress(columns, _LEVEL),
    )


def decode(data: bytes) -> tuple[list[int], list[float]]:
    """Return the steps and values that ``encode`` sealed."""
    columns = zlib.decompress(data)
    half = len(columns) // 2
    steps, values = array("q", _joined(columns[:half])), array("d", _joined(columns[half:]))
    if sys.byteorder == "big":
        steps.byteswap()
        values.byteswap()
    return list(accumulate(steps)), values.tolist()


def whole(chunks: Iterable[bytes], tail: Sequence[tuple[int, float | None]]) -> tuple[Steps, Values]:
    """Return a curve from its sealed chunks and its tail, by step. Late points are sorted in between."""
    import numpy as np

    parts = [_arrays(data) for data in chunks]
    if tail:
        late = np.array([math.nan if value is None else value for _, value in tail])
        parts.append((np.array([step for step, _ in tail], np.int64), late))
    if not parts:
        return np.empty(0, np.int64), np.empty(0)
    steps, values = (np.concatenate(column) for column in zip(*parts, strict=True))
    if (steps[1:] <= steps[:-1]).any():
        order = np.argsort(steps, kind="stable")
        steps, values = steps[order], values[order]
        last = np.append(steps[1:] != steps[:-1], True)
        steps, values = steps[last], values[last]
    return steps, values


def chosen(names: Sequence[str], wanted: Iterable[str] | None) -> list[str]:
    """Those of a run's series that were asked for (None: all), in the run's order. Raises NotFound."""
    if wanted is None:
        return list(names)
    asked = set(wanted)
    if unknown := sorted(asked - set(names)):
        raise NotFound(f"the run has no series {unknown[0]!r}", next_step=f"it has: {', '.join(names)}")
    return [name for name in names if name in asked]


def downsample(
    steps: Sequence[int] | Steps, values: Sequence[float] | Values, max_points: int
) -> tuple[list[int], list[float]]:
    """At most ``max_points`` of the points: each bucket keeps its lowest, its highest and, where it has one, a NaN.

    A spike of a single point survives; so does a stretch that is not a number. Order is kept.

    Example:
        >>> downsample(range(6), [0.0, 0.0, 9.0, 0.0, -9.0, 0.0], 3)
        ([2, 4], [9.0, -9.0])
    """
    import numpy as np

    if max_points < 3:
        raise ValueError(f"max_points is {max_points}; at least 3 are needed to show anything")
    curve = np.asarray(values, float)
    if len(curve) <= max_points:
        return np.asarray(steps).tolist(), curve.tolist()
    missing = np.isnan(curve)
    buckets = max(1, max_points // (3 if missing.any() else 2))
    starts = np.arange(buckets) * len(curve) // buckets
    bucket = np.repeat(np.arange(buckets), np.diff(np.append(starts, len(curve))))
    kept = np.zeros(len(curve), bool)
    for holds in (
        curve == np.fmax.reduceat(curve, starts)[bucket],
        curve == np.fmin.reduceat(curve, starts)[bucket],
        missing,
    ):
        found = np.flatnonzero(holds)
        if len(found):
            of = bucket[found]
            kept[found[np.append(True, of[1:] != of[:-1])]] = True  # the first of each bucket
    return np.asarray(steps)[kept].tolist(), curve[kept].tolist()


def _joined(shuffled: bytes) -> bytes:
    """Undo the order of ``_to_bytes``."""
    count = len(shuffled) // _WIDTH
    plain = bytearray(len(shuffled))
    for byte in range(_WIDTH):
        plain[byte::_WIDTH] = shuffled[byte * count : (byte + 1) * count]
    return bytes(plain)


def _arrays(data: bytes) -> tuple[Steps, Values]:
    import numpy as np

    columns = zlib.decompress(data)
    half = len(columns) // 2
    steps = _from_bytes(columns[:half], "<i8")
    np.cumsum(steps, out=steps)
    return steps, _from_bytes(columns[half:], "<f8")


def _from_bytes(shuffled: bytes, kind: str) -> npt.NDArray[Any]:
    import numpy as np

    rows = np.frombuffer(shuffled, np.uint8).reshape(_WIDTH, -1)
    return np.ascontiguousarray(rows.T).view(kind).reshape(-1).astype(kind[1:], copy=True)


def _to_bytes(column: array[int] | array[float]) -> bytes:
    if sys.byteorder == "big":
        column.byteswap()
    plain = column.tobytes()
    return b"".join(plain[byte::_WIDTH] for byte in range(_WIDTH))
