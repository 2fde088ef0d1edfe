"""Transforms, channels, windows and intervals: the pieces of ``TimeSeriesPipeline``."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azuraforge.errors import InvalidInput
from azuraforge.plugins import Part, Schema
from azuraforge.plugins.forecasting.calendar import Clock
from azuraforge.plugins.forecasting.channels import LIMIT, Channel, column_values, filled, is_stationary, robust_scale
from azuraforge.plugins.forecasting.intervals import in_order, residual_quantiles
from azuraforge.plugins.forecasting.linear_start import fit_line
from azuraforge.plugins.forecasting.transforms import Transform
from azuraforge.plugins.forecasting.windows import Preprocessing

values_above_zero = st.lists(st.floats(0.01, 1e6), min_size=6, max_size=30)


@given(values=values_above_zero, name=st.sampled_from(["none", "log", "difference"]), horizon=st.integers(1, 4))
def test_a_transform_undone_gives_the_values_back(values: list[float], name: Any, horizon: int) -> None:
    series = np.array(values)
    change = Transform.learn(name, series, "y")
    origin = len(series) - horizon - 1
    changed = change.apply(series)[origin + 1 :][None, :]
    restored = change.invert(changed, last=series[origin : origin + 1])
    assert restored[0] == pytest.approx(series[origin + 1 :], rel=1e-9, abs=1e-9 * series.max())


def test_differences_of_several_steps_are_summed_up() -> None:
    change = Transform("difference")
    assert change.invert(np.array([[1.0, 2.0, 3.0]]), last=np.array([10.0])).tolist() == [[11.0, 13.0, 16.0]]
    assert change.path(np.array([[1.0, 2.0, 3.0]])).tolist() == [[1.0, 3.0, 6.0]]


def test_log_refuses_zero_in_training_and_survives_it_later() -> None:
    with pytest.raises(InvalidInput, match="transform=log needs values above zero; the smallest of 'price' is 0"):
        Transform.learn("log", np.array([1.0, 0.0]), "price")
    with pytest.raises(InvalidInput, match="the smallest of 'price' is -2"):
        Transform.learn("log", np.array([1.0, -2.0, np.nan]), "price")
    change = Transform.learn("log", np.array([1.0, 4.0]), "price")
    assert np.isfinite(change.apply(np.array([-3.0, 0.0, 2.0]))).all()


def test_filling_looks_into_the_past_only() -> None:
    values = np.array([np.nan, 1.0, np.nan, np.nan, 5.0, np.nan])
    whole = filled(values, before=9.0)
    assert whole.tolist() == [9.0, 1.0, 1.0, 1.0, 5.0, 5.0]
    for rows in range(1, 7):
        assert filled(values[:rows], before=9.0).tolist() == whole[:rows].tolist()


def test_infinite_and_empty_values_count_as_missing() -> None:
    frame = pl.DataFrame({"y": [1.0, None, float("inf"), float("nan"), -2.0]})
    assert np.isnan(column_values(frame, "y")).tolist() == [False, True, True, True, False]
    with pytest.raises(InvalidInput, match="column 'z' is missing"):
        column_values(frame, "z")


def test_a_drifting_column_is_measured_from_the_last_row_and_a_steady_one_is_not() -> None:
    rng = np.random.default_rng(0)
    assert is_stationary(rng.normal(size=500))
    assert not is_stationary(np.cumsum(rng.normal(size=2000)) + 0.2 * np.arange(2000))
    assert not is_stationary(np.full(100, 3.0))
    assert not Channel.learn("y", rng.normal(size=500), 10).relative
    assert Channel.learn("y", np.arange(500.0), 10).relative


def test_a_sensors_zeros_do_not_move_the_scale() -> None:
    pressure = np.random.default_rng(0).normal(1015, 8, size=1000)
    broken = np.where(np.arange(1000) % 70 == 0, 0.0, pressure)
    assert robust_scale(broken) == pytest.approx(robust_scale(pressure), rel=0.1)
    assert broken.std() > 10 * robust_scale(broken)


def part_of(values: Any, origins: Any, horizon: int = 2, **columns: Any) -> Part:
    frame = pl.DataFrame({"y": np.asarray(values, dtype=np.float64), **columns})
    origins = np.asarray(origins)
    targets = np.asarray(values, dtype=np.float64)[origins[:, None] + np.arange(1, horizon + 1)]
    return Part(frame, Schema(None, "y", tuple(sorted(columns))), 0, horizon, origins, targets)


def learned(part: Part, window: int = 4, name: Any = "none") -> Preprocessing:
    values = column_values(part.frame, "y")
    return Preprocessing.learn(
        part, window=window, transform=Transform.learn(name, values, "y"), calendar=True, features=True,
        clock=Clock.learn(part.frame, part.schema),
    )  # fmt: skip


@pytest.mark.parametrize("name", ["none", "log", "difference"])
def test_targets_restored_are_the_values_themselves(name: Any) -> None:
    values = 100 + np.cumsum(np.random.default_rng(0).normal(size=80))
    part = part_of(values, np.arange(10, 70))
    preprocessing = learned(part, name=name)
    (_, _, targets), *rest = preprocessing.examples(part, learning=True).chunks(1000)
    assert not rest
    assert preprocessing.restore(part, targets.astype(np.float64)) == pytest.approx(part.targets, rel=1e-5)


def test_windows_end_at_their_origin_and_relative_channels_at_zero() -> None:
    values = np.arange(60.0) ** 1.5
    preprocessing = learned(part_of(values, np.arange(20, 50)))
    window, known, targets = preprocessing.examples(part_of(values, [30, 40]), learning=True).gather(np.array([0, 1]))
    assert (window.shape, known.shape, targets.shape) == ((2, 4, 1), (2, 2, 0), (2, 2))
    assert (window[:, -1, 0] == 0).all()
    scale = preprocessing.channels[0].scale
    assert window[0, :, 0] == pytest.approx((values[27:31] - values[30]) / scale, abs=1e-5)
    assert targets[1] == pytest.approx((values[41:43] - values[40]) / preprocessing.scale, abs=1e-5)


def test_windows_with_a_missing_target_or_too_little_history_are_not_learned_from() -> None:
    values = np.sin(np.arange(40.0))
    part = part_of(values, np.arange(0, 38))
    assert part.targets is not None
    part.targets[20, 1] = np.nan
    examples = learned(part).examples(part, learning=True)
    assert examples.origins.tolist() == [origin for origin in range(3, 38) if origin != 20]


def hourly_part(rows: int, horizon: int) -> Part:
    hours = pl.Series("at", np.arange(rows) * 3_600_000_000).cast(pl.Datetime("us", "UTC"))
    frame = pl.DataFrame({"at": hours, "y": np.sin(np.arange(rows) / 5.0)})
    schema = Schema("at", "y", frequency="1h", season=24, timezone="Europe/Istanbul")
    return Part(frame, schema, 0, horizon, np.arange(10, rows - horizon))


def test_the_calendar_ahead_is_the_same_kept_or_computed_for_each_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    part = hourly_part(1000, 24)
    preprocessing = learned(part)
    chosen = np.random.default_rng(0).integers(0, len(part.origins), 64)
    kept = preprocessing.examples(part, learning=False).gather(chosen)
    monkeypatch.setattr("azuraforge.plugins.forecasting.windows._KEPT_VALUES", 0)
    anew = preprocessing.examples(part, learning=False).gather(chosen)
    assert kept[1].shape[2] > 0
    for one, other in zip(kept, anew, strict=True):
        assert np.array_equal(one, other)


def test_the_memory_of_examples_does_not_grow_with_rows_times_horizon() -> None:
    part = hourly_part(20_000, 96)
    preprocessing = learned(part)
    tracemalloc.start()
    examples = preprocessing.examples(part, learning=False)
    for start in range(0, len(examples), 4000):
        examples.gather(np.arange(start, start + 128) % len(examples))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    whole = len(examples) * 96 * preprocessing.inputs.known * 4
    assert peak < whole / 3, f"{peak / 2**20:.0f} MiB of {whole / 2**20:.0f} MiB"


def test_inputs_are_cut_off_at_the_limit() -> None:
    rng = np.random.default_rng(0)
    other = np.append(rng.normal(size=59), 1e9)
    part = part_of(rng.normal(size=60), np.arange(5, 55), other=other)
    preprocessing = learned(part)
    late = part_of(rng.normal(size=62), [59], other=np.append(other, [0.0, 0.0]))
    assert np.abs(preprocessing.examples(late, learning=True).gather(np.array([0]))[0]).max() == LIMIT


def test_too_short_a_history_is_one_clear_error() -> None:
    preprocessing = learned(part_of(np.sin(np.arange(40.0)), np.arange(5, 35)))
    short = part_of(np.arange(6.0), [2])
    with pytest.raises(InvalidInput, match="3 rows of history are too few: this forecaster needs 4 rows"):
        preprocessing.examples(short, learning=False)


def test_a_constant_target_is_refused_with_a_reason() -> None:
    with pytest.raises(InvalidInput, match="'y' never changes"):
        learned(part_of(np.full(40, 7.0), np.arange(5, 35)))


def test_preprocessing_survives_json_exactly() -> None:
    part = part_of(np.random.default_rng(0).normal(size=60).cumsum(), np.arange(5, 50), z=np.arange(60.0))
    made = learned(part)
    assert Preprocessing.from_dict(json.loads(json.dumps(made.to_dict(), sort_keys=True))) == made


def test_the_closed_form_line_is_ridge_regression() -> None:
    from sklearn.linear_model import Ridge

    rng = np.random.default_rng(0)
    values = np.zeros(600)
    for row in range(2, 600):
        values[row] = 0.6 * values[row - 1] - 0.3 * values[row - 2] + rng.normal()
    preprocessing = learned(part_of(values, np.arange(10, 590)))
    train = preprocessing.examples(part_of(values, np.arange(10, 400)), learning=True)
    validation = preprocessing.examples(part_of(values, np.arange(400, 590)), learning=True)

    def flatten(window: Any, known: Any) -> Any:
        return window.reshape(len(window), -1)

    line = fit_line(train, validation, flatten)
    window, _, targets = train.gather(np.arange(len(train)))
    flat = window.reshape(len(window), -1).astype(np.float64)
    spread = flat.std(axis=0)
    spread[spread <= 1e-9] = 1.0
    model = Ridge(alpha=line.penalty).fit(flat / spread, targets)
    assert line.weight == pytest.approx(model.coef_ / spread, abs=1e-5)
    assert line.bias == pytest.approx(model.intercept_, abs=1e-5)


def test_residual_quantiles_hold_their_share_of_new_errors() -> None:
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(200):
        low, high = residual_quantiles(rng.standard_t(3, size=(60, 1)), [0.05, 0.95])[:, 0]
        fresh = rng.standard_t(3, size=500)
        inside.append(((low <= fresh) & (fresh <= high)).mean())
    assert 0.89 < np.mean(inside) < 0.93


def test_residual_quantiles_are_per_horizon_and_leave_missing_out() -> None:
    residuals = np.stack([np.arange(-50.0, 51.0), 10 * np.arange(-50.0, 51.0)], axis=1)
    residuals[0, 0] = np.nan
    low, middle, high = residual_quantiles(residuals, [0.05, 0.5, 0.95])
    assert low[1] == pytest.approx(10 * -46, abs=10)
    assert middle.tolist() == [0.5, 0.0]
    assert high[0] == pytest.approx(46, abs=1)


def test_quantiles_never_cross() -> None:
    crossed = np.array([[3.0, 1.0], [2.0, 2.0], [1.0, 3.0]])
    assert in_order(crossed).tolist() == [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]
