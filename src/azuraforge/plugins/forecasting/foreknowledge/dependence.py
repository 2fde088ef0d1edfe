"""Dependence of a column on later values of the target that past values do not explain.

A column is regressed on the past and present values of the target, and then also on its next values. Three shares of
variance distinguish a column that contains future values from an ordinary covariate:

``ahead``       share of the residual after past and present values of the target that later values explain
``ahead_new``   share of the news (the residual after the column's own past as well) that later values explain
``same_row``    share of the target's own news in a row that the column explains in that row

A function of later targets has an ``ahead_new`` near 1, unlike almost any other column: a leading covariate explains
something of the later values, but these explain little of the covariate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.foreknowledge.linear import adjusted, basis, carried, joined, rest, size
from azuraforge.plugins.forecasting.foreknowledge.pieces import Piece, Span, calendar, lagged, normal_scores, scaled

#: A residual below this share of a column counts as a rounding error.
_NOTHING = 1e-10


@dataclass(frozen=True)
class Dependence:
    """The three shares of one column, adjusted for the number of regressors, and the number of examined rows."""

    ahead: float
    ahead_new: float
    same_row: float
    rows: int


class TargetSpace:
    """Past, present and next values of the target in all pieces, as orthogonal bases for measuring columns.

    If ``ranked``, the normal scores of the values are used instead of the values, for the target and the columns.
    """

    def __init__(self, target: Floats, pieces: Sequence[Piece], span: Span, season: int, *, ranked: bool) -> None:
        self._span, self._ranked = span, ranked
        self._pieces = [
            (piece, slice(max(span.lags), len(piece.rows) - span.leads))
            for piece in pieces
            if len(piece.rows) - span.leads - max(span.lags) > 1
        ]
        filled = carried(target)
        lags, leads = span.lags, [-lead for lead in range(1, span.leads + 1)]
        waves = self._stack([calendar(piece, season)[rows] for piece, rows in self._pieces])
        past = self._lags(filled, lags)
        self._now = self._lags(filled, (0,))
        later = self._lags(filled, leads)
        self._of_past = basis(np.concatenate([waves, past], axis=1))
        self._of_present = joined(self._of_past, self._now)
        self._of_all = joined(self._of_present, later)

    @property
    def rows(self) -> int:
        """Number of examined rows."""
        return len(self._now)

    @property
    def enough(self) -> bool:
        """Return whether there are at least twice as many rows as regressors, and more than 20."""
        return self.rows >= 2 * (self._of_all.shape[1] + len(self._span.lags)) and self.rows > 20

    def of(self, values: Floats) -> Dependence:
        """Return the dependence of one column; ``values`` are ``(row,)``, over all rows of the table."""
        filled = carried(values)
        column = self._lags(filled, (0,))
        own = self._lags(filled, self._span.lags)
        total = size(column)
        if total <= 0:
            return Dependence(0.0, 0.0, 0.0, self.rows)
        floor = _NOTHING * total
        present, everything = self._of_present, self._of_all
        own_present, own_all = joined(present, own), joined(everything, own)
        own_past = joined(self._of_past, own)
        without = rest(self._now, own_past)
        with_column = rest(self._now, joined(own_past, column))
        return Dependence(
            ahead=self._share(column, present, everything, floor),
            ahead_new=self._share(column, own_present, own_all, floor),
            same_row=adjusted(size(without), size(with_column), self.rows - own_past.shape[1], 1),
            rows=self.rows,
        )

    def _share(self, column: Floats, fewer: Floats, more: Floats, floor: float) -> float:
        """Return the share of the residual after ``fewer`` that ``more`` explains; 0 if the residual is negligible."""
        before, after = size(rest(column, fewer)), size(rest(column, more))
        if before <= floor:
            return 0.0
        free = self.rows - fewer.shape[1] - 1
        return adjusted(before, after, free, more.shape[1] - fewer.shape[1])

    def _lags(self, values: Floats, lags: Sequence[int]) -> Floats:
        shaped = normal_scores if self._ranked else scaled
        return self._stack([lagged(shaped(values[piece.rows]), lags, rows) for piece, rows in self._pieces])

    def _stack(self, blocks: Sequence[Floats]) -> Floats:
        """Return the blocks of all pieces concatenated by rows, each centred."""
        return np.concatenate([block - block.mean(axis=0) for block in blocks]) if blocks else np.zeros((0, 1))
