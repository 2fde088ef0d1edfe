"""Forecasters that learn several series at once: the contract, their own scales, and nothing from one to another."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.apps.forecasting.auto.candidates import candidates
from azuraforge.apps.forecasting.auto.config import AutoConfig
from azuraforge.apps.forecasting.boosting.forecaster import BoostedLags
from azuraforge.apps.forecasting.ets import smoothed, smoothed_each
from azuraforge.apps.forecasting.gru import GruForecaster
from azuraforge.apps.forecasting.intermittent import Croston
from azuraforge.apps.forecasting.lstm import LstmForecaster
from azuraforge.apps.forecasting.naive import Naive, RandomWalkDrift, SeasonalNaive
from azuraforge.apps.forecasting.ridge import Ridge
from azuraforge.apps.forecasting.tcn import TcnForecaster
from azuraforge.apps.forecasting.theta import Theta
from azuraforge.plugins import Part, Rows, Schema, Table
from azuraforge.plugins.forecasting.panels import Blocks, each
from azuraforge.plugins.kinds.forecast.parts import cut_learning, cut_test, without_short_series
from azuraforge.testing import MemoryRun, check_pipeline
from tests.panels import SCHEMA, make_panel

SMALL = {"horizon": 3, "epochs": 2, "batch_size": 48, "window": 12, "max_steps": 12}


BASELINES = [Naive, SeasonalNaive, RandomWalkDrift, Ridge, Theta, Croston]


@pytest.mark.parametrize("plugin", BASELINES, ids=lambda plugin: plugin.name)
def test_a_baseline_keeps_the_contract_with_several_series(plugin: type[Any]) -> None:
    check_pipeline(plugin, make_panel(), {"horizon": 3, "gap": 2, "intervals": "adaptive"})


@pytest.mark.parametrize(
    ("plugin", "options"),
    [
        (LstmForecaster, {"hidden_size": 6, "lstm_rows": 5}),
        (GruForecaster, {"hidden_size": 6, "gru_rows": 5, "transform": "log", "intervals": "adaptive"}),
        (BoostedLags, {"trees": 12, "holidays": "TR", "known_ahead": ["lead"], "intervals": "adaptive"}),
        (TcnForecaster, {"channels": 6, "tcn_rows": 6, "transform": "difference", "known_ahead": ["lead"]}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_global_model_keeps_the_contract_with_several_series(plugin: type[Any], options: dict[str, Any]) -> None:
    small = {"horizon": 3} if plugin is BoostedLags else SMALL
    check_pipeline(plugin, make_panel(), {**small, **options}, most_resumes=1)


def fitted(plugin: type[Any], table: Table, folder: Path, **options: Any) -> tuple[Any, Part, Part]:
    pipeline = plugin()
    config = plugin.Config(**options)
    split = pipeline.split(table, config)
    horizon = config.horizon
    train, validation = (cut_learning(table, rows, horizon) for rows in (split.train, split.validation))
    predictor = pipeline.fit(MemoryRun(config, folder, seed=3), train, validation)
    part, _ = cut_test(table, split.test, horizon)
    return (lambda asked: pipeline.predict(predictor, asked)), part, train


@pytest.mark.parametrize("plugin", [Ridge, BoostedLags, LstmForecaster], ids=lambda plugin: plugin.name)
def test_what_another_series_does_changes_no_forecast_once_it_is_learned(plugin: type[Any], tmp_path: Path) -> None:
    options = {**SMALL, "hidden_size": 6} if plugin is LstmForecaster else {"horizon": 3}
    answer, part, _ = fitted(plugin, make_panel(), tmp_path, **options)
    other = pl.col("shop") == "shop-1"
    wild = part.frame.with_columns(pl.when(other).then(-3 * pl.col("value") - 7).otherwise("value").alias("value"))
    before = answer(part)
    after = answer(Part(wild, part.schema, part.start, part.horizon, part.origins))
    for name, _, at in each(part):
        same = np.array_equal(before.point[at], after.point[at])
        assert same == (name != "shop-1"), name


def test_a_series_has_the_scales_of_its_own_training_rows_only(tmp_path: Path) -> None:
    """Ten times the values of one shop are ten times its forecasts, and change nobody else's scales."""
    table = make_panel()
    tenfold = table.frame.with_columns(
        pl.when(pl.col("shop") == "shop-0").then(10 * pl.col("value")).otherwise("value").alias("value")
    )
    options = {**SMALL, "hidden_size": 6, "linear": False}
    answer, part, _ = fitted(LstmForecaster, table, tmp_path / "a", **options)
    tenfold_answer, tenfold_part, _ = fitted(LstmForecaster, Table(tenfold, SCHEMA), tmp_path / "b", **options)
    one, ten = answer(part).point, tenfold_answer(tenfold_part).point
    for name, _, at in each(part):
        np.testing.assert_allclose(ten[at], one[at] * (10 if name == "shop-0" else 1), rtol=1e-4)


def test_windows_never_begin_in_the_series_before(tmp_path: Path) -> None:
    """A forecaster that looks back 12 rows learns from no origin with fewer rows of its own series before it."""
    table = make_panel(rows=120, late=0)
    pipeline, config = LstmForecaster(), LstmForecaster.Config(**SMALL)
    split = pipeline.split(table, config)
    train = cut_learning(table, split.train, 3)
    series = pipeline._learn_series(config, train)
    from azuraforge.plugins.forecasting.time_series import _joined

    examples = _joined(series, train)
    bounds = np.cumsum([0, *(one.frame.height for _, one, _ in each(train))])
    into = examples.origins - bounds[np.searchsorted(bounds, examples.origins, side="right") - 1]
    assert into.min() == 11
    windows = examples.gather(np.arange(len(examples)))[0]
    alone = np.concatenate(
        [series[name].examples(one, learning=True).gather(np.arange(split.train.stop - 3 - 11))[0]
         for name, one, _ in each(train)]
    )  # fmt: skip
    np.testing.assert_array_equal(windows, alone)


def test_a_short_series_is_left_out_and_says_why() -> None:
    table = make_panel(late=230)
    split = LstmForecaster().split(table, LstmForecaster.Config(**SMALL))
    left, gone = without_short_series(table, split, 3)
    assert [(one.series, one.part, one.why) for one in gone] == [("shop-2", "train", "few_rows")]
    assert gone[0].rows < gone[0].needed == 12 + 3 + 1
    assert left.left_out == {"shop-2"}


def test_a_network_forecasts_a_new_series_by_analogy_and_the_others_as_before(tmp_path: Path) -> None:
    answer, part, _ = fitted(GruForecaster, make_panel(), tmp_path, **SMALL)
    strange = part.frame.with_columns(pl.col("shop").str.replace("shop-1", "corner"))
    told = answer(Part(strange, part.schema, part.start, part.horizon, part.origins)).point
    blocks = Blocks.of(strange, "shop")
    new = np.array(blocks.names)[blocks.of_rows(part.origins)] == "corner"
    np.testing.assert_array_equal(told[~new], answer(part).point[~new])
    assert 100 < told[new].min() < told[new].max() < 2000, "in its own scale, that of shop-1"
    assert (told[new] != answer(part).point[new]).all(), "not with the scales of shop-1"


def test_boosted_trees_forecast_a_new_series_by_analogy_in_its_own_scale(tmp_path: Path) -> None:
    answer, part, _ = fitted(BoostedLags, make_panel(), tmp_path, horizon=3, trees=20)
    one = next(each(part))[1]
    rows = [int(one.origins[place]) for place in (0, -1)]

    def asked(size: float, first: int, origins: list[int], later: float = 1.0) -> np.ndarray[Any, Any]:
        frame = one.frame.with_columns(pl.lit("corner").alias("shop"), (size * pl.col("value")).alias("value"))
        index = pl.int_range(pl.len())
        changed = pl.when(index > origins[-1]).then(later * pl.col("value")).otherwise("value").alias("value")
        kept = frame.with_columns(changed).slice(first)
        return answer(Part(kept, part.schema, 0, 3, np.array(origins) - first)).point

    whole = asked(1.0, 0, rows)
    np.testing.assert_array_equal(asked(1.0, 0, rows[:1]), whole[:1])  # an origin's answer is its own
    np.testing.assert_array_equal(asked(1.0, 0, rows, later=50.0), whole)  # no later row counts
    np.testing.assert_allclose(asked(40.0, 0, rows), 40 * whole, rtol=0.05)
    few = asked(1.0, rows[1] - 3, rows[1:])
    assert np.isfinite(few).all()
    usual = float(one.frame["value"][rows[1]])
    assert np.abs(few - usual).max() < usual, "four rows are enough for an answer of the right size"


def test_a_new_series_that_has_always_stood_still_is_forecast_to_stay(tmp_path: Path) -> None:
    answer, part, _ = fitted(BoostedLags, make_panel(), tmp_path, horizon=3, trees=5)
    one = next(each(part))[1]
    frame = one.frame.with_columns(pl.lit("corner").alias("shop"), pl.lit(7.0).alias("value"))
    found = answer(Part(frame, part.schema, 0, 3, np.array([frame.height - 1])))
    assert found.point.tolist() == [[7.0] * 3]
    assert {tuple(ends[0].tolist()) for ends in found.quantiles.values()} == {(7.0,) * 3}


def test_a_still_series_of_a_panel_is_forecast_as_the_naive_forecast_does(tmp_path: Path) -> None:
    answer, part, _ = fitted(Naive, make_panel(), tmp_path, horizon=3)
    one = next(each(part))[1]
    frame = one.frame.with_columns(pl.lit("corner").alias("shop"), pl.lit(7.0).alias("value"))
    found = answer(Part(frame, part.schema, 0, 3, np.array([frame.height - 1])))
    assert found.point.tolist() == [[7.0] * 3], "without the season of the others"
    assert (found.quantiles[0.95] > 7.0).all()
    assert (found.quantiles[0.05] < 7.0).all()
    nothing = frame.with_columns(pl.lit(0.0).alias("value"))
    found = answer(Part(nothing, part.schema, 0, 3, np.array([frame.height - 1])))
    assert found.point.tolist() == found.quantiles[0.95].tolist() == [[0.0] * 3]


def many(count: int, rows: int = 40, seed: int = 3) -> Table:
    """Monthly series with a yearly season."""
    rng, steps = np.random.default_rng(seed), np.arange(rows)
    phase, level = rng.uniform(0, 6, (count, 1)), np.exp(rng.normal(4, 1, (count, 1)))
    values = level * (1 + 0.3 * np.sin(steps * np.pi / 6 + phase)) * np.exp(rng.normal(0, 0.05, (count, rows)))
    months = pl.datetime_range(datetime(2020, 1, 1), datetime(2029, 1, 1), "1mo", eager=True, time_zone="UTC")[:rows]
    names = [f"s{number:03}" for number in range(count)]
    frame = pl.DataFrame({"shop": np.repeat(names, rows), "at": pl.concat([months] * count), "value": values.ravel()})
    return Table(frame, Schema("at", "value", (), "1mo", 12, series="shop"))


def test_ets_of_many_series_fits_as_well_as_one_at_a_time() -> None:
    table = many(30)
    values = table.frame["value"].to_numpy().reshape(30, -1)
    past, future = np.ascontiguousarray(values[:, :34].T), values[:, 34:]
    together = smoothed_each(past, 12, "ZZZ", 6)
    alone = [smoothed(past[:, place], 12, "ZZZ", 6) for place in range(6)]

    def errors(found: list[Any]) -> np.ndarray[Any, Any]:
        made = [
            one.model.ahead(one.model.walk(one.before, past[:, place], np.array([33])).states, 6)[0]
            for place, one in enumerate(found)
        ]
        return np.abs(np.array(made) - future[: len(found)]).mean(axis=1) / past.mean(axis=0)[: len(found)]

    assert errors(together)[:6].mean() < 1.15 * errors(alone).mean()
    naive = np.abs(past[-1][:, None] - future).mean(axis=1) / past.mean(axis=0)
    assert errors(together).mean() < 0.5 * naive.mean()


def test_intervals_of_short_validation_parts_are_pooled_over_the_panel(tmp_path: Path) -> None:
    table = many(40)
    train, validation = cut_learning(table, Rows(0, 22), 6), cut_learning(table, Rows(22, 30), 6)
    found = SeasonalNaive().fit(MemoryRun(SeasonalNaive.Config(horizon=6), tmp_path), train, validation)
    part, truth = cut_test(table, Rows(30, 40), 6)
    made = SeasonalNaive().predict(found, part)
    covered = ((made.quantiles[0.05] <= truth) & (truth <= made.quantiles[0.95])).mean()
    assert 0.8 < covered < 0.98, "three errors of one series alone would hold far fewer"


def test_auto_leaves_out_members_that_a_large_panel_has_no_time_for() -> None:
    table = many(400, rows=24)
    part = Part(table.frame, table.schema, 0, 3, np.array([22]), np.zeros((1, 3)))
    chosen = candidates(AutoConfig(horizon=3, budget_seconds=10), part)
    fast = {f"forecasting.{name}" for name in ("ces", "ets", "theta", "boosted_lags", "seasonal_naive")}
    assert set(chosen.core) == fast
    assert set(chosen.too_slow) == {"forecasting.arima"}
    assert "forecasting.arima" in candidates(AutoConfig(horizon=3, budget_seconds=10), many_of(part, 5)).core


def many_of(part: Part, count: int) -> Part:
    """The first series of a part."""
    return Part(part.frame.head(24 * count), part.schema, 0, 3, part.origins, part.targets)


def test_auto_imports_no_library_for_a_panel_that_has_no_time_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("statsforecast.")]:
        monkeypatch.delitem(sys.modules, name)  # as in a process that has imported nothing yet
    table = many(20, rows=24)
    part = Part(table.frame, table.schema, 0, 3, np.array([22]), np.zeros((1, 3)))
    chosen = candidates(AutoConfig(horizon=3, budget_seconds=1), part)
    assert "forecasting.ets" in chosen.core
    assert set(chosen.too_slow) == {"forecasting.arima", "forecasting.ces", "forecasting.theta"}
