"""Columns and holidays known ahead, and holes: what helps, what is never made up, and what still counts as a leak."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.apps.forecasting.boosting.forecaster import BoostedLags
from azuraforge.apps.forecasting.lstm import LstmForecaster
from azuraforge.apps.forecasting.ridge import Ridge
from azuraforge.errors import InvalidInput
from azuraforge.plugins import Part, Schema, Table
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.windows import Preprocessing
from azuraforge.plugins.kinds.forecast.parts import cut_after, cut_future, cut_learning, cut_test, load_part, save_part
from azuraforge.plugins.kinds.forecast.predictions import guard_against_future, predict_checked
from azuraforge.testing import ContractBroken, MemoryRun, check_pipeline
from tests.apps.conftest import make_series

SMALL = {"epochs": 3, "hidden_size": 6, "lstm_rows": 5, "window": 10}


def fitted(plugin: type[Any], table: Table, folder: Path, **config: Any) -> tuple[Any, Any, dict[str, Any], float]:
    parsed, pipeline = plugin.Config.model_validate(config), plugin()
    split, horizon, ahead = pipeline.split(table, parsed), parsed.horizon, parsed.known_ahead
    parts: dict[str, Any] = {
        name: cut_learning(table, rows, horizon, ahead)
        for name, rows in (("train", split.train), ("validation", split.validation))
    }
    parts["test"], truth = cut_test(table, split.test, horizon, known_ahead=ahead)
    predictor = pipeline.fit(MemoryRun(parsed, folder), parts["train"], parts["validation"])
    made = pipeline.predict(predictor, parts["test"])
    return pipeline, predictor, parts, float(np.sqrt(np.nanmean(np.square(made.point - truth))))


@pytest.mark.parametrize(
    ("plugin", "options"), [(Ridge, {}), (BoostedLags, {"trees": 60}), (LstmForecaster, SMALL)], ids=lambda it: str(it)
)
def test_a_column_that_leads_helps_where_it_is_known_ahead(plugin: Any, options: Any, tmp_path: Path) -> None:
    table = make_series(900, holes=False)
    *_, blind = fitted(plugin, table, tmp_path / "a", horizon=3, **options)
    *_, told = fitted(plugin, table, tmp_path / "b", horizon=3, known_ahead=["lead"], **options)
    assert told < 0.93 * blind


def test_a_holiday_is_known_ahead(tmp_path: Path) -> None:
    import holidays

    days = [datetime(2012, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(3000)]
    free = holidays.country_holidays("TR", years=range(2012, 2022))
    rng = np.random.default_rng(0)
    values = [20 - 9 * (day.date() in free) + rng.normal(0, 0.5) for day in days]
    at = pl.Series("at", days, dtype=pl.Datetime("us", "UTC"))
    table = Table(pl.DataFrame({"at": at, "y": values}), Schema("at", "y", (), "1d", 7))
    *_, blind = fitted(Ridge, table, tmp_path / "a", horizon=2)
    *_, told = fitted(Ridge, table, tmp_path / "b", horizon=2, holidays="TR")
    assert told < 0.5 * blind
    with pytest.raises(InvalidInput, match="the public holidays of 'XX' are unknown"):
        fitted(Ridge, table, tmp_path / "c", horizon=2, holidays="XX")
    timeless = Table(table.frame, replace(table.schema, time=None))
    with pytest.raises(InvalidInput, match="rows with times"):
        fitted(Ridge, timeless, tmp_path / "d", horizon=2, holidays="TR")


def test_only_other_columns_can_be_known_ahead(series: Table, tmp_path: Path) -> None:
    for named in (["value"], ["nobody"], ["lead", "lead"]):
        with pytest.raises(InvalidInput, match=r"known ahead|contains a column twice"):
            fitted(Ridge, series, tmp_path, horizon=2, known_ahead=named)


def test_the_parts_carry_what_was_named_and_nothing_else(series: Table, tmp_path: Path) -> None:
    lead = series.frame["lead"].to_numpy()
    split = Ridge().split(series, Ridge.Config(horizon=3))
    assert cut_test(series, split.test, 3)[0].ahead == {}
    part, _ = cut_test(series, split.test, 3, known_ahead=("lead",))
    origin = int(part.origins[5])
    assert np.array_equal(part.ahead["lead"][5], lead[origin + 1 : origin + 4], equal_nan=True)
    cut = cut_after(part, origin)
    assert cut.frame.height == origin + 1
    assert np.array_equal(cut.ahead["lead"], part.ahead["lead"][5:6], equal_nan=True)
    save_part(part, tmp_path / "part")
    assert np.array_equal(load_part(tmp_path / "part").ahead["lead"], part.ahead["lead"], equal_nan=True)
    train = cut_learning(series, split.train, 3, ("lead",))
    assert train.ahead["lead"].shape == train.targets.shape  # type: ignore[union-attr]
    assert train.frame.height == split.train.stop


def test_a_table_may_go_on_after_the_last_target_to_tell_what_is_known(tmp_path: Path) -> None:
    table = make_series(400, holes=False)
    unknown = pl.int_range(pl.len()) >= 398
    longer = Table(table.frame.with_columns(pl.when(~unknown).then(pl.col("value")).alias("value")), table.schema)
    future = cut_future(longer, 3, ("lead",))
    assert (int(future.origins[0]), future.frame.height) == (397, 398)
    lead = table.frame["lead"].to_numpy()
    assert np.array_equal(future.ahead["lead"][0], [lead[398], lead[399], np.nan], equal_nan=True)
    pipeline, predictor, _, _ = fitted(Ridge, longer, tmp_path, horizon=3, known_ahead=["lead"])
    told = predict_checked("ridge", lambda part: pipeline.predict(predictor, part), future)
    carried = replace(future, ahead={"lead": np.array([[lead[398], lead[399], lead[399]]])})
    assert np.array_equal(told.point, pipeline.predict(predictor, carried).point), "the last known value is carried"
    assert cut_future(longer, 3).frame.height == 400


class TakesWhatNobodyNamed(Ridge):
    """The other column's later rows, read from the frame instead of from what is known ahead."""

    def _inputs(self, lags: Any, series: dict[str, Any], origins: Any) -> Floats:
        following = np.minimum(origins + 1, len(series["others"]) - 1)
        return np.concatenate([super()._inputs(lags, series, origins), series["others"][following]], axis=1)


def test_the_guard_still_sees_a_leak_next_to_what_is_known_ahead(series: Table, tmp_path: Path) -> None:
    with pytest.raises(ContractBroken, match="uses data from the future"):
        check_pipeline(TakesWhatNobodyNamed, series, {"horizon": 3, "known_ahead": ["lead"], "holidays": "TR"})
    pipeline, predictor, parts, _ = fitted(Ridge, series, tmp_path, horizon=3, known_ahead=["lead"])

    def answer(part: Part) -> Any:
        return pipeline.predict(predictor, part)

    made = predict_checked("ridge", answer, parts["test"])
    guard_against_future("ridge", answer, parts["test"], made, seed=1)


def test_a_hole_is_marked_for_the_network_and_a_missing_target_is_never_learned(tmp_path: Path) -> None:
    table = make_series(500)
    holes = pl.int_range(pl.len()).is_in([40, 41, 200, 300, 301, 302])
    table = Table(table.frame.with_columns(pl.when(~holes).then(pl.col("value")).alias("value")), table.schema)
    split = LstmForecaster().split(table, LstmForecaster.Config(horizon=3, window=10))
    train = cut_learning(table, split.train, 3)
    assert train.targets is not None
    assert np.isfinite(train.targets).all()
    around = {origin for origin in range(500) if {40, 41, 200, 300, 301, 302} & set(range(origin + 1, origin + 4))}
    assert not around & set(train.origins.tolist())
    _, predictor, parts, _ = fitted(LstmForecaster, table, tmp_path, horizon=3, **SMALL)
    preprocessing: Preprocessing = predictor.preprocessing
    told = [channel.column for channel in preprocessing.channels if channel.missing]
    assert told == ["value", "lead"]
    window, _, _ = preprocessing.examples(parts["train"], learning=True).gather(np.arange(60))
    indicator = [channel.missing and channel.column == "lead" for channel in preprocessing.channels].index(True)
    lead = table.frame["lead"].to_numpy()
    origins = preprocessing.examples(parts["train"], learning=True).origins
    expected = np.isnan(lead[origins[:60, None] + np.arange(-9, 1)])
    assert np.array_equal(window[:, :, indicator] == 1, expected)
    assert np.isfinite(window).all()
    whole = make_series(500, holes=False)
    _, predictor, _, _ = fitted(LstmForecaster, whole, tmp_path / "whole", horizon=3, **SMALL)
    assert not [channel for channel in predictor.preprocessing.channels if channel.missing]
