"""Residuals of a forecast: the distribution of its errors, their course over time, and errors by slice.

Errors are ``predicted - actual``. Distribution, course and autocorrelation use the errors one row ahead, whose
targets do not overlap; slices use all horizons. Everything is computed from stored predictions in a child process that
loads no pipeline.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.figure import Figure
from azuraforge.plugins.contract.judging import ExplainCase
from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.kinds.forecast.figures import (
    ActualPredicted,
    ErrorSlices,
    ErrorsOverTime,
    Histogram,
    LjungBox,
    NormalQuantiles,
    Residuals,
    ResidualShape,
    SliceError,
    SliceErrors,
)
from azuraforge.plugins.kinds.forecast.metrics import skill
from azuraforge.plugins.kinds.forecast.parts import load_part, times_of
from azuraforge.plugins.kinds.forecast.predictions import load_predictions

#: Maximum number of drawn points; from longer series evenly spaced points are drawn, including both ends.
DRAWN_POINTS = 1000
QQ_POINTS = 101
MOST_BINS = 60
MOST_LAGS = 60
#: Minimum number of errors of a slice; with fewer, its RMSE is mostly chance.
FEWEST_ERRORS = 10
_DAY_SECONDS = 86_400


def residual_figures(case: ExplainCase, season: int) -> dict[str, Figure]:
    """Return the figures ``actual_predicted``, ``residuals`` and ``slices`` of the candidate and the best baseline."""
    truth = np.load(case.truth / "truth.npy", allow_pickle=False)
    test = load_part(case.test)
    point, baseline_point = (
        load_predictions(Path(each.predictions) / "test.npz").point for each in (case.candidate, case.baseline)
    )
    rows = times_of(test.frame, test.schema)
    times = [rows[origin + 1] for origin in test.origins.tolist()]
    named = {
        "contender": case.candidate.name,
        "baseline": case.baseline.name,
        "target": test.schema.target,
        "unit": test.schema.unit,
    }
    actual, predicted, baseline = (values[:, 0] for values in (truth, point, baseline_point))
    known = np.flatnonzero(np.isfinite(actual))
    drawn = known[thinned(len(known), DRAWN_POINTS)]
    shape = residual_shape(predicted - actual, times, season)
    of_baseline = autocorrelation(baseline - actual, lags_of(len(truth), season))
    return {
        "actual_predicted": ActualPredicted(
            **named,
            horizon=1,
            origins=len(known),
            actual=tuple(actual[drawn].tolist()),
            predicted=tuple(predicted[drawn].tolist()),
            baseline_predicted=tuple(baseline[drawn].tolist()),
        ),
        "residuals": Residuals.model_validate({**named, **dict(shape), "baseline_autocorrelation": tuple(of_baseline)}),
        "slices": ErrorSlices(**named, slices=error_by_slice(test, truth, point, baseline_point)),
    }


def residual_shape(errors: Floats, times: list[str], season: int) -> ResidualShape:
    """Return the distribution of the errors, their course over time, and their autocorrelation.

    Args:
        errors: ``(origin,)`` errors one row ahead, NaN where the true value is missing.
        times: ``(origin,)`` times of the targets.
        season: number of rows in one season; the autocorrelation covers two seasons if there are enough origins.
    """
    known = np.flatnonzero(np.isfinite(errors))
    left = errors[known]
    drawn = known[thinned(len(known), DRAWN_POINTS)]
    mean, spread = (float(left.mean()), float(left.std(ddof=1))) if len(left) > 1 else (None, None)
    lags = lags_of(len(errors), season)
    return ResidualShape(
        horizon=1,
        origins=len(left),
        mean=mean,
        standard_deviation=spread,
        skewness=_moment(left, 3),
        excess_kurtosis=None if (fourth := _moment(left, 4)) is None else fourth - 3,
        histogram=histogram(left),
        qq=normal_quantiles(left),
        over_time=ErrorsOverTime(
            at=tuple(times[index] for index in drawn.tolist()), error=tuple(errors[drawn].tolist())
        ),
        autocorrelation=tuple(autocorrelation(errors, lags)),
        autocorrelation_bound=1.96 / math.sqrt(len(left)) if len(left) else None,
        ljung_box=ljung_box(errors, lags),
    )


def histogram(errors: Floats) -> Histogram:
    """Return a histogram with the bin width of Freedman and Diaconis (1981), but at most ``MOST_BINS`` bins.

    It has no bins if there are no errors.

    Example:
        >>> sum(histogram(np.arange(10.0)).counts)
        10
    """
    if not len(errors):
        return Histogram(edges=(), counts=())
    edges = np.histogram_bin_edges(errors, "fd")
    if len(edges) > MOST_BINS + 1:
        edges = np.linspace(errors.min(), errors.max(), MOST_BINS + 1)
    counts, edges = np.histogram(errors, edges)
    return Histogram(edges=tuple(edges.tolist()), counts=tuple(counts.tolist()))


def normal_quantiles(errors: Floats) -> NormalQuantiles:
    """Return the points of a normal QQ plot: standardised errors against normal quantiles of their rank (Blom, 1958).

    The result is empty if there are fewer than three errors or all are equal.
    """
    if len(errors) < 3 or not errors.std():
        return NormalQuantiles(normal=(), error=())
    from scipy.special import ndtri

    ordered = np.sort((errors - errors.mean()) / errors.std(ddof=1))
    expected = ndtri((np.arange(1, len(ordered) + 1) - 0.375) / (len(ordered) + 0.25))
    drawn = thinned(len(ordered), QQ_POINTS)
    return NormalQuantiles(normal=tuple(expected[drawn].tolist()), error=tuple(ordered[drawn].tolist()))


def autocorrelation(errors: Floats, lags: int) -> list[float]:
    """Return the autocorrelation of the errors at the lags 1 to ``lags``, in origins; NaN errors are left out.

    The result is empty if fewer than three errors are known or all are equal.

    Example:
        >>> [round(value, 3) for value in autocorrelation(np.array([1.0, -1.0] * 50), 2)]
        [-0.99, 0.98]
    """
    known = np.isfinite(errors)
    if known.sum() < 3:
        return []
    centred = np.where(known, errors - errors[known].mean(), 0.0)
    variance = float(np.square(centred).sum())
    if variance <= 0:
        return []
    return [float((centred[lag:] * centred[:-lag]).sum()) / variance for lag in range(1, lags + 1)]


def ljung_box(errors: Floats, lags: int) -> LjungBox | None:
    """Return the test of Ljung and Box (1978) for autocorrelation up to ``lags``; None if there are too few errors.

    A small p-value indicates that the errors are autocorrelated.
    """
    found = autocorrelation(errors, lags)
    origins = int(np.isfinite(errors).sum())
    if not found or origins <= lags + 1:
        return None
    from scipy.special import chdtrc

    each = [value**2 / (origins - lag) for lag, value in enumerate(found, 1)]
    statistic = origins * (origins + 2) * sum(each)
    return LjungBox(lags=lags, statistic=statistic, p=float(chdtrc(lags, statistic)))


def lags_of(origins: int, season: int) -> int:
    """Return the number of lags: two seasons but at least 10, and at most 60 or a fifth of the origins."""
    return max(1, min(max(10, 2 * season), MOST_LAGS, origins // 5))


def error_by_slice(test: Part, truth: Floats, point: Floats, baseline: Floats) -> tuple[SliceErrors, ...]:
    """Return the RMSE of the candidate and the best baseline by horizon, hour, weekday, month and level.

    Hours, weekdays (1 is Monday) and months are those of the target's time in the time zone of the schema. The level is
    the tercile (1 to 3) of the last known value at the origin; it is known when the forecast is made, so no slice
    depends on the outcome. Slices with fewer than ``FEWEST_ERRORS`` errors are left out, and so are keys with fewer
    than two slices.

    Args:
        test: test set.
        truth: ``(origin, horizon)`` true values, NaN where missing.
        point, baseline: ``(origin, horizon)`` predictions of the candidate and of the best baseline.
    """
    keys: dict[str, NDArray[np.int64]] = {}
    if truth.shape[1] > 1:
        keys["horizon"] = np.broadcast_to(np.arange(1, truth.shape[1] + 1), truth.shape)
    keys |= _calendar_keys(test, truth.shape)
    if (level := _level_keys(test)) is not None:
        keys["level"] = np.broadcast_to(level[:, None], truth.shape)
    found: list[SliceErrors] = []
    for by, key in keys.items():
        rows = [
            row for value in np.unique(key).tolist() if (row := _slice(value, key == value, truth, point, baseline))
        ]
        if len(rows) > 1:
            found.append(SliceErrors(by=by, rows=tuple(rows)))
    return tuple(found)


def thinned(count: int, most: int) -> NDArray[np.int64]:
    """Return at most ``most`` evenly spaced indices below ``count``, including the first and the last.

    Example:
        >>> thinned(10, 4).tolist(), thinned(3, 4).tolist()
        ([0, 3, 6, 9], [0, 1, 2])
    """
    if count <= most:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, most).round().astype(np.int64))


def _slice(value: int, rows: NDArray[np.bool_], truth: Floats, point: Floats, baseline: Floats) -> SliceError | None:
    rows = rows & np.isfinite(truth)
    if (count := int(rows.sum())) < FEWEST_ERRORS:
        return None
    rmse, baseline_rmse = (math.sqrt(float(np.square(side[rows] - truth[rows]).mean())) for side in (point, baseline))
    return SliceError(
        value=value, errors=count, rmse=rmse, baseline_rmse=baseline_rmse, skill=skill(rmse, baseline_rmse)
    )


def _calendar_keys(test: Part, shape: tuple[int, int]) -> dict[str, NDArray[np.int64]]:
    """Return key → ``(origin, horizon)`` hour, weekday or month of each target.

    A key is left out if the distance of the rows makes it meaningless, such as the hour of daily rows.
    """
    if test.schema.time is None:
        return {}
    import polars as pl

    times = test.frame.get_column(test.schema.time).cast(pl.Datetime("us", "UTC"))
    spacing = times.diff().dt.total_seconds().median()
    if not isinstance(spacing, int | float) or spacing <= 0:
        return {}
    local = times.dt.convert_time_zone(test.schema.timezone).dt
    asked = [("hour", local.hour, spacing < _DAY_SECONDS), ("weekday", local.weekday, spacing < 1.5 * _DAY_SECONDS)]
    asked.append(("month", local.month, spacing < 32 * _DAY_SECONDS))
    targets = np.minimum(test.origins[:, None] + np.arange(1, shape[1] + 1), test.frame.height - 1)
    return {by: read().to_numpy().astype(np.int64)[targets] for by, read, fits in asked if fits}


def _level_keys(test: Part) -> NDArray[np.int64] | None:
    """Return the tercile (1 to 3) of the last known value at each origin, ``(origin,)``.

    Returns None if an origin has no known value up to it, or there are fewer than three distinct values.
    """
    import polars as pl

    column = test.frame.get_column(test.schema.target).cast(pl.Float64).fill_nan(None).fill_null(strategy="forward")
    level = column.fill_null(float("nan")).to_numpy()[test.origins]
    if not np.isfinite(level).all() or np.unique(level).size < 3:
        return None
    return 1 + np.searchsorted(np.quantile(level, [1 / 3, 2 / 3]), level, side="left")


def _moment(errors: Floats, power: int) -> float | None:
    spread = errors.std() if len(errors) > power else 0.0
    return float((((errors - errors.mean()) / spread) ** power).mean()) if spread else None
