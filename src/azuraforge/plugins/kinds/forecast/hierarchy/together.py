"""A dataset with the totals that a version learned; its forecasts add up, so they are made moment by moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from azuraforge.plugins.contract.arrays import Flags, Indices
from azuraforge.plugins.contract.parts import Table
from azuraforge.plugins.forecasting.calendar import moments_of
from azuraforge.plugins.forecasting.panels import Blocks
from azuraforge.plugins.forecasting.reconciliation import Hierarchy
from azuraforge.plugins.forecasting.totals import with_totals_of
from azuraforge.plugins.kinds.forecast.hierarchy.reconciled import hierarchy_learned

#: Number of origins predicted at once, at least those of one moment.
_AT_ONCE = 16_384


@dataclass(frozen=True)
class Together:
    """The rows of a panel and of its totals.

    Attributes:
        table: with the totals below the series.
        hierarchy: the series and totals that the version learned.
    """

    table: Table
    hierarchy: Hierarchy

    @classmethod
    def of(cls, table: Table, folder: Path) -> Together | None:
        """Return the rows with totals; None for a single series, or if the version in ``folder`` has no totals."""
        hierarchy = None if table.schema.series is None else hierarchy_learned(folder)
        if hierarchy is None:
            return None
        return cls(replace(table, frame=with_totals_of(table.frame, table.schema, hierarchy)), hierarchy)

    @cached_property
    def blocks(self) -> Blocks:
        """The rows of each series and total."""
        return Blocks.of(self.table.frame, str(self.table.schema.series))

    @cached_property
    def moments(self) -> Indices:
        """``(row,)`` microseconds UTC."""
        return moments_of(self.table.frame, self.table.schema)

    @cached_property
    def learned(self) -> Flags:
        """``(series,)``: whether the version learned it; others are in no total."""
        names = frozenset(self.hierarchy.names)
        return np.array([name in names for name in self.blocks.names], dtype=bool)

    def every(self, rows: Indices, every: int) -> Indices:
        """Return all rows of every ``every``-th moment, so that totals add up."""
        chosen = np.unique(self.moments[rows])[::every]
        return rows[np.isin(self.moments[rows], chosen)]

    def in_time(self, rows: Indices) -> Indices:
        """Return the rows moment by moment."""
        return rows[np.lexsort((rows, self.moments[rows]))]

    def questions(self, asked: Indices, needed: int) -> Iterator[Indices]:
        """Yield the rows to predict from together: at the moments of ``asked`` all learned series with enough history.

        Args:
            asked: rows.
            needed: rows before the first that a series is predicted from.
        """
        blocks = self.blocks
        owners = blocks.of_rows(np.arange(len(self.moments)))
        able = self.learned[owners] & (np.arange(len(owners)) - blocks.first[owners] >= needed)
        some = np.flatnonzero(self.learned & (blocks.sizes > needed))
        begins = np.unique(self.moments[blocks.first[some] + needed])
        rows = self.in_time(np.flatnonzero(able & np.isin(self.moments, np.unique(self.moments[asked]))))
        at, first, sizes = np.unique(self.moments[rows], return_index=True, return_counts=True)
        # A predicted series has a row at every moment of the call, so it must not begin in the middle.
        stage = np.searchsorted(begins, at, side="right")
        start = 0
        for place in range(1, len(at) + 1):
            full = place < len(at) and first[place] + sizes[place] - first[start] > _AT_ONCE
            if place == len(at) or full or stage[place] != stage[start]:
                stop = len(rows) if place == len(at) else int(first[place])
                yield np.sort(rows[int(first[start]) : stop])
                start = place
