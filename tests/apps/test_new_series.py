"""Series of a panel that a version did not learn are forecast by analogy with the others."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.apps.forecasting.auto.candidates import MEMBERS
from azuraforge.apps.forecasting.auto.pipeline import Auto
from azuraforge.apps.forecasting.lstm import LstmForecaster
from azuraforge.apps.forecasting.nhits import NhitsForecaster
from azuraforge.errors import InvalidInput
from azuraforge.plugins import Rows, Schema, Table
from azuraforge.plugins.contract.parts import Part, Predictions
from azuraforge.plugins.kinds.forecast.parts import cut_learning
from azuraforge.plugins.kinds.forecast.predictions import guard_against_future
from azuraforge.testing import MemoryRun

SCHEMA = Schema("at", "value", (), "1mo", 12, "UTC", None, series="shop")
MONTHS = [datetime(2015 + month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in range(96)]
NAMES = ["forecasting.naive", "forecasting.ets", "forecasting.theta", "forecasting.ridge", "auto"]
NETWORKS: dict[str, tuple[Any, dict[str, Any]]] = {
    "forecasting.nhits": (NhitsForecaster, {"width": 4}),
    "forecasting.lstm": (LstmForecaster, {"hidden_size": 4}),
}


def values_of(seed: int, size: float) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(seed)
    season = 1 + 0.5 * np.sin(2 * np.pi * np.arange(96) / 12)
    return np.asarray(size * season * np.exp(0.05 * rng.normal(size=96)))


def frame_of(name: str, values: np.ndarray[Any, Any], first: int = 0) -> pl.DataFrame:
    at = pl.Series(MONTHS[first : first + len(values)], dtype=pl.Datetime("us", "UTC"))
    return pl.DataFrame({"shop": [name] * len(values), "at": at, "value": values})


def panel() -> Table:
    return Table(pl.concat([frame_of(f"s{n}", values_of(n, 10.0 ** (n % 4))) for n in range(8)]), SCHEMA)


@cache
def learned(name: str) -> tuple[Any, Any]:
    """Fit, refit on all rows, save and load; return the pipeline and what it loaded."""
    folder = Path(tempfile.mkdtemp(prefix="new-series-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    network, more = NETWORKS.get(name, (None, {}))
    pipeline: Any = Auto() if name == "auto" else network() if network else MEMBERS[name]()
    more = {"members": ("forecasting.ets", "forecasting.boosted_lags")} if name == "auto" else more
    more = more | {"epochs": 1} if network else more
    config, table = pipeline.Config(horizon=6, **more), panel()
    split = pipeline.split(table, config)
    train, validation = (cut_learning(table, rows, 6) for rows in (split.train, split.validation))
    run = MemoryRun(config, folder / "run")
    found = pipeline.refit(run, pipeline.fit(run, train, validation), cut_learning(table, Rows(0, 96), 6))
    (folder / "saved").mkdir()
    pipeline.save(found, folder / "saved")
    return pipeline, pipeline.load(folder / "saved")


def asked(name: str, values: np.ndarray[Any, Any], first: int, *origins: int) -> Part:
    return Part(frame_of(name, values, first), SCHEMA, 0, 6, np.array(origins, dtype=np.int64))


@pytest.mark.parametrize("name", [*NAMES, *NETWORKS])
def test_a_new_series_is_forecast_with_the_season_of_the_others(name: str) -> None:
    pipeline, found = learned(name)
    truth = values_of(99, 5000.0)
    for first in (86, 87, 88):  # two to four rows
        answer: Predictions = pipeline.predict(found, asked("new", truth[first:90], first, 89 - first))
        errors = np.abs(answer.point[0] - truth[90:])
        flat = np.abs(truth[89] - truth[90:])
        assert errors.mean() < 0.4 * flat.mean()
        width = answer.quantiles[0.95] - answer.quantiles[0.05]
        assert (width > 0).all()
        assert (width < 5000).all()
    assert not pipeline.knows_series(found, "new")
    assert pipeline.knows_series(found, "s3")


@pytest.mark.parametrize("name", ["forecasting.ets", "auto", "forecasting.nhits"])
def test_a_new_series_sees_no_row_after_its_origin_and_no_other_series(name: str) -> None:
    pipeline, found = learned(name)
    both = pl.concat([frame_of("new", values_of(99, 50.0)), frame_of("s1", values_of(1, 10.0))])
    part = Part(both, SCHEMA, 0, 6, np.array([3, 20, 60, 95 + 40], dtype=np.int64))

    def predict(one: Part) -> Predictions:
        answer: Predictions = pipeline.predict(found, one)
        return answer

    whole = predict(part)
    assert guard_against_future(name, predict, part, whole, seed=1) == 3
    alone = predict(asked("new", values_of(99, 50.0), 0, 3, 20, 60))
    np.testing.assert_allclose(alone.point, whole.point[:3])


def test_a_series_with_one_known_value_is_refused_in_one_sentence() -> None:
    pipeline, found = learned("forecasting.ets")
    with pytest.raises(InvalidInput, match="the series 'new' was not used in training and has 1 known value"):
        pipeline.predict(found, asked("new", np.array([np.nan, 5.0]), 90, 1))


@pytest.mark.parametrize("values", [np.zeros(3), np.full(3, 7.0), np.array([-3.0, 2.0, -1.0])])
def test_odd_series_are_answered_with_numbers(values: np.ndarray[Any, Any]) -> None:
    pipeline, found = learned("auto")
    answer = pipeline.predict(found, asked("new", values, 90, len(values) - 1))
    assert np.isfinite(answer.point).all()
    assert all(np.isfinite(each).all() for each in answer.quantiles.values())


def test_a_network_forecasts_a_still_series_by_its_last_value() -> None:
    pipeline, found = learned("forecasting.nhits")
    answer = pipeline.predict(found, asked("closed", np.full(40, 7.0), 50, 39))
    assert (answer.point == 7).all()
    assert not pipeline.knows_series(found, "closed")
