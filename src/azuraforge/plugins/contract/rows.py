"""Rows of a feed as columns, in the form in which feeds store them and learners and features read them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from azuraforge.plugins.contract.arrays import Floats, Indices

#: Index of the key of each row, ``(row,)``.
Keys: TypeAlias = NDArray[np.int32]
#: Kind of each row, ``(row,)``, as values of ``RowKind``.
Kinds: TypeAlias = NDArray[np.uint8]


class RowKind(IntEnum):
    """The kind of a row in a feed. Only rows of the kind ``ROW`` are predicted, judged and learned from."""

    #: First values of a key and a time, in order.
    ROW = 0
    #: Other values for a key and a time that the feed already has.
    REVISION = 1
    #: No values: every row up to this time has a number.
    TICK = 2
    #: Values that a straight line supplies for an outage.
    FILLED = 3
    #: First values of a key and a time that arrive after the watermark has passed this time.
    LATE = 4
    #: No values: the key has no row from this time until its next row.
    GAP = 5


@dataclass(frozen=True)
class Span:
    """Rows of one feed with consecutive numbers.

    Times are microseconds since 1970-01-01 UTC.

    Attributes:
        columns: names of the numeric columns; a column of classes contains codes.
        keys: names that ``key`` indexes.
        seq: ``(row,)`` numbers without gaps; the first row of a feed has the number 1.
        at: ``(row,)`` event times, which do not decrease among rows of the kinds ``ROW`` and ``FILLED``.
        key: ``(row,)`` indices into ``keys``; -1 for a tick.
        kind: ``(row,)`` kinds, values of ``RowKind``.
        received: ``(row,)`` times of arrival, which are never a feature.
        values: ``(row, column)``; NaN if a value is missing.

    Example:
        >>> span = span_of(("close",), [[1.0], [2.0], [3.0]], at=[0, 60, 120])
        >>> len(span), span.cut(1, 3).seq.tolist(), span.column("close").tolist()
        (3, [2, 3], [1.0, 2.0, 3.0])
    """

    columns: tuple[str, ...]
    keys: tuple[str, ...]
    seq: Indices
    at: Indices
    key: Keys
    kind: Kinds
    received: Indices
    values: Floats

    def __len__(self) -> int:
        return len(self.seq)

    def cut(self, start: int, stop: int) -> Span:
        """Return the rows at the positions ``start`` up to, but not including, ``stop``, without copying them."""
        here = slice(start, stop)
        return replace(
            self,
            seq=self.seq[here],
            at=self.at[here],
            key=self.key[here],
            kind=self.kind[here],
            received=self.received[here],
            values=self.values[here],
        )

    def column(self, name: str) -> Floats:
        """Return the values of a column, ``(row,)``. Raises KeyError if the feed has no such column."""
        if name not in self.columns:
            raise KeyError(name)
        return self.values[:, self.columns.index(name)]


def span_of(
    columns: tuple[str, ...],
    values: object,
    *,
    at: object,
    keys: tuple[str, ...] = ("",),
    key: object = None,
    kind: object = None,
    first: int = 1,
) -> Span:
    """Return a span of the given values, for tests and for feeds without keys.

    Args:
        columns: names of the columns.
        values: ``(row, column)`` numbers.
        at: ``(row,)`` times in microseconds since 1970-01-01 UTC; also the times of arrival.
        keys: names of the keys; the default is one key with an empty name.
        key: ``(row,)`` indices into ``keys``; None if all rows have the first key.
        kind: ``(row,)`` values of ``RowKind``; None if all are ``ROW``.
        first: number of the first row.
    """
    table = np.ascontiguousarray(values, dtype=np.float64).reshape(-1, len(columns))
    times = np.asarray(at, dtype=np.int64)
    rows = len(table)
    return Span(
        columns=columns,
        keys=keys,
        seq=np.arange(first, first + rows, dtype=np.int64),
        at=times,
        key=np.zeros(rows, np.int32) if key is None else np.asarray(key, dtype=np.int32),
        kind=np.zeros(rows, np.uint8) if kind is None else np.asarray(kind, dtype=np.uint8),
        received=times,
        values=table,
    )
