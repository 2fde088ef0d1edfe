"""The baselines against what can be worked out by hand, or by the library that estimated them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.apps.forecasting.ets import ExponentialSmoothing, Smoothing, estimate
from azuraforge.apps.forecasting.naive import Naive, RandomWalkDrift, SeasonalNaive
from azuraforge.apps.forecasting.ridge import Ridge, target_lags
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
    # On a straight line the error at horizon k is exactly k, so the interval is, too.
    assert (made.quantiles[0.05] == made.point + np.array([1, 2, 3])).all()
    assert (made.quantiles[0.95] == made.point + np.array([1, 2, 3])).all()


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


def season_with_trend(rows: int, seed: int = 3) -> Any:
    rng = np.random.default_rng(seed)
    return 20 + 0.05 * np.arange(rows) + 2 * np.sin(2 * np.pi * np.arange(rows) / 12) + rng.normal(0, 0.3, rows)


def test_our_recursion_is_the_librarys_filter() -> None:
    """Same parameters, same initial state: the same one-step forecasts as statsmodels' own filter."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    values = season_with_trend(240)
    smoothing, form = estimate(values, 12)
    assert form in {"AAA", "AAdA"}
    damped = form == "AAdA"
    model = ETSModel(
        values, error="add", trend="add", damped_trend=damped, seasonal="add", seasonal_periods=12,
        initialization_method="known", initial_level=smoothing.level, initial_trend=smoothing.trend,
        initial_seasonal=list(smoothing.season),
    )  # fmt: skip
    parameters = [smoothing.alpha, smoothing.beta, smoothing.gamma, *([smoothing.phi] if damped else [])]
    expected = np.asarray(model.smooth(np.array(parameters)).fittedvalues)
    levels, trends, seasons = smoothing.states(values)
    ours = np.empty(240)
    ours[0] = smoothing.level + smoothing.phi * smoothing.trend + smoothing.season[0]
    ours[1:] = levels[:-1] + smoothing.phi * trends[:-1] + seasons[1:240]
    assert ours == pytest.approx(expected, abs=1e-8)


def test_a_damped_trend_is_carried_as_the_library_carries_it() -> None:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    values = season_with_trend(120)
    ours = Smoothing(0.4, 0.1, 0.0, 0.9, level=20.0, trend=0.5, season=())
    model = ETSModel(
        values, error="add", trend="add", damped_trend=True, initialization_method="known", initial_level=20.0,
        initial_trend=0.5,
    )  # fmt: skip
    forecast = np.asarray(model.smooth(np.array([0.4, 0.1, 0.9])).forecast(6))
    levels, trends, _ = ours.states(values)
    assert levels[-1] + trends[-1] * np.cumsum(0.9 ** np.arange(1, 7)) == pytest.approx(forecast, abs=1e-9)


def test_forecasts_of_several_steps_are_the_librarys(tmp_path: Any) -> None:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    table = bare(season_with_trend(300), season=12)
    pipeline, learned, test, _ = fitted(ExponentialSmoothing, table, tmp_path, 15)
    origin = int(test.origins[20])
    parameters, before = learned.settings["parameters"], learned.settings["before"]
    damped = parameters["phi"] < 1
    assert learned.settings["form"][1] == "A"
    model = ETSModel(
        table.frame["y"].to_numpy()[: origin + 1], error="add", trend="add", damped_trend=damped, seasonal="add",
        seasonal_periods=12, initialization_method="known", initial_level=before["level"],
        initial_trend=before["trend"], initial_seasonal=list(learned.arrays["season_before"]),
    )  # fmt: skip
    chosen = ["alpha", "beta", "gamma", *(["phi"] if damped else [])]
    expected = model.smooth(np.array([parameters[name] for name in chosen])).forecast(15)
    assert pipeline.predict(learned, test).point[20] == pytest.approx(np.asarray(expected), abs=1e-8)


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
    smoothing = Smoothing(0.5, 0.1, 0.0, 1.0, level=10.0, trend=1.0, season=())
    levels, trends, _ = smoothing.states(np.array([11.0, np.nan, 13.0]))
    assert levels.tolist() == pytest.approx([11.0, 12.0, 13.0])
    assert trends.tolist() == pytest.approx([1.0, 1.0, 1.0])


def test_ets_of_a_constant_is_the_constant(tmp_path: Any) -> None:
    pipeline, learned, test, truth = fitted(ExponentialSmoothing, bare(np.full(80, 4.0), season=7), tmp_path, 2)
    assert pipeline.predict(learned, test).point == pytest.approx(truth)


def test_a_season_that_is_too_long_is_left_to_the_trend(tmp_path: Any) -> None:
    rng = np.random.default_rng(1)
    table = bare(np.cumsum(rng.normal(size=900)), season=450)
    _, learned, _, _ = fitted(ExponentialSmoothing, table, tmp_path, 3)
    assert "season_before" not in learned.arrays
    assert learned.settings["form"].endswith("N")
