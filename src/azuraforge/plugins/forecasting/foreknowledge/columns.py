"""Leakage check: detection of columns that contain future values of the target, before a table is used for training.

The thresholds come from real columns (weather, candles, electricity), see ``tests/plugins/test_real_foreknowledge.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.foreknowledge import patterns
from azuraforge.plugins.forecasting.foreknowledge.dependence import Dependence, TargetSpace
from azuraforge.plugins.forecasting.foreknowledge.noise import NoiseSpace
from azuraforge.plugins.forecasting.foreknowledge.patterns import PatternName
from azuraforge.plugins.forecasting.foreknowledge.pieces import Piece, Span, pieces_of, span_of

Kind: TypeAlias = Literal[
    PatternName,
    "later_values",
    "later_with_noise",
    "same_row_copy",
    "known_ahead_outcome",
    "known_ahead_with_noise",
    "known_ahead_actual",
    "too_good",
]

#: Minimum share of a column's news (the part that its past and the target's past do not explain) that later targets
#: explain only if the column was computed from them. Of an honest column that leads the target, such as orders before
#: deliveries, they explain as much as the column explains of the target, see docs/decisions/0065. Among real columns,
#: the largest share is 0.88, for the close of a stock, explained by the next day's open; all others are below 0.6.
EXACT_NEWS = 0.92
#: Minimum shares of the residual and of the news of a column that later targets explain if the column is a noisy
#: filter of them.
NOISY_REST, NOISY_NEWS = 0.92, 0.15
#: Minimum share of the target's news that a known-ahead column explains only if it was computed from the target.
OUTCOME = 0.8
#: Minimum share of the column that a pattern must explain to be named in the finding.
_NAMED = 0.5


@dataclass(frozen=True)
class Foreknowledge:
    """Evidence that a column contains future values of the target.

    Attributes:
        column: name of the column.
        kind: kind of the evidence.
        rows_ahead: number of rows by which the column is ahead of the target; 0 for the same row.
        share: share of the column, or of its news, that later values of the target explain. For
            ``known_ahead_outcome``, share of the target's news that the column explains; for ``too_good``, share of a
            reference forecast's squared error that the columns remove; 1 for copies.
        rows: number of examined rows.
        blocks: whether the finding prevents automatic promotion; a copy of the same row is harmless unless the column
            is known ahead.
        other: for ``known_ahead_actual``, the column with the same values.
    """

    column: str
    kind: Kind
    rows_ahead: int
    share: float
    rows: int
    blocks: bool = True
    other: str = ""


def examine(
    target: Floats,
    columns: Mapping[str, Floats],
    series: Sequence[Piece],
    *,
    horizon: int,
    season: int,
    known_ahead: Sequence[str] = (),
) -> list[Foreknowledge]:
    """Return the evidence for each column that contains future values of the target or copies it in the same row.

    Args:
        target: ``(row,)``, NaN if unknown.
        columns: other columns by name, each ``(row,)``.
        series: rows of each series in chronological order.
        horizon: number of rows ahead that will be predicted.
        season: length of the season in rows; 1 without a season.
        known_ahead: columns that are declared as known ahead of the rows to predict.
    """
    pieces = pieces_of(series)
    if not pieces or not columns:
        return []
    span = span_of(max(len(piece.rows) for piece in pieces), horizon, season)
    pieces = [piece for piece in pieces if len(piece.rows) > max(span.lags) + span.leads + 1]
    spaces = [TargetSpace(target, pieces, span, season, ranked=ranked) for ranked in (False, True)] if pieces else []
    spaces = [space for space in spaces if space.enough]
    noise = {
        ahead: space
        for ahead in {name in known_ahead for name in columns}
        if (space := NoiseSpace(target, pieces, span, season, known_from=horizon if ahead else 0)).enough
    }
    case = _Case(target, columns, pieces, span, spaces, noise, frozenset(known_ahead))
    return [found for name in columns if (found := case.of(name)) is not None]


@dataclass(frozen=True)
class _Case:
    target: Floats
    columns: Mapping[str, Floats]
    pieces: Sequence[Piece]
    span: Span
    spaces: Sequence[TargetSpace]
    noise: Mapping[bool, NoiseSpace]
    known_ahead: frozenset[str]

    def of(self, name: str) -> Foreknowledge | None:
        values, rows = self.columns[name], sum(len(piece.rows) for piece in self.pieces)
        ahead = name in self.known_ahead
        if patterns.same_row_copy(self.target, values):
            return Foreknowledge(name, "same_row_copy", 0, 1.0, len(values), blocks=ahead)
        if self._counts(values) and not self._counts(self.target):
            return None
        measured = [space.of(values) for space in self.spaces]
        if (share := max((_knows(each) for each in measured), default=0.0)) > 0:
            return self._named(name, values, share, rows)
        event = patterns.events_ahead(self.target, values, self.pieces, self.span)
        if event is not None:
            return Foreknowledge(name, event.name, event.rows_ahead, event.share, rows)
        remainder = self.noise[ahead].of(values) if ahead in self.noise else None
        if ahead:
            outcome = max((each.same_row for each in measured), default=0.0)
            if outcome >= OUTCOME:
                return Foreknowledge(name, "known_ahead_outcome", 0, outcome, rows)
            for other, theirs in self.columns.items():
                if other not in self.known_ahead and patterns.same_values(values, theirs):
                    return Foreknowledge(name, "known_ahead_actual", 0, 1.0, len(values), other=other)
        if remainder is not None and remainder.is_noise:
            kind: Kind = "known_ahead_with_noise" if ahead else "later_with_noise"
            leads = 0 if ahead else self.span.leads
            return Foreknowledge(name, kind, leads, remainder.ahead, self.noise[ahead].rows)
        return None

    def _counts(self, values: Floats) -> bool:
        """Return whether the values never fall or never rise, like row numbers and running totals.

        Such a column resembles any trend for a while, so its similarity to a target with ups and downs proves nothing.
        """
        steps = [np.diff(values[piece.rows]) for piece in self.pieces]
        known = [each[np.isfinite(each)] for each in steps]
        return all((each >= 0).all() for each in known) or all((each <= 0).all() for each in known)

    def _named(self, name: str, values: Floats, share: float, rows: int) -> Foreknowledge:
        like = patterns.nearest(self.target, values, self.pieces, self.span)
        if like is None or like.share < _NAMED:
            return Foreknowledge(name, "later_values", self.span.leads, share, rows)
        return Foreknowledge(name, like.name, like.rows_ahead, share, rows)


def _knows(each: Dependence) -> float:
    """Return the share that shows that a column depends on future values; 0 if no share does."""
    if each.ahead_new >= EXACT_NEWS:
        return each.ahead_new
    return each.ahead if each.ahead >= NOISY_REST and each.ahead_new >= NOISY_NEWS else 0.0
