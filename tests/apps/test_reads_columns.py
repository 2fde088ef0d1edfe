"""What each forecaster declares about columns (``reads_columns``) is what its forecasts depend on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from azuraforge.plugins import Part, Rows, Schema, Table
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.silent_run import SilentRun
from azuraforge.plugins.discovery.loading import load_plugin
from azuraforge.plugins.kinds.forecast.parts import cut_learning

#: A pretrained forecaster needs weights; ``auto`` reads columns if one of its members does.
NOT_HERE = {"forecasting.chronos_bolt", "forecasting.auto"}
NAMES = sorted(
    each.name
    for each in entry_points(group="azuraforge.pipelines")
    if each.name.startswith("forecasting.") and each.name not in NOT_HERE
)
SCHEMA = Schema("at", "y", ("x",), "1d", 7)
QUICK = {"epochs": 2, "max_steps": 20}


def table(column: Floats | None) -> Table:
    """A daily series of demand with zeros that follows ``x`` of the day before."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=400)
    y = np.maximum(0.0, 3 + 4 * np.roll(x, 1) + np.sin(2 * np.pi * np.arange(400) / 7) + rng.normal(0, 0.1, 400))
    at = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(400)]
    frame = pl.DataFrame(
        {"at": pl.Series(at, dtype=pl.Datetime("us", "UTC")), "y": y, "x": x if column is None else column}
    )
    return Table(frame, SCHEMA)


def forecast(name: str, data: Table, folder: Path) -> Floats:
    pipeline = load_plugin("pipeline", name, None)()
    some = {key: value for key, value in QUICK.items() if key in pipeline.Config.model_fields}
    config = pipeline.Config(horizon=2, **some)

    def part(start: int, stop: int) -> Part:
        return cut_learning(data, Rows(start, stop), 2, (), partial=False)

    predictor = pipeline.fit(SilentRun(config, 1, 1, folder), part(0, 280), part(280, 340))
    made = pipeline.predict(predictor, replace(part(340, 400), targets=None))
    return np.stack([made.point, *(made.quantiles[level] for level in sorted(made.quantiles))])


@pytest.mark.parametrize("name", NAMES)
def test_forecasts_depend_on_columns_if_the_forecaster_says_so(name: str, tmp_path: Path) -> None:
    other = np.random.default_rng(9).normal(size=400)
    found = [forecast(name, table(column), tmp_path) for column in (None, other)]
    reads = not np.array_equal(*found)
    assert load_plugin("pipeline", name, None).reads_columns == reads
