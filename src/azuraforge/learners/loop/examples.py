"""Outcomes of a target: which open origins mature at which row, and with which value.

The rules work on any number of rows at once, and the result does not depend on how the rows are cut.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from azuraforge.learners.loop.plan import Target
from azuraforge.plugins.contract.arrays import Flags, Floats, Indices
from azuraforge.plugins.contract.rows import Keys, Kinds, RowKind

_NO_ID = -1


@dataclass(frozen=True)
class Rows:
    """The rows of one step of the loop, reduced to what outcomes depend on.

    Attributes:
        at: ``(row,)`` event times.
        passes: ``(row,)`` times before which, as of this row, every row has arrived; it does not decrease.
        key: ``(row,)`` number of the key; -1 if the row has none or its key is not learned from.
        kind: ``(row,)`` values of ``RowKind``.
        value: ``(row,)`` target column.
        ids: ``(row,)`` id of the origin at this row; -1 if it has none.
    """

    at: Indices
    passes: Indices
    key: Keys
    kind: Kinds
    value: Floats
    ids: Indices

    def placed(self, key: int | None = None) -> Indices:
        """Return the positions of rows with a place in the sequence: ordinary and interpolated ones."""
        found: Flags = (self.kind == RowKind.ROW) | (self.kind == RowKind.FILLED)
        found &= self.key >= 0 if key is None else self.key == key
        return np.flatnonzero(found)


@dataclass(frozen=True)
class Matured:
    """Origins whose outcome became known or void, in the order in which they did, and of their origins.

    Attributes:
        step: ``(outcome,)`` position of the row that made the outcome known.
        id: ``(outcome,)`` id of the origin.
        outcome: ``(outcome,)``; NaN if it is void.
    """

    step: Indices
    id: Indices
    outcome: Floats

    @classmethod
    def of(cls, parts: list[tuple[Indices, Indices, Floats]]) -> Matured:
        """Return the parts as one, ordered by step and origin."""
        if not parts:
            return cls(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
        step, ids, outcome = (np.concatenate(each) for each in zip(*parts, strict=True))
        known = ids >= 0
        step, ids, outcome = step[known], ids[known], outcome[known]
        order = np.lexsort((ids, step))
        return cls(step[order], ids[order], outcome[order])


class Outcomes(ABC):
    """Base class of the rules by which outcomes become known."""

    @abstractmethod
    def advance(self, rows: Rows) -> Matured:
        """Return the origins that mature at ``rows``."""

    @abstractmethod
    def arrays(self) -> dict[str, np.ndarray]:
        """Return the state as arrays."""

    @abstractmethod
    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore what ``arrays`` returned."""

    def close(self) -> Matured:
        """Return the origins that mature when the feed closes."""
        return Matured.of([])


class Labels(Outcomes):
    """Outcomes of a label: the row's own value, known when the next row of the feed arrives or the feed closes."""

    def __init__(self) -> None:
        self._id = np.zeros(0, np.int64)
        self._value = np.zeros(0)

    def advance(self, rows: Rows) -> Matured:
        places = rows.placed()
        if not len(places):
            return Matured.of([])
        valid = np.where(rows.kind[places] == RowKind.ROW, rows.value[places], np.nan)
        ids = np.concatenate([self._id, rows.ids[places]])
        values = np.concatenate([self._value, valid])
        count = len(ids) - 1
        steps = places[len(places) - count :]
        self._id, self._value = ids[-1:].copy(), values[-1:].copy()
        return Matured.of([(steps, ids[:count], values[:count])])

    def close(self) -> Matured:
        found = Matured.of([(np.zeros(len(self._id), np.int64), self._id, self._value)])
        self._id, self._value = self._id[:0], self._value[:0]
        return found

    def arrays(self) -> dict[str, np.ndarray]:
        return {"id": self._id, "value": self._value}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        self._id, self._value = arrays["id"].copy(), arrays["value"].copy()


class RowsAhead(Outcomes):
    """Outcomes a number of rows of the key ahead. A gap of the key makes its open origins void."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._waiting: dict[int, tuple[Indices, Floats]] = {}

    def advance(self, rows: Rows) -> Matured:
        parts: list[tuple[Indices, Indices, Floats]] = []
        for key in np.unique(rows.key[rows.key >= 0]).tolist():
            of_key = rows.key == key
            gaps = np.flatnonzero(of_key & (rows.kind == RowKind.GAP)).tolist()
            places = rows.placed(key)
            start = 0
            for gap in [*gaps, None]:
                stop = len(places) if gap is None else int(np.searchsorted(places, gap))
                parts.append(self._advance(key, rows, places[start:stop]))
                start = stop
                if gap is not None:
                    ids, _ = self._waiting.pop(key, (np.zeros(0, np.int64), np.zeros(0)))
                    parts.append((np.full(len(ids), gap), ids, np.full(len(ids), np.nan)))
        return Matured.of(parts)

    def _advance(self, key: int, rows: Rows, places: Indices) -> tuple[Indices, Indices, Floats]:
        ahead = self._target.ahead_rows
        ids, base = self._waiting.get(key, (np.zeros(0, np.int64), np.zeros(0)))
        before = len(ids)
        ids = np.concatenate([ids, rows.ids[places]])
        base = np.concatenate([base, rows.value[places]])
        count = max(0, len(ids) - ahead)
        self._waiting[key] = (ids[count:].copy(), base[count:].copy())
        reached = places[ahead - before :][:count] if count else places[:0]
        then = np.where(rows.kind[reached] == RowKind.ROW, rows.value[reached], np.nan)
        return reached, ids[:count], outcomes_of(self._target, base[:count], then)

    def arrays(self) -> dict[str, np.ndarray]:
        keys = sorted(self._waiting)
        none = [np.zeros(0)]
        return {
            "keys": np.array(keys, np.int64),
            "counts": np.array([len(self._waiting[key][0]) for key in keys], np.int64),
            "id": np.concatenate([none[0].astype(np.int64), *(self._waiting[key][0] for key in keys)]),
            "base": np.concatenate([*none, *(self._waiting[key][1] for key in keys)]),
        }

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        ends = np.cumsum(arrays["counts"])
        self._waiting = {
            int(key): (arrays["id"][end - count : end].copy(), arrays["base"][end - count : end].copy())
            for key, count, end in zip(arrays["keys"], arrays["counts"], ends, strict=True)
        }


@dataclass
class _Series:
    """One key's open origins, and its rows since the oldest of them."""

    id: Indices
    due: Indices
    base: Floats
    at: Indices
    value: Floats


class TimeAhead(Outcomes):
    """Outcomes a time ahead: the key's last value at that time.

    An outcome is known at the key's row of exactly that time, otherwise at the first input after it. It is void if the
    key has no later row than the origin, or a gap.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._series: dict[int, _Series] = {}

    def advance(self, rows: Rows) -> Matured:
        ahead = self._target.ahead_us or 0
        parts: list[tuple[Indices, Indices, Floats]] = []
        present = set(np.unique(rows.key[rows.key >= 0]).tolist())
        latest = int(rows.passes[-1])
        for key in sorted(
            present | {key for key, each in self._series.items() if len(each.due) and each.due[0] < latest}
        ):
            series = self._series.get(key) or _Series(*(np.zeros(0, kind) for kind in ("i8", "i8", "f8", "i8", "f8")))
            kinds = (RowKind.ROW, RowKind.FILLED, RowKind.GAP)
            places = (
                np.flatnonzero((rows.key == key) & np.isin(rows.kind, kinds)) if key in present else np.zeros(0, int)
            )
            valid = np.where(rows.kind[places] == RowKind.ROW, rows.value[places], np.nan)
            at, value = np.concatenate([series.at, rows.at[places]]), np.concatenate([series.value, valid])
            asked = places[rows.ids[places] >= 0]
            ids = np.concatenate([series.id, rows.ids[asked]])
            due = np.concatenate([series.due, rows.at[asked] + ahead])
            base = np.concatenate([series.base, rows.value[asked]])
            step = np.searchsorted(rows.passes, due, side="right")
            last = np.searchsorted(at, due, side="right") - 1
            exact = (at[last] == due) & (last >= len(series.at))
            step[exact] = np.minimum(step[exact], places[last[exact] - len(series.at)])
            known = step < len(rows.at)
            later = at[last] > due - ahead
            then = np.where(later, value[last], np.nan)
            parts.append((step[known], ids[known], outcomes_of(self._target, base[known], then[known])))
            first = int(np.searchsorted(at, due[~known][0] - ahead)) if not known.all() else max(0, len(at) - 1)
            self._series[key] = _Series(ids[~known], due[~known], base[~known], at[first:].copy(), value[first:].copy())
        return Matured.of(parts)

    def arrays(self) -> dict[str, np.ndarray]:
        keys = sorted(self._series)
        found: dict[str, np.ndarray] = {"keys": np.array(keys, np.int64)}
        for name, kind in (
            ("id", np.int64),
            ("due", np.int64),
            ("base", np.float64),
            ("at", np.int64),
            ("value", np.float64),
        ):
            each = [getattr(self._series[key], name) for key in keys]
            found[name] = np.concatenate([np.zeros(0, kind), *each])
            found[f"{name}_counts"] = np.array([len(one) for one in each], np.int64)
        return found

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        columns = []
        for name in ("id", "due", "base", "at", "value"):
            ends = np.cumsum(arrays[f"{name}_counts"])
            columns.append(
                [
                    arrays[name][end - count : end].copy()
                    for count, end in zip(arrays[f"{name}_counts"], ends, strict=True)
                ]
            )
        self._series = {
            int(key): _Series(*(column[number] for column in columns)) for number, key in enumerate(arrays["keys"])
        }


def outcomes_for(target: Target) -> Outcomes:
    """Return the rule by which the outcomes of ``target`` become known."""
    if target.label:
        return Labels()
    return RowsAhead(target) if target.ahead_seconds is None else TimeAhead(target)


def outcomes_of(target: Target, base: Floats, then: Floats) -> Floats:
    """Return outcomes from the values at the origins and at the rows ahead; NaN where they are not defined.

    The direction is 1 if the value is strictly above that of the origin, and 0 otherwise.

    Example:
        >>> sign = Target(column="close", kind="sign", ahead_rows=1)
        >>> outcomes_of(sign, np.array([1.0, 1.0, 1.0]), np.array([2.0, 1.0, np.nan])).tolist()
        [1.0, 0.0, nan]
    """
    if target.kind == "value":
        return then
    change: Floats = then - base
    if target.kind == "change":
        return change
    if target.kind == "sign":
        return np.where(np.isfinite(change), (change > 0).astype(np.float64), np.nan)
    defined = (base > 0) & (then > 0)
    ratio = np.divide(then, base, out=np.ones_like(then), where=defined)
    return np.where(defined, np.log(ratio), np.nan)
