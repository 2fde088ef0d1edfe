"""Widths of intervals: shares that they hold, growth with the forecast, and what few errors say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from azuraforge.apps.forecasting.ets import ExponentialSmoothing
from azuraforge.apps.forecasting.spread import Errors, Spread, is_enough, spread_of
from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.plugins import QUANTILE_LEVELS, Schema, Table
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.intervals import pairs_of
from azuraforge.plugins.kinds.forecast.parts import cut_learning, cut_test
from azuraforge.testing import MemoryRun

LOW, HIGH = QUANTILE_LEVELS.index(0.05), QUANTILE_LEVELS.index(0.95)


def walk_errors(rng: np.random.Generator, origins: int, horizon: int, size: float = 1.0) -> Floats:
    """``(origin, horizon)`` errors of a random walk's naive forecast."""
    path = np.cumsum(size * rng.normal(size=origins + horizon))
    return np.stack([path[row + 1 : row + 1 + horizon] - path[row] for row in range(origins - 1)])


def of(errors: Floats, point: float = 0.0) -> Errors:
    return Errors(errors, np.full(errors.shape, point))


def test_few_origins_hold_their_shares_at_all_levels() -> None:
    """Eleven overlapping origins of twelve rows ahead, whose largest errors alone hold about 60 % of later ones."""
    rng, horizon = np.random.default_rng(1), 12
    held = dict.fromkeys(pairs_of(QUANTILE_LEVELS), 0.0)
    for _ in range(200):
        outside, inside = (walk_errors(rng, rows, horizon) for rows in (12, 90))
        later = rng.normal(size=(50, horizon)).cumsum(axis=1)
        quantiles = spread_of(of(outside), of(inside), adaptive=False).around(np.zeros_like(later))
        made = dict(zip(QUANTILE_LEVELS, quantiles, strict=True))
        for share, (low, high) in pairs_of(QUANTILE_LEVELS).items():
            held[share] += float(((made[low] <= later) & (later <= made[high])).mean()) / 200
    for share, found in held.items():
        # Wider on purpose: errors inside a training part are smaller than those after it, and here they are not.
        assert share - 0.01 < found < share + 0.5 * (1 - share) + 0.04, (share, found)


def test_many_origins_speak_for_themselves() -> None:
    rng = np.random.default_rng(2)
    errors = rng.exponential(size=(400, 2))
    assert is_enough(errors)
    assert not is_enough(errors[:39])
    assert not is_enough(rng.normal(size=(100, 24))), "four stretches of a horizon"
    found = spread_of(of(errors), None, adaptive=False)
    assert found.offsets[LOW] == pytest.approx(np.quantile(errors, 0.05, axis=0), abs=0.05)
    assert found.offsets[HIGH] == pytest.approx(np.quantile(errors, 0.95, axis=0), abs=0.4)


def test_where_errors_grow_with_the_forecast_so_do_the_intervals() -> None:
    rng = np.random.default_rng(3)
    point = np.linspace(10, 100, 60)[:, None].repeat(2, axis=1)
    relative = Errors(0.1 * point * rng.normal(size=point.shape), point)
    steady = Errors(rng.normal(size=point.shape), point)
    outside = slice(55, 60)
    found = [
        spread_of(Errors(each.errors[outside], each.point[outside]), each, adaptive=False)
        for each in (relative, steady)
    ]
    assert [each.power for each in found] == [1.0, 0.0]
    ends = found[0].around(np.array([[50.0, 50.0], [200.0, 200.0]]))
    widths = ends[HIGH] - ends[LOW]
    assert widths[1] == pytest.approx(4 * widths[0])
    negative = Errors(relative.errors, point - 60)
    assert spread_of(negative, negative, adaptive=False).power == 0.0


def test_larger_errors_outside_widen_and_a_short_training_part_does_as_well() -> None:
    inside, outside = np.ones((400, 4)), np.full((6, 4), 3.0)
    usual, wide = (spread_of(of(each), of(inside), adaptive=False).offsets[HIGH] for each in (inside[:6], outside))
    assert (wide > 1.5 * usual).all()
    few = spread_of(of(inside[:6]), of(inside[:9]), adaptive=False).offsets[HIGH]
    assert (few > 1.5 * usual).all()


def test_a_refitted_predictor_s_own_errors_set_the_width() -> None:
    """As many times larger as the evaluated ones were outside; from more rows, and without their age."""
    ones = np.ones((400, 4))
    evaluated = spread_of(of(3 * ones[:6]), of(ones[:60]), adaptive=False)
    same, half, few = (evaluated.refitted(of(each)).offsets for each in (ones, 0.5 * ones, ones[:9]))
    np.testing.assert_allclose(half, 0.5 * same)
    assert (same[HIGH] < 0.95 * evaluated.offsets[HIGH]).all()
    alike = spread_of(of(ones[:6]), of(ones[:60]), adaptive=False).refitted(of(ones)).offsets
    assert (same[HIGH] > 1.5 * alike[HIGH]).all()
    assert (few[HIGH] > 1.3 * same[HIGH]).all()


def test_a_refit_keeps_intervals_that_its_own_errors_say_nothing_about() -> None:
    rng = np.random.default_rng(5)
    inside = of(rng.normal(size=(90, 3)))
    conformal = spread_of(of(rng.normal(size=(90, 3))), None, adaptive=False)
    adaptive = spread_of(of(rng.normal(size=(6, 3))), inside, adaptive=True)
    few = spread_of(of(rng.normal(size=(6, 3))), inside, adaptive=False)
    for kept, errors in ((conformal, inside), (adaptive, inside), (few, of(np.zeros((90, 3))))):
        assert kept.refitted(errors) is kept
    assert few.refitted(inside) is not few


def test_a_spread_survives_its_version(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    spread = spread_of(of(rng.normal(size=(5, 3)), 9.0), of(rng.normal(size=(80, 3)), 9.0), adaptive=True)
    save_safetensors(tmp_path / "one.safetensors", spread.arrays())
    arrays, _ = load_safetensors(tmp_path / "one.safetensors")
    again = Spread.stored(arrays)
    point = np.array([[4.0, 5.0, 6.0]])
    assert np.array_equal(again.around(point), spread.around(point))
    assert np.array_equal(again.table, spread.table)
    assert (again.outside, again.stretches) == (spread.outside, spread.stretches)
    assert again.stretches > 0
    assert not arrays


def test_intervals_of_airline_passengers_hold(tmp_path: Path) -> None:
    """Eleven validation origins held 58 to 71 % of the test set within their 90 % intervals."""
    from statsforecast.utils import AirPassengers

    at = pl.datetime_range(pl.datetime(1949, 1, 1), pl.datetime(1960, 12, 1), "1mo", time_zone="UTC", eager=True)
    frame = pl.DataFrame({"at": at, "passengers": list(AirPassengers)})
    data = Table(frame, Schema("at", "passengers", frequency="1mo", season=12))
    pipeline, config = ExponentialSmoothing(), ExponentialSmoothing.Config.model_validate({"horizon": 12})
    split = pipeline.split(data, config)
    train, validation = (cut_learning(data, rows, 12) for rows in (split.train, split.validation))
    learned = pipeline.fit(MemoryRun(config, tmp_path), train, validation)
    test, truth = cut_test(data, split.test, 12)
    made = pipeline.predict(learned, test)
    assert np.mean((made.quantiles[0.05] <= truth) & (truth <= made.quantiles[0.95])) >= 0.85
    assert np.mean(made.quantiles[0.95] - made.quantiles[0.05]) < 0.5 * np.ptp(truth), (
        "an interval still says something"
    )
