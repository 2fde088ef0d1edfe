"""Every built-in forecaster passes the suite that third-party plugins must pass."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import entry_points
from typing import Any

import polars as pl
import pytest

from azuraforge.apps.forecasting.arima import AutoArima
from azuraforge.apps.forecasting.attention import AttentionForecaster
from azuraforge.apps.forecasting.auto.pipeline import Auto
from azuraforge.apps.forecasting.boosting.forecaster import BoostedLags
from azuraforge.apps.forecasting.ces import ComplexExponentialSmoothing
from azuraforge.apps.forecasting.ets import ExponentialSmoothing
from azuraforge.apps.forecasting.gru import GruForecaster
from azuraforge.apps.forecasting.intermittent import Adida, Croston, Tsb
from azuraforge.apps.forecasting.lstm import LstmForecaster
from azuraforge.apps.forecasting.mstl import MultipleSeasons
from azuraforge.apps.forecasting.naive import Naive, RandomWalkDrift, SeasonalNaive
from azuraforge.apps.forecasting.nhits import NhitsForecaster
from azuraforge.apps.forecasting.pretrained.pipeline import ChronosBoltForecaster
from azuraforge.apps.forecasting.ridge import Ridge
from azuraforge.apps.forecasting.tbats import TbatsForecaster
from azuraforge.apps.forecasting.tcn import TcnForecaster
from azuraforge.apps.forecasting.theta import Theta
from azuraforge.plugins import Table
from azuraforge.testing import check_pipeline

STATISTICAL = [AutoArima, Theta, ComplexExponentialSmoothing, MultipleSeasons, TbatsForecaster, Croston, Tsb, Adida]
BASELINES = [Naive, SeasonalNaive, RandomWalkDrift, ExponentialSmoothing, Ridge, *STATISTICAL]
SMALL = {"horizon": 3, "epochs": 2, "hidden_size": 6, "lstm_rows": 5, "batch_size": 48, "window": 12}
SHORT = {"horizon": 3, "epochs": 2, "batch_size": 48, "window": 12, "max_steps": 12}
#: The forecasters that need settings to be small enough for a test, and these.
LEARNING: dict[type[Any], dict[str, Any]] = {
    LstmForecaster: SHORT | {"hidden_size": 6, "lstm_rows": 5},
    GruForecaster: SHORT | {"hidden_size": 6, "gru_rows": 7, "num_layers": 2},
    TcnForecaster: SHORT | {"channels": 4, "tcn_rows": 9},
    AttentionForecaster: SHORT | {"width": 8, "heads": 2, "attention_rows": 6},
    NhitsForecaster: SHORT | {"width": 8, "resolutions": (5, 2, 1)},
    BoostedLags: {"horizon": 3, "trees": 12},
    Auto: {"horizon": 3, "members": ("forecasting.theta", "forecasting.ridge")},
}


def short(plugin: type[Any], table: Table) -> Table:
    """ARIMA's search takes a second where the others take milliseconds."""
    return Table(table.frame.head(150), table.schema) if plugin is AutoArima else table


def test_every_built_in_forecaster_is_tested_here() -> None:
    # The pretrained one has weights of its own: pretrained/test_chronos_bolt.py.
    announced = {
        point.name: point.value.rpartition(":")[2]
        for point in entry_points(group="azuraforge.pipelines")
        if point.value.startswith("azuraforge.apps.forecasting")
    }
    assert announced == {plugin.name: plugin.__name__ for plugin in [*LEARNING, *BASELINES, ChronosBoltForecaster]}


@pytest.mark.parametrize("plugin", BASELINES, ids=lambda plugin: plugin.name)
@pytest.mark.parametrize("gap", [0, 3])
def test_a_baseline_keeps_the_contract(plugin: type[Any], gap: int, series: Table) -> None:
    check_pipeline(plugin, short(plugin, series), {"horizon": 3, "gap": gap})


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"transform": "difference", "dropout": 0.3, "num_layers": 2},
        {"transform": "log", "calendar": False, "features": False, "linear": False, "loss": "huber"},
    ],
    ids=["defaults", "difference", "log"],
)
def test_the_lstm_keeps_the_contract_and_resumes_from_every_checkpoint(options: dict[str, Any], series: Table) -> None:
    check_pipeline(LstmForecaster, series, {**SMALL, **options})


#: Others hold these to the whole contract.
APART = (LstmForecaster, Auto)


@pytest.mark.parametrize("plugin", [each for each in LEARNING if each not in APART], ids=lambda it: it.name)
def test_the_others_keep_the_contract_and_resume_from_every_checkpoint(plugin: type[Any], series: Table) -> None:
    check_pipeline(plugin, series, LEARNING[plugin])


@pytest.mark.parametrize("plugin", [*LEARNING, Ridge], ids=lambda plugin: plugin.name)
def test_with_a_column_and_holidays_known_ahead(plugin: type[Any], series: Table) -> None:
    config = {"horizon": 3, "known_ahead": ["lead"], "holidays": "TR"}
    check_pipeline(plugin, series, LEARNING.get(plugin, {}) | config, most_resumes=1)


@pytest.mark.parametrize("plugin", [*BASELINES, *LEARNING], ids=lambda plugin: plugin.name)
def test_without_time_frequency_or_features(plugin: type[Any], series: Table) -> None:
    frame = series.frame.select("value")
    bare = Table(frame, replace(series.schema, time=None, features=(), frequency=None, season=1))
    check_pipeline(plugin, short(plugin, bare), LEARNING.get(plugin, {"horizon": 2}), most_resumes=1)


@pytest.mark.parametrize("plugin", [*BASELINES, *LEARNING], ids=lambda plugin: plugin.name)
def test_holes_in_the_target_are_carried_over(plugin: type[Any], series: Table) -> None:
    holes = pl.int_range(pl.len()).is_in([0, 1, 40, 41, 200, 300, 301, 302, 400, 419])
    frame = series.frame.with_columns(pl.when(~holes).then(pl.col("value")).alias("value"))
    holed = Table(frame, series.schema)
    check_pipeline(plugin, short(plugin, holed), LEARNING.get(plugin, {"horizon": 2}), most_resumes=1)
