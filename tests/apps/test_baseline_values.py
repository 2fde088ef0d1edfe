"""The baselines against what can be worked out by hand, or by the library that estimated them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.apps.forecasting.ets import ExponentialSmoothing
from azuraforge.apps.forecasting.naive import Naive, RandomWalkDrift, SeasonalNaive
from azuraforge.apps.forecasting.ridge import Ridge, target_lags
from azuraforge.apps.forecasting.smoothing.recursion import Smoothing
from azuraforge.plugins import ForecastConfig, Part, Schema, Table
from azuraforge.plugins.kinds.forecast.parts import cut_learning, cut_test
from azuraforge.testing import MemoryRun


def bare(values: Any, season: int = 1) -> Table:
    return Table(pl.DataFrame({"y": np.asarray(values, dtype=np.float64)}), Schema(None, "y", season=season))


def fitted(plugin: type[Any], table: Table, tmp_path: Any, horizon: int) -> tuple[Any, Any, Part, Any]:
    config = ForecastConfig(horizon=horizon)
    pipeline = plugin()
    split = pipeline.split(table, config)
    train, validation = (cut_learning(table, rows, horizon) for rows in (split.train, split.validation))
    learned = pipeline.fit(MemoryRun(config, tmp_path), train, validation)
    test, truth = cut_test(table, split.test, horizon)
    return pipeline, learned, test, truth


def test_naive_repeats_the_last_value(tmp_path: Any) -> None:
    pipeline, learned, test, _ = fitted(Naive, bare(np.arange(60.0)), tmp_path, 3)
    made = pipeline.predict(learned, test)
    assert (made.point == test.origins[:, None]).all()
    # On a straight line the error at horizon k is exactly k, so the interval reaches there, and as much further as the
    # few validation errors leave open.
    above, below = (made.quantiles[level] - made.point for level in (0.95, 0.05))
    assert (above > np.array([1, 2, 3])).all()
    assert above / np.array([1, 2, 3]) == pytest.approx(np.full(above.shape, above[0, 0]))
    assert above == pytest.approx(-below)


def test_seasonal_naive_repeats_the_season_and_more_than_one(tmp_path: Any) -> None:
    wave = np.tile([1.0, 5.0, 2.0, 8.0], 20)
    pipeline, learned, test, truth = fitted(SeasonalNaive, bare(wave, season=4), tmp_path, 9)
    assert (pipeline.predict(learned, test).point == truth).all()


def test_drift_continues_a_line_exactly(tmp_path: Any) -> None:
    pipeline, learned, test, truth = fitted(RandomWalkDrift, bare(3 + 0.5 * np.arange(80.0)), tmp_path, 5)
    assert pipeline.predict(learned, test).point == pytest.approx(truth)


def test_ridge_continues_what_is_linear(tmp_path: Any) -> None:
    rows = np.arange(400)
    wave = np.sin(2 * np.pi * rows / 7) + 0.5 * np.sin(2 * np.pi * rows / 12.3)
    pipeline, learned, test, truth = fitted(Ridge, bare(wave, season=7), tmp_path, 4)
    assert np.abs(pipeline.predict(learned, test).point - truth).max() < 0.02


def test_ridge_sees_thirty_lags_and_the_season_around_each_target() -> None:
    lags = target_lags(season=52, horizon=3)
    assert lags[:30] == list(range(30))
    assert set(lags[30:]) == {48, 49, 50, 51, 52, 53}
    assert target_lags(season=1, horizon=3) == list(range(30))


def plain(alpha: float, beta: float, phi: float) -> Smoothing:
    return Smoothing("A", alpha, beta, phi, False, np.zeros(0, dtype=np.int64), np.zeros(0))


def test_a_damped_trend_is_carried_as_another_library_carries_it() -> None:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    values = 20 + 0.05 * np.arange(120) + np.random.default_rng(3).normal(0, 0.3, 120)
    model = ETSModel(
        values, error="add", trend="add", damped_trend=True, initialization_method="known", initial_level=20.0,
        initial_trend=0.5,
    )  # fmt: skip
    forecast = np.asarray(model.smooth(np.array([0.4, 0.1, 0.9])).forecast(6))
    ours = plain(0.4, 0.1, 0.9)
    walk = ours.walk(np.array([20.0, 0.5]), values, np.array([119]))
    assert ours.ahead(walk.states, 6)[0] == pytest.approx(forecast, abs=1e-9)


def test_ets_predicts_from_rows_that_do_not_reach_back_to_training(series: Table, tmp_path: Any) -> None:
    """A caller's own rows: the season is turned to its place, the level found again."""
    values = series.frame["value"].to_numpy()
    clean = Table(series.frame.with_columns(pl.Series("value", 3 * np.sin(2 * np.pi * np.arange(len(values)) / 7))),
                  series.schema)  # fmt: skip
    pipeline, learned, test, truth = fitted(ExponentialSmoothing, clean, tmp_path, 5)
    whole = pipeline.predict(learned, test).point[-1]
    frame = clean.frame.slice(len(clean) - 45, 40)  # ends at the last origin
    rows = Part(frame, clean.schema, 40, 5, np.array([39]))
    assert int(test.origins[-1]) == len(clean) - 6
    assert pipeline.predict(learned, rows).point[0] == pytest.approx(whole, abs=0.05)
    assert whole == pytest.approx(truth[-1], abs=0.05)


def test_a_missing_value_leaves_the_state_as_expected() -> None:
    walk = plain(0.5, 0.1, 1.0).walk(np.array([10.0, 1.0]), np.array([11.0, np.nan, 13.0]), np.arange(3))
    assert walk.states.tolist() == [pytest.approx([level, 1.0]) for level in (11.0, 12.0, 13.0)]


def test_ets_of_a_constant_is_the_constant(tmp_path: Any) -> None:
    pipeline, learned, test, truth = fitted(ExponentialSmoothing, bare(np.full(80, 4.0), season=7), tmp_path, 2)
    assert pipeline.predict(learned, test).point == pytest.approx(truth)


def test_a_season_that_is_too_long_is_left_to_the_trend(tmp_path: Any) -> None:
    rng = np.random.default_rng(1)
    table = bare(np.cumsum(rng.normal(size=900)), season=450)
    _, learned, _, _ = fitted(ExponentialSmoothing, table, tmp_path, 3)
    assert not len(learned.arrays["model.periods"])
    assert learned.settings["model"]["form"].endswith("N")
