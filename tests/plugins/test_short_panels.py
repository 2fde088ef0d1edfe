"""Panels of short yearly series: their sets are made smaller instead of leaving out most series."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from azuraforge.plugins import Schema, Table
from azuraforge.plugins.contract.silent_run import SilentRun
from azuraforge.plugins.discovery.loading import load_plugin
from azuraforge.plugins.kinds.forecast.parts import load_part
from azuraforge.plugins.kinds.forecast.split import ForecastSplit, split_series


def yearly(lengths: Sequence[int], frequency: str = "1y") -> Table:
    """Series that end in the same year and begin in different ones."""
    rng = np.random.default_rng(0)
    frames = []
    for number, rows in enumerate(lengths):
        at = [datetime(1900 + max(lengths) - rows + row, 1, 1, tzinfo=UTC) for row in range(rows)]
        columns = {"id": [f"s{number:02}"] * rows, "at": pl.Series(at, dtype=pl.Datetime("us", "UTC"))}
        frames.append(pl.DataFrame({**columns, "y": 100 + np.cumsum(rng.normal(1, 2, rows))}))
    return Table(pl.concat(frames), Schema("at", "y", frequency=frequency, series="id"))


def split_of(
    table: Table, name: str = "forecasting.naive", horizon: int = 6, folder: Path | None = None
) -> ForecastSplit:
    pipeline = load_plugin("pipeline", name, None)()
    return split_series(pipeline, table, pipeline.Config(horizon=horizon), folder)


@pytest.mark.parametrize("horizon", [1, 2, 4, 6])
@pytest.mark.parametrize("lengths", [[8] * 4, [8, 8, 8, 14], [8, 9, 10, 14], [8, 8, 12, 20], [8, 9, 9, 9, 40]])
def test_no_series_of_eight_rows_is_left_out(lengths: list[int], horizon: int) -> None:
    found = split_of(yearly(lengths), horizon=horizon)
    assert found.left_out == ()


@pytest.mark.parametrize("name", ["forecasting.auto", "forecasting.ets", "forecasting.boosted_lags"])
def test_they_are_learned_and_forecast(name: str, tmp_path: Path) -> None:
    found = split_of(yearly([8, 8, 9, 14]), name, 6, tmp_path)
    assert found.left_out == ()
    pipeline = load_plugin("pipeline", name, None)()
    train, validation = load_part(tmp_path / "train"), load_part(tmp_path / "validation")
    predictor = pipeline.fit(SilentRun(pipeline.Config(horizon=6), 1, 1, tmp_path), train, validation)
    made = pipeline.predict(predictor, validation)
    assert made.point.shape == (len(validation.origins), 6)
    assert np.isfinite(made.point).all()


def test_a_minority_of_short_series_does_not_shrink_the_sets_of_the_others() -> None:
    found = split_of(yearly([8, 30, 30, 30]), horizon=6)
    assert [each.series for each in found.left_out] == ["s00"]
    assert len(found.range_of("test")) == 6
    # A long panel with many newcomers keeps its test set, too.
    long = split_of(yearly([12, 12, 12, 100]), horizon=6)
    assert len(long.left_out) == 3
    assert len(long.range_of("test")) == 15


def test_series_of_fewer_than_eight_rows_stay_left_out() -> None:
    found = split_of(yearly([4, 4, 4, 4, 8, 8]), horizon=4)
    assert [each.series for each in found.left_out] == ["s00", "s01", "s02", "s03"]
