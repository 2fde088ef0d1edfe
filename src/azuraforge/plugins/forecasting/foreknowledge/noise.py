"""Test of whether a column consists of later values of the target and white noise.

Noise hides a leak from shares of explained variance, but not from this test: what remains of a leak after the window of
target values from which it was computed is white, that is, unrelated to everything earlier. An honest forecast or
covariate is related to the past in other ways, too, so its remainder has memory or a season.

A target that is a multiple of the column plus white noise, such as sales under a promotion, leaves such a remainder,
too. It is told apart by the opposite regression, of the target on the column's window: under a leak its remainder has
memory (the target's own, as the noise prevents an exact reconstruction); for such a target it has none. If both
remainders are white, or neither the past nor the calendar predicts the column, data cannot distinguish the two cases.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.foreknowledge.linear import adjusted, basis, carried, joined, rest, size
from azuraforge.plugins.forecasting.foreknowledge.pieces import Piece, Span, calendar, lagged, scaled

#: Number of earlier values that the remainder is regressed on, and of rows around the column's row in a window.
_MEMORY, _WINDOW = 14, 15
#: Minimum number of examined rows; with fewer, every remainder seems white.
_FEWEST_ROWS = 200
#: Minimum share of the column, after what is known, that the later values explain, and minimum share of the column
#: that earlier values and the calendar explain.
_AHEAD, _PREDICTABLE = 0.2, 0.1
#: A remainder is white if the share that earlier values explain is at most ``_NOTHING`` plus this number of standard
#: errors, and has memory if it is above ``_NOTHING`` plus the other number.
_NOTHING, _WHITE, _MEMORABLE = 0.01, 2.0, 3.0


@dataclass(frozen=True)
class Remainder:
    """Evidence on one column, as shares of variance adjusted for the number of regressors.

    Attributes:
        ahead: share of the column, after what is known at its row, that the window of later values explains.
        predictable: share of the column that earlier values and the calendar explain.
        forward: share of the column's remainder after the window that earlier values and the calendar explain.
        backward: share of the target's remainder after the column's window that its own past and the calendar explain.
        error: standard error of ``forward`` and ``backward`` for white remainders.
    """

    ahead: float
    predictable: float
    forward: float
    backward: float
    error: float

    @property
    def is_noise(self) -> bool:
        """Return whether the column consists of later values and white noise."""
        enough = self.ahead >= _AHEAD and self.predictable >= _PREDICTABLE
        white = self.forward <= _NOTHING + _WHITE * self.error
        return enough and white and self.backward > _NOTHING + _MEMORABLE * self.error


class NoiseSpace:
    """Windows and past values of the target in all pieces, as orthogonal bases for measuring columns.

    Args:
        target: ``(row,)``, NaN if unknown.
        pieces: rows of the pieces to examine.
        span: number of leads of the window.
        season: length of the season in rows; 1 without a season.
        known_from: number of rows before a column's row at which its target is known: 0 for an ordinary column, the
            horizon for a known-ahead column.
    """

    def __init__(self, target: Floats, pieces: Sequence[Piece], span: Span, season: int, *, known_from: int) -> None:
        self._known_from = min(known_from, span.leads)
        longest = max((len(piece.rows) for piece in pieces), default=0)
        behind = min(_WINDOW, max(span.lags))
        self._window = tuple(range(-span.leads, behind + 1))
        seasonal = [lag for lag in (season - 1, season, season + 1) if season > 1 and lag <= longest // 4]
        known = range(self._known_from, self._known_from + _MEMORY + 1)
        self._earlier = tuple(sorted({*range(behind + 1, behind + 1 + _MEMORY), *(s for s in seasonal if s > behind)}))
        self._known = tuple(sorted({*known, *(lag for lag in seasonal if lag >= self._known_from)}))
        self._own = tuple(range(max(1, self._known_from), max(1, self._known_from) + _MEMORY))
        self._first = max(*self._earlier, *self._known, *self._own, _WINDOW)
        self._after = max(span.leads, _WINDOW)
        ends = self._first + _MEMORY + self._after
        self._pieces = [piece for piece in pieces if len(piece.rows) > ends + _MEMORY]
        self._target = carried(target)
        self._waves = self._stack([calendar(piece, season)[self._rows(piece)] for piece in self._pieces])
        self.rows: int = sum(len(piece.rows) - ends for piece in self._pieces)
        if not self.enough:
            return
        past = basis(np.concatenate([self._waves, self._lags(self._target, self._known)], axis=1))
        self._of_known = past
        self._of_later = joined(past, self._lags(self._target, [x for x in self._window if x < self._known_from]))
        self._before = self._lags(self._target, self._earlier)
        self._around = basis(self._lags(self._target, self._window, early=True))

    @property
    def enough(self) -> bool:
        """Return whether there are enough rows."""
        return self.rows >= max(_FEWEST_ROWS, 4 * (len(self._window) + len(self._known)))

    def of(self, values: Floats) -> Remainder:
        """Return the evidence on one column; ``values`` are ``(row,)``, over all rows of the table."""
        filled = carried(values)
        column, own = self._lags(filled, (0,)), self._lags(filled, self._own)
        later, known = self._of_later, self._of_known
        ahead = self._share(column, known, later)
        predictable = adjusted(size(column), size(rest(column, joined(known, own))), self.rows - 1, known.shape[1])
        remainder = rest(self._lags(filled, (0,), early=True), self._around)
        forward, error = self._memory(remainder, self._before, len(self._window))
        window = self._lags(filled, range(-_WINDOW, _WINDOW + 1), early=True)
        reverse = rest(self._lags(self._target, (0,), early=True), basis(window))
        backward, _ = self._memory(reverse, np.zeros((self.rows, 0)), window.shape[1])
        return Remainder(ahead, predictable, forward, backward, error)

    def _share(self, column: Floats, fewer: Floats, more: Floats) -> float:
        before, after = size(rest(column, fewer)), size(rest(column, more))
        if before <= 1e-10 * size(column):
            return 0.0
        return adjusted(before, after, self.rows - fewer.shape[1] - 1, more.shape[1] - fewer.shape[1])

    def _memory(self, remainder: Floats, earlier: Floats, used: int) -> tuple[float, float]:
        """Return the share of a remainder that its past, ``earlier`` and the calendar explain, and its standard error.

        ``remainder`` begins ``_MEMORY`` rows earlier in each piece, and is what ``used`` regressors do not explain.
        """
        now, before, at = list[Floats](), list[Floats](), 0
        for piece in self._pieces:
            rows = self._rows(piece)
            count = rows.stop - rows.start
            own = remainder[at : at + _MEMORY + count, 0]
            at += _MEMORY + count
            now.append(own[_MEMORY:, None])
            before.append(lagged(own, range(1, _MEMORY + 1), slice(_MEMORY, len(own))))
        tested = basis(np.concatenate([self._stack(before), earlier, self._waves], axis=1))
        left = self._stack(now)
        free = self.rows - used
        total, unexplained = size(left), size(rest(left, tested))
        error = math.sqrt(2 * tested.shape[1]) / self.rows
        if total <= 0 or free <= tested.shape[1]:
            return 1.0, error
        return 1 - (unexplained / (free - tested.shape[1])) / (total / free), error

    def _rows(self, piece: Piece, early: int = 0) -> slice:
        return slice(self._first + _MEMORY - early, len(piece.rows) - self._after)

    def _lags(self, values: Floats, lags: Sequence[int], *, early: bool = False) -> Floats:
        begin = _MEMORY if early else 0
        return self._stack([lagged(scaled(values[each.rows]), lags, self._rows(each, begin)) for each in self._pieces])

    def _stack(self, blocks: Sequence[Floats]) -> Floats:
        """Return the blocks of all pieces concatenated by rows, each centred."""
        return np.concatenate([block - block.mean(axis=0) for block in blocks]) if blocks else np.zeros((0, 1))
