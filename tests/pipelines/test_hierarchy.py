"""A panel with declared groups through a run: totals are learned, reconciled, guarded, judged by level and served."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.errors import InvalidInput
from azuraforge.pipelines.steps import load_pipeline
from azuraforge.plugins import Table
from azuraforge.plugins.contract.groups import total_names
from azuraforge.plugins.contract.pipeline import Pipeline
from azuraforge.plugins.contract.silent_run import SilentRun
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.covariates import part_at_end
from azuraforge.plugins.forecasting.panels import Blocks
from azuraforge.plugins.forecasting.totals import with_other_series, with_totals, with_totals_of
from azuraforge.plugins.kinds.forecast.hierarchy.reconciled import ReconciledPipeline, hierarchy_learned
from azuraforge.plugins.kinds.forecast.parts import cut_future, cut_learning, cut_test, load_part
from azuraforge.plugins.kinds.forecast.predictions import (
    guard_against_future,
    load_predictions,
    predict_checked,
)
from tests.panels import SCHEMA, make_panel
from tests.pipelines.test_panel import Run, stored

GROUPS = {"coast": {"east": ("shop-0", "shop-1"), "west": ("shop-2", "shop-3")}}
GROUPED = replace(SCHEMA, groups=GROUPS)
NAMES = ("total", "coast=east", "coast=west")


def grouped(rows: int = 200) -> Table:
    return Table(make_panel(rows, sizes=(1.0, 2.0, 3.0, 10.0)).frame, GROUPED)


def summed(part: Any, point: np.ndarray, members: tuple[str, ...]) -> np.ndarray:
    """``(origin, horizon)`` sums of the members' forecasts, at the moments at which all of them have one."""
    blocks = Blocks.of(part.frame, "shop")
    names = np.array(blocks.names)[blocks.of_rows(part.origins)]
    return sum(point[names == name] for name in members)  # type: ignore[return-value]


def test_totals_add_up_their_series_from_the_first_begin_to_the_first_end() -> None:
    table = grouped(60)
    frame = table.frame.filter(~((pl.col("shop") == "shop-1") & (pl.col("at") > table.frame["at"][49])))
    holed = frame.with_columns(pl.when(pl.int_range(pl.len()) == 7).then(None).otherwise("value").alias("value"))
    missing = holed.filter(~((pl.col("shop") == "shop-2") & (pl.col("at") == table.frame["at"][20])))
    found = with_totals(replace(table, frame=missing)).frame
    rows = {name: found.filter(pl.col("shop") == name) for name in (*NAMES, "shop-0", "shop-1", "shop-2")}
    assert rows["total"].height == 49, "up to the end of shop-1, without the row that shop-2 lacks"
    assert rows["total"]["value"][7] is None, "unknown, as shop-0 is then"
    assert rows["coast=east"]["value"][3] == pytest.approx(rows["shop-0"]["value"][3] + rows["shop-1"]["value"][3])
    assert rows["coast=west"]["value"][3] == rows["shop-2"]["value"][3], "shop-3 has not begun"
    assert rows["coast=west"].height == 59
    assert rows["coast=east"]["lead"][3] == pytest.approx((rows["shop-0"]["lead"][3] + rows["shop-1"]["lead"][3]) / 2)


def test_a_run_learns_totals_that_add_up_and_states_errors_by_level(child: Callable[..., Any], tmp_path: Path) -> None:
    table = grouped()
    run = Run(child, stored(table, tmp_path), "forecasting.ridge", {"horizon": 2})
    test = load_part(run.out("hold_out", "test"))
    made = load_predictions(Path(run.out("predict", "test.npz")))
    for total in NAMES:
        members = GROUPS["coast"].get(total.removeprefix("coast="), tuple(f"shop-{number}" for number in range(4)))
        assert np.array_equal(summed(test, made.point, (total,)), summed(test, made.point, members)) or np.allclose(
            summed(test, made.point, (total,)), summed(test, made.point, members), rtol=1e-12
        )
    assert made.base is not None
    assert np.abs(made.base - made.point).max() > 1e-6
    evaluation = run.judged["evaluation"]
    levels = {row["level"]: row for row in evaluation["hierarchy"]["levels"]}
    assert list(levels) == ["total", "coast", "shop"]
    assert [row["series"] for row in levels.values()] == [1, 2, 4]
    assert evaluation["hierarchy"]["gap"] < 1e-12
    for row in levels.values():
        assert row["rmse"] < row["baseline_rmse"]
        assert row["base_rmse"] > 0
        assert row["bottom_up_rmse"] > 0
        assert 0.7 < row["coverage"] <= 1
    assert levels["total"]["rmse"] < 1.02 * levels["total"]["base_rmse"]
    # Totals are in no score that ranks, nor in what the gate compares.
    assert {row["series"] for row in evaluation["series"]["rows"]} == {f"shop-{number}" for number in range(4)}
    ours = next(one for one in evaluation["contenders"] if one["role"] == "candidate")
    assert ours["metrics"]["rmse"] == pytest.approx(levels["shop"]["rmse"])
    drawn = run.judged["figures"]["forecast"]
    assert set(NAMES) <= {drawn["series"], *(one["series"] for one in drawn["more"])}


def test_a_served_total_is_the_sum_of_the_served_series(tmp_path: Path) -> None:
    pipeline, folder, table = learned(tmp_path, "mint_shrink")
    hierarchy = hierarchy_learned(folder)
    assert hierarchy is not None
    assert tuple(hierarchy.totals) == NAMES == total_names(GROUPS)
    predictor = pipeline.load(folder)
    panel = with_totals_of(grouped().frame, GROUPED, hierarchy)
    points = {}
    for name in hierarchy.names:
        rows = panel.filter(pl.col("shop") == name).drop("shop")
        one = part_at_end(rows, replace(GROUPED, series=None), 2)
        part, place = with_other_series(panel, GROUPED, hierarchy, name, one)
        points[name] = pipeline.predict(predictor, part).point[place]
    assert points["total"] == pytest.approx(sum(points[f"shop-{number}"] for number in range(4)), rel=1e-12)
    whole = cut_future(with_totals(table), 2)
    made = predict_checked("ridge", lambda part: pipeline.predict(predictor, part), whole)
    np.testing.assert_allclose(summed(whole, made.point, ("total",))[0], points["total"], rtol=1e-12)


@pytest.mark.parametrize("method", ["none", "bottom_up"])
def test_other_methods_leave_forecasts_or_add_them_up(tmp_path: Path, method: str) -> None:
    pipeline, folder, table = learned(tmp_path, method)
    predictor = pipeline.load(folder)
    part = cut_future(with_totals(table), 2)
    made = pipeline.predict(predictor, part)
    series = np.array([name.startswith("shop") for name in Blocks.of(part.frame, "shop").names])
    np.testing.assert_array_equal(made.point[series], made.base[series])
    added = np.allclose(made.point[~series][0], made.point[series].sum(axis=0), rtol=1e-12)
    assert added == (method == "bottom_up")


def test_the_guard_passes_reconciled_forecasts_and_refuses_one_that_looks_ahead_in_another_series(
    tmp_path: Path,
) -> None:
    pipeline, folder, table = learned(tmp_path, "mint_shrink")
    predictor = pipeline.load(folder)
    part, _ = cut_test(with_totals(table), pipeline.split(table, pipeline.Config(horizon=2)).test, 2)

    def honest(asked: Any) -> Any:
        return pipeline.predict(predictor, asked)

    made = predict_checked("ridge", honest, part)
    lone = honest(replace(part, origins=part.origins[:1]))
    np.testing.assert_allclose(lone.point, made.point[:1], rtol=1e-9)
    assert guard_against_future("ridge", honest, part, made, seed=3, most=3) == 3

    def peeking(asked: Any) -> Any:
        answer = honest(asked)
        values = column_values(asked.frame, "value")
        return replace(answer, point=answer.point + 1e-3 * values[-1])  # the last row of another series

    with pytest.raises(InvalidInput, match="uses data from the future"):
        guard_against_future("ridge", peeking, part, predict_checked("ridge", peeking, part), seed=3, most=3)


def learned(folder: Path, method: str) -> tuple[Any, Path, Table]:
    pipeline, _ = load_pipeline("forecasting.ridge", None)
    table = grouped()
    config = pipeline.Config(horizon=2, reconcile=method)
    split = pipeline.split(table, config)
    train, validation = (cut_learning(with_totals(table), rows, 2) for rows in (split.train, split.validation))
    run = SilentRun(config, 3, 1, folder)
    predictor = pipeline.fit(run, train, validation)
    (folder / "saved").mkdir()
    pipeline.save(predictor, folder / "saved")
    return pipeline, folder / "saved", table


def test_what_a_pipeline_says_of_itself_is_asked_through_its_wrapper() -> None:
    asked = {name for name, made in vars(Pipeline).items() if callable(made) and not name.startswith("_")}
    assert asked - {"Config"} <= set(vars(ReconciledPipeline))
