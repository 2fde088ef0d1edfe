"""Two leaks on purpose: whoever writes them by mistake learns it from the suite, and the platform refuses the run."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from azuraforge.apps.forecasting.lstm import LstmForecaster
from azuraforge.apps.forecasting.ridge import Ridge
from azuraforge.errors import InvalidInput
from azuraforge.plugins import Part, Predictions, Table
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.time_series import Forecaster
from azuraforge.plugins.forecasting.windows import Examples, Preprocessing
from azuraforge.plugins.kinds.forecast.parts import cut_learning, cut_test
from azuraforge.plugins.kinds.forecast.predictions import (
    affordable_origins,
    guard_against_future,
    guarded_origins,
    predict_checked,
)
from azuraforge.testing import ContractBroken, MemoryRun, check_pipeline

SMALL = {"horizon": 3, "epochs": 1, "hidden_size": 4, "lstm_rows": 4, "batch_size": 64, "window": 10}


class ScaledByEverything(LstmForecaster):
    """The scaler is fitted anew on whatever frame it is given, the rows to be judged on included."""

    def predict(self, predictor: Forecaster, part: Part) -> Any:
        fitted = _with_scaler_of(predictor.preprocessing, part)
        return super().predict(replace(predictor, preprocessing=fitted), part)


def _with_scaler_of(preprocessing: Preprocessing, part: Part) -> Preprocessing:
    values = column_values(part.frame, preprocessing.target)
    fields = preprocessing.to_dict()
    for channel in fields["channels"][: preprocessing.target_channels]:
        channel["scale"] = float(np.nanstd(values))
    return Preprocessing.from_dict(fields)


class ShiftedTarget(Ridge):
    """The target shifted by one row the wrong way stands among the features."""

    def _inputs(self, lags: Any, series: dict[str, Any], origins: Any) -> Floats:
        following = np.minimum(origins + 1, len(series["target"]) - 1)
        return np.concatenate([super()._inputs(lags, series, origins), series["target"][following][:, None]], axis=1)


class LeakyWindows(LstmForecaster):
    """The same mistake in a network: windows end one row after the origin."""

    def predict(self, predictor: Forecaster, part: Part) -> Any:
        class Late(Preprocessing):
            def examples(self, part: Part, *, learning: bool) -> Examples:
                later = np.minimum(part.origins + 1, part.frame.height - 1)
                moved = Part(part.frame, part.schema, part.start, part.horizon, later)
                return Preprocessing.examples(self, moved, learning=learning)

        late = Late(**vars(predictor.preprocessing))
        return super().predict(replace(predictor, preprocessing=late), part)


LEAKS = [(ScaledByEverything, SMALL), (ShiftedTarget, {"horizon": 3}), (LeakyWindows, SMALL)]


@pytest.mark.parametrize(("plugin", "config"), LEAKS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_suite_names_the_leak(plugin: type[Any], config: dict[str, Any], series: Table) -> None:
    with pytest.raises(ContractBroken, match="uses data from the future"):
        check_pipeline(plugin, series, config)


@pytest.mark.parametrize(("plugin", "config"), LEAKS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_platform_refuses_the_run(plugin: type[Any], config: dict[str, Any], series: Table, tmp_path: Any) -> None:
    pipeline = plugin()
    parsed = plugin.Config.model_validate(config)
    split = pipeline.split(series, parsed)
    train, validation = cut_learning(series, split.train, 3), cut_learning(series, split.validation, 3)
    predictor = pipeline.fit(MemoryRun(parsed, tmp_path), train, validation)
    test, _ = cut_test(series, split.test, 3)

    def answer(part: Part) -> Any:
        return pipeline.predict(predictor, part)

    predictions = predict_checked("leaky", answer, test)
    with pytest.raises(InvalidInput) as refused:
        guard_against_future("leaky", answer, test, predictions, seed=7)
    assert refused.value.error_code == "looks_into_the_future"


def test_a_leak_at_a_few_origins_is_found_where_enough_are_tried(series: Table) -> None:
    """At one origin in twenty it reads the row that follows; three origins would most often miss it."""
    split = Ridge().split(series, Ridge.Config.model_validate({"horizon": 1}))
    test, _ = cut_test(series, split.test, 1)

    def answer(part: Part) -> Predictions:
        values = column_values(part.frame, "value")
        following = np.minimum(part.origins + 1, len(values) - 1)
        leaks = part.origins % 20 == 7
        return Predictions(np.where(leaks, values[following], values[part.origins])[:, None])

    predictions = predict_checked("leaky", answer, test)
    few = set(guarded_origins(len(test), seed=1)[:3])
    assert not few & set(np.flatnonzero(test.origins % 20 == 7).tolist())  # this seed is out of luck
    assert guard_against_future("leaky", answer, test, predictions, seed=1) == 3
    with pytest.raises(InvalidInput, match="uses data from the future"):
        guard_against_future("leaky", answer, test, predictions, seed=1, most=affordable_origins(test))


def test_the_origins_that_are_tried_depend_on_the_run_and_not_on_the_clock(
    series: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = Ridge().split(series, Ridge.Config.model_validate({"horizon": 1}))
    test, _ = cut_test(series, split.test, 1)
    asked: list[int] = []

    def answer(part: Part) -> Predictions:
        if len(part.origins) == 1 and part.frame.height == test.frame.height:
            asked.append(int(part.origins[0]))
        return Predictions(column_values(part.frame, "value")[part.origins][:, None])

    predictions = predict_checked("honest", answer, test)

    def tried() -> list[int]:
        asked.clear()
        guard_against_future("honest", answer, test, predictions, seed=1, most=affordable_origins(test))
        return list(asked)

    calm = tried()
    hours = itertools.count(0.0, 3600.0)  # a machine so busy that an hour passes whenever someone looks
    for clock in ("perf_counter", "monotonic", "process_time", "time"):
        monkeypatch.setattr(time, clock, lambda: next(hours))
    busy = tried()
    monkeypatch.undo()
    assert busy == calm
    assert len(calm) >= 60


def test_origins_near_the_borders_are_tried_more_often() -> None:
    order = guarded_origins(10_000, seed=3)
    assert len(order) == len(set(order)) == 64
    assert {0, 9_999} <= set(order[:3])
    near = sum(index < 16 or index >= 10_000 - 16 for index in order)
    assert 25 < near < 40
    assert order != guarded_origins(10_000, seed=4)
    assert sorted(guarded_origins(2, seed=0)) == [0, 1]
    assert guarded_origins(0, seed=0) == []


def test_the_scaler_saved_in_the_version_is_the_training_parts(series: Table, tmp_path: Any) -> None:
    """Wild values in validation and test rows do not move the scales that fit learns."""
    parsed = LstmForecaster.Config.model_validate(SMALL)
    pipeline = LstmForecaster()
    split = pipeline.split(series, parsed)
    train = cut_learning(series, split.train, 3)
    fitted = pipeline.fit(MemoryRun(parsed, tmp_path), train, cut_learning(series, split.validation, 3))
    alone = pipeline._learn_preprocessing(parsed, train, parsed.window)
    assert fitted.preprocessing == alone
    values = column_values(train.frame, "value")
    relative = fitted.preprocessing.channels[0]
    lagged = values[5:] - values[:-5]
    low, high = np.quantile(lagged, [0.25, 0.75])
    assert relative.scale == pytest.approx((high - low) / 1.349)
