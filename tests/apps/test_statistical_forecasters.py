"""The statistical forecasters: the library's parameters, frozen, give the library's forecasts as the state moves on."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.apps.forecasting.arima import AutoArima
from azuraforge.apps.forecasting.carried import StateForecaster
from azuraforge.apps.forecasting.ces import ComplexExponentialSmoothing
from azuraforge.apps.forecasting.ets import EtsConfig, ExponentialSmoothing
from azuraforge.apps.forecasting.intermittent import Adida, BucketModel, Croston, DemandModel, Tsb
from azuraforge.apps.forecasting.mstl import MultipleSeasons
from azuraforge.apps.forecasting.smoothing.estimation import fit_forms, forms
from azuraforge.apps.forecasting.smoothing.recursion import Smoothing
from azuraforge.apps.forecasting.tbats import TbatsForecaster
from azuraforge.apps.forecasting.theta import Theta
from azuraforge.errors import InvalidInput
from azuraforge.plugins import ForecastConfig, Part, Rows, Schema, Table
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.seasons import natural_seasons
from azuraforge.plugins.kinds.forecast.parts import cut_learning, cut_test
from azuraforge.testing import MemoryRun

HORIZON = 30


@cache
def series(kind: str) -> Floats:
    rng = np.random.default_rng(4)
    rows = np.arange(120)
    wave = np.sin(2 * np.pi * rows / 12)
    if kind == "additive":
        return 50 + 0.1 * rows + 6 * wave + np.cumsum(rng.normal(0, 0.4, 120))
    return np.exp(2 + 0.01 * rows + 0.3 * wave + rng.normal(0, 0.05, 120))


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


@pytest.mark.parametrize("kind", ["additive", "multiplicative"])
@pytest.mark.parametrize(
    ("plugin", "named", "options"),
    [
        (Theta, "AutoTheta", {}),
        (ComplexExponentialSmoothing, "AutoCES", {}),
        (TbatsForecaster, "AutoTBATS", {"use_arma_errors": False}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_forecasts_are_the_librarys(plugin: Any, named: str, options: dict[str, Any], kind: str) -> None:
    from statsforecast import models

    values = series(kind)
    ours, _ = carried(plugin(), values, (12,))
    np.testing.assert_allclose(ours, library(getattr(models, named)(season_length=12, **options), values), rtol=1e-6)


def test_frozen_on_a_first_part_arima_moves_on_as_in_the_library() -> None:
    """At later origins, too: the library's ``forward`` applies the parameters of the first part to longer series."""
    from statsforecast import models

    values, origins = series("multiplicative"), np.array([89, 95, 119])
    found = AutoArima()._estimate(ForecastConfig(horizon=HORIZON), values[:90], (12,))
    made = found.model.ahead(found.model.walk(found.before, values, origins).states, HORIZON)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = models.AutoARIMA(season_length=12, nmodels=40).fit(values[:90])
        for origin, ours in zip(origins, made, strict=True):
            theirs = model.forward(values[: origin + 1], HORIZON)["mean"]
            np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize("form", ["ANN", "AAdN", "ANA", "AAA", "MAdA", "MNM", "MAM", "MAdM"])
def test_the_recursion_of_every_form_is_the_librarys(form: str) -> None:
    from statsforecast.ets import ets_f
    from statsforecast.models import AutoETS

    values, damped, trend = series("multiplicative"), "d" in form, form[1] == "A"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = ets_f(values[:90], m=12, model=form.replace("d", ""), damped=damped)
        library = AutoETS(season_length=12, model=form.replace("d", ""), damped=damped).fit(values[:90])
    alpha, beta, gamma, phi, level, *rest = found["par"]
    slope, season = (rest[0], rest[1:]) if trend else (0.0, rest)
    seasonal = form[-1] != "N"
    ours = Smoothing(
        form, alpha, beta if trend else 0.0, phi if damped else 1.0, form[-1] == "M",
        np.array([12] if seasonal else [], dtype=np.int64), np.array([gamma] if seasonal else []),
    )  # fmt: skip
    before = np.array([level, slope, *season[::-1]])
    origins = np.array([89, 100, 119])
    made = ours.ahead(ours.walk(before, values, origins).states, HORIZON)
    steps = 1 if damped else HORIZON  # the library adds phi + phi where its source has phi + phi²
    for origin, own in zip(origins, made[:, :steps], strict=True):
        np.testing.assert_allclose(own, library.forward(values[: origin + 1], HORIZON)["mean"][:steps], rtol=1e-6)


@pytest.mark.parametrize("kind", ["additive", "multiplicative"])
def test_ets_is_estimated_as_well_as_by_another_library(kind: str) -> None:
    """The likelihood of every form is at least what statsmodels reaches from the same first season."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    values = series(kind)
    fitted = fit_forms(values, 12, forms("ZZZ", None, 12, positive=True))
    assert len(fitted) == 15
    for found in fitted:
        form, start = found.form, found.estimate.before
        model = ETSModel(
            values, error="mul" if form.multiplicative_error else "add", trend="add" if form.trend else None,
            damped_trend=form.damped, seasonal={"N": None, "A": "add", "M": "mul"}[form.season],
            seasonal_periods=12 if form.season != "N" else None, initialization_method="known",
            initial_level=start[0], initial_trend=start[1] if form.trend else None,
            initial_seasonal=start[2:] if form.season != "N" else None,
        )  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = model.fit(disp=False)
        size = np.log(np.abs(np.asarray(theirs.fittedvalues))).sum() if form.multiplicative_error else 0.0
        error = np.asarray(theirs.resid)
        reached = 120 * np.log(np.sum(error**2)) + 2 * size
        assert found.likelihood <= reached + 1.0, form.letters


def test_intermittent_demand_is_the_librarys_at_each_origin() -> None:
    from statsforecast import models

    rng = np.random.default_rng(1)
    values = rng.poisson(3, 90) * (rng.random(90) < 0.3) * 1.0
    bucket = round(np.diff(np.flatnonzero(values) + 1, prepend=0).mean())
    cases = [
        (DemandModel("croston", 0.1, 0.1, 0.95), np.array([-1.0, -1.0, 0.0]), models.CrostonSBA()),
        (DemandModel("tsb", 0.2, 0.1, 1.0), np.array([-1.0, -1.0, 0.0]), models.TSB(0.2, 0.1)),
        (BucketModel(bucket, 0.1), np.full(2 * bucket - 1, -1.0), models.ADIDA()),
    ]
    for model, before, theirs in cases:
        made = model.ahead(model.walk(before, values, np.arange(90)).states, 2)
        origins = [88, 89] if isinstance(model, BucketModel) else [10, 60, 89]
        for origin in origins:
            expected = theirs.fit(values[: origin + 1]).predict(2)["mean"]
            np.testing.assert_allclose(made[origin], expected, rtol=1e-9, err_msg=str(model))


ALL = [
    ExponentialSmoothing, AutoArima, Theta, ComplexExponentialSmoothing, MultipleSeasons, TbatsForecaster, Croston, Tsb,
    Adida,
]  # fmt: skip


def values_table(values: Any, season: int) -> Table:
    return Table(pl.DataFrame({"y": np.asarray(values, dtype=np.float64)}), Schema(None, "y", season=season))


def fitted(
    plugin: type[Any], values: Any, folder: Path, season: int = 12, horizon: int = 3, **options: Any
) -> tuple[Any, Any, Part, Floats]:
    pipeline, config = plugin(), plugin.Config(horizon=horizon, **options)
    table = values_table(values, season)
    split = pipeline.split(table, config)
    train, validation = (cut_learning(table, rows, horizon) for rows in (split.train, split.validation))
    learned = pipeline.fit(MemoryRun(config, folder), train, validation)
    test, truth = cut_test(table, split.test, horizon)
    return pipeline, learned, test, truth


def test_a_refit_keeps_the_orders_and_estimates_their_coefficients_again(tmp_path: Path) -> None:
    """On a series of which a search over all rows finds other orders."""
    from statsforecast.arima import Arima

    values = np.cumsum(np.random.default_rng(1).normal(0.1, 1, 60))
    pipeline, learned, _, _ = fitted(AutoArima, values, tmp_path, season=1)
    every = cut_learning(values_table(values, 1), Rows(0, 60), 3)
    again = pipeline.refit(MemoryRun(AutoArima.Config(horizon=3), tmp_path), learned, every)

    form = learned.settings["model"]["form"]
    assert AutoArima()._estimate(ForecastConfig(horizon=3), values, ()).model.form != form
    assert again.settings["model"]["form"] == form
    assert again.settings["rows"] == 60
    p, d, q, *_ = map(int, re.findall(r"\d+", form))
    theirs = Arima(values, (p, d, q), include_constant=form.endswith("+c"), method="CSS-ML")["model"]
    np.testing.assert_allclose(again.arrays["model.phi"], theirs["phi"], rtol=1e-6)
    np.testing.assert_allclose(again.arrays["model.theta"], theirs["theta"], rtol=1e-6)
    assert [*again.arrays["model.phi"], *again.arrays["model.theta"]] != (
        [*learned.arrays["model.phi"], *learned.arrays["model.theta"]]
    )


def test_a_refit_searches_where_a_season_is_new_or_the_orders_do_not_fit() -> None:
    values, config = np.random.default_rng(1).normal(size=48) + np.tile([9.0, 0.0, 4.0, 1.0], 12), ForecastConfig()
    plain = AutoArima()._estimate(config, values[:10], ()).model
    for rows, seasons, found in ((48, (4,), plain), (9, (), replace(plain, form="(5,2,5)(0,0,0)[1]"))):
        again = AutoArima()._estimate(config, values[:rows], seasons, found).model
        assert again.form == AutoArima()._estimate(config, values[:rows], seasons).model.form


@pytest.mark.parametrize("plugin", ALL, ids=lambda plugin: plugin.name)
@pytest.mark.parametrize(
    "values",
    [np.full(60, 4.0), np.zeros(60), np.append(np.full(45, 4.0), np.arange(15.0)), np.repeat(np.arange(20.0), 3),
     np.full(60, 1e9) + np.tile([1.0, 2.0], 30)],
    ids=["constant", "zeros", "constant, then a trend", "duplicates", "large"],
)  # fmt: skip
def test_series_without_much_to_learn_are_forecast(plugin: type[Any], values: Floats, tmp_path: Path) -> None:
    pipeline, learned, test, truth = fitted(plugin, values, tmp_path)
    made = pipeline.predict(learned, test).point
    assert np.isfinite(made).all()
    if not np.ptp(values):
        assert made == pytest.approx(truth)


@pytest.mark.parametrize("plugin", [AutoArima, Theta, MultipleSeasons, TbatsForecaster], ids=lambda plugin: plugin.name)
def test_too_short_a_series_is_refused_with_the_rows_it_needs(plugin: type[Any], tmp_path: Path) -> None:
    with pytest.raises(
        InvalidInput, match=rf"requires at least {plugin.fewest_rows} known values in the training set, which has 5"
    ):
        fitted(plugin, np.arange(11.0) % 5, tmp_path)


def test_few_rows_are_smoothed(tmp_path: Path) -> None:
    pipeline, learned, test, _ = fitted(ExponentialSmoothing, np.arange(13.0) % 5, tmp_path)
    assert np.isfinite(pipeline.predict(learned, test).point).all()


def test_what_multiplies_refuses_values_of_zero_or_less(tmp_path: Path) -> None:
    values = series("additive") - 60
    with pytest.raises(InvalidInput, match="the multiplicative form MAM"):
        fitted(ExponentialSmoothing, values, tmp_path, form="MAM")
    with pytest.raises(InvalidInput, match="contains negative values"):
        fitted(Croston, values, tmp_path)
    _, learned, _, _ = fitted(ExponentialSmoothing, values, tmp_path)
    assert "M" not in learned.settings["model"]["form"]
    _, learned, _, _ = fitted(ExponentialSmoothing, series("multiplicative"), tmp_path)
    assert learned.settings["model"]["multiplicative"]
    with pytest.raises(InvalidInput, match="the form AAM combines additive errors"):
        fitted(ExponentialSmoothing, series("multiplicative"), tmp_path, form="AAM")
    assert EtsConfig().form == "ZZZ"


def test_ets_chooses_by_forecasts_of_the_newest_values_not_by_likelihoods_of_two_kinds(tmp_path: Path) -> None:
    """Airline passengers: AICc prefers relative errors, whose forecasts of 12 months err twice as much."""
    from statsforecast.utils import AirPassengers

    pipeline, learned, test, truth = fitted(ExponentialSmoothing, AirPassengers, tmp_path, horizon=12)
    assert learned.settings["model"]["form"] == "AAA"
    assert np.sqrt(np.mean((pipeline.predict(learned, test).point - truth) ** 2)) < 19.5


@pytest.mark.parametrize("plugin", [MultipleSeasons, TbatsForecaster], ids=lambda plugin: plugin.name)
def test_two_seasons_are_found_and_forecast(plugin: type[Any], tmp_path: Path) -> None:
    from datetime import UTC, datetime, timedelta

    rows = np.arange(840)
    noise = np.random.default_rng(0).normal(0, 0.3, 840)
    values = 50 + 5 * np.sin(2 * np.pi * rows / 24) + 8 * np.sin(2 * np.pi * rows / 168) + noise
    at = pl.Series([datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=int(row)) for row in rows])
    table = Table(pl.DataFrame({"at": at, "y": values}), Schema("at", "y", frequency="1h", season=24))
    pipeline, config = plugin(), ForecastConfig(horizon=100)
    split = pipeline.split(table, config)
    train, validation = (cut_learning(table, part, 100) for part in (split.train, split.validation))
    learned = pipeline.fit(MemoryRun(config, tmp_path), train, validation)
    test, truth = cut_test(table, split.test, 100)
    assert np.sqrt(np.mean((pipeline.predict(learned, test).point - truth) ** 2)) < 0.6
    own = Part(table.frame.slice(700, 60), table.schema, 60, 100, np.array([59]))  # a caller's rows, after training
    assert np.sqrt(np.mean((pipeline.predict(learned, own).point[0, :80] - values[760:840]) ** 2)) < 1.2


def test_mstl_leaves_out_a_further_season_that_was_seen_less_than_three_times() -> None:
    values = 50 + 5 * np.sin(2 * np.pi * np.arange(84) / 7) + np.random.default_rng(0).normal(size=84)
    for rows, periods in ((83, {7}), (84, {7, 28})):
        estimate = MultipleSeasons().estimate(ForecastConfig(horizon=7), values[:rows], (7, 28))
        assert set(estimate.model.periods.tolist()) == periods


def test_the_seasons_of_a_rhythm() -> None:
    def of(frequency: str | None, season: int, rows: int = 10_000, longest: int = 2000) -> tuple[int, ...]:
        return natural_seasons(Schema("at", "y", frequency=frequency), season, rows, longest)

    assert of("1h", 24) == (24, 168)
    assert of("30m", 48) == (48, 336)
    assert of("1d", 7) == (7, 365)
    assert of("1d", 7, rows=500) == (7,)
    assert of("1d", 30) == (30, 365)
    assert of("1w", 52) == (52,)
    assert of("1mo", 12) == (12,)
    assert of("1q", 4) == (4,)
    assert of(None, 5) == (5,)
    assert of("1y", 1) == of("1h", 1) == ()
