"""The winner that is trained anew: what it learns from, and that the block kept apart chooses none of its weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azuraforge.apps.forecasting.lstm import LstmConfig, LstmForecaster
from azuraforge.plugins import Schema, Table
from azuraforge.plugins.contract.parts import Rows, Split
from azuraforge.plugins.kinds.forecast.parts import check_split, cut_learning
from azuraforge.plugins.kinds.forecast.retraining import LEAST_ORIGINS, retraining_split
from azuraforge.testing.memory import MemoryRun


@given(st.integers(1, 24), st.integers(0, 10), st.integers(30, 400), st.integers(50, 2000))
def test_the_block_is_the_end_of_the_validation_part_and_all_before_it_is_learned(
    horizon, gap, validation, train
) -> None:
    if validation < 2 * horizon:
        return
    start = train + gap
    split = Split(
        Rows(0, train), Rows(start, start + validation), Rows(start + validation + gap, start + validation + 500)
    )
    found = retraining_split(split, horizon=horizon, gap=gap)
    check_split(found, 10_000, horizon=horizon, gap=min(gap, found.validation.start - found.train.stop))
    assert found.test == split.test
    assert found.validation.stop == split.validation.stop
    assert found.train.stop >= split.train.stop
    assert found.train.stop <= found.validation.start
    assert horizon <= len(found.validation) <= max(horizon, validation // 2)
    if validation // 2 >= horizon + LEAST_ORIGINS:
        assert len(found.validation) - horizon + 1 >= LEAST_ORIGINS


def weights(values: np.ndarray, folder: Path, stop_after: int | None) -> dict[str, np.ndarray]:
    frame = pl.DataFrame({"value": values})
    table = Table(frame, Schema(time=None, target="value", features=(), frequency=None, season=7, unit=""))
    config = LstmConfig(
        horizon=2, window=8, hidden_size=4, lstm_rows=4, epochs=25, patience=2, stop_after=stop_after, linear=False,
        calendar=False, learning_rate=0.1,
    )  # fmt: skip
    run = MemoryRun(config, folder)
    fitted = LstmForecaster().fit(run, cut_learning(table, Rows(0, 200), 2), cut_learning(table, Rows(200, 260), 2))
    found = {name: np.array(value) for name, value in fitted.network.state_dict().items()}
    found["epochs"] = np.array(sum("validation_loss" in point for _, point in run.metrics))
    return found


@pytest.mark.parametrize("stop_after", [3, None])
def test_with_a_fixed_end_other_calibration_rows_change_no_weight(stop_after: int | None, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values = np.sin(np.arange(260) / 3) + rng.normal(size=260) * 0.1
    other = values.copy()
    other[200:] = rng.normal(size=60) * 5
    one, two = weights(values, tmp_path / "a", stop_after), weights(other, tmp_path / "b", stop_after)
    same = all(np.array_equal(one[name], two[name]) for name in one)
    if stop_after is None:
        assert not same, "early stopping does look at them: the test can tell the difference"
    else:
        assert same
        assert one["epochs"] == stop_after
