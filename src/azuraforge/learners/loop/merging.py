"""Several sources as one: rows of a feed, joined with the last rows of other feeds and of followed learners.

A row is released when every other source has passed its time, so that the join depends on event times only, never on
arrival. A source that stays silent stops the others until its silence is accepted; this acceptance, the *absence*, is a
recorded fact, with which a replay gives the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from azuraforge.learners.loop.inputs import passes_of
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.rows import RowKind, Span


@dataclass(frozen=True)
class Absence:
    """The accepted silence of a source.

    Attributes:
        source: name of the source.
        after: number of the last row of the first source that was released before the acceptance.
        until: event time up to which rows are released without the source.
        seq: number of the last row of the silent source that those rows may use.
    """

    source: str
    after: int
    until: int
    seq: int


class _Side:
    """A source whose last row at a time is joined: its rows since the last released one."""

    def __init__(self, name: str, columns: tuple[str, ...]) -> None:
        self.name, self.columns = name, columns
        self.passes = 0
        self.seq = 0
        self.keys: list[str] = []
        self.row_seq = np.zeros(0, np.int64)
        self.at = np.zeros(0, np.int64)
        self.key = np.zeros(0, np.int64)
        self.values = np.zeros((0, len(columns)))
        self.absences: list[Absence] = []

    def offer(self, span: Span) -> None:
        span = span.cut(min(len(span), max(0, self.seq + 1 - int(span.seq[0]))), len(span)) if len(span) else span
        if not len(span):
            return
        self.passes = int(passes_of(span, self.passes)[-1])
        self.seq = int(span.seq[-1])
        for name in span.keys:
            if name not in self.keys:
                self.keys.append(name)
        placed = np.flatnonzero((span.kind == RowKind.ROW) | (span.kind == RowKind.FILLED))
        table = np.array([self.keys.index(name) for name in span.keys], np.int64)
        values = np.column_stack([span.column(name)[placed] for name in self.columns])
        self.row_seq = np.concatenate([self.row_seq, span.seq[placed]])
        self.at = np.concatenate([self.at, span.at[placed]])
        self.key = np.concatenate([self.key, table[span.key[placed]]])
        self.values = np.concatenate([self.values, values])

    def arrays(self) -> dict[str, np.ndarray]:
        absences = [(each.after, each.until, each.seq) for each in self.absences]
        return {
            "numbers": np.array([self.passes, self.seq], np.int64),
            "row_seq": self.row_seq,
            "at": self.at,
            "key": self.key,
            "values": self.values,
            "absences": np.array(absences, np.int64).reshape(-1, 3),
        }

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.passes, self.seq = (int(each) for each in arrays["numbers"])
        self.row_seq, self.at = arrays["row_seq"].copy(), arrays["at"].copy()
        self.key, self.values = arrays["key"].copy(), arrays["values"].copy()
        self.absences = [Absence(self.name, *each) for each in arrays["absences"].tolist()]

    def absence_at(self, seq: int, at: int) -> Absence | None:
        """Return the accepted silence under which a row is released; None if there is none."""
        return next((each for each in self.absences if each.after < seq and at <= each.until), None)

    def joined(self, at: Indices, seq: Indices, keys: Sequence[str]) -> Floats:
        """Return the last values at each row, ``(row, column)``; NaN before the first. ``keys`` has a name per row."""
        found = np.full((len(at), len(self.columns)), np.nan)
        limits = np.full(len(at), np.iinfo(np.int64).max)
        for row in range(len(at)) if self.absences else ():
            absence = self.absence_at(int(seq[row]), int(at[row]))
            if absence is not None:
                limits[row] = absence.seq
        names = np.array([self.keys.index(name) if name in self.keys else -1 for name in keys], np.int64)
        if len(self.keys) == 1:
            names[:] = 0  # a source without keys belongs to every key
        for limit in np.unique(limits).tolist():
            usable = self.row_seq <= limit
            for key in np.unique(names[limits == limit]).tolist():
                rows = np.flatnonzero((names == key) & (limits == limit))
                own = np.flatnonzero(usable & (self.key == key))
                last = np.searchsorted(self.at[own], at[rows], side="right") - 1
                found[rows[last >= 0]] = self.values[own[last[last >= 0]]]
        return found

    def forget(self, until: int) -> None:
        """Remove the rows that no row after ``until`` can use: all but the last one of each key at this time."""
        keep = self.at > until
        for key in np.unique(self.key[~keep]).tolist():
            keep[np.flatnonzero((self.key == key) & ~keep)[-1]] = True
        self.row_seq, self.at = self.row_seq[keep], self.at[keep]
        self.key, self.values = self.key[keep], self.values[keep]


class Merger:
    """The join of a first source with others. Its rows keep the numbers, times and keys of the first source.

    Args:
        columns: columns of the first source.
        others: name → columns of each other source; the joined columns are named ``name.column``.
    """

    def __init__(self, columns: tuple[str, ...], others: Mapping[str, tuple[str, ...]]) -> None:
        self.columns = columns + tuple(f"{name}.{column}" for name, each in others.items() for column in each)
        self._sides = {name: _Side(name, each) for name, each in others.items()}
        self._waiting: list[Span] = []
        self.released = 0

    def offer(self, span: Span) -> None:
        """Add rows of the first source, in order."""
        if len(span):
            self._waiting.append(span)

    def offer_other(self, name: str, span: Span) -> None:
        """Add rows of another source, in order."""
        self._sides[name].offer(span)

    def positions(self) -> dict[str, int]:
        """Return source → number of its last row that was added."""
        return {name: each.seq for name, each in self._sides.items()}

    def silent(self) -> dict[str, int]:
        """Return source → event time up to which waiting rows need it, for the sources that hold them back."""
        if not self._waiting:
            return {}
        last = self._waiting[-1]
        until, seq = int(last.at.max()), int(last.seq[-1])
        return {
            name: until
            for name, each in self._sides.items()
            if each.passes <= until and each.absence_at(seq, until) is None
        }

    def accept(self, source: str, until: int) -> Absence:
        """Accept the silence of a source up to a time, and return the absence to record."""
        side = self._sides[source]
        absence = Absence(source, self.released, until, side.seq)
        self.apply(absence)
        return absence

    def apply(self, absence: Absence) -> None:
        """Apply a recorded absence. In a replay, apply it before the rows after ``absence.after`` are taken."""
        self._sides[absence.source].absences.append(absence)

    def take(self) -> Span | None:
        """Return the joined rows that can be released, in order; None if there are none."""
        found: list[Span] = []
        while self._waiting:
            span = self._waiting[0]
            count = self._releasable(span)
            if count:
                found.append(self._joined(span.cut(0, count)))
            if count < len(span):
                self._waiting[0] = span.cut(count, len(span))
                break
            self._waiting.pop(0)
        if not found:
            return None
        self.released = int(found[-1].seq[-1])
        return found[0] if len(found) == 1 else _concatenated(found)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the state as arrays, without rows of the first source that wait: they are read again."""
        found: dict[str, np.ndarray] = {"released": np.array([self.released])}
        for name, side in self._sides.items():
            found |= {f"{name}.{part}": each for part, each in side.arrays().items()}
        return found

    def keys(self) -> dict[str, list[str]]:
        """Return source → names of the keys that the arrays refer to."""
        return {name: list(each.keys) for name, each in self._sides.items()}

    def restore(self, arrays: Mapping[str, np.ndarray], keys: Mapping[str, Sequence[str]]) -> None:
        """Restore what ``arrays`` and ``keys`` returned; the first source continues after the last released row."""
        self.released, self._waiting = int(arrays["released"][0]), []
        for name, side in self._sides.items():
            side.keys = list(keys[name])
            side.restore({part: arrays[f"{name}.{part}"] for part in side.arrays()})

    def _releasable(self, span: Span) -> int:
        count = len(span)
        for side in self._sides.values():
            held = np.flatnonzero(span.at[:count] >= side.passes).tolist()
            for row in held:
                if side.absence_at(int(span.seq[row]), int(span.at[row])) is None:
                    count = row
                    break
        return count

    def _joined(self, span: Span) -> Span:
        names = [span.keys[key] if key >= 0 else "" for key in span.key.tolist()]
        values = [span.values, *(each.joined(span.at, span.seq, names) for each in self._sides.values())]
        for side in self._sides.values():
            limited = any(each.until >= int(span.at[-1]) for each in side.absences)
            if not limited:
                side.forget(int(span.at[-1]))
        return replace(span, columns=self.columns, values=np.ascontiguousarray(np.concatenate(values, axis=1)))


def _concatenated(spans: Sequence[Span]) -> Span:
    """Return consecutive spans as one; keys are numbered again where the spans list them differently."""
    keys = list(dict.fromkeys(name for span in spans for name in span.keys))
    numbers = [
        np.append(np.array([keys.index(name) for name in span.keys], np.int32), np.int32(-1))[span.key]
        for span in spans
    ]
    return Span(
        columns=spans[0].columns,
        keys=tuple(keys),
        seq=np.concatenate([span.seq for span in spans]),
        at=np.concatenate([span.at for span in spans]),
        key=np.concatenate(numbers),
        kind=np.concatenate([span.kind for span in spans]),
        received=np.concatenate([span.received for span in spans]),
        values=np.concatenate([span.values for span in spans]),
    )
