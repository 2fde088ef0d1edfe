"""Forecasts of counts and of intermittent demand are not negative, wherever they are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.pipelines.steps import load_pipeline
from azuraforge.plugins import Table
from azuraforge.plugins.contract.parts import Part, Rows
from azuraforge.plugins.contract.silent_run import SilentRun
from azuraforge.plugins.forecasting.reconciliation import ErrorCovariance, Hierarchy, Method, Reconciliation
from azuraforge.plugins.forecasting.totals import with_totals
from azuraforge.plugins.kinds.forecast.floors import Floors
from azuraforge.plugins.kinds.forecast.hierarchy import reconciled
from azuraforge.plugins.kinds.forecast.parts import cut_future, cut_learning, load_part
from azuraforge.plugins.kinds.forecast.predictions import load_predictions, predict_checked
from azuraforge.testing import MemoryRun
from tests.panels import SCHEMA, make_panel
from tests.pipelines.test_hierarchy import GROUPED, learned, summed
from tests.pipelines.test_panel import Run, stored


def one_series(values: np.ndarray) -> Table:
    frame = make_panel(len(values), sizes=(1.0, 1.0)).frame.filter(pl.col("shop") == "shop-0")
    frame = frame.with_columns(pl.Series("value", values.astype(float)))
    return Table(frame.drop("shop"), replace(SCHEMA, series=None))


def demand(rows: int = 200) -> np.ndarray:
    return np.random.default_rng(4).poisson(0.6, rows)


def far_below(size: float, part: Part) -> np.ndarray:
    return np.full((len(part.origins), part.horizon), -size)


@pytest.mark.parametrize(("shift", "ends"), [(0.0, True), (-1.0, False), (0.25, False)])
def test_counts_end_at_zero_in_evaluation_and_in_the_next_values(
    child: Callable[..., Any], tmp_path: Path, shift: float, ends: bool
) -> None:
    run = Run(child, stored(one_series(demand() + shift), tmp_path), "forecasting.ridge", {"horizon": 2})
    for name in ("test.npz", "future.npz"):
        made = load_predictions(Path(run.out("predict", name)))
        low, high = made.quantiles[0.05], made.quantiles[0.95]
        assert (low.min() >= 0) == ends
        assert (high > 0).all()
    truth = np.load(Path(run.out("hold_out", "truth")) / "truth.npy")
    made = load_predictions(Path(run.out("predict", "test.npz")))
    ours = next(one for one in run.judged["evaluation"]["contenders"] if one["role"] == "candidate")
    inside = (made.quantiles[0.05] <= truth) & (truth <= made.quantiles[0.95])
    assert ours["metrics"]["coverage"] == pytest.approx(float(inside.mean())), "judged as it is shown"
    assert load_part(run.out("hold_out", "test")).schema.series is None


def test_the_training_rows_alone_decide_and_a_refit_decides_again(tmp_path: Path) -> None:
    values = demand().astype(float)
    values[150:] -= 1.0
    table, (pipeline, _) = one_series(values), load_pipeline("forecasting.ridge", None)
    run = SilentRun(pipeline.Config(horizon=2), 3, 1, tmp_path)
    train, validation = (cut_learning(table, rows, 2) for rows in (Rows(0, 120), Rows(120, 150)))
    predictor = pipeline.fit(run, train, validation)
    assert predictor.floors.series == frozenset([""])
    refitted = pipeline.refit(run, predictor, cut_learning(table, Rows(0, 200), 2))
    assert refitted.floors == Floors()
    (tmp_path / "saved").mkdir()
    pipeline.save(predictor, tmp_path / "saved")
    assert pipeline.load(tmp_path / "saved").floors == predictor.floors
    off = SilentRun(pipeline.Config(horizon=2, non_negative="off"), 3, 1, tmp_path)
    assert pipeline.fit(off, train, validation).floors == Floors()


def test_of_a_panel_each_series_decides_for_itself_and_totals_still_add_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(2)

    def counted(*args: object, **kwargs: object) -> Table:
        frame = make_panel(200, sizes=(1.0, 2.0, 3.0, 10.0)).frame
        counts = pl.Series(rng.poisson(0.4, frame.height).astype(float))
        temperature = pl.col("shop") == "shop-3"
        return Table(
            frame.with_columns(pl.when(temperature).then(pl.col("value") - 30).otherwise(counts).alias("value")),
            GROUPED,
        )

    table = counted()
    monkeypatch.setattr("tests.pipelines.test_hierarchy.grouped", lambda *_: table)
    pipeline, folder, _ = learned(tmp_path, "mint_shrink")
    predictor = pipeline.load(folder)
    assert predictor.floors.series == {"shop-0", "shop-1", "shop-2", "coast=east"}
    future = cut_future(with_totals(table), 2)
    lowest = {}
    for size in (0.0, 5.0):  # a forecaster whose base forecasts are far below zero
        below = partial(far_below, size)
        monkeypatch.setattr(type(pipeline._pipeline), "forecast", lambda self, own, part, below=below: below(part))
        made = predict_checked("ridge", lambda part: pipeline.predict(predictor, part), future)
        lowest[size] = made.point
        for name, members in {"coast=east": ("shop-0", "shop-1"), "coast=west": ("shop-2", "shop-3")}.items():
            np.testing.assert_allclose(summed(future, made.point, (name,)), summed(future, made.point, members))
        counts = predictor.floors.at(future)
        assert made.point[counts].min() >= -1e-9
        assert made.quantiles[0.025][counts].min() >= 0
        assert made.quantiles[0.025][~counts].min() < 0
    assert lowest[5.0].min() < 0, "the temperature is as it was"


@pytest.mark.parametrize(("method", "total"), [("mint_shrink", 3.0), ("none", 1.0)])
def test_a_series_that_reconciling_made_negative_ends_at_zero_and_its_total_moves(method: Method, total: float) -> None:
    hierarchy = Hierarchy({"total": ("a", "b")}, ("a", "b"))
    found = Reconciliation(method, hierarchy, ErrorCovariance(np.ones(3), np.zeros((1, 3)), 1.0))
    made = reconciled._ended(np.array([[1.0, -2.0, 3.0]]), found, np.array([False, True, False]))
    assert made[0, 0] == total
    if method == "mint_shrink":
        assert made.tolist() == [[3.0, 0.0, 3.0]]


def evaluated_and_refitted(
    name: str, values: np.ndarray, rows: int, folder: Path, season: int | None = None
) -> tuple[Any, Any, Any, Part]:
    """Return the wrapped pipeline, both predictors learned from the first ``rows``, and the test part."""
    pipeline, _ = load_pipeline(name, None)
    table = one_series(values[:rows])
    config = pipeline.Config(horizon=7) if season is None else pipeline.Config(horizon=7, season=season)
    split = pipeline.split(table, config)
    train, validation, test = (cut_learning(table, each, 7) for each in (split.train, split.validation, split.test))
    fitted = pipeline.fit(MemoryRun(config, folder / "fit"), train, validation)
    refitted = pipeline.refit(MemoryRun(config, folder / "refit"), fitted, cut_learning(table, Rows(0, rows), 7))
    pipeline.save(refitted, folder)
    return pipeline, fitted, pipeline.load(folder), test


def coverage(pipeline: Any, predictor: Any, part: Part) -> float:
    made, truth = pipeline.predict(predictor, replace(part, targets=None)), part.targets
    assert truth is not None
    return float(np.mean((made.quantiles[0.05] <= truth) & (truth <= made.quantiles[0.95])))


@pytest.mark.parametrize("name", ["forecasting.croston", "forecasting.tsb", "forecasting.adida"])
def test_a_refit_to_more_demand_keeps_zero_in_the_interval(name: str, tmp_path: Path) -> None:
    differences = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        often = np.where(np.arange(600) < 380, 0.15, 0.3)  # the level after the refit is above the evaluated one
        values = np.where(rng.random(600) < often, rng.poisson(3, 600) + 1, 0)
        (tmp_path / str(seed)).mkdir()
        pipeline, fitted, refitted, test = evaluated_and_refitted(name, values, 500, tmp_path / str(seed))
        later = cut_learning(one_series(values), Rows(500, 600), 7)
        answer = pipeline.predict(refitted, cut_future(one_series(values[:500]), 7))
        assert (answer.quantiles[0.05] == 0).all(), "most outcomes are zero"
        assert (answer.quantiles[0.95] > 0).all()
        differences.append(coverage(pipeline, refitted, later) - coverage(pipeline, fitted, test))
    assert abs(np.mean(differences)) < 0.06


def test_zeros_at_fixed_times_do_not_widen_the_other_intervals(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(-3, 4, 500)
    closed = np.arange(500) % 7 >= 4
    values = np.where(closed, 0, 40 + noise)
    pipeline, _, refitted, test = evaluated_and_refitted("forecasting.seasonal_naive", values, 500, tmp_path, 7)
    made, truth = pipeline.predict(refitted, replace(test, targets=None)), test.targets
    assert truth is not None
    assert (made.quantiles[0.05][truth > 0] > 25).all()
