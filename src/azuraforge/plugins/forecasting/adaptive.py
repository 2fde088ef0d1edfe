"""Adaptive prediction intervals, whose widths follow the outcomes known at each origin (adaptive conformal inference).

Split-conformal offsets keep their coverage only while errors have the same distribution as on the validation set, which
does not hold for prices. Here, the level that is looked up among the validation errors moves: it rises a little after
each actual value above a quantile and falls after each actual value below it. Outcomes count only if they are known at
the origin and the forecaster was not fitted to them, because errors on learned rows are too small and would make
intervals too narrow. A forecaster that is refitted on all rows starts at the levels that the evaluated forecaster had
reached at the end of these rows.

Source: Gibbs and Candès, "Adaptive Conformal Inference Under Distribution Shift", 2021; each quantile moves on its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.forecasting.calendar import moments_of
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.config import QUANTILE_LEVELS
from azuraforge.plugins.forecasting.intervals import FEW_ERRORS, residual_quantiles

#: Number of past outcomes that an origin uses.
MEMORY = 500
#: Change of the level after one outcome; the step size gamma of the authors.
STEP = 0.005
#: Number of quantiles in which validation errors are stored.
GRID = 401
#: An actual value this close to a quantile, as a share of the 90 % range of errors, counts partly as below and partly
#: as above it, so that rounding in the last bit of a forecast has no effect.
_SOFT = 1e-3
_BEYOND = 0.1
#: Number of values that are updated at once, so that they fit into a processor's cache.
_AT_ONCE = 20_000


@dataclass(frozen=True)
class Start:
    """Starting point of the moving levels of one series.

    Attributes:
        learned: time of the last row that the forecaster has learned, in microseconds UTC; its row number if rows have
            no time.
        levels: ``(level, horizon)``, the levels before the first outcome.
    """

    learned: int
    levels: Floats

    @classmethod
    def after(cls, part: Part) -> Self:
        """Return a start at ``QUANTILE_LEVELS``, for a forecaster fitted to one series up to the end of ``part``."""
        levels = np.repeat(np.asarray(QUANTILE_LEVELS)[:, None], part.horizon, axis=1)
        return cls(_last_moment(part), levels)

    @classmethod
    def after_levels(cls, part: Part, levels: Floats | None) -> Self:
        """Return a start like ``after``, but at ``levels`` ``(level, 1, horizon)`` unless they are None."""
        start = cls.after(part)
        return start if levels is None else cls(start.learned, levels[:, 0])

    def unlearned(self, part: Part, past: Part) -> Floats:
        """Return the result of ``past_truth``, ``(row, horizon)``, with NaN for the rows that were learned."""
        truth = column_values(part.frame, part.schema.target)
        fresh = moments_of(part.frame, part.schema) > self.learned
        return _following(np.where(fresh, truth, np.nan), past.origins, past.horizon)


def last_origin(rows: Part) -> Part:
    """Return a part of one series whose only origin is the last row; values known ahead are NaN."""
    origins = np.array([rows.frame.height - 1], dtype=np.int64)
    ahead = {column: np.full((1, rows.horizon), np.nan) for column in rows.ahead}
    return Part(rows.frame, rows.schema, rows.frame.height, rows.horizon, origins, ahead=ahead)


def starts_to_arrays(starts: Mapping[str, Start]) -> dict[str, Floats]:
    """Return the array ``levels``, ``(series, level, horizon)``, sorted by series name; empty without starts."""
    return {"levels": np.stack([starts[name].levels for name in sorted(starts)])} if starts else {}


def starts_from(learned: Mapping[str, int], levels: Floats | None) -> dict[str, Start]:
    """Return the starts by series; empty if ``levels`` is None.

    Args:
        learned: series name → ``Start.learned``.
        levels: array ``levels`` of ``starts_to_arrays``; None if there is none.
    """
    if levels is None:
        return {}
    return {name: Start(int(learned[name]), levels[place]) for place, name in enumerate(sorted(learned))}


def score_table(scores: Floats) -> Floats:
    """Return quantiles, ``(GRID, horizon)``, of validation errors ``(origin, horizon)`` at levels from 0 to 1."""
    return np.asarray(np.nanquantile(scores, np.linspace(0.0, 1.0, GRID), axis=0))


def error_table(errors: Floats) -> Floats:
    """Return quantiles of a point forecast's errors, ``(GRID, horizon)``, at levels from 0 to 1.

    They come from ``score_table``, or from ``residual_quantiles`` for rows ahead with few errors.
    """
    table, few = score_table(errors), np.isfinite(errors).sum(axis=0) <= FEW_ERRORS
    if few.any():
        step = 1 / (GRID - 1)
        grid = np.clip(np.linspace(0.0, 1.0, GRID), step / 2, 1 - step / 2)
        table[:, few] = residual_quantiles(errors, grid.tolist())[:, few]
    return table


def calibration_tables(errors: Floats, offsets: Floats) -> Floats:
    """Return a ``score_table`` for each quantile that a forecaster predicts, ``(level, GRID, horizon)``.

    For a row ahead with few errors, a table is shifted so that its value at the quantile's level is the fixed offset.

    Args:
        errors: ``(level, origin, horizon)``, actual value minus each predicted quantile at ``QUANTILE_LEVELS``.
        offsets: ``(level, horizon)``, fixed offsets from ``intervals.calibration``.
    """
    tables = np.stack([score_table(own) for own in errors])
    few = np.isfinite(errors[0]).sum(axis=0) <= FEW_ERRORS
    for table, offset, level in zip(tables, offsets, QUANTILE_LEVELS, strict=True):
        table[:, few] += (offset - table[round(level * (GRID - 1))])[few]
    return tables


def past_part(part: Part, first: int) -> Part | None:
    """Return the part with the recent origins whose outcomes are known at the origins of ``part``; None without any.

    Args:
        part: part to predict.
        first: first row from which the forecaster can predict.
    """
    if not len(part.origins):
        return None
    oldest = max(first, int(part.origins.min()) - part.horizon - MEMORY + 1)
    rows = np.arange(oldest, int(part.origins.max()) - part.horizon + 1, dtype=np.int64)
    if not len(rows):
        return None
    ahead = {column: _following(column_values(part.frame, column), rows, part.horizon) for column in part.ahead}
    return Part(part.frame, part.schema, part.start, part.horizon, rows, ahead=ahead)


def past_truth(part: Part, past: Part) -> Floats:
    """Return the values after each origin of ``past``, ``(row, horizon)``, NaN if unknown."""
    return _following(column_values(part.frame, part.schema.target), past.origins, past.horizon)


def adaptive_offsets(tables: Sequence[Floats], levels: Floats) -> Floats:
    """Return the offset of each quantile at each origin, ``(level, origin, horizon)``.

    Args:
        tables: table of each level, from ``score_table``.
        levels: ``(level, origin, horizon)``, from ``adapted_levels``.
    """
    return _looked_up(np.stack(tables), levels)


def adapted_levels(
    tables: Sequence[Floats],
    scores: Sequence[Floats],
    past: Indices,
    origins: Indices,
    levels: Sequence[float],
    start: Floats | None = None,
) -> Floats:
    """Return the levels adapted to the outcomes known at each origin, ``(level, origin, horizon)``.

    The level 0.5 is not adapted, because the median is not an end of an interval.

    Args:
        tables: table of each level, from ``score_table``.
        scores: for each level ``(row, horizon)``, actual value minus uncalibrated quantile; NaN if unknown.
        past: ``(row,)``, the consecutive origins of ``scores``, from ``past_part``.
        origins: ``(origin,)``, the origins for which levels are returned.
        levels: quantile levels between 0 and 1.
        start: ``(level, horizon)``, the levels before the first outcome; if None, ``levels``.
    """
    horizon = tables[0].shape[1]
    first = np.repeat(np.asarray(levels, dtype=np.float64)[:, None], horizon, axis=1) if start is None else start
    moving = [place for place, level in enumerate(levels) if level != 0.5]  # the median is not an end of an interval
    answers = np.full((len(levels), len(origins), horizon), 0.5)
    if moving:
        some_tables, some_scores = (np.stack([values[place] for place in moving]) for values in (tables, scores))
        asked = np.array([levels[place] for place in moving])
        size = max(1, _AT_ONCE // (horizon * len(moving)))
        for begin in range(0, len(origins), size):
            at = origins[begin : begin + size]
            answers[moving, begin : begin + size] = _moved(some_tables, some_scores, past, at, asked, first[moving])
    return answers


def _moved(tables: Floats, scores: Floats, past: Indices, origins: Indices, levels: Floats, first: Floats) -> Floats:
    """Return the adapted levels ``(level, origin, horizon)``.

    ``tables`` are ``(level, GRID, horizon)``, ``scores`` ``(level, row, horizon)``; see ``adapted_levels``.
    """
    horizon = tables.shape[2]
    upper, lower = tables[:, round(0.95 * (GRID - 1))], tables[:, round(0.05 * (GRID - 1))]
    width = (np.maximum(upper - lower, 1e-300) * _SOFT)[:, None]
    level = levels[:, None, None]
    asked = np.repeat(first[:, None], len(origins), axis=1)
    begin = origins - horizon - MEMORY + 1 - int(past[0])
    for step in range(MEMORY):
        rows = begin + step
        score = scores[:, np.clip(rows, 0, scores.shape[1] - 1)]
        known = (rows >= 0)[:, None] & np.isfinite(score)
        below = np.clip((_looked_up(tables, asked) - score) / width + 0.5, 0.0, 1.0)
        asked = np.where(known, asked + STEP * (level - below), asked)
    return asked


def _looked_up(tables: Floats, levels: Floats) -> Floats:
    """Return the errors at the given levels, ``(level, origin, horizon)``, interpolated between the rows of the tables.

    For levels outside 0 to 1, the authors use an infinite interval. Here, the interval grows linearly: by the distance
    from the median error to the outermost error for each ``_BEYOND`` by which the level exceeds the range.
    """
    place = np.clip(levels, 0.0, 1.0) * (GRID - 1)
    middle, first, last = (tables[:, row][:, None] for row in (GRID // 2, 0, -1))
    beyond = np.maximum(levels - 1.0, 0.0) * (last - middle) + np.minimum(levels, 0.0) * (middle - first)
    lower = np.minimum(place.astype(np.int64), GRID - 2)
    share = place - lower
    which, columns = np.arange(len(tables))[:, None, None], np.arange(tables.shape[2])
    low: Floats = tables[which, lower, columns]
    return np.asarray(low + share * (tables[which, lower + 1, columns] - low) + beyond / _BEYOND)


def _last_moment(part: Part) -> int:
    moments = moments_of(part.frame, part.schema)
    return int(moments[-1]) if len(moments) else -1


def _following(values: Floats, rows: Indices, horizon: int) -> Floats:
    padded = np.append(values, np.full(horizon, np.nan))
    return np.asarray(padded[rows[:, None] + np.arange(1, horizon + 1)])
