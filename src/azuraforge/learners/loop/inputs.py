"""From rows of a feed to steps: numbers of keys, features, and the rows at which the learner is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from azuraforge.errors import InvalidInput
from azuraforge.learners.loop.plan import Plan
from azuraforge.plugins.contract.arrays import Flags, Floats, Indices
from azuraforge.plugins.contract.online.features import AnyFeatures
from azuraforge.plugins.contract.rows import Keys, Kinds, RowKind, Span


@dataclass(frozen=True)
class BoundFeatures:
    """A features plugin with its validated config."""

    plugin: AnyFeatures
    config: BaseModel


@dataclass(frozen=True)
class Prepared:
    """The rows of a span as steps.

    Attributes:
        seq, at, kind: as in the span.
        key: ``(row,)`` number of the key in the order of first appearance; -1 without a key that is learned from.
        passes: ``(row,)`` as in ``examples.Rows``.
        place: ``(row,)`` number of the row within its key, from 1; 0 for rows without a place.
        value: ``(row,)`` target column.
        features: ``(row, feature)``.
        asked: ``(row,)`` whether the learner is asked.
    """

    seq: Indices
    at: Indices
    kind: Kinds
    key: Keys
    passes: Indices
    place: Indices
    value: Floats
    features: Floats
    asked: Flags


def passes_of(span: Span, before: int) -> Indices:
    """Return the times before which every row has arrived as of each row; ``before`` is the time of the row before.

    Example:
        >>> from azuraforge.plugins.contract.rows import span_of
        >>> passes_of(span_of(("x",), [[1], [2], [0]], at=[5, 7, 9], kind=[0, 1, 2]), 0).tolist()
        [5, 5, 10]
    """
    clocked = (span.kind == RowKind.ROW) | (span.kind == RowKind.FILLED)
    times = np.where(clocked, span.at, np.where(span.kind == RowKind.TICK, span.at + 1, before))
    return np.maximum.accumulate(np.maximum(times, before))


class Inputs:
    """The features of a learner and the keys that it has seen.

    Args:
        plan: plan of the learner.
        features: feature sets in the order of the plan.
    """

    def __init__(self, plan: Plan, features: Sequence[BoundFeatures]) -> None:
        self._plan, self._sets = plan, tuple(features)
        hidden = plan.target.column if plan.target.label else None
        self._shown = np.array([n for n, name in enumerate(plan.columns) if name != hidden], np.int64)
        self._shown_names = tuple(name for name in plan.columns if name != hidden)
        self._raw = np.array([plan.columns.index(name) for name in plan.inputs], np.int64)
        self._target = plan.columns.index(plan.target.column)
        self._needs_base = plan.target.kind != "value"
        self._warmup = max((each.plugin.warmup(each.config) for each in self._sets), default=0)
        self.names = plan.inputs + tuple(name for each in self._sets for name in each.plugin.columns(each.config))
        self.keys: list[str] = list(plan.keys)
        self._numbers = {name: number for number, name in enumerate(self.keys)}
        self._counts: dict[int, int] = {}
        self._states: list[Any] = [each.plugin.open(each.config, plan.keys) for each in self._sets]

    def prepare(self, span: Span, passes: Indices) -> Prepared:
        """Return the steps of a span and advance the features."""
        values = self._checked(span)
        key = self._keyed(span)
        placed = ((span.kind == RowKind.ROW) | (span.kind == RowKind.FILLED)) & (key >= 0)
        place = np.zeros(len(span), np.int64)
        for each in np.unique(key[placed]).tolist():
            here = np.flatnonzero(placed & (key == each))
            before = self._counts.get(each, 0)
            place[here] = np.arange(before + 1, before + len(here) + 1)
            self._counts[each] = before + len(here)
        value = np.ascontiguousarray(values[:, self._target])
        features = self._computed(span, values)
        asked = (span.kind == RowKind.ROW) & (key >= 0) & (place > self._warmup) & np.isfinite(features).all(axis=1)
        if self._needs_base:
            asked &= np.isfinite(value)
        return Prepared(span.seq, span.at, span.kind, key, passes, place, value, features, asked)

    def _checked(self, span: Span) -> Floats:
        if span.columns == self._plan.columns:
            return span.values
        missing = [name for name in self._plan.columns if name not in span.columns]
        if missing:
            raise InvalidInput(
                "the feed no longer has the column {column!r}",
                where="row {seq}",
                next_step="restore the column, or start a learner without it",
                code="column_disappeared",
                column=missing[0],
                seq=int(span.seq[0]),
            )
        return np.ascontiguousarray(span.values[:, [span.columns.index(name) for name in self._plan.columns]])

    def _keyed(self, span: Span) -> Keys:
        table = np.full(len(span.keys) + 1, -1, np.int32)  # the last entry is that of the key -1
        used, first = np.unique(span.key, return_index=True)
        for code in used[np.argsort(first)].tolist():
            if code < 0:
                continue
            name = span.keys[code]
            if name not in self._numbers and not self._plan.keys:
                self._numbers[name] = len(self.keys)
                self.keys.append(name)
            table[code] = self._numbers.get(name, -1)
        return table[span.key]

    def _computed(self, span: Span, values: Floats) -> Floats:
        parts = [values[:, self._raw]] if len(self._raw) else []
        if self._sets:
            shown = replace(span, columns=self._shown_names, values=np.ascontiguousarray(values[:, self._shown]))
            for bound, state in zip(self._sets, self._states, strict=True):
                found = bound.plugin.advance(state, shown)
                width = len(bound.plugin.columns(bound.config))
                if found.shape != (len(span), width):
                    raise InvalidInput(
                        "the features {name} returned the shape {found}, not {expected}",
                        where="row {seq}",
                        next_step="repair the plugin",
                        name=type(bound.plugin).__name__,
                        found=str(found.shape),
                        expected=str((len(span), width)),
                        seq=int(span.seq[0]),
                    )
                parts.append(found)
        return np.ascontiguousarray(np.concatenate(parts, axis=1), dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        """Return the state, apart from that of the feature sets, as JSON."""
        return {"keys": self.keys, "counts": sorted(self._counts.items())}

    def save(self, folder: Path) -> None:
        """Write the states of the feature sets into ``folder``."""
        for number, (bound, state) in enumerate(zip(self._sets, self._states, strict=True)):
            inside = folder / f"features_{number}"
            inside.mkdir()
            bound.plugin.save(state, inside)

    def restore(self, state: Mapping[str, Any], folder: Path) -> None:
        """Restore what ``to_json`` and ``save`` described."""
        self.keys = list(state["keys"])
        self._numbers = {name: number for number, name in enumerate(self.keys)}
        self._counts = dict(state["counts"])
        self._states = [bound.plugin.load(folder / f"features_{n}") for n, bound in enumerate(self._sets)]
