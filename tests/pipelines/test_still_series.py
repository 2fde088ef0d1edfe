"""Series that stand still in a part or in all of it: one clear answer for each, and no number that is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.errors import InvalidInput
from azuraforge.pipelines import steps
from azuraforge.plugins import Table
from azuraforge.plugins.kinds.forecast.predictions import load_predictions
from tests.panels import SCHEMA, make_panel
from tests.pipelines.test_panel import Run, stored
from tests.task_kinds import use_baselines

CONFIG = {"horizon": 2, "members": ["forecasting.naive", "forecasting.ets", "forecasting.boosted_lags"]}
ROWS = 260


def still(first: int, stop: int, panel: bool) -> Table:
    """Shops, or one of them, whose values are 5 from row ``first`` to ``stop``."""
    row = pl.int_range(pl.len()).over("shop")
    value = pl.when(row.is_between(first, stop - 1)).then(5.0).otherwise("value").alias("value")
    frame = make_panel(ROWS, late=0).frame.with_columns(value)
    if panel:
        return Table(frame, SCHEMA)
    return Table(frame.filter(pl.col("shop") == "shop-0").drop("shop"), replace(SCHEMA, series=None))


def test_a_panel_of_which_no_series_changes_while_it_is_learned_is_refused(
    child: Callable[..., Any], tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="each of the 3 series is constant in the training set") as refused:
        Run(child, stored(still(0, 200, panel=True), tmp_path), "forecasting.auto", CONFIG)
    assert refused.value.error_code == "constant_target"
    assert "choose another target" in str(refused.value.next_step)


@pytest.mark.parametrize("panel", [False, True], ids=["series", "panel"])
def test_what_stands_still_since_its_start_is_forecast_by_its_value(
    child: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, panel: bool
) -> None:
    use_baselines(monkeypatch, "forecast", "forecasting.naive", "forecasting.seasonal_naive")
    run = Run(child, stored(still(12, ROWS, panel), tmp_path), "forecasting.auto", CONFIG)
    json.dumps(run.judged, allow_nan=False)
    verdict = run.judged["verdict"]
    codes = [reason["code"] for reason in verdict["reasons"]]
    assert codes == ["no_champion_before", "not_better_than_best_baseline", "baseline_promoted"]
    assert verdict["champion"] == "forecasting.naive", "as good, and simpler"
    made = load_predictions(Path(run.out("predict", "future.npz")))
    np.testing.assert_allclose(made.point, 5.0, rtol=1e-12)
    assert all(np.isfinite(values).all() for values in made.quantiles.values())


def test_a_series_that_begins_to_move_after_it_was_learned_is_judged(
    child: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_baselines(monkeypatch, "forecast", "forecasting.naive", "forecasting.seasonal_naive")
    run = Run(child, stored(still(0, 200, panel=False), tmp_path), "forecasting.auto", CONFIG)
    json.dumps(run.judged, allow_nan=False)
    assert run.judged["verdict"]["decision"] in ("promoted", "baseline_promoted")
    assert np.isfinite(load_predictions(Path(run.out("predict", "future.npz"))).point).all()


def test_a_network_refuses_a_series_that_stands_still_while_it_is_learned(
    child: Callable[..., Any], tmp_path: Path
) -> None:
    dataset = stored(still(0, 200, panel=False), tmp_path)
    asked = {"plugin": "forecasting.nhits", "config": {"horizon": 2, "epochs": 1}}
    with pytest.raises(InvalidInput, match="'value' is constant in the training set") as refused:
        steps.split(child("split", dataset=dataset, **asked))  # before a run exists
    assert "forecasting.naive" in str(refused.value.next_step)
