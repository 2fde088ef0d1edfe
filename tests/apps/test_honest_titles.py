"""Forecasters on series that hold nothing to find, in front of the gate: titles are luck and stay within its level."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pytest

from azuraforge.apps.forecasting.arima import AutoArima
from azuraforge.apps.forecasting.auto.pipeline import Auto
from azuraforge.apps.forecasting.boosting.forecaster import BoostedLags
from azuraforge.apps.forecasting.ces import ComplexExponentialSmoothing
from azuraforge.apps.forecasting.ets import ExponentialSmoothing
from azuraforge.apps.forecasting.intermittent import Adida, Croston, Tsb
from azuraforge.apps.forecasting.mstl import MultipleSeasons
from azuraforge.apps.forecasting.naive import Naive, RandomWalkDrift, SeasonalNaive
from azuraforge.apps.forecasting.nhits import NhitsForecaster
from azuraforge.apps.forecasting.ridge import Ridge
from azuraforge.apps.forecasting.tbats import TbatsForecaster
from azuraforge.apps.forecasting.theta import Theta
from azuraforge.models.gate.contenders import Contender
from azuraforge.models.gate.verdict import Verdict, decide
from azuraforge.plugins import Schema, Table
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.pipeline import AnyPipeline
from azuraforge.plugins.kinds.forecast.facts import RMSE
from azuraforge.plugins.kinds.forecast.parts import cut_learning, cut_test
from azuraforge.plugins.kinds.forecast.predictions import predict_checked
from azuraforge.testing import MemoryRun

BASELINES: tuple[type[AnyPipeline], ...] = (Naive, SeasonalNaive, RandomWalkDrift, ExponentialSmoothing, Ridge)
HORIZON, ALLOWED = 2, 0.025
#: Forecaster → settings that make it quick without changing what it is.
CANDIDATES: dict[type[AnyPipeline], dict[str, Any]] = {
    Auto: {"budget_seconds": 20},
    Theta: {},
    ComplexExponentialSmoothing: {},
    AutoArima: {},
    MultipleSeasons: {},
    TbatsForecaster: {},
    Croston: {},
    Tsb: {},
    Adida: {},
    BoostedLags: {"trees": 60},
    NhitsForecaster: {"max_steps": 150, "width": 16},
}
#: Kind of series → forecasters that learn it; methods for demand refuse the negative values of a random walk.
LEARNERS = {
    "noise": tuple(CANDIDATES),
    "walk": tuple(each for each in CANDIDATES if each not in (Croston, Tsb, Adida)),
}


class RidgeAgain(Ridge):
    """Ridge under another name."""

    name: ClassVar[str] = "test.ridge_again"


def table(values: Floats) -> Table:
    start = datetime(2022, 1, 1, tzinfo=UTC)
    at = pl.Series([start + timedelta(days=row) for row in range(len(values))], dtype=pl.Datetime("us", "UTC"))
    return Table(pl.DataFrame({"at": at, "value": values}), Schema("at", "value", (), "1d", 7))


def squared_errors(plugin: type[AnyPipeline], data: Table, folder: Path, **settings: object) -> tuple[Floats, int]:
    """Learn a forecaster and return its squared errors ``(origin, horizon)`` on the test set, and its trials."""
    pipeline = plugin()
    config = pipeline.Config.model_validate({"horizon": HORIZON, **settings})
    split = pipeline.split(data, config)
    train, validation = (cut_learning(data, rows, HORIZON) for rows in (split.train, split.validation))
    test, truth = cut_test(data, split.test, HORIZON)
    found = pipeline.fit(MemoryRun(config, folder / plugin.__name__), train, validation)
    answer = predict_checked(plugin.__name__, lambda part: pipeline.predict(found, part), test)
    return np.square(answer.point - truth), pipeline.trials(found)


def learn_baselines(data: Table, folder: Path) -> list[Contender]:
    return [Contender(each.__name__, squared_errors(each, data, folder)[0], metric=RMSE) for each in BASELINES]


def judged(
    candidate: type[AnyPipeline],
    data: Table,
    folder: Path,
    baselines: list[Contender] | None = None,
    **settings: object,
) -> Verdict:
    """Learn the candidate and every baseline, hold out, and let the gate decide, as a run does."""
    others = learn_baselines(data, folder) if baselines is None else baselines
    losses, trials = squared_errors(candidate, data, folder, **settings)
    one = Contender(candidate.__name__, losses, metric=RMSE)
    return decide(one, others, None, horizon=HORIZON, season=7, trials=trials)


def without_structure(kind: str, rng: np.random.Generator) -> Floats:
    """Return a series in which no past value helps: gamma noise, or a random walk."""
    return rng.gamma(2.0, size=260) if kind == "noise" else np.cumsum(rng.normal(size=260))


def promotions(candidate: type[AnyPipeline], series: int, seed: int, folder: Path, kind: str) -> int:
    rng = np.random.default_rng(seed)
    found = 0
    for number in range(series):
        data = table(without_structure(kind, rng))
        verdict = judged(candidate, data, folder / str(number), **CANDIDATES[candidate])
        found += verdict.decision == "promoted"
    return found


@pytest.mark.parametrize("candidate", [Theta, BoostedLags], ids=lambda each: each.name)
def test_on_noise_hardly_any_forecaster_takes_the_title(candidate: type[AnyPipeline], tmp_path: Path) -> None:
    assert promotions(candidate, 6, 1, tmp_path, "noise") == 0


def test_a_forecaster_that_repeats_ridge_is_equal_and_not_better(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    values = 50 + 5 * np.sin(2 * np.pi * np.arange(400) / 7) + rng.normal(size=400)

    verdict = judged(RidgeAgain, table(values), tmp_path)

    to_ridge = next(each for each in verdict.comparisons if each.b == "Ridge")
    assert (to_ridge.relative_difference, to_ridge.better) == (0.0, False)
    assert verdict.decision != "promoted"


def test_a_real_lead_is_found(tmp_path: Path) -> None:
    """The same way of judging promotes a forecaster that sees what no line does: a tent map."""
    rng = np.random.default_rng(3)
    values = np.zeros(900)
    for row in range(1, 900):
        values[row] = np.clip(1 - 1.8 * abs(values[row - 1]) + 0.02 * rng.normal(), -0.99, 0.99)

    assert judged(BoostedLags, table(values), tmp_path, trees=200).decision == "promoted"


@pytest.mark.proof
@pytest.mark.parametrize(
    ("kind", "candidate"),
    [pytest.param(kind, each, id=f"{each.name}-{kind}") for kind, some in LEARNERS.items() for each in some],
)
def test_two_hundred_series_without_structure_promote_within_the_level(
    kind: str, candidate: type[AnyPipeline], tmp_path: Path
) -> None:
    """Noise and random walks; three Monte-Carlo errors above the level."""
    series = 200
    found = promotions(candidate, series, 9, tmp_path, kind)
    assert found / series <= ALLOWED + 3 * np.sqrt(ALLOWED * (1 - ALLOWED) / series)
