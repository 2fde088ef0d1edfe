"""Intervals have a width where the validation part stands still."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.apps.forecasting.auto.candidates import MEMBERS
from azuraforge.apps.forecasting.auto.pipeline import Auto
from azuraforge.plugins import Table
from azuraforge.plugins.kinds.forecast.parts import cut_learning
from azuraforge.testing import MemoryRun


@pytest.mark.parametrize("intervals", ["fixed", "adaptive"])
@pytest.mark.parametrize(
    "name",
    ["forecasting.naive", "forecasting.seasonal_naive", "forecasting.croston", "forecasting.boosted_lags", "auto"],
)
@pytest.mark.parametrize("still", [0.0, 40.0])
def test_intervals_have_a_width_after_a_validation_part_that_stands_still(
    name: str, intervals: str, still: float, series: Table, tmp_path: Path
) -> None:
    pipeline: Any = Auto() if name == "auto" else MEMBERS[name]()
    more = {"members": ("forecasting.croston", "forecasting.tsb")} if name == "auto" else {}
    config = pipeline.Config(horizon=3, intervals=intervals, **more)
    split = pipeline.split(series, config)
    values = series.frame.get_column("value").to_numpy().copy()
    values[split.validation.start - 8 : split.validation.stop] = still
    table = Table(series.frame.with_columns(pl.Series("value", values)), series.schema)
    train, validation = (cut_learning(table, rows, 3) for rows in (split.train, split.validation))
    answer = pipeline.predict(pipeline.fit(MemoryRun(config, tmp_path), train, validation), validation)
    width = answer.quantiles[0.95] - answer.quantiles[0.05]
    changes = np.abs(np.diff(values[: split.train.stop])).mean()
    assert (width[-1] > 0.005 * changes).all()
    assert (width[-1] < 100 * changes).all()
