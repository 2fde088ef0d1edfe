"""Widths of prediction intervals, from a forecaster's errors on the validation set and within the training set.

If there are many validation errors, their quantiles are used directly (split-conformal prediction). If there are few,
whose targets overlap, the largest is rarely the 95 % quantile. The more numerous errors within the training set then
show how errors grow with the horizon and with the forecast, and the validation errors only show by which factor errors
outside the training set are larger. The quantiles are those of Student's t distribution. Its degrees of freedom are the
number of horizons that the training set covers, because only that many errors are independent.

A refitted predictor was also fitted to the validation set. Its widths come from its errors within all rows, enlarged by
the factor that was measured for the evaluated predictor.
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

#: Minimum number of origins, and of horizons that they cover, at which validation errors alone are used.
ENOUGH_ORIGINS, ENOUGH_STRETCHES = 40, 10
#: Maximum number of origins within the training set whose errors are used; the newest are chosen.
MOST_INSIDE = 1000
#: Candidate exponents: if all values are positive, errors may grow with a power of the forecast.
_POWERS = (0.0, 0.5, 1.0)
#: Weight of the prior ratio ``_EXPECTED``, as a number of horizons.
_PRIOR_STRETCHES = 2.0
#: Prior ratio of squared errors outside the training set to those within it, and the assumed number of fitted
#: parameters, which makes the ratio larger for short training sets.
_EXPECTED, _PARAMETERS = 1.5, 3
#: Both values for a refitted predictor, which forecasts from the end of the rows that it has learned, see
#: docs/decisions/0036.
_REFIT_EXPECTED, _REFIT_PARAMETERS = 1.0, 4
#: Minimum degrees of freedom: with fewer, Student's t distribution has no finite variance, and its quantiles would say
#: little about the series.
_LEAST_FREEDOM = 2.0
#: Errors within the training set are ignored if they are smaller than this share of those outside.
_LEAST_INSIDE = 1e-6
#: Share of the median forecast that replaces smaller forecasts in the unit of errors.
_LEAST_SHARE = 0.01

Known = NDArray[np.bool_]


@dataclass(frozen=True)
class Errors:
    """Forecasts and their errors.

    Attributes:
        errors: actual value minus forecast, ``(origin, horizon)``; NaN if the actual value is unknown.
        point: forecasts, ``(origin, horizon)``.
    """

    errors: Floats
    point: Floats


@dataclass(frozen=True)
class Spread:
    """Offsets of a forecast's quantiles, in the unit ``max(|forecast|, least) ** power``.

    Attributes:
        offsets: offsets of the quantiles at ``QUANTILE_LEVELS``, ``(level, horizon)``.
        power: exponent in the unit; 0 if errors do not grow with the forecast.
        least: replacement in the unit for smaller absolute forecasts.
        table: quantiles of errors in the same unit, for adaptive intervals, ``(GRID, horizon)``; empty if fixed.
        outside: mean ratio of squared validation errors to squared training errors, corrected for the number of rows.
        stretches: number of horizons that the validation errors behind ``outside`` cover; 0 if it was not measured.
    """

    offsets: Floats = field(default_factory=lambda: np.zeros((len(QUANTILE_LEVELS), 0)))
    power: float = 0.0
    least: float = 0.0
    table: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    outside: float = 0.0
    stretches: float = 0.0

    def width(self, point: Floats) -> Floats:
        """Return the unit of the offsets for each forecast, in the shape of ``point``."""
        if not self.power:
            return np.ones_like(point)
        return np.asarray(np.maximum(np.abs(point), self.least) ** self.power)

    def around(self, point: Floats, levels: Floats | None = None) -> Floats:
        """Return quantiles around the forecasts: ``(origin, horizon)`` → ``(level, origin, horizon)``.

        For adaptive intervals, ``levels`` ``(level, origin, horizon)`` from ``moved`` are looked up in ``table``.
        """
        offsets = self.offsets[:, None, :]
        if levels is not None:
            offsets = adaptive_offsets([self.table] * len(levels), levels)
        return in_order(point + offsets * self.width(point))

    def moved(self, past: Errors, rows: Indices, origins: Indices, start: Floats) -> Floats:
        """Return the levels ``(level, origin, horizon)``, adapted to the outcomes known at each origin.

        Args:
            past: forecasts from earlier rows, see ``past_part``, and their errors, NaN if unknown or learned.
            rows: origins of ``past``, ``(row,)``.
            origins: origins for which levels are returned, ``(origin,)``.
            start: levels before the first outcome, ``(level, horizon)``.
        """
        levels = len(QUANTILE_LEVELS)
        scores = past.errors / self.width(past.point)
        return adapted_levels([self.table] * levels, [scores] * levels, rows, origins, QUANTILE_LEVELS, start)

    def refitted(self, inside: Errors) -> Spread:
        """Return the spread of a refitted predictor, from its errors within the rows to which it was fitted.

        The spread stays unchanged if intervals are adaptive, if it came from validation errors alone, or if the errors
        are almost zero.
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
        """Return the arrays to store with a version, by name; see ``stored``."""
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
    """Return whether there are enough validation errors ``(origin, horizon)`` to use their quantiles directly."""
    origins = int(np.isfinite(errors).any(axis=1).sum())
    return origins >= ENOUGH_ORIGINS and _stretches(origins, errors.shape[1]) >= ENOUGH_STRETCHES


def spread_of(outside: Errors, inside: Errors | None, *, adaptive: bool) -> Spread:
    """Return the spread of a forecaster's errors.

    Args:
        outside: forecasts on the validation set and their errors.
        inside: forecasts within the training set and their errors; None to use validation errors alone.
        adaptive: whether intervals adapt to later outcomes, which requires a table. If validation errors alone are used
            and a row ahead has none, the intervals are fixed.
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
    """Return the factor by which squared errors outside a training set of ``rows`` rows are larger than within it."""
    return rows / max(rows - parameters, 1)


def _says_something(inside: Floats, outside: Floats) -> bool:
    """Return whether errors within the training set are known and exceed a share of the errors outside it."""
    known = np.abs(inside[np.isfinite(inside)])
    seen = np.abs(outside[np.isfinite(outside)])
    return bool(known.size) and float(known.max()) > _LEAST_INSIDE * float(seen.max(initial=0.0))


def _student(freedom: float, levels: Sequence[float], size: Floats) -> Floats:
    from scipy.special import stdtrit

    return np.stack([0.0 * size if level == 0.5 else float(stdtrit(freedom, level)) * size for level in levels])


def _power(outside: Errors, inside: Errors, least: float) -> float:
    """Return the candidate exponent with the largest normal likelihood of the errors within the training set.

    Return 0 unless all forecasts and actual values are positive.
    """
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
    """Return the root mean square error of each row ahead, made non-decreasing, ``(horizon,)``.

    Rows ahead without errors, in a series shorter than the horizon, get the growth of a random walk's errors.
    """
    steps = np.arange(1, inside.shape[1] + 1)
    squares = np.where(known, inside**2, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    last = int(np.flatnonzero(known.any(axis=0))[-1])
    squares[last + 1 :] = squares[: last + 1].max() * steps[last + 1 :] / steps[last]
    return np.asarray(np.maximum(np.maximum.accumulate(np.sqrt(squares)), 1e-300))


def _stretches(origins: int, horizon: int) -> float:
    """Return the number of rows that the targets of consecutive origins cover, divided by the horizon."""
    return (origins + horizon - 1) / horizon if origins else 0.0
