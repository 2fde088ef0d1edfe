"""Boosted trees: LightGBM's own predictions, arrays that are checked, and forecasts worth their time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.apps.forecasting.boosting import forecaster
from azuraforge.apps.forecasting.boosting.config import BoostedConfig
from azuraforge.apps.forecasting.boosting.fitted import starts_of
from azuraforge.apps.forecasting.boosting.forecaster import BoostedLags
from azuraforge.apps.forecasting.boosting.growing import _shares
from azuraforge.apps.forecasting.boosting.inputs import Inputs, seasons_of
from azuraforge.apps.forecasting.boosting.trees import Forest
from azuraforge.apps.forecasting.ridge import Ridge
from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.errors import InvalidInput
from azuraforge.plugins import Part, Schema, Table
from azuraforge.plugins.forecasting.calendar import DAY, HOUR, Clock
from azuraforge.plugins.kinds.forecast.parts import cut_learning, cut_test
from azuraforge.testing import MemoryRun, check_pipeline
from tests.apps.conftest import make_series


def grown(inputs: np.ndarray, target: np.ndarray, leaves: int, rounds: int = 20) -> Any:
    import lightgbm  # takes more than a second, which no other worker of the suite pays

    settings = {"num_leaves": leaves, "min_data_in_leaf": 2, "verbosity": -1, "num_threads": 1, "deterministic": True}
    return lightgbm.train(settings, lightgbm.Dataset(inputs, target), rounds)


@pytest.mark.parametrize("leaves", [2, 31, 64])
@pytest.mark.parametrize("holes", [False, True])
def test_the_forest_predicts_the_bits_of_lightgbm(holes: bool, leaves: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(900, 5))
    if holes:
        inputs[::7, 1] = np.nan
    target = inputs[:, 0] * np.nan_to_num(inputs[:, 1], nan=3.0) + rng.normal(0, 0.1, 900)
    model = grown(inputs, target, leaves)
    asked = np.concatenate([inputs, rng.normal(size=(300, 5)) * 5, np.full((1, 5), np.nan), np.zeros((1, 5))])
    forest = Forest.of_dump(model.dump_model())
    assert forest.predict(asked).tobytes() == model.predict(asked).tobytes()
    save_safetensors(tmp_path / "trees.safetensors", forest.to_arrays("trees"))
    arrays, _ = load_safetensors(tmp_path / "trees.safetensors", refuse_nan=True)
    loaded = Forest.from_arrays(arrays, "trees", width=5)
    assert loaded.predict(asked).tobytes() == model.predict(asked).tobytes()
    assert loaded.predict(asked[:1])[0] == forest.predict(asked)[0], "a row alone as among others"
    stumps = Forest.of_dump(model.dump_model(num_iteration=3))
    assert stumps.predict(asked).tobytes() == model.predict(asked, num_iteration=3).tobytes()


def test_a_forest_without_splits_or_trees_predicts_its_constant() -> None:
    model = grown(np.zeros((50, 2)), np.full(50, 3.0), leaves=4, rounds=2)
    asked = np.ones((4, 2))
    assert Forest.of_dump(model.dump_model()).predict(asked).tolist() == model.predict(asked).tolist()
    whole = np.zeros(0, np.int64)
    assert Forest(whole, whole, np.zeros(0), whole, whole).predict(asked).tolist() == [0.0] * 4


BREAKING: dict[str, Callable[[dict[str, np.ndarray]], None]] = {
    "a column that does not exist": lambda it: it["trees.feature"].__setitem__(0, 5),
    "depth-first order": lambda it: it["trees.right"].__setitem__(0, 1),
    "do not match": lambda it: it["trees.sizes"].__setitem__(0, it["trees.sizes"][0] + 2),
    "is not finite": lambda it: it["trees.value"].__setitem__(0, np.inf),
    "'missing_left'": lambda it: it["trees.missing_left"].__setitem__(0, 2),
    "wrong type or shape": lambda it: it.update({"trees.right": it["trees.right"].astype(np.float64)}),
    "different lengths": lambda it: it.update({"trees.right": it["trees.right"][:-1]}),
    "is missing": lambda it: it.pop("trees.right"),
}


@pytest.mark.parametrize("message", BREAKING)
def test_arrays_that_are_no_trees_are_refused(message: str) -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(200, 5))
    arrays: Any = Forest.of_dump(grown(inputs, inputs[:, 0] ** 2, 8).dump_model()).to_arrays("trees")
    Forest.from_arrays(arrays, "trees", width=5)
    BREAKING[message](arrays)
    with pytest.raises(InvalidInput, match=message):
        Forest.from_arrays(arrays, "trees", width=5)


def fitted(plugin: type[Any], table: Table, config: Any, folder: Path) -> tuple[float, Any]:
    pipeline = plugin()
    split = pipeline.split(table, config)
    horizon, partial = config.horizon, split.partial
    parts = [cut_learning(table, rows, horizon, partial=partial) for rows in (split.train, split.validation)]
    learned = pipeline.fit(MemoryRun(config, folder), *parts)
    test, truth = cut_test(table, split.test, horizon, partial=partial)
    return float(np.sqrt(np.nanmean(np.square(pipeline.predict(learned, test).point - truth)))), learned


def with_values(table: Table, values: np.ndarray) -> Table:
    return Table(table.frame.with_columns(pl.Series("value", values)), table.schema)


def test_trees_learn_what_the_line_cannot(tmp_path: Path) -> None:
    """A threshold of the other column drives the target; a line only sees its slope."""
    table = make_series(1500, holes=False)
    lead = table.frame["lead"].to_numpy()
    values = np.concatenate([[0.0], np.where(np.abs(lead[:-1]) > 1, 4.0, 0.0)])
    table = with_values(table, values + 10)
    ridge, _ = fitted(Ridge, table, Ridge.Config(horizon=1), tmp_path)
    boosted, learned = fitted(BoostedLags, table, BoostedConfig(horizon=1, trees=60, learning_rate=0.2), tmp_path)
    assert boosted < 0.3 * ridge
    assert learned.starts == ("last", "ridge", "level", "season")
    alone, learned = fitted(
        BoostedLags, table, BoostedConfig(horizon=1, trees=60, learning_rate=0.2, linear=False), tmp_path
    )
    assert alone < 0.3 * ridge
    assert learned.starts == ("last",)


def test_forests_correct_the_last_seasons_level_and_their_mean_at_the_same_place(tmp_path: Path) -> None:
    table = make_series(200, holes=False)
    _, learned = fitted(BoostedLags, table, BoostedConfig(horizon=9, trees=5), tmp_path)
    assert (learned.layout.seasons[0], learned.layout.cycle) == (7, 7)
    part = Part(table.frame, table.schema, 0, 9, np.array([60, 150]))
    read = Inputs(learned.layout, learned.scales, part)
    rows, steps = np.array([0, 1, 1]), np.array([0, 3, 8])
    past = read.target
    assert read.level(rows) == pytest.approx([past[54:61].mean(), past[144:151].mean(), past[144:151].mean()])
    moved = [past[at - 6 : at + 1].mean() - past[at - 27 : at + 1].mean() for at in (60, 150)]
    first = past[[54, 47, 40, 33]].mean() + moved[0]  # the row after the origin, 7, 14, 21 and 28 rows before it
    second = past[[147, 140, 133, 126]].mean() + moved[1]
    third = past[[145, 138, 131, 124]].mean() + moved[1]  # nine ahead: the newest such weekday before the origin
    assert read.repeated(rows, steps) == pytest.approx([first, second, third])
    at = starts_of(learned, read, rows, steps)
    assert at[learned.starts.index("level")] == pytest.approx(read.level(rows))
    assert at[learned.starts.index("season")] == pytest.approx(read.repeated(rows, steps))


def test_a_forest_with_less_error_has_the_larger_share() -> None:
    truth = np.zeros(4)
    assert _shares([truth + 1, truth + 1.1], truth)[1] == pytest.approx(1.1**-8 / (1 + 1.1**-8))
    assert _shares([truth, truth + 1], truth) == (1.0, 0.0)
    assert _shares([truth, truth, truth], None) == (1 / 3,) * 3


def test_two_forests_are_enough_without_a_validation_part_or_of_many_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = make_series(200, holes=False)
    _, learned = fitted(BoostedLags, table, BoostedConfig(horizon=2, stop_after=3), tmp_path)
    assert learned.starts == ("last", "ridge")
    monkeypatch.setattr(forecaster, "_MOST_ROWS_FOR_FOUR", 100)
    _, learned = fitted(BoostedLags, table, BoostedConfig(horizon=2, trees=3), tmp_path)
    assert learned.starts == ("last", "ridge")


def test_noise_is_forecast_no_worse_than_by_ridge(tmp_path: Path) -> None:
    table = make_series(600, seed=5)
    table = with_values(table, np.random.default_rng(2).normal(size=600))
    ridge, _ = fitted(Ridge, table, Ridge.Config(horizon=2), tmp_path)
    boosted, _ = fitted(BoostedLags, table, BoostedConfig(horizon=2), tmp_path)
    assert boosted < 1.05 * ridge


@pytest.mark.parametrize("kind", ["eight rows", "yearly", "constant", "zeros", "ramp", "one column unknown"])
def test_short_and_degenerate_series_are_forecast(kind: str, tmp_path: Path) -> None:
    rows = np.arange({"eight rows": 8, "yearly": 14}.get(kind, 60))
    values = {"yearly": rows**1.5, "eight rows": rows % 3 + 1.0, "ramp": np.exp(rows / 4), "zeros": rows * 0.0}.get(
        kind, rows * 0.0 + 7
    )
    frame = pl.DataFrame({"value": values.astype(float), "lead": np.full(len(rows), np.nan)})
    features = ("lead",) if kind == "one column unknown" else ()
    table = Table(frame, Schema(time=None, target="value", features=features))
    error, learned = fitted(BoostedLags, table, BoostedConfig(horizon=2), tmp_path)
    assert np.isfinite(error)
    if kind in ("constant", "zeros"):
        assert error < 1e-9
    assert all(np.isfinite(forest.value).all() for forest in learned.forests)


def test_one_row_too_few_is_one_clear_error() -> None:
    frame = pl.DataFrame({"value": np.arange(7.0)})
    table = Table(frame, Schema(time=None, target="value"))
    with pytest.raises(InvalidInput, match="needs at least"):
        BoostedLags().split(table, BoostedConfig(horizon=2))


def test_seasons_are_those_that_the_rows_hold_twice() -> None:
    hourly = Clock("at", "UTC", "1h", HOUR, 0)
    daily = replace(hourly, frequency="1d", step=DAY)
    assert seasons_of(24, hourly, 5000) == (24, 168)
    assert seasons_of(24, hourly, 300) == (24,)
    assert seasons_of(7, daily, 800) == (7, 365)
    assert seasons_of(1, Clock(None, "UTC", None, 0, 0), 800) == ()


def test_all_threads_grow_the_same_trees(tmp_path: Path) -> None:
    table, config = make_series(300), BoostedConfig(horizon=2, trees=3)
    split = BoostedLags().split(table, config)
    parts = [cut_learning(table, rows, 2) for rows in (split.train, split.validation)]
    grown_by = []
    for threads in (1, 2):
        run = MemoryRun(config, tmp_path / str(threads))
        run.threads = threads
        grown_by.append(BoostedLags().fit(run, *parts).forests)
    for one, other in zip(*grown_by, strict=True):
        assert one.value.tobytes() == other.value.tobytes()


def test_with_every_option_the_contract_is_kept(series: Table) -> None:
    options = {"horizon": 1, "trees": 6, "intervals": "adaptive", "gap": 2, "rows_share": 1.0, "leaves": 64}
    check_pipeline(BoostedLags, series, options, most_resumes=1)


def test_growing_loads_nothing_of_scikit_learn_and_leaves_it_importable() -> None:
    """LightGBM's optional packages take a second to import."""
    code = """
import sys
import numpy as np
from azuraforge.apps.forecasting.boosting.config import BoostedConfig
from azuraforge.apps.forecasting.boosting.growing import Examples, Growth, _boosters
rng = np.random.default_rng(0)
learned = Examples(rng.normal(size=(200, 3)), rng.normal(size=200), [np.zeros(200)])
[booster] = _boosters(Growth(BoostedConfig(horizon=1), 0, 1), learned, None)
assert not booster.update()
assert not {"sklearn", "pandas"} & set(sys.modules)
import pandas, sklearn
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
