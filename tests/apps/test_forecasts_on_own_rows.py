"""Exponential smoothing from a caller's own rows where times do not tell the place in the season."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.apps.forecasting.ets import ExponentialSmoothing
from azuraforge.plugins import ForecastConfig, Part, Schema, Table
from azuraforge.plugins.kinds.forecast.parts import cut_learning
from azuraforge.testing import MemoryRun

HOLIDAYS = {(1, 1), (4, 23), (5, 1), (5, 19), (6, 10), (6, 11), (7, 15), (8, 30), (10, 29)}


def market_days(count: int) -> list[datetime]:
    days = (datetime(2015, 1, 1) + timedelta(days=day) for day in range(3 * count))
    return [day for day in days if day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS][:count]


def market_hours(days: int) -> list[datetime]:
    """Nine rows a day; every 23rd day ends early."""
    return [day + timedelta(hours=hour) for index, day in enumerate(market_days(days))
            for hour in range(9, 14 if index % 23 == 7 else 18)]  # fmt: skip


@pytest.mark.parametrize(("times", "season"), [(market_days(1500), 5), (market_hours(170), 9)], ids=["days", "hours"])
def test_the_season_is_found_where_holidays_hide_it(times: list[datetime], season: int, tmp_path: Any) -> None:
    rng = np.random.default_rng(0)
    rows = np.arange(len(times))
    values = 50 + 10 * np.sin(2 * np.pi * rows / season) + rng.normal(0, 0.3, len(rows))
    at = pl.Series("at", times, dtype=pl.Datetime("us")).dt.replace_time_zone("UTC")
    table = Table(pl.DataFrame({"at": at, "y": values}), Schema("at", "y", season=season))
    config, pipeline = ForecastConfig(horizon=season), ExponentialSmoothing()
    split = pipeline.split(table, config)
    train, validation = (cut_learning(table, part, season) for part in (split.train, split.validation))
    learned = pipeline.fit(MemoryRun(config, tmp_path), train, validation)
    assert learned.arrays["model.periods"].tolist() == [season]
    for begin in range(split.train.stop + 3, split.train.stop + 3 + 12 * season, season + 1):
        end = begin + 4 * season
        part = Part(
            table.frame.slice(begin, end - begin), table.schema, end - begin, season, np.array([end - begin - 1])
        )
        point = pipeline.predict(learned, part).point[0]
        assert np.sqrt(np.mean((point - values[end : end + season]) ** 2)) < 1.5
