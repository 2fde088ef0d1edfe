"""Metrics against values worked out by hand and against scikit-learn; nothing is ever infinite."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from azuraforge.plugins import Predictions
from azuraforge.plugins.kinds.forecast.metrics import measure, seasonal_scale, shown_horizons, skill


def test_by_hand() -> None:
    truth = np.array([[1.0, 2.0], [3.0, 4.0]])
    point = np.array([[2.0, 2.0], [3.0, 1.0]])
    quantiles = {0.05: point - 0.5, 0.5: point, 0.95: point + 0.5}
    overall, horizons = measure(truth, Predictions(point, quantiles), scale=0.5)
    assert overall["rmse"] == pytest.approx(math.sqrt((1 + 0 + 0 + 9) / 4))
    assert overall["mae"] == pytest.approx(1.0)
    assert overall["mase"] == pytest.approx(2.0)
    assert overall["smape"] == pytest.approx(200 * (1 / 3 + 0 + 0 + 3 / 5) / 4)
    assert overall["r2"] == pytest.approx(1 - 10 / 5)
    assert overall["coverage"] == pytest.approx(0.5)
    assert [row["horizon"] for row in horizons] == [1, 2]
    assert horizons[0]["rmse"] == pytest.approx(math.sqrt(0.5))
    assert horizons[1]["mae"] == pytest.approx(1.5)
    assert skill(0.75, 1.0) == pytest.approx(0.25)


def test_against_scikit_learn() -> None:
    from sklearn import metrics as reference

    rng = np.random.default_rng(1)
    truth = rng.normal(10, 3, size=(200, 6))
    point = truth + rng.normal(size=truth.shape)
    overall, horizons = measure(truth, Predictions(point), scale=None)
    assert overall["rmse"] == pytest.approx(reference.root_mean_squared_error(truth.ravel(), point.ravel()))
    assert overall["mae"] == pytest.approx(reference.mean_absolute_error(truth.ravel(), point.ravel()))
    assert overall["r2"] == pytest.approx(reference.r2_score(truth.ravel(), point.ravel()))
    for step, row in enumerate(horizons):
        assert row["r2"] == pytest.approx(reference.r2_score(truth[:, step], point[:, step]))
        assert row["rmse"] == pytest.approx(reference.root_mean_squared_error(truth[:, step], point[:, step]))
    assert overall["mase"] is None
    assert overall["coverage"] is None


def test_missing_actual_values_are_left_out() -> None:
    truth = np.array([[1.0, np.nan], [3.0, 4.0]])
    point = np.array([[2.0, 9.0], [3.0, 4.0]])
    overall, horizons = measure(truth, Predictions(point, {0.1: point - 1, 0.9: point + 1}), scale=1.0)
    assert overall["mae"] == pytest.approx(1 / 3)
    assert overall["coverage"] == 1.0
    assert horizons[1]["mae"] == 0.0
    nothing, _ = measure(np.full((2, 2), np.nan), Predictions(point), scale=1.0)
    assert set(nothing.values()) == {None}


def test_what_has_no_meaning_is_null() -> None:
    constant = np.full((5, 2), 0.1)
    overall, _ = measure(constant, Predictions(constant.copy()), scale=seasonal_scale(np.full(30, 0.1), 7))
    assert (overall["rmse"], overall["r2"], overall["mase"]) == (0.0, None, None)
    zeros, _ = measure(np.zeros((3, 1)), Predictions(np.zeros((3, 1))), scale=None)
    assert zeros["smape"] is None
    demand = np.array([[0.0], [0.0], [3.0], [1.0], [2.0], [4.0]])
    intermittent, _ = measure(demand, Predictions(demand + 1), scale=1.0)
    assert (intermittent["smape"], intermittent["mae"]) == (None, 1.0)
    assert skill(1.0, 0.0) is None
    assert skill(1.0, None) is None
    assert seasonal_scale(np.array([1.0]), 7) is None
    assert seasonal_scale(np.array([1.0, 3.0, np.nan]), 7) == 2.0


@given(
    arrays.arrays(np.float64, (6, 2), elements=st.floats(-1e6, 1e6)),
    arrays.arrays(np.float64, (6, 2), elements=st.floats(-1e6, 1e6)),
    st.integers(1, 12),
)
@settings(deadline=None)
def test_nothing_is_ever_infinite(truth: np.ndarray, point: np.ndarray, season: int) -> None:
    overall, horizons = measure(
        truth, Predictions(point, {0.05: point, 0.95: point}), seasonal_scale(truth[:, 0], season)
    )
    for row in (overall, *horizons):
        assert all(value is None or math.isfinite(value) for value in row.values())  # type: ignore[arg-type]
        assert row["smape"] is None or 0 <= row["smape"] <= 200 + 1e-9


def test_the_shown_horizons_begin_with_one_and_end_with_the_last() -> None:
    for horizon in range(1, 400):
        shown = shown_horizons(horizon)
        assert shown[0] == 1
        assert shown[-1] == horizon
        assert len(shown) <= 6
