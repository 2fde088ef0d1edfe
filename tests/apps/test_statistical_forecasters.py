"""The statistical forecasters against the library that estimated them: same parameters, same forecasts."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from azuraforge.apps.forecasting.arima import AutoArima
from azuraforge.apps.forecasting.carried import StateForecaster
from azuraforge.apps.forecasting.ces import ComplexExponentialSmoothing
from azuraforge.apps.forecasting.ets import ExponentialSmoothing
from azuraforge.apps.forecasting.mstl import MultipleSeasons
from azuraforge.apps.forecasting.tbats import TbatsForecaster
from azuraforge.apps.forecasting.theta import Theta
from azuraforge.plugins.contract.parts import Floats
from azuraforge.plugins.forecasting.config import ForecastConfig

HORIZON = 30


@cache
def series(kind: str) -> Floats:
    rng = np.random.default_rng(4)
    rows = np.arange(160)
    wave = np.sin(2 * np.pi * rows / 12)
    if kind == "additive":
        return 50 + 0.1 * rows + 6 * wave + np.cumsum(rng.normal(0, 0.4, 160))
    if kind == "multiplicative":
        return np.exp(2 + 0.01 * rows + 0.3 * wave + rng.normal(0, 0.05, 160))
    return 20 + np.cumsum(rng.normal(0.1, 1.0, 160))


def carried(plugin: StateForecaster[Any], values: Floats, seasons: tuple[int, ...]) -> tuple[Floats, Any]:
    """Forecasts after the last value, by our recursion from the library's parameters."""
    found = plugin._estimate(ForecastConfig(horizon=HORIZON), values, seasons)
    rows = np.array([len(values) - 1])
    if found.after is not None:
        return found.model.ahead(found.model.state_of(found.after)[None], HORIZON)[0], found
    walk = found.model.walk(found.before, values, rows)
    assert found.model.ahead(found.model.state_of(walk.after)[None], HORIZON).tobytes() == (
        found.model.ahead(walk.states, HORIZON).tobytes()
    )
    return found.model.ahead(walk.states, HORIZON)[0], found


def library(model: Any, values: Floats) -> Floats:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(model.fit(values).predict(HORIZON)["mean"])


@pytest.mark.parametrize("kind", ["additive", "multiplicative", "walk"])
@pytest.mark.parametrize(
    ("plugin", "named", "options"),
    [
        (ExponentialSmoothing, "AutoETS", {}),
        (AutoArima, "AutoARIMA", {"nmodels": 40}),
        (Theta, "AutoTheta", {}),
        (ComplexExponentialSmoothing, "AutoCES", {}),
        (MultipleSeasons, "MSTL", {}),
        (TbatsForecaster, "AutoTBATS", {"use_arma_errors": False}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_forecasts_are_the_librarys(plugin: Any, named: str, options: dict[str, Any], kind: str) -> None:
    from statsforecast import models

    values = series(kind)
    if named == "MSTL":
        options = {"trend_forecaster": models.AutoETS(model="ZZN")}
    ours, _ = carried(plugin(), values, (12,))
    np.testing.assert_allclose(ours, library(getattr(models, named)(season_length=12, **options), values), rtol=1e-6)
