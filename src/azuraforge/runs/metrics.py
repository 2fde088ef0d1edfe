"""Curves without SQL: how a thousand points become a small chunk, and how many become few without losing a spike."""

from __future__ import annotations

import math
import sys
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

CHUNK_POINTS = 1000
#: Steps lie between minus this and this: the difference of any two must fit into the 64 bits of a chunk's column.
MAX_STEP = 2**62 - 1
SERIES_CHARACTERS = 200
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


def problem_with_series(name: object) -> str | None:
    """Why ``name`` cannot be a series' name; None where it can.

    Example:
        >>> problem_with_series("loss"), problem_with_series("")
        (None, 'it is empty')
    """
    if not isinstance(name, str):
        return "it is no text"
    if not name:
        return "it is empty"
    if len(name) > SERIES_CHARACTERS:
        return f"it has {len(name)} characters; {SERIES_CHARACTERS} are allowed"
    if "\0" in name or (not name.isascii() and any("\ud800" <= character <= "\udfff" for character in name)):
        return "it holds a character that cannot be stored"
    return None


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
    """The steps and values that ``encode`` sealed."""
    columns = zlib.decompress(data)
    half = len(columns) // 2
    steps = [int(step) for step in _from_bytes("q", columns[:half])]
    for index in range(1, len(steps)):
        steps[index] += steps[index - 1]
    return steps, list(_from_bytes("d", columns[half:]))


def downsample(steps: Sequence[int], values: Sequence[float], max_points: int) -> tuple[list[int], list[float]]:
    """At most ``max_points`` of the points: each bucket keeps its lowest, its highest and, where it has one, a NaN.

    A spike of a single point survives; so does a stretch that is not a number. Order is kept.

    Example:
        >>> downsample(range(6), [0.0, 0.0, 9.0, 0.0, -9.0, 0.0], 3)
        ([2, 4], [9.0, -9.0])
    """
    if max_points < 3:
        raise ValueError(f"max_points is {max_points}; at least 3 are needed to show anything")
    if len(steps) <= max_points:
        return list(steps), list(values)
    per_bucket = 3 if any(math.isnan(value) for value in values) else 2
    buckets = max(1, max_points // per_bucket)
    kept: set[int] = set()
    for bucket in range(buckets):
        start, stop = len(steps) * bucket // buckets, len(steps) * (bucket + 1) // buckets
        numbers = [index for index in range(start, stop) if not math.isnan(values[index])]
        if numbers:
            kept.add(max(numbers, key=values.__getitem__))
            kept.add(min(numbers, key=values.__getitem__))
        if len(numbers) < stop - start:
            kept.add(next(index for index in range(start, stop) if math.isnan(values[index])))
    chosen = sorted(kept)
    return [steps[index] for index in chosen], [values[index] for index in chosen]


def _to_bytes(column: array[int] | array[float]) -> bytes:
    if sys.byteorder == "big":
        column.byteswap()
    plain = column.tobytes()
    return b"".join(plain[byte::_WIDTH] for byte in range(_WIDTH))


def _from_bytes(code: str, shuffled: bytes) -> array[int] | array[float]:
    count = len(shuffled) // _WIDTH
    plain = bytearray(len(shuffled))
    for byte in range(_WIDTH):
        plain[byte::_WIDTH] = shuffled[byte * count : (byte + 1) * count]
    column: array[int] | array[float] = array(code)
    column.frombytes(bytes(plain))
    if sys.byteorder == "big":
        column.byteswap()
    return column
