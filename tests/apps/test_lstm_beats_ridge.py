"""On a real series that ships with a dependency, the network earns its keep in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from azuraforge.apps.forecasting.lstm import LstmForecaster
from azuraforge.apps.forecasting.ridge import Ridge
from azuraforge.datasets.sources.bundled import Bundled, BundledOptions
from azuraforge.plugins import Schema, Table
from azuraforge.plugins.kinds.forecast.parts import cut_learning, cut_test
from azuraforge.testing import MemoryRun


def weekly_co2() -> Table:
    frame = Bundled().read(BundledOptions(series="co2")).frame
    time = pl.col("time").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    frame = frame.with_columns(time, pl.col("co2").forward_fill())
    return Table(frame, Schema("time", "co2", (), "1w", 52, "UTC", "ppm"))


def rmse(plugin: type[Any], table: Table, folder: Path, **config: Any) -> tuple[float, float]:
    """RMSE on the held-out end, and the share of it inside the interval."""
    pipeline = plugin()
    parsed = plugin.Config(horizon=8, **config)
    split = pipeline.split(table, parsed)
    parts = [cut_learning(table, rows, 8) for rows in (split.train, split.validation)]
    predictor = pipeline.fit(MemoryRun(parsed, folder / plugin.__name__), *parts)
    test, truth = cut_test(table, split.test, 8)
    made = pipeline.predict(predictor, test)
    inside = (made.quantiles[0.05] <= truth) & (truth <= made.quantiles[0.95])
    return float(np.sqrt(np.square(made.point - truth).mean())), float(inside.mean())


def test_weekly_co2_eight_weeks_ahead(tmp_path: Path) -> None:
    table = weekly_co2()
    ridge, _ = rmse(Ridge, table, tmp_path)
    lstm, inside = rmse(LstmForecaster, table, tmp_path, epochs=6)
    assert lstm < 0.95 * ridge
    assert 0.85 < inside < 0.97
