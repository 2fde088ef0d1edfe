"""Dry runs show the rows and windows that a run really uses."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from azuraforge.apps.forecasting.lstm import LstmConfig, LstmForecaster
from azuraforge.apps.forecasting.naive import Naive
from azuraforge.plugins.contract.silent_run import SilentRun
from azuraforge.plugins.forecasting import time_series
from azuraforge.plugins.forecasting.config import ForecastConfig
from azuraforge.plugins.kinds.forecast.kind import Forecast
from azuraforge.plugins.kinds.forecast.split import split_series
from tests.panels import make_panel
from tests.pipelines.conftest import make_table


class Stopped(Exception):
    pass


def used(monkeypatch, pipeline, config, table, folder):
    """Return the windows that the split states, and those that reach the training loop and the test set."""
    seen = SimpleNamespace(learning=0, checking=0)

    def descend(run, network, learning, checking, prepare, **_):
        seen.learning, seen.checking = len(learning), len(checking)
        raise Stopped

    monkeypatch.setattr(time_series, "descend", descend)
    kind = Forecast()
    stated = split_series(pipeline, table, config, folder)
    train, validation = (kind.load_part(folder / part) for part in ("train", "validation"))
    with pytest.raises(Stopped):
        pipeline.fit(SilentRun(config, 0, 1, folder), train, validation)
    test = kind.hold_out(table, stated, [config], folder / "held")
    return stated, {"train": seen.learning, "validation": seen.checking, "test": test}


def test_a_network_gets_as_many_windows_as_stated(monkeypatch, tmp_path):
    table = make_table(300)
    values = table.frame.get_column("value").to_numpy().copy()
    values[40:43] = np.nan
    table = type(table)(table.frame.with_columns(value=values).fill_nan(None), table.schema)
    config = LstmConfig(horizon=4, window=20)
    stated, real = used(monkeypatch, LstmForecaster(), config, table, tmp_path)
    assert stated.windows == real
    assert stated.windows["train"] < stated.parts["train"].rows - 20 - 3, "the gap costs windows"


def test_a_shortened_default_window_is_the_one_that_counts(monkeypatch, tmp_path):
    stated, real = used(monkeypatch, LstmForecaster(), LstmConfig(horizon=2), make_table(90), tmp_path)
    assert stated.windows == real


def test_a_panel_counts_the_windows_of_all_series(monkeypatch, tmp_path):
    config = LstmConfig(horizon=3, window=10)
    stated, real = used(monkeypatch, LstmForecaster(), config, make_panel(), tmp_path)
    assert stated.windows == real


def test_a_method_without_windows_counts_origins(tmp_path):
    stated = split_series(Naive(), make_table(100), ForecastConfig(horizon=5), tmp_path)
    kind = Forecast()
    assert stated.windows["train"] == len(kind.load_part(tmp_path / "train"))
    assert stated.windows["validation"] == len(kind.load_part(tmp_path / "validation"))
