"""Widths of intervals, from a forecaster's errors on the validation set and inside the training set.

Many validation errors speak for themselves (split-conformal prediction). Of few, whose targets overlap, the largest is
hardly ever the 95 % quantile. Their mean square then only says how much larger errors are outside the training set
than inside it, where many more are known: these give the growth over the horizon, and whether errors grow with the
forecast. The quantiles are Student's t, with as many degrees of freedom as the training set holds whole
horizons, because so few errors are independent.

A refitted predictor has learned the validation set, too. Its own errors inside all rows then say how wide intervals
are, enlarged as the evaluated predictor's errors were outside its training set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.forecasting.adaptive import GRID, adapted_levels, adaptive_offsets, error_table
from azuraforge.plugins.forecasting.config import QUANTILE_LEVELS
from azuraforge.plugins.forecasting.intervals import in_order, residual_quantiles

#: Least number of origins, and of whole horizons, from which the validation set's errors suffice alone.
ENOUGH_ORIGINS, ENOUGH_STRETCHES = 40, 10
#: Number of newest origins inside the training set whose errors are used.
MOST_INSIDE = 1000
#: Candidate powers of the forecast with which errors grow, if all values are positive.
_POWERS = (0.0, 0.5, 1.0)
#: Weight of the expectation ``_EXPECTED``, in whole horizons.
_PRIOR_STRETCHES = 2.0
#: Expected ratio of squared errors outside the training set to those inside it, before any is known; larger for short
#: training sets, as if so many parameters had been fitted.
_EXPECTED, _PARAMETERS = 1.5, 3
#: The same for a refitted predictor, which forecasts from the end of the rows that it has learned, see
#: docs/decisions/0036.
_REFIT_EXPECTED, _REFIT_PARAMETERS = 1.0, 4
#: With fewer degrees of freedom, Student's t has no variance, and its quantiles would say little about the series.
_LEAST_FREEDOM = 2.0
#: Errors inside the training set below this share of those outside say nothing about these.
_LEAST_INSIDE = 1e-6
#: Share of the median forecast; smaller forecasts count as this large.
_LEAST_SHARE = 0.01

Known = NDArray[np.bool_]


@dataclass(frozen=True)
class Errors:
    """Errors of forecasts, each ``(origin, horizon)``: truth minus forecast, NaN where unknown; and the forecasts."""

    errors: Floats
    point: Floats


@dataclass(frozen=True)
class Spread:
    """Offsets of a forecast's quantiles, in units of the forecast to a power.

    Attributes:
        offsets: ``(level, horizon)`` for each of ``QUANTILE_LEVELS``.
        power: 0 if errors do not grow with the forecast.
        least: forecasts nearer to zero count as this.
        table: ``(GRID, horizon)`` quantiles of errors in the same units for adaptive intervals; empty if fixed.
        outside: mean ratio of squared validation errors to those inside the training set, less what its few rows add.
        stretches: number of whole horizons in the validation set behind ``outside``; 0 if it does not exist.
    """

    offsets: Floats = field(default_factory=lambda: np.zeros((len(QUANTILE_LEVELS), 0)))
    power: float = 0.0
    least: float = 0.0
    table: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    outside: float = 0.0
    stretches: float = 0.0

    def width(self, point: Floats) -> Floats:
        """Return the unit of each forecast, of the same shape."""
        if not self.power:
            return np.ones_like(point)
        return np.asarray(np.maximum(np.abs(point), self.least) ** self.power)

    def around(self, point: Floats, levels: Floats | None = None) -> Floats:
        """Return ``(level, origin, horizon)``: the quantiles of ``(origin, horizon)`` forecasts.

        ``levels`` of the same shape, from ``moved``, are looked up in the table instead of ``QUANTILE_LEVELS``.
        """
        offsets = self.offsets[:, None, :]
        if levels is not None:
            offsets = adaptive_offsets([self.table] * len(levels), levels)
        return in_order(point + offsets * self.width(point))

    def moved(self, past: Errors, rows: Indices, origins: Indices, start: Floats) -> Floats:
        """Return ``(level, origin, horizon)``: the levels, moved by the outcomes known at each origin.

        Args:
            past: at the rows before the origins, from ``past_part``; NaN where unknown or learned.
            rows: ``(row,)`` those rows.
            origins: ``(origin,)``.
            start: ``(level, horizon)`` before the first outcome.
        """
        levels = len(QUANTILE_LEVELS)
        scores = past.errors / self.width(past.point)
        return adapted_levels([self.table] * levels, [scores] * levels, rows, origins, QUANTILE_LEVELS, start)

    def refitted(self, inside: Errors) -> Spread:
        """Return the spread of the predictor that has learned every row, from its errors at origins inside these.

        It is unchanged if the errors are too few, or if later outcomes move adaptive intervals.
        """
        if not self.stretches or len(self.table) or not _says_something(inside.errors, self.offsets):
            return self
        scaled = inside.errors / self.width(inside.point)
        known = np.isfinite(scaled)
        rows, horizon = int(known.any(axis=1).sum()), scaled.shape[1]
        found = _REFIT_EXPECTED * _PRIOR_STRETCHES + self.outside * self.stretches
        larger = np.sqrt(_few(rows, _REFIT_PARAMETERS) * found / (_PRIOR_STRETCHES + self.stretches))
        freedom = max(_LEAST_FREEDOM, _stretches(rows, horizon))
        return replace(self, offsets=_student(freedom, QUANTILE_LEVELS, larger * _size_by_step(scaled, known)))

    def arrays(self) -> dict[str, Floats]:
        """Return the arrays that a version stores, see ``stored``."""
        scale = np.array([self.power, self.least, self.outside, self.stretches])
        return {"spread": self.offsets, "spread.scale": scale} | (
            {"spread.table": self.table} if self.table.size else {}
        )

    @classmethod
    def stored(cls, arrays: dict[str, Floats]) -> Spread:
        """Rebuild the spread from the result of ``Spread.arrays``, removing its entries from ``arrays``."""
        power, least, outside, stretches = arrays.pop("spread.scale").tolist()
        table = arrays.pop("spread.table", np.zeros((0, 0)))
        return cls(arrays.pop("spread"), power, least, table, outside, stretches)


def is_enough(errors: Floats) -> bool:
    """Return whether ``(origin, horizon)`` validation errors are enough by themselves."""
    origins = int(np.isfinite(errors).any(axis=1).sum())
    return origins >= ENOUGH_ORIGINS and _stretches(origins, errors.shape[1]) >= ENOUGH_STRETCHES


def spread_of(outside: Errors, inside: Errors | None, *, adaptive: bool) -> Spread:
    """Return the spread of a forecaster's errors.

    Args:
        outside: on the validation set.
        inside: at origins inside the training set; None: not measured, which ``is_enough`` allows.
        adaptive: intervals follow later outcomes, which needs a table.
    """
    errors = outside.errors
    if inside is None or is_enough(errors) or not _says_something(inside.errors, errors):
        table = error_table(errors) if adaptive and np.isfinite(errors).any(axis=0).all() else np.zeros((0, 0))
        return Spread(residual_quantiles(errors, QUANTILE_LEVELS, recency=True), table=table)
    horizon = errors.shape[1]
    least = _LEAST_SHARE * float(np.median(np.abs(inside.point)))
    spread = Spread(power=_power(outside, inside, least), least=least)
    scaled, seen = inside.errors / spread.width(inside.point), errors / spread.width(outside.point)
    known = np.isfinite(scaled)
    size = _size_by_step(scaled, known)
    ratios = (seen / size)[np.isfinite(seen)] ** 2
    rows = int(known.any(axis=1).sum())
    expected = _EXPECTED * _few(rows, _PARAMETERS)
    stretches = _stretches(int(np.isfinite(seen).any(axis=1).sum()), horizon)
    found = float(ratios.mean()) if len(ratios) else 0.0
    larger = np.sqrt((_PRIOR_STRETCHES * expected + stretches * found) / (_PRIOR_STRETCHES + stretches))
    freedom = max(_LEAST_FREEDOM, _stretches(rows, horizon))
    step = 1 / (GRID - 1)
    grid = np.clip(np.linspace(0.0, 1.0, GRID), step / 2, 1 - step / 2)
    table = _student(freedom, grid.tolist(), larger * size) if adaptive else spread.table
    offsets = _student(freedom, QUANTILE_LEVELS, larger * size)
    return Spread(offsets, spread.power, least, table, found / _few(rows, _REFIT_PARAMETERS), stretches)


def _few(rows: int, parameters: int) -> float:
    """Return the factor by which squared errors outside are larger because of few rows inside."""
    return rows / max(rows - parameters, 1)


def _says_something(inside: Floats, outside: Floats) -> bool:
    """Return whether errors inside the training set are known and not almost zero, as for a constant series."""
    known = np.abs(inside[np.isfinite(inside)])
    seen = np.abs(outside[np.isfinite(outside)])
    return bool(known.size) and float(known.max()) > _LEAST_INSIDE * float(seen.max(initial=0.0))


def _student(freedom: float, levels: Sequence[float], size: Floats) -> Floats:
    from scipy.special import stdtrit

    return np.stack([0.0 * size if level == 0.5 else float(stdtrit(freedom, level)) * size for level in levels])


def _power(outside: Errors, inside: Errors, least: float) -> float:
    """Return the power of the forecast with which errors inside the training set grow, by a normal likelihood."""
    for each in (outside, inside):
        if each.point.min() <= 0 or np.nanmin(each.errors + each.point, initial=np.inf) <= 0:
            return 0.0
    scores = []
    for power in _POWERS:
        width = Spread(power=power, least=least).width(inside.point)
        known = np.isfinite(inside.errors)
        scaled = inside.errors / width
        size = _size_by_step(scaled, known)
        scores.append(2 * float(np.log((size * width)[known]).mean()) + float(np.mean((scaled / size)[known] ** 2)))
    return _POWERS[int(np.argmin(scores))]


def _size_by_step(inside: Floats, known: Known) -> Floats:
    """Return ``(horizon,)``: the root mean square errors, made non-decreasing with the distance.

    Steps without errors, beyond the rows of a short series, go on as those of a random walk.
    """
    steps = np.arange(1, inside.shape[1] + 1)
    squares = np.where(known, inside**2, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    last = int(np.flatnonzero(known.any(axis=0))[-1])
    squares[last + 1 :] = squares[: last + 1].max() * steps[last + 1 :] / steps[last]
    return np.asarray(np.maximum(np.maximum.accumulate(np.sqrt(squares)), 1e-300))


def _stretches(origins: int, horizon: int) -> float:
    """Return how many whole horizons the targets of consecutive origins hold."""
    return (origins + horizon - 1) / horizon if origins else 0.0
