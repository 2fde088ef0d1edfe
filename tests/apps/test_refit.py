"""The refit: learned from every row, as the evaluated forecaster was configured, the same bits each time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from azuraforge.apps.forecasting.auto.config import AutoConfig
from azuraforge.apps.forecasting.auto.pipeline import Auto
from azuraforge.apps.forecasting.boosting.config import BoostedConfig
from azuraforge.apps.forecasting.boosting.forecaster import BoostedLags
from azuraforge.apps.forecasting.ets import ExponentialSmoothing
from azuraforge.apps.forecasting.lstm import LstmConfig, LstmForecaster
from azuraforge.apps.forecasting.naive import RandomWalkDrift
from azuraforge.apps.forecasting.ridge import Ridge
from azuraforge.pipelines.predictor import hash_folder
from azuraforge.plugins import ForecastConfig, Rows, Table
from azuraforge.plugins.contract.pipeline import AnyPipeline
from azuraforge.plugins.kinds.forecast.parts import cut_future, cut_learning
from azuraforge.testing import MemoryRun
from tests.apps.conftest import make_series

SMALL = LstmConfig(horizon=2, window=8, hidden_size=4, lstm_rows=4, epochs=4, patience=1, learning_rate=0.05)
TREES = BoostedConfig(horizon=2, trees=30, learning_rate=0.5, patience=3, leaf_rows=5)
CASES = [
    (RandomWalkDrift, ForecastConfig(horizon=2)),
    (ExponentialSmoothing, ForecastConfig(horizon=2, intervals="adaptive")),
    (Ridge, ForecastConfig(horizon=2)),
    (BoostedLags, TREES),
    (LstmForecaster, SMALL),
    (Auto, AutoConfig(horizon=2, members=("forecasting.ets", "forecasting.theta", "forecasting.ridge"))),
]


def changed_at_the_end(table: Table) -> Table:
    """The last fifth moved: a forecaster that does not learn it goes on as before."""
    import polars as pl

    rows = len(table)
    late = pl.int_range(pl.len()) >= rows * 4 // 5
    step = (pl.int_range(pl.len()) - rows * 4 // 5) * 0.5
    return replace(table, frame=table.frame.with_columns(pl.when(late).then(pl.col("value") + step).otherwise("value")))


@pytest.mark.parametrize(("pipeline", "config"), CASES)
def test_a_refit_learns_the_last_rows_and_keeps_what_validation_chose(
    pipeline: type[AnyPipeline], config: Any, tmp_path: Path
) -> None:
    table, made = changed_at_the_end(make_series(260, holes=False)), pipeline()
    train, validation = cut_learning(table, Rows(0, 160), 2), cut_learning(table, Rows(160, 208), 2)
    fitted = made.fit(MemoryRun(config, tmp_path / "fit"), train, validation)
    rows = cut_learning(table, Rows(0, 260), 2)
    hashes = set()
    for attempt in ("one", "two"):
        refitted = made.refit(MemoryRun(config, tmp_path / attempt), fitted, rows)
        (tmp_path / attempt / "saved").mkdir()
        made.save(refitted, tmp_path / attempt / "saved")
        hashes.add(hash_folder(tmp_path / attempt / "saved", "it"))
    assert len(hashes) == 1
    refitted = made.load(tmp_path / "one" / "saved")
    future = cut_future(table, 2)
    before, after = made.predict(fitted, future), made.predict(refitted, future)
    assert not np.array_equal(before.point, after.point), "it learned rows that the evaluated one did not know"
    if isinstance(made, LstmForecaster):
        assert refitted.epochs == fitted.epochs
        assert np.array_equal(refitted.offsets, fitted.offsets)
        assert np.array_equal(refitted.network.line_penalty.numpy(), fitted.network.line_penalty.numpy())
    elif isinstance(made, BoostedLags):
        assert np.array_equal(refitted.spread, fitted.spread)
        assert [len(forest) for forest in refitted.forests] == [len(forest) for forest in fitted.forests]
        assert refitted.shares == fitted.shares
        assert refitted.scales == fitted.scales, "the offsets are in units of the scales"
    elif isinstance(made, Auto):
        assert refitted.combination == fitted.combination
        assert all(np.array_equal(refitted.spreads[name].offsets, own.offsets) for name, own in fitted.spreads.items())
    else:
        assert np.array_equal(refitted.spread.offsets, fitted.spread.offsets)
        assert refitted.settings.get("penalty") == fitted.settings.get("penalty")
        assert np.array_equal(refitted.arrays.get("table", 0), fitted.arrays.get("table", 0))


def test_a_refit_that_was_interrupted_ends_with_the_same_bits(tmp_path: Path) -> None:
    table = make_series(260, holes=False)
    train, validation = cut_learning(table, Rows(0, 160), 2), cut_learning(table, Rows(160, 208), 2)
    made, rows = LstmForecaster(), cut_learning(table, Rows(0, 260), 2)
    fitted = replace(made.fit(MemoryRun(SMALL, tmp_path / "fit"), train, validation), epochs=3)
    whole = MemoryRun(SMALL, tmp_path / "whole")
    undisturbed = made.refit(whole, fitted, rows).network.state_dict()
    resumed = MemoryRun(SMALL, tmp_path / "resumed", resume_from=whole.checkpoints[0])
    again = made.refit(resumed, fitted, rows).network.state_dict()
    assert len(whole.checkpoints) > 1
    assert all(np.array_equal(again[name], value) for name, value in undisturbed.items())
