"""Figures of errors whose shape, memory and slices are known beforehand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from azuraforge.plugins.contract.parts import Part, Schema
from azuraforge.plugins.kinds.forecast.residuals import (
    autocorrelation,
    error_by_slice,
    histogram,
    lags_of,
    ljung_box,
    normal_quantiles,
    residual_shape,
    thinned,
)


def remembering(rows: int, memory: float, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=rows)
    errors = np.zeros(rows)
    for row in range(1, rows):
        errors[row] = memory * errors[row - 1] + noise[row]
    return errors


def test_the_memory_of_a_series_is_found_and_noise_has_none() -> None:
    errors = remembering(20_000, 0.8)
    found = autocorrelation(errors, 4)
    assert found == pytest.approx([0.8, 0.64, 0.512, 0.41], abs=0.03)
    noise = np.random.default_rng(1).normal(size=2000)
    bound = 1.96 / np.sqrt(2000)
    assert np.mean(np.abs(autocorrelation(noise, 40)) < bound) >= 0.9
    told, quiet = ljung_box(errors, 10), ljung_box(noise, 10)
    assert told is not None
    assert quiet is not None
    assert told.p < 1e-9
    assert quiet.p > 0.01


def test_ljung_box_is_that_of_statsmodels() -> None:
    from statsmodels.stats.diagnostic import acorr_ljungbox

    errors = remembering(300, 0.1, seed=3)
    theirs = acorr_ljungbox(errors, lags=[12])
    ours = ljung_box(errors, 12)
    assert ours is not None
    assert ours.statistic == pytest.approx(theirs["lb_stat"].iloc[0])
    assert ours.p == pytest.approx(theirs["lb_pvalue"].iloc[0])


def test_missing_errors_are_left_out() -> None:
    errors = remembering(5000, 0.7)
    holed = errors.copy()
    holed[::7] = np.nan
    assert autocorrelation(holed, 1)[0] == pytest.approx(0.7 * 5 / 6, abs=0.05)  # a pair is lost with either of it
    shape = residual_shape(holed, [str(row) for row in range(5000)], 1)
    assert shape.origins == int(np.isfinite(holed).sum())
    assert sum(shape.histogram.counts) == shape.origins
    assert np.isfinite(shape.over_time.error).all()


def test_a_normal_law_lies_on_the_diagonal_and_a_skewed_one_does_not() -> None:
    rng = np.random.default_rng(0)
    normal = normal_quantiles(rng.normal(3, 5, size=4000))
    assert np.abs(np.array(normal.normal) - normal.error)[5:-5].max() < 0.15
    skewed = normal_quantiles(rng.exponential(size=4000))
    assert np.abs(np.array(skewed.normal) - skewed.error).max() > 1


def test_bins_hold_every_error_however_far_out_it_lies() -> None:
    errors = np.append(np.random.default_rng(0).normal(size=5000), 1e4)
    found = histogram(errors)
    assert len(found.counts) <= 60
    assert sum(found.counts) == 5001


def test_constant_or_few_errors_have_no_shape_rather_than_a_wrong_one() -> None:
    flat = residual_shape(np.zeros(50), [""] * 50, 7)
    assert flat.autocorrelation == ()
    assert (flat.qq.normal, flat.qq.error) == ((), ())
    assert flat.skewness is None
    assert flat.ljung_box is None
    empty = residual_shape(np.full(5, np.nan), [""] * 5, 7)
    assert empty.mean is None
    assert (empty.histogram.edges, empty.histogram.counts) == ((), ())


def hourly(rows: int, timezone: str = "UTC") -> Part:
    at = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=row) for row in range(rows)]
    frame = pl.DataFrame({"at": pl.Series(at, dtype=pl.Datetime("us", "UTC")), "value": np.arange(float(rows))})
    schema = Schema("at", "value", frequency="1h", season=24, timezone=timezone)
    return Part(frame, schema, 0, 2, np.arange(rows - 2))


def test_slices_find_the_hour_that_is_worse_than_the_baseline() -> None:
    part = hourly(24 * 30, "Europe/Istanbul")
    rows = len(part.origins)
    truth = np.zeros((rows, 2))
    point, baseline = np.ones((rows, 2)), np.full((rows, 2), 2.0)
    utc_hour = (part.origins[:, None] + np.arange(1, 3)) % 24
    point[utc_hour == 5] = 4.0  # eight o'clock in Istanbul
    found = {each.by: each.rows for each in error_by_slice(part, truth, point, baseline)}
    assert set(found) == {"horizon", "hour", "weekday", "level"}  # one month alone is no slice
    worst = max(found["hour"], key=lambda row: row.rmse)
    assert (worst.value, worst.rmse, worst.baseline_rmse, worst.skill) == (8, 4.0, 2.0, -1.0)
    assert {row.rmse for row in found["hour"] if row.value != 8} == {1.0}
    assert [row.value for row in found["weekday"]] == [1, 2, 3, 4, 5, 6, 7]
    assert [row.errors for row in found["level"]] == pytest.approx([rows * 2 / 3] * 3, abs=4)


@pytest.mark.parametrize(
    ("distance_days", "expected"),
    [(1, {"weekday", "month", "level"}), (7, {"month", "level"}), (30.5, {"month", "level"}), (365.25, {"level"})],
)
def test_only_slices_that_the_rhythm_can_tell_apart(distance_days: float, expected: set[str]) -> None:
    at = [datetime(1900, 1, 1, tzinfo=UTC) + timedelta(days=distance_days * row) for row in range(400)]
    frame = pl.DataFrame({"at": pl.Series(at, dtype=pl.Datetime("us", "UTC")), "value": np.arange(400.0)})
    part = Part(frame, Schema("at", "value"), 0, 1, np.arange(399))
    errors = np.random.default_rng(0).normal(size=(399, 1))
    found = error_by_slice(part, np.zeros((399, 1)), errors, errors)
    assert {each.by for each in found} == expected


def test_few_errors_are_no_slice() -> None:
    part = hourly(24 * 5)
    zeros = np.zeros((len(part.origins), 2))
    found = {each.by for each in error_by_slice(part, zeros, zeros + 1, zeros + 1)}
    assert "month" not in found
    assert {row.skill for each in error_by_slice(part, zeros, zeros + 1, zeros + 1) for row in each.rows} == {0.0}


def test_lags_and_thinning_keep_their_ends() -> None:
    assert lags_of(10_000, 24) == 48
    assert lags_of(40, 24) == 8
    assert lags_of(3, 24) == 1
    assert thinned(5000, 100)[[0, -1]].tolist() == [0, 4999]
