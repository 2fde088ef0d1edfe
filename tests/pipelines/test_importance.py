"""Importances of forecasters whose weights are known: what matters is found, what is not used has zero."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.pipelines.judge import explain
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.parts import Part, Schema
from azuraforge.plugins.forecasting.covariates import ahead_of
from azuraforge.plugins.kinds.forecast import importance
from azuraforge.plugins.kinds.forecast.figures import Importance, Shapley
from azuraforge.plugins.kinds.forecast.importance import (
    exchanged,
    importance_figures,
    inputs_of,
    lattices_of,
    rows_back_of,
)

ROWS, START = 900, 600


def make_part(horizon: int = 2) -> tuple[Part, Floats]:
    """Noise in three columns, and a target that is the sum of two of them one row before."""
    rng = np.random.default_rng(0)
    columns = {name: rng.normal(size=ROWS) for name in ("strong", "weak", "noise")}
    target = np.zeros(ROWS)
    target[1:] = 3 * columns["strong"][:-1] + columns["weak"][:-1]
    frame = pl.DataFrame({"value": target, **columns})
    origins = np.arange(START, ROWS - horizon)
    truth = target[origins[:, None] + np.arange(1, horizon + 1)]
    return Part(frame, Schema(None, "value", tuple(columns)), START, horizon, origins), truth


def linear(strong: float, weak: float, last: float = 0.0) -> Callable[[Part], Floats]:
    def predict(part: Part) -> Floats:
        row = {name: part.frame.get_column(name).to_numpy()[part.origins] for name in ("strong", "weak", "value")}
        point = strong * row["strong"] + weak * row["weak"] + last * row["value"]
        return np.repeat(point[:, None], part.horizon, axis=1)

    return predict


def found_by(predict: Callable[[Part], Floats], horizon: int = 1) -> tuple[Importance, Shapley]:
    part, truth = make_part(horizon)
    figures = importance_figures("test.linear", predict, part, truth, 1, seed=3)
    assert figures is not None
    return figures


def test_the_column_that_matters_is_found_and_what_is_not_used_has_zero() -> None:
    permuted, shapley = found_by(linear(3, 1))
    increase = {each.name: each for each in permuted.inputs}
    assert permuted.rmse == pytest.approx(0, abs=1e-12)
    assert [each.name for each in permuted.inputs][:2] == ["strong", "weak"]
    # Exchanged for an independent draw, the error is w·(x - x'): its RMSE is w·√2.
    assert increase["strong"].increase == pytest.approx(3 * np.sqrt(2), rel=0.35)
    assert increase["weak"].increase == pytest.approx(np.sqrt(2), rel=0.35)
    assert 0 < increase["strong"].spread < 1.5
    unused = [each for each in permuted.inputs if each.name not in ("strong", "weak")]
    assert {(each.increase, each.spread) for each in unused} == {(0.0, 0.0)}
    assert "noise" in {each.name for each in unused}
    assert [each.name for each in shapley.inputs][:2] == ["strong", "weak"]
    assert {each.mean_absolute for each in shapley.inputs[2:]} == {0.0}


def test_shapley_values_of_a_sum_are_exact_and_add_up() -> None:
    part, truth = make_part(1)
    _, shapley = found_by(linear(3, 1, last=0.5))
    names = [each.name for each in shapley.inputs]
    assert max(each.order_spread for each in shapley.inputs) < 1e-12
    chosen = next(lattices_of(part, truth, rows_back_of(part, 1)))
    strong = part.frame.get_column("strong").to_numpy()[part.origins[chosen]]
    for example in shapley.examples:
        assert sum(example.contributions) == pytest.approx(example.forecast - example.background)
        origin = int(example.at) - 1
        own = part.frame["strong"][origin]
        contribution = example.contributions[names.index("strong")]
        # Its weight times its distance from the mean of the backgrounds that were drawn: close to 3·(x - mean).
        assert contribution == pytest.approx(3 * (own - strong.mean()), abs=3 * 3 * strong.std() / np.sqrt(5))


def test_contributions_of_a_product_are_shared_between_both() -> None:
    def product(part: Part) -> Floats:
        strong, weak = (part.frame.get_column(name).to_numpy()[part.origins] for name in ("strong", "weak"))
        return (strong * weak)[:, None]

    _, shapley = found_by(product)
    by_name = {each.name: each for each in shapley.inputs}
    assert by_name["strong"].order_spread > 0.1
    assert by_name["strong"].mean_absolute > 0.2
    assert by_name["weak"].mean_absolute > 0.2
    assert by_name["noise"].mean_absolute == 0
    for example in shapley.examples:
        assert sum(example.contributions) == pytest.approx(example.forecast - example.background)


def test_lags_are_distinguished() -> None:
    def five_back(part: Part) -> Floats:
        return part.frame.get_column("value").to_numpy()[part.origins - 5][:, None]

    permuted, _ = found_by(five_back)
    changed = [each.name for each in permuted.inputs if each.increase or each.spread]
    assert changed == ["value, 4–7 back"]


def test_a_column_known_in_advance_is_exchanged_ahead_too() -> None:
    def ahead(part: Part) -> Floats:
        return part.ahead["noise"]  # as a real forecaster reads it: the frame's later rows are not for it

    part, truth = make_part(1)
    told = dataclasses.replace(part, ahead=ahead_of(part.frame, ["noise"], part.origins, 1))
    figures = importance_figures("test.ahead", ahead, told, truth, 1, seed=3)
    assert figures is not None
    assert [each.name for each in figures[0].inputs if each.spread] == ["noise"]


def test_only_the_block_that_is_meant_changes() -> None:
    part, truth = make_part(1)
    rows_back = rows_back_of(part, 1)
    chosen = next(lattices_of(part, truth, rows_back))
    assert np.diff(part.origins[chosen]).min() >= rows_back + part.horizon
    blocks, _ = inputs_of(part, rows_back)
    changed = exchanged(part, chosen, np.roll(np.arange(len(chosen)), 1), [blocks[2]])
    rows = np.flatnonzero((changed["value"] != part.frame["value"]).to_numpy())
    assert set(rows.tolist()) <= {int(origin) - back for origin in part.origins[chosen] for back in (2, 3)}
    assert changed.drop("value").equals(part.frame.drop("value"))
    lags = sorted(lag for block in blocks if block.column == "value" for lag in range(block.first, block.last + 1))
    assert lags == list(range(rows_back))


def test_a_part_with_too_few_separate_origins_is_not_explained() -> None:
    part, truth = make_part(1)
    short = Part(part.frame.head(START + 20), part.schema, START, 1, part.origins[:19])
    assert importance_figures("test.linear", linear(3, 1), short, truth[:19], 1, seed=0) is None


def test_a_large_part_has_fewer_repeats_and_still_a_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    permuted, shapley = found_by(linear(3, 1))
    assert (permuted.repeats, shapley.orders) == (importance.REPEATS, importance.ORDERS)
    monkeypatch.setattr(importance, "MOST_VALUES", 1)
    permuted, shapley = found_by(linear(3, 1))
    assert permuted.repeats == shapley.orders == importance.FEWEST_REPEATS


def test_a_failure_is_reported_and_ends_nothing(child: Callable[..., Any], plugins_folder: Path) -> None:
    asked = child(
        "importance",
        plugins_folder=str(plugins_folder),
        task="forecast",
        explanation="importance",
        candidate={"name": "test.linear", "predictions": ""},
        baseline={"name": "forecasting.naive", "predictions": ""},
        predictor="nowhere",
        test="",
        truth="",
        split={"parts": {}},
    )
    answer = explain(asked)
    assert answer.figures == ()
    assert "nowhere" in answer.problem["en"] or "No such file" in answer.problem["en"]
    assert asked.figures == {}
