"""Metrics of forecasts, computed by the platform in the unit of the target.

Errors are ``predicted - actual`` at ``(origin, horizon)``; values without a known true value (NaN) are left out. A
metric that is undefined, such as R² of a constant series or MASE of a perfectly seasonal series, is None.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.parts import Predictions
from azuraforge.plugins.kinds.forecast.predictions import interval_of

#: Spreads below this share of the largest absolute value are rounding errors, which must not be divisors.
_ROUNDING = 1e-12
#: Share of zeros from which a series counts as intermittent, so that percentage errors are meaningless.
INTERMITTENT_SHARE = 0.3
#: Spreads below this count as zero, because the square of an error divided by them would overflow.
_SMALLEST = 1e-140


#: Metric name → value: rmse, mae, mase, smape in percent (0 to 200), r2 and coverage as a share; ``horizon`` is added
#: if the metrics are those of one horizon.
Metrics: TypeAlias = dict[str, float | None]


def seasonal_scale(train: Floats, season: int) -> float | None:
    """Return the denominator of MASE: the mean absolute error of the seasonal naive forecast in the training set.

    Uses the naive forecast if the training set is not longer than one season. Returns None if the error is zero or
    unknown.
    Source: Hyndman and Koehler, "Another look at measures of forecast accuracy", 2006.

    Example:
        >>> seasonal_scale(np.array([1.0, 5.0, 2.0, 7.0]), season=2)
        1.5
    """
    lag = season if season < len(train) else 1
    differences = np.abs(train[lag:] - train[:-lag])
    differences = differences[np.isfinite(differences)]
    if not differences.size:
        return None
    scale = float(differences.mean())
    return scale if scale > max(_SMALLEST, _ROUNDING * _size(train)) else None


def measure(truth: Floats, predictions: Predictions, scale: float | None) -> tuple[Metrics, list[Metrics]]:
    """Return the metrics over all horizons together, and a list with the metrics of each horizon.

    Args:
        truth: ``(origin, horizon)`` true values, NaN where missing.
        predictions: predictions of the same shape.
        scale: denominator of MASE from ``seasonal_scale``; None if undefined.
    """
    interval = interval_of(predictions)
    overall = measure_all(truth, predictions.point, None if interval is None else (interval[1], interval[2]), scale)
    horizons: list[Metrics] = []
    for step in range(truth.shape[1]):
        column = slice(step, step + 1)
        ends = None if interval is None else (interval[1][:, column], interval[2][:, column])
        at_step = measure_all(truth[:, column], predictions.point[:, column], ends, scale)
        horizons.append({"horizon": step + 1, **at_step})
    return overall, horizons


def skill(rmse: float | None, best_baseline_rmse: float | None) -> float | None:
    """Return ``1 - rmse / best_baseline_rmse``, which is positive if the candidate is better; None if undefined.

    Example:
        >>> skill(0.75, 1.0)
        0.25
    """
    if rmse is None or not best_baseline_rmse:
        return None
    return 1 - rmse / best_baseline_rmse


def squared_errors(truth: Floats, point: Floats) -> Floats:
    """Return the squared errors, ``(origin, horizon)``, NaN where the true value is missing."""
    return np.square(point - truth)


def shown_horizons(horizon: int, limit: int = 6) -> list[int]:
    """Return the horizons that a table shows: the last, a half of it, a quarter and so on to 1; at most ``limit``.

    Example:
        >>> shown_horizons(8), shown_horizons(24), shown_horizons(1)
        ([1, 2, 4, 8], [1, 3, 6, 12, 24], [1])
    """
    halves = [horizon]
    while halves[-1] > 1:
        halves.append(halves[-1] // 2)
    if len(halves) > limit:
        picked = np.unique(np.linspace(0, len(halves) - 1, limit).round().astype(int))
        halves = [halves[index] for index in picked]
    return sorted(halves)


def measure_all(truth: Floats, point: Floats, interval: tuple[Floats, Floats] | None, scale: float | None) -> Metrics:
    """Return the metrics over all known values together.

    Args:
        truth: ``(origin, horizon)`` true values, NaN where missing.
        point: predictions of the same shape.
        interval: lower and upper ends of the prediction interval, of the same shape; None if there is none.
        scale: denominator of MASE from ``seasonal_scale``; None if undefined.
    """
    known = np.isfinite(truth)
    actual, predicted = truth[known], point[known]
    if not actual.size:
        return {"rmse": None, "mae": None, "mase": None, "smape": None, "r2": None, "coverage": None}
    error = predicted - actual
    absolute = np.abs(error)
    mae = float(absolute.mean())
    coverage = None
    if interval is not None:
        coverage = float(((interval[0][known] <= actual) & (actual <= interval[1][known])).mean())
    return {
        "rmse": math.sqrt(float(np.square(error).mean())),
        "mae": mae,
        "mase": mae / scale if scale else None,
        "smape": _smape(actual, predicted, absolute),
        "r2": _r2(actual, error),
        "coverage": coverage,
    }


def _smape(actual: Floats, predicted: Floats, absolute: Floats) -> float | None:
    """Return the symmetric mean absolute percentage error in percent (0 to 200).

    Pairs of a true and a predicted value that are both zero are left out. Returns None for intermittent series, where
    most terms would be 0 or 200 % for any prediction.
    """
    if np.mean(actual == 0) >= INTERMITTENT_SHARE:
        return None
    size = np.abs(actual) + np.abs(predicted)
    defined = size > 0
    return float(200 * (absolute[defined] / size[defined]).mean()) if defined.any() else None


def _r2(actual: Floats, error: Floats) -> float | None:
    deviation = actual - actual.mean()
    spread = float(np.abs(deviation).max())
    if spread <= _ROUNDING * _size(actual):
        return None
    # Divided by the spread before squaring, because squares of tiny numbers underflow and those of huge ones overflow.
    unexplained = float(np.square(error / max(spread, _SMALLEST)).sum())
    value = 1 - unexplained / float(np.square(deviation / max(spread, _SMALLEST)).sum() or 1.0)
    return value if spread > _SMALLEST and math.isfinite(value) else None


def _size(values: Floats) -> float:
    known = np.abs(values[np.isfinite(values)])
    return float(known.max(initial=0.0))
