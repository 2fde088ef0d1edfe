"""Patterns in which a column may contain later values of the target.

Patterns name the kind of a leak, and detect leaks that no regression shows. The similarity of a pattern and a column is
the squared correlation of their values or of their ranks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from azuraforge.plugins.contract.arrays import Flags, Floats
from azuraforge.plugins.forecasting.foreknowledge.linear import carried
from azuraforge.plugins.forecasting.foreknowledge.pieces import Piece, Span, normal_scores, varies

PatternName: TypeAlias = Literal[
    "later_target", "average_ahead", "centred_average", "extreme_ahead", "change_ahead", "period_value", "interpolated"
]

#: Minimum share at which a column follows a pattern; without noise the share is 1.
EXACT = 0.98
#: Minimum number of periods, changes or rows that are evidence.
_FEWEST = 8
_FEWEST_ROWS = 20
#: Maximum number of distinct values of a flag.
_FLAG_VALUES = 3
_WIDTHS = (2, 3, 4, 5, 7, 10, 12, 14, 24, 30)
#: A column is constant over periods if at least this share of its values equal the previous value.
_STILL = 0.5
_EQUAL = 1e-6
#: Minimum share of the column's changes that the changes of an extreme explain.
_SAME_CHANGES = 0.5


@dataclass(frozen=True)
class Pattern:
    """A pattern in a column, the number of rows that it reaches ahead, and the share of the column that it explains."""

    name: PatternName
    rows_ahead: int
    share: float


def nearest(target: Floats, column: Floats, pieces: Sequence[Piece], span: Span) -> Pattern | None:
    """Return the linear pattern of later values that is most similar to the column; None with too few rows."""
    found: list[Pattern] = []
    for piece in pieces:
        y, c = carried(target)[piece.rows], carried(column)[piece.rows]
        if len(y) >= _FEWEST_ROWS + 2 * span.leads:
            found += [
                Pattern(name, rows_ahead, _alike(c, values)) for name, rows_ahead, values in _later(y, span.leads)
            ]
    return max(found, key=lambda each: each.share, default=None)


def events_ahead(target: Floats, column: Floats, pieces: Sequence[Piece], span: Span) -> Pattern | None:
    """Return a nonlinear pattern that the column follows almost exactly in at least half of the pieces, or None.

    Nonlinear patterns are changes, extremes, values of periods, and interpolations.
    """
    found = [
        max(exact, key=lambda each: each.share)
        for piece in pieces
        if (
            exact := [
                each
                for each in _events(carried(target)[piece.rows], carried(column)[piece.rows], span.leads)
                if each.share >= EXACT
            ]
        )
    ]
    # A single short piece could follow a pattern by chance; a leak follows it in most pieces.
    return max(found, key=lambda each: each.share) if found and 2 * len(found) >= len(pieces) else None


def same_row_copy(target: Floats, column: Floats) -> bool:
    """Return whether the column is a linear or monotonic function of the target in the same row.

    A linear function may differ in one of 1,000 rows. The result is False if fewer than 20 rows are known in both.
    """
    known = np.isfinite(target) & np.isfinite(column)
    if known.sum() < _FEWEST_ROWS:
        return False
    y, c = target[known], column[known]
    if not (varies(y) and varies(c)):
        return False
    slope = np.cov(y, c)[0, 1] / y.var(ddof=1)
    linear = np.abs(c - c.mean() - slope * (y - y.mean())) <= _EQUAL * c.std()
    if linear.mean() >= 1 - 1e-3 and slope != 0:
        return True
    ranks = normal_scores(y)
    varied = len(np.unique(c)) > len(c) // 2
    return varied and any(np.allclose(ranks, side * normal_scores(c)) for side in (1, -1))


def same_values(one: Floats, other: Floats) -> bool:
    """Return whether two columns have the same values in at least 99.9 % of the rows in which both are known.

    The result is False if there are fewer than 20 of these rows, or if the values do not vary.
    """
    known = np.isfinite(one) & np.isfinite(other)
    if known.sum() < _FEWEST_ROWS or not varies(one[known]):
        return False
    return bool((np.abs(one[known] - other[known]) <= _EQUAL * one[known].std()).mean() >= 1 - 1e-3)


def _later(y: Floats, leads: int) -> Iterator[tuple[PatternName, int, Floats]]:
    """Yield the name, the rows ahead and the values ``(row,)`` of each linear pattern, NaN beyond the last row."""
    sums = np.concatenate([[0.0], np.cumsum(y)])
    for lead in range(1, leads + 1):
        yield "later_target", lead, _shifted(y, lead)
        yield "change_ahead", lead, _shifted(y, lead) - y
    for width in _WIDTHS:
        if width <= leads:
            yield "average_ahead", width, _shifted(_window_mean(sums, width), 1)
        if width > 2 and width // 2 <= leads:
            half = width // 2
            yield "centred_average", half, _shifted(_window_mean(sums, 2 * half + 1), -half)


def _events(y: Floats, c: Floats, leads: int) -> Iterator[Pattern]:
    if len(y) < _FEWEST_ROWS or not (varies(y) and varies(c)):
        return
    distinct = len(np.unique(c[:500]))
    for lead in range(1, min(leads, len(y) // 4) + 1):
        change = _shifted(y, lead) - y
        if distinct <= 3:
            step = _shifted(y, lead) - _shifted(y, lead - 1)
            for each in (change, step):
                yield Pattern("change_ahead", lead, _alike(c, np.where(np.isfinite(each), each > 0, np.nan)))
        else:
            yield Pattern("change_ahead", lead, _alike(c, np.abs(change)))
    now = _alike(c, y)
    if distinct > 3:
        for width in (each for each in _WIDTHS if each <= min(leads, len(y) // 4)):
            ahead = np.stack([_shifted(y, lead) for lead in range(1, width + 1)])
            for extreme in (ahead.max(axis=0), ahead.min(axis=0)):
                share = _alike(c, extreme)
                # Rows of a slow target are similar to their neighbours, and trends to each other, unlike their changes.
                if 1 - share <= (1 - now) / 10 and _alike(np.diff(c), np.diff(extreme)) >= _SAME_CHANGES:
                    yield Pattern("extreme_ahead", width, share)
    yield from _periods(y, c)
    yield from _interpolation(y, c)


def _periods(y: Floats, c: Floats) -> Iterator[Pattern]:
    """Yield the pattern of a column that is constant over periods, with a value known only at the end of a period."""
    still = np.diff(c) == 0
    if not _STILL <= still.mean() < 1:
        return
    starts = np.concatenate([[0], np.flatnonzero(~still) + 1])
    lengths = np.diff(np.append(starts, len(c)))
    whole = slice(1, len(starts) - 1)  # the first and the last period may be incomplete
    if len(starts) - 2 < _FEWEST or lengths[whole].max() < 3:
        return
    mean = np.add.reduceat(y, starts) / lengths
    values: tuple[Floats, ...] = (
        mean,
        mean * lengths,
        np.maximum.reduceat(y, starts),
        np.minimum.reduceat(y, starts),
        y[starts + lengths - 1],
    )
    held = c[starts]
    if len(np.unique(held[whole])) <= _FLAG_VALUES:
        return  # such as weekends or opening hours, which are known in advance
    first = y[starts]
    # A value that also occurs in the row before the period, or in its first row, was known in time.
    known = max(
        _alike(held[whole], each) for each in (y[starts - 1][whole], first[whole], lengths[whole].astype(float))
    )
    share = max(_alike(held[whole], each[whole]) for each in values)
    if share > known + (1 - known) / 2:
        yield Pattern("period_value", int(np.median(lengths)), share)


def _interpolation(y: Floats, c: Floats) -> Iterator[Pattern]:
    """Yield the pattern of a column that is linear between rows at which it equals the target."""
    bend = np.abs(np.diff(c, 2)) > _EQUAL * c.std()
    knots = np.flatnonzero(bend) + 1
    if len(knots) < _FEWEST or bend.mean() > _STILL:
        return
    apart = np.diff(knots)
    if np.median(apart) >= 3 and not (np.diff(c) == 0).mean() >= _STILL:
        yield Pattern("interpolated", int(np.median(apart)), _alike(c[knots], y[knots]))


def _alike(column: Floats, pattern: Floats) -> float:
    """Return the larger of the squared correlations of the values and of their ranks."""
    known: Flags = np.isfinite(pattern) & np.isfinite(column)
    c, p = column[known], pattern[known]
    if len(c) < _FEWEST or not (varies(c) and varies(p)):
        return 0.0
    plain = float(np.corrcoef(c, p)[0, 1]) ** 2
    return plain if plain >= EXACT else max(plain, float(np.corrcoef(normal_scores(c), normal_scores(p))[0, 1]) ** 2)


def _shifted(y: Floats, lead: int) -> Floats:
    """Return the value ``lead`` rows later (earlier if negative), ``(row,)``, NaN beyond the ends."""
    out = np.full(len(y), np.nan)
    if lead >= 0:
        out[: len(y) - lead] = y[lead:]
    else:
        out[-lead:] = y[:lead]
    return out


def _window_mean(sums: Floats, width: int) -> Floats:
    """Return the mean of each row and the next ``width - 1`` rows, ``(row,)``, from cumulative sums.

    Means beyond the last row are NaN.
    """
    out = np.full(len(sums) - 1, np.nan)
    out[: len(sums) - width] = (sums[width:] - sums[:-width]) / width
    return out
