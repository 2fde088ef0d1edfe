"""What each of the newer forecasters promises of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from azuraforge.apps.forecasting.boosted import BoostedConfig, BoostedLags
from azuraforge.apps.forecasting.ridge import Ridge
from azuraforge.apps.forecasting.tcn import TcnConfig, TcnNetwork, dilations
from azuraforge.apps.forecasting.trees import Trees
from azuraforge.engine import Tensor
from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.engine.nn.functional import conv1d, pad, silu
from azuraforge.plugins import Table
from azuraforge.plugins.forecasting.windows import Inputs
from azuraforge.plugins.kinds.forecast.parts import cut_learning, cut_test
from azuraforge.testing import MemoryRun
from tests.apps.conftest import make_series


@pytest.mark.parametrize("holes", [False, True])
def test_our_walk_over_the_trees_is_the_librarys_prediction_bit_for_bit(holes: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(900, 5))
    if holes:
        inputs[::7, 1] = np.nan
    target = inputs[:, 0] * np.nan_to_num(inputs[:, 1], nan=3.0) + rng.normal(0, 0.1, 900)
    model = HistGradientBoostingRegressor(max_iter=30, early_stopping=False, random_state=1).fit(inputs, target)
    asked = np.concatenate([inputs, rng.normal(size=(300, 5)) * 5])
    trees = Trees.of(model, 30)
    assert trees.predict(asked).tobytes() == model.predict(asked).tobytes()
    save_safetensors(tmp_path / "trees.safetensors", trees.to_arrays())
    loaded = Trees.from_arrays(load_safetensors(tmp_path / "trees.safetensors", refuse_nan=True)[0])
    assert loaded.predict(asked).tobytes() == trees.predict(asked).tobytes()
    assert loaded.predict(asked[:1])[0] == trees.predict(asked)[0], "a row alone as among others"


def test_the_first_trees_are_those_that_the_library_stopped_at() -> None:
    rng = np.random.default_rng(1)
    inputs, more = rng.normal(size=(400, 3)), rng.normal(size=(50, 3))
    model = HistGradientBoostingRegressor(max_iter=9, early_stopping=False).fit(inputs, inputs[:, 0] ** 2)
    for count, expected in enumerate(model.staged_predict(more), 1):
        assert np.array_equal(Trees.of(model, count).predict(more), expected)
    assert (Trees.of(model, 0).predict(more) == model._baseline_prediction.item()).all()


@pytest.mark.parametrize("rows", [2, 7, 24, 25])
@pytest.mark.parametrize("kernel", [2, 3, 5])
def test_the_convolutions_are_dilated_ones_computed_only_where_they_are_read(rows: int, kernel: int) -> None:
    network = TcnNetwork(Inputs(rows, 5, 2, 0, 3), 4, TcnConfig(kernel_size=kernel, channels=6, tcn_rows=rows)).eval()
    x = Tensor(np.random.default_rng(0).normal(size=(4, rows, 5)).astype(np.float32))
    whole = x.swapaxes(1, 2)
    blocks: list[Any] = list(network.blocks)
    for block, dilation in zip(blocks, dilations(rows, kernel), strict=True):
        kept = whole if block.same else block.shortcut(whole)
        before = pad(whole, ((0, 0), (0, 0), ((kernel - 1) * dilation, 0)))
        whole = kept + silu(conv1d(before, block.convolution.weight, block.convolution.bias, dilation=dilation))
    assert np.abs(network.summary(x).numpy() - whole.numpy()[:, :, -1]).max() < 1e-5
    changed = x.numpy().copy()
    changed[:, 0] += 1  # the oldest row is still seen
    assert np.abs(network.summary(Tensor(changed)).numpy() - network.summary(x).numpy()).max() > 0


def errors(plugin: type[Any], table: Table, config: Any, folder: Path) -> tuple[float, Any]:
    pipeline = plugin()
    split = pipeline.split(table, config)
    parts = [cut_learning(table, rows, config.horizon, config.known_ahead) for rows in (split.train, split.validation)]
    learned = pipeline.fit(MemoryRun(config, folder), *parts)
    test, truth = cut_test(table, split.test, config.horizon, known_ahead=config.known_ahead)
    return float(np.sqrt(np.square(pipeline.predict(learned, test).point - truth).mean())), learned


def test_trees_learn_what_the_line_cannot(tmp_path: Path) -> None:
    """A threshold of the other column drives the target; a line only sees its slope."""
    import polars as pl

    table = make_series(1500, holes=False)
    lead = table.frame["lead"].to_numpy()
    values = np.concatenate([[0.0], np.where(np.abs(lead[:-1]) > 1, 4.0, 0.0)])
    table = Table(table.frame.with_columns(pl.Series("value", values + 10)), table.schema)
    ridge, _ = errors(Ridge, table, Ridge.Config(horizon=1), tmp_path)
    boosted, learned = errors(BoostedLags, table, BoostedConfig(horizon=1), tmp_path)
    assert boosted < 0.3 * ridge
    assert len(learned.arrays["trees.roots"]) > 0
    alone, _ = errors(BoostedLags, table, BoostedConfig(horizon=1, linear=False), tmp_path)
    assert alone < 0.3 * ridge


def test_of_noise_the_trees_learn_nothing_and_the_line_stands(tmp_path: Path) -> None:
    import polars as pl

    table = make_series(600, seed=5)
    noise = pl.Series("value", np.random.default_rng(2).normal(size=600))
    table = Table(table.frame.with_columns(noise), table.schema)
    ridge, _ = errors(Ridge, table, Ridge.Config(horizon=2), tmp_path)
    boosted, learned = errors(BoostedLags, table, BoostedConfig(horizon=2), tmp_path)
    assert len(learned.arrays["trees.roots"]) <= 25
    assert boosted < 1.05 * ridge
