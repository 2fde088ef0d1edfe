"""Pieces of series that the leakage check examines: a bounded number of rows, with lags, leads and calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from azuraforge.plugins.contract.arrays import Floats, Indices

#: Maximum number of examined rows, so that the time does not grow with the data.
MOST_ROWS = 4_500
_PIECE = 1_500
#: Minimum and maximum number of examined leads.
LEAST_LEADS, MOST_LEADS = 14, 120
_LAGS, _MOST_LAGS = 14, 32
#: Minimum number of rows in a piece for each lag and lead.
_ROWS_EACH = 6
_SHORTEST = 24
_DAY = 86_400.0
_PERIODS = (_DAY, 7 * _DAY, 365.2425 * _DAY)
_HARMONICS = 3


@dataclass(frozen=True)
class Span:
    """Lags of the target and of a column, which are known at a row, and the number of leads, which cannot be known."""

    lags: tuple[int, ...]
    leads: int


@dataclass(frozen=True)
class Piece:
    """Consecutive rows of one series.

    Attributes:
        rows: ``(row,)``, indices into the table.
        seconds: ``(row,)``, time in seconds since the epoch; None if rows have no time.
    """

    rows: Indices
    seconds: Floats | None = None


def span_of(longest: int, horizon: int, season: int) -> Span:
    """Choose lags and leads for pieces of up to ``longest`` rows.

    Example:
        >>> span_of(1500, horizon=3, season=7)
        Span(lags=(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14), leads=14)
    """
    affordable = max(2, longest // _ROWS_EACH // 2)
    count = min(max(_LAGS, season + 2 if season + 2 <= _MOST_LAGS else 0), affordable)
    lags = list(range(1, count + 1))
    if season > count:
        lags += [lag for lag in (season - 1, season, season + 1) if count < lag <= longest // 4]
    leads = max(horizon, LEAST_LEADS, season + 1 if season <= MOST_LEADS else 0)
    return Span(tuple(lags), min(leads, MOST_LEADS, affordable))


def pieces_of(series: Sequence[Piece]) -> list[Piece]:
    """Choose the pieces to examine.

    A single series of more than ``MOST_ROWS`` rows is reduced to its first, middle and last rows. If several series
    have more than ``MOST_ROWS`` rows in total, counting at most 1,500 rows of each, evenly spaced series are chosen and
    cut to their last 1,500 rows; otherwise, they are kept whole. Series of fewer than 24 rows are left out.
    """
    usable = [one for one in series if len(one.rows) >= _SHORTEST]
    if len(usable) == 1 and len(usable[0].rows) > MOST_ROWS:
        whole = usable[0]
        last = len(whole.rows) - _PIECE
        return [_cut(whole, start) for start in (0, last // 2, last)]
    step = max(1, -(-sum(min(len(one.rows), _PIECE) for one in usable) // MOST_ROWS))
    return [_cut(one, len(one.rows) - _PIECE) if len(one.rows) > _PIECE and step > 1 else one for one in usable[::step]]


def normal_scores(values: Floats) -> Floats:
    """Return the normal quantiles of the ranks, which any increasing transformation of the values leaves unchanged.

    Example:
        >>> x = np.array([0.1, 3.0, 2.0])
        >>> bool(np.allclose(normal_scores(x), normal_scores(np.exp(x))))
        True
    """
    from scipy.special import ndtri  # imported only for tables with covariates

    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - counts / 2
    return np.asarray(ndtri(ranks / len(values))[place], dtype=np.float64)


def scaled(values: Floats) -> Floats:
    """Return the values with mean 0 and standard deviation 1; zeros if they are all equal."""
    return (values - values.mean()) / values.std() if varies(values) else np.zeros_like(values)


def varies(values: Floats) -> bool:
    """Return whether there are two different values.

    The standard deviation is not used, because rounding can make it positive for equal values.

    Example:
        >>> varies(np.full(1500, 0.422915)), float(np.full(1500, 0.422915).std()) > 0
        (False, True)
    """
    return bool(values.size) and bool(values.max() > values.min())


def lagged(values: Floats, lags: Sequence[int], rows: slice) -> Floats:
    """Return the values ``lag`` rows before each row in ``rows``, ``(row, lag)``; after it if a lag is negative.

    Example:
        >>> lagged(np.arange(5.0), (1, -1), slice(1, 4)).tolist()
        [[0.0, 2.0], [1.0, 3.0], [2.0, 4.0]]
    """
    return np.stack([values[rows.start - lag : rows.stop - lag] for lag in lags], axis=1)


def calendar(piece: Piece, season: int) -> Floats:
    """Return harmonics of the season and, if rows have times, of the day, the week and the year, ``(row, wave)``.

    A period of the calendar is omitted if it is longer than the piece or shorter than two rows.
    """
    places: list[Floats] = [np.arange(len(piece.rows)) / season] if season > 1 else []
    if piece.seconds is not None:
        length = float(piece.seconds[-1] - piece.seconds[0])
        rhythm = length / max(1, len(piece.rows) - 1)
        places += [piece.seconds / period for period in _PERIODS if 2 * rhythm < period < length]
    turns = [2 * np.pi * step * place for place in places for step in range(1, _HARMONICS + 1)]
    waves = [wave(turn) for turn in turns for wave in (np.sin, np.cos)]
    return np.stack(waves, axis=1) if waves else np.zeros((len(piece.rows), 0))


def _cut(piece: Piece, start: int) -> Piece:
    at = slice(start, start + _PIECE)
    return Piece(piece.rows[at], None if piece.seconds is None else piece.seconds[at])
