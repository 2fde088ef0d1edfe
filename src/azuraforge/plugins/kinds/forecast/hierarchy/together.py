"""Batch prediction of hierarchies: a dataset with its totals, all predicted together at each moment so they add up."""

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

#: Maximum number of origins per call of ``predict``; a single moment may exceed it.
_AT_ONCE = 16_384


@dataclass(frozen=True)
class Together:
    """A panel with its totals.

    Attributes:
        table: rows of the series, followed by the rows of the totals.
        hierarchy: series and totals that the version learned.
    """

    table: Table
    hierarchy: Hierarchy

    @classmethod
    def of(cls, table: Table, folder: Path) -> Together | None:
        """Return ``table`` with its totals; None for a single series, or if the version in ``folder`` has no totals."""
        hierarchy = None if table.schema.series is None else hierarchy_learned(folder)
        if hierarchy is None:
            return None
        return cls(replace(table, frame=with_totals_of(table.frame, table.schema, hierarchy)), hierarchy)

    @cached_property
    def blocks(self) -> Blocks:
        """Range of rows of each series and total."""
        return Blocks.of(self.table.frame, str(self.table.schema.series))

    @cached_property
    def moments(self) -> Indices:
        """Time of each row, ``(row,)``, in microseconds since 1970, UTC."""
        return moments_of(self.table.frame, self.table.schema)

    @cached_property
    def learned(self) -> Flags:
        """Mask of the series and totals that the version learned, ``(series,)``; other series are in no total."""
        names = frozenset(self.hierarchy.names)
        return np.array([name in names for name in self.blocks.names], dtype=bool)

    def every(self, rows: Indices, every: int) -> Indices:
        """Return the rows in ``rows`` at every ``every``-th moment, so that all series use the same moments."""
        chosen = np.unique(self.moments[rows])[::every]
        return rows[np.isin(self.moments[rows], chosen)]

    def in_time(self, rows: Indices) -> Indices:
        """Return ``rows`` in order of time, then of row number."""
        return rows[np.lexsort((rows, self.moments[rows]))]

    def questions(self, asked: Indices, needed: int) -> Iterator[Indices]:
        """Yield batches of rows to predict from together.

        The batches contain the rows of all learned series with enough history at the moments of ``asked``.

        Args:
            asked: requested rows.
            needed: number of earlier rows that a series must have.
        """
        blocks = self.blocks
        owners = blocks.of_rows(np.arange(len(self.moments)))
        able = self.learned[owners] & (np.arange(len(owners)) - blocks.first[owners] >= needed)
        some = np.flatnonzero(self.learned & (blocks.sizes > needed))
        begins = np.unique(self.moments[blocks.first[some] + needed])
        rows = self.in_time(np.flatnonzero(able & np.isin(self.moments, np.unique(self.moments[asked]))))
        at, first, sizes = np.unique(self.moments[rows], return_index=True, return_counts=True)
        # Within a batch each series has a row at every moment, so a batch ends where a further series begins.
        stage = np.searchsorted(begins, at, side="right")
        start = 0
        for place in range(1, len(at) + 1):
            full = place < len(at) and first[place] + sizes[place] - first[start] > _AT_ONCE
            if place == len(at) or full or stage[place] != stage[start]:
                stop = len(rows) if place == len(at) else int(first[place])
                yield np.sort(rows[int(first[start]) : stop])
                start = place
