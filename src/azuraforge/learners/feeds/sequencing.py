"""Sequencing of arriving rows: the rules that turn arrivals into the numbered log of a feed. Pure; no database.

A row is held until every key has its row for that time, and until no earlier time is expected. A time becomes *overdue*
when a row arrives whose time is at least ``grace`` later; then the log continues without the missing rows. Thus rows
that arrive late, repeatedly or in another order, but within ``grace``, give the same log.

The log is ordered by time, and at equal times by key name. After it has passed a time, a row for that time is appended
as ``LATE``, or as ``REVISION`` if the key already has other values there; an equal row is a duplicate and is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from azuraforge.plugins.contract.rows import RowKind, Span

Values = NDArray[np.float64]
#: Time and index of a key.
Place = tuple[int, int]
#: Returns the newest values in the log at each of the places that have a row.
Known = Callable[[Sequence[Place]], dict[Place, Values]]


@dataclass(frozen=True)
class Rules:
    """Settings of a feed's sequencer. Times are in microseconds.

    Attributes:
        columns: names of the columns.
        keys: names of the keys, sorted.
        interval: distance of consecutive times; None if times are irregular.
        grace: see the module.
        fill: longest outage, as a number of missing times, that is filled with a straight line.
    """

    columns: tuple[str, ...]
    keys: tuple[str, ...]
    interval: int | None = None
    grace: int = 0
    fill: int = 0


@dataclass(frozen=True)
class Arrivals:
    """Rows in order of arrival: ``at``, ``key`` and ``received`` ``(row,)``, ``values`` ``(row, column)``."""

    at: NDArray[np.int64]
    key: NDArray[np.int32]
    received: NDArray[np.int64]
    values: Values

    def __len__(self) -> int:
        return len(self.at)


@dataclass
class _Held:
    """Values of one key and time that wait, in order of arrival; all but the first are revisions."""

    values: list[Values]
    received: list[int]


@dataclass
class Position:
    """State of a sequencer between two transactions.

    Attributes:
        seq: number of the last row.
        watermark: time up to which the log is complete; None before the first row.
        last_at: time of the last rows, from which the next time is expected.
        newest: latest time that has arrived.
        last: values of each key at ``last_at``, of keys that have a row there.
        absent: keys whose absence is recorded as a gap.
        held: rows that wait.
    """

    seq: int = 0
    watermark: int | None = None
    last_at: int | None = None
    newest: int | None = None
    last: dict[int, Values] = field(default_factory=dict)
    absent: set[int] = field(default_factory=set)
    held: dict[int, dict[int, _Held]] = field(default_factory=dict)

    @property
    def n_held(self) -> int:
        """Number of rows that wait."""
        return sum(len(each.values) for rows in self.held.values() for each in rows.values())

    def waiting_since(self) -> int | None:
        """Return the arrival of the row that has waited longest; None if no row waits."""
        return min((each.received[0] for rows in self.held.values() for each in rows.values()), default=None)

    def to_bytes(self) -> bytes:
        """Return the state as JSON; ``from_bytes`` restores it bit for bit. Missing values are null."""
        return orjson.dumps(
            {
                "seq": self.seq,
                "watermark": self.watermark,
                "last_at": self.last_at,
                "newest": self.newest,
                "last": [[key, self.last[key]] for key in sorted(self.last)],
                "absent": sorted(self.absent),
                "held": [
                    [at, key, each.received, each.values]
                    for at, rows in sorted(self.held.items())
                    for key, each in sorted(rows.items())
                ],
            },
            option=orjson.OPT_SERIALIZE_NUMPY,
        )

    @classmethod
    def from_bytes(cls, content: bytes) -> Position:
        """Return the state of ``to_bytes``."""
        found: dict[str, Any] = orjson.loads(content)
        made = cls(found["seq"], found["watermark"], found["last_at"], found["newest"])
        made.last = {key: _values(values) for key, values in found["last"]}
        made.absent = set(found["absent"])
        for at, key, received, values in found["held"]:
            made.held.setdefault(at, {})[key] = _Held([_values(each) for each in values], received)
        return made


def _values(numbers: Sequence[float | None]) -> Values:
    return np.array([np.nan if each is None else each for each in numbers], np.float64)


class Sequencer:
    """Sequencer of one feed. Each method returns the rows that it appends to the log.

    Args:
        rules: settings of the feed.
        position: state after the rows so far; changed in place.
    """

    def __init__(self, rules: Rules, position: Position | None = None) -> None:
        self.rules = rules
        self.position = position or Position()
        #: Number of arrived rows that were dropped because the log has an equal row.
        self.duplicates = 0

    def take(self, arrivals: Arrivals, known: Known = lambda places: {}) -> Span:
        """Take arrived rows, and return those that can be numbered now. ``known`` reads earlier rows of the log."""
        out = _Out(self.rules)
        if not len(arrivals):
            return out.span(self.position)
        whole = self._take_whole(arrivals)
        if whole is not None:
            return whole
        position, behind = self.position, self.position.watermark
        past = [] if behind is None else [place for place in _places(arrivals) if place[0] <= behind]
        earlier = known(past) if past else {}
        for row, place in enumerate(_places(arrivals)):
            values, received = arrivals.values[row], int(arrivals.received[row])
            if behind is not None and place[0] <= behind:
                before = earlier.get(place)
                if before is not None and _same(before, values):
                    self.duplicates += 1
                    continue
                out.add(RowKind.LATE if before is None else RowKind.REVISION, *place, received, values)
                earlier[place] = values
            else:
                self._hold(place, received, values)
        newest = int(arrivals.at.max())
        position.newest = newest if position.newest is None else max(position.newest, newest)
        self._release(out, None)
        return out.span(self.position)

    def advance(self, watermark: int, received: int) -> Span:
        """Release the rows up to ``watermark``, because no more are expected, and append a tick if it is new."""
        out = _Out(self.rules)
        self._release(out, watermark)
        position = self.position
        if position.watermark is None or watermark > position.watermark:
            out.add(RowKind.TICK, watermark, -1, received, None)
            position.watermark = watermark
        return out.span(position)

    def expire(self, arrived_until: int) -> Span:
        """Release the rows that arrived up to a time, and all earlier ones, although rows of other keys are missing."""
        late = [
            at
            for at, rows in self.position.held.items()
            if any(each.received[0] <= arrived_until for each in rows.values())
        ]
        out = _Out(self.rules)
        if late:
            self._release(out, max(late))
        return out.span(self.position)

    def close(self) -> Span:
        """Release all rows, because the feed ends."""
        out = _Out(self.rules)
        if self.position.held:
            self._release(out, max(self.position.held))
        return out.span(self.position)

    def _take_whole(self, arrivals: Arrivals) -> Span | None:
        """Number many complete times in order at once; None if the rows need the general rules."""
        position, n_keys = self.position, len(self.rules.keys)
        if position.held or position.absent or len(arrivals) % n_keys or len(arrivals) < 2 * n_keys:
            return None
        if position.last_at is None and self.rules.interval is not None and self.rules.grace:
            return None
        at = arrivals.at.reshape(-1, n_keys)
        times = at[:, 0]
        if not (
            (at == times[:, None]).all()
            and (arrivals.key.reshape(-1, n_keys) == np.arange(n_keys)).all()
            and (np.diff(times) > 0).all()
            and (position.watermark is None or times[0] > position.watermark)
        ):
            return None
        if (interval := self.rules.interval) is not None:
            before = times[:1] - interval if position.last_at is None else np.array([position.last_at])
            if (np.diff(np.concatenate([before, times])) > interval).any():
                return None
        n = len(arrivals)
        span = Span(
            self.rules.columns,
            self.rules.keys,
            np.arange(position.seq + 1, position.seq + n + 1, dtype=np.int64),
            arrivals.at.astype(np.int64),
            arrivals.key.astype(np.int32),
            np.zeros(n, np.uint8),
            arrivals.received.astype(np.int64),
            arrivals.values.astype(np.float64),
        )
        position.seq += n
        position.watermark = position.last_at = int(times[-1])
        position.newest = max(position.watermark, position.newest or position.watermark)
        position.last = {key: span.values[n - n_keys + key] for key in range(n_keys)}
        return span

    def _hold(self, place: Place, received: int, values: Values) -> None:
        rows = self.position.held.setdefault(place[0], {})
        found = rows.get(place[1])
        if found is None:
            rows[place[1]] = _Held([values], [received])
        elif _same(found.values[-1], values):
            self.duplicates += 1
        else:
            found.values.append(values)
            found.received.append(received)

    def _release(self, out: _Out, forced: int | None) -> None:
        """Append the held times that need not wait, in order; those up to ``forced`` unconditionally."""
        position = self.position
        for at in sorted(position.held):
            if not ((forced is not None and at <= forced) or self._is_free(at)):
                return
            rows = position.held.pop(at)
            received = max(each.received[0] for each in rows.values())
            self._bridge(out, at, rows, received)
            self._append(out, at, rows, received)

    def _is_free(self, at: int) -> bool:
        """Return whether the rows at a time need not wait for others."""
        rules, position = self.rules, self.position
        assert position.newest is not None
        if len(position.held[at]) < len(rules.keys) and position.newest - at < rules.grace:
            return False
        if rules.interval is None:
            return True
        if position.last_at is None:  # the first time is known after ``grace`` only
            return position.newest - at >= rules.grace
        missing = self._missing(at)
        return missing == 0 or position.newest - (position.last_at + missing * rules.interval) >= rules.grace

    def _missing(self, at: int) -> int:
        """Return the number of times between the last rows and ``at`` that have no rows."""
        last, interval = self.position.last_at, self.rules.interval
        if last is None or interval is None or at <= last:
            return 0
        return -((last - at) // interval) - 1

    def _bridge(self, out: _Out, at: int, rows: dict[int, _Held], received: int) -> None:
        """Append the rows of an outage before ``at``: a straight line if it is short, else the start of a gap."""
        missing, position = self._missing(at), self.position
        if not missing:
            return
        assert position.last_at is not None
        assert self.rules.interval is not None
        keys = range(len(self.rules.keys))
        if missing <= self.rules.fill and all(key in rows and key in position.last for key in keys):
            for step in range(1, missing + 1):
                for key in keys:
                    before, after = position.last[key], rows[key].values[0]
                    line = before + (after - before) * (step / (missing + 1))
                    out.add(RowKind.FILLED, position.last_at + step * self.rules.interval, key, received, line)
            return
        for key in keys:
            self._gap(out, position.last_at + self.rules.interval, key, received)

    def _append(self, out: _Out, at: int, rows: dict[int, _Held], received: int) -> None:
        position = self.position
        for key in range(len(self.rules.keys)):
            found = rows.get(key)
            if found is None:
                self._gap(out, at, key, received)
                continue
            position.absent.discard(key)
            for index, values in enumerate(found.values):
                out.add(RowKind.REVISION if index else RowKind.ROW, at, key, found.received[index], values)
        position.last = {key: each.values[-1] for key, each in rows.items()}
        position.last_at = position.watermark = at

    def _gap(self, out: _Out, at: int, key: int, received: int) -> None:
        if key not in self.position.absent:
            self.position.absent.add(key)
            out.add(RowKind.GAP, at, key, received, None)


class _Out:
    """Rows that a call appends, before they are numbered."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._rows: list[tuple[int, int, int, int]] = []
        self._values: list[Values] = []
        self._nothing = np.full(len(rules.columns), np.nan)

    def add(self, kind: RowKind, at: int, key: int, received: int, values: Values | None) -> None:
        self._rows.append((at, key, int(kind), received))
        self._values.append(self._nothing if values is None else values)

    def span(self, position: Position) -> Span:
        """Number the rows and return them."""
        n = len(self._rows)
        rows = np.array(self._rows, np.int64).reshape(n, 4)
        first = position.seq + 1
        position.seq += n
        return Span(
            self._rules.columns,
            self._rules.keys,
            np.arange(first, first + n, dtype=np.int64),
            rows[:, 0].copy(),
            rows[:, 1].astype(np.int32),
            rows[:, 2].astype(np.uint8),
            rows[:, 3].copy(),
            np.array(self._values, np.float64).reshape(n, len(self._rules.columns)),
        )


def _places(arrivals: Arrivals) -> list[Place]:
    return list(zip(arrivals.at.tolist(), arrivals.key.tolist(), strict=True))


def _same(one: Values, other: Values) -> bool:
    """Return whether values are equal; two missing values are."""
    return bool(np.array_equal(one, other, equal_nan=True))
