"""Scaled errors: their scale comes from the training part only, and intermittent series are compared by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.plugins import Part, Predictions, Schema, Table
from azuraforge.plugins.kinds.forecast.scaled import Scales
from tests.panels import SCHEMA, make_panel
from tests.pipelines.test_panel import Run, stored


def part(values: list[float], start: int, origins: list[int]) -> Part:
    return Part(pl.DataFrame({"y": values}), Schema(None, "y"), start, 1, np.array(origins))


def test_errors_are_in_units_of_the_training_steps_whatever_follows_them() -> None:
    train = part([0.0, 0.0, 2.0, 0.0, 4.0], 0, [0])
    test = part([0.0, 0.0, 2.0, 0.0, 4.0, 900.0, -900.0], 5, [4, 5])
    scales = Scales.of(train, test)
    truth, point = np.array([[900.0], [-900.0]]), np.array([[903.0], [-897.0]])
    spread = Predictions(point, {0.05: point - 10, 0.95: point + 10})
    found = scales.measure(truth, spread, None)
    assert found["rmsse"] == pytest.approx(3 / np.sqrt((4 + 16) / 2))
    assert found["scaled_pinball"] == pytest.approx((0.05 * 7 + 0.05 * 13) / 2 / 3)
    assert (scales.zeros, scales.intermittent) == (0.6, True)
    assert scales.measure(truth, Predictions(point), None)["scaled_pinball"] is None


def test_every_series_has_its_own_scale_and_counts_alike() -> None:
    frame = pl.DataFrame({"shop": ["a"] * 3 + ["b"] * 3, "y": [1.0, 2.0, 1.0, 100.0, 200.0, 100.0]})
    whole = Part(frame, Schema(None, "y", series="shop"), 0, 1, np.array([1, 4]))
    scales = Scales.of(whole, whole)
    losses = scales.measure(np.zeros((2, 1)), Predictions(np.array([[1.0], [300.0]])), np.array([0, 1]))
    assert losses["rmsse"] == pytest.approx((1 + 3) / 2)


def test_a_constant_training_part_gives_no_scaled_error() -> None:
    still = part([3.0, 3.0, 3.0, 4.0], 0, [2])
    train = part([3.0, 3.0, 3.0], 0, [0])
    assert Scales.of(train, still).measure(np.ones((1, 1)), Predictions(np.zeros((1, 1))), None)["rmsse"] is None


@pytest.mark.parametrize("share", [0.2, 0.6])
def test_a_panel_of_intermittent_series_is_ranked_and_gated_by_rmsse(
    child: Callable[..., Any], tmp_path: Path, share: float
) -> None:
    table = make_panel(160, sizes=(1.0, 50.0), late=0)
    gone = np.random.default_rng(5).random(table.frame.height) < share
    frame = table.frame.with_columns(pl.when(pl.Series(gone)).then(0.0).otherwise("value").alias("value"))
    run = Run(child, stored(Table(frame, replace(SCHEMA)), tmp_path), "forecasting.ridge", {"horizon": 2})
    evaluation = run.judged["evaluation"]
    expected = "rmsse" if share >= 0.3 else "rmse"
    assert (evaluation["ranked_by"], evaluation["gate_metric"]) == (expected, expected)
    scores = [each["metrics"][expected] for each in evaluation["contenders"]]
    assert scores == sorted(scores)
    for each in evaluation["contenders"]:
        assert each["metrics"]["rmsse"] > 0
        assert each["metrics"]["scaled_pinball"] > 0
        assert (each["metrics"]["smape"] is None) == (share >= 0.3)
        assert each["horizons"][0]["metrics"].keys() == each["metrics"].keys() - {"skill"}
