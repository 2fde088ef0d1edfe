"""The interval keeps its promise on noise, finds what is there, and says so in the same words every time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azuraforge.models.gate.bootstrap import (
    block_length,
    mean_difference,
    mean_difference_interval,
    relative_rmse,
    relative_rmse_interval,
)


def autoregressive(rng: np.random.Generator, length: int, memory: float) -> np.ndarray:
    shocks = rng.normal(size=length)
    values = np.empty(length)
    values[0] = shocks[0] / np.sqrt(1 - memory**2)
    for row in range(1, length):
        values[row] = memory * values[row - 1] + shocks[row]
    return values


@pytest.mark.parametrize(
    ("origins", "season", "memory"), [(330, 52, 0.8), (500, 24, 0.5), (200, 1, 0.0), (120, 12, 0.9), (60, 7, 0.3)]
)
def test_two_equal_forecasters_are_seldom_told_apart(origins: int, season: int, memory: float) -> None:
    """Pure noise: the same skill, errors that share most of their shock and remember each other."""
    wrong, trials = 0, 300
    rng = np.random.default_rng(11)
    for trial in range(trials):
        shared = autoregressive(rng, origins, memory)
        own = [0.4 * autoregressive(rng, origins, memory) for _ in range(2)]
        found = relative_rmse_interval(
            (shared + own[0]) ** 2,
            (shared + own[1]) ** 2,
            block=block_length(origins, 4, season),
            resamples=200,
            seed=trial,
        )
        wrong += found.high < 0
    # "Better" is one side of a 95 % interval: 2.5 % expected, 5 % promised. Plus three standard errors of 300 trials.
    assert wrong / trials <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / trials), wrong


def test_single_origins_as_blocks_would_break_the_promise() -> None:
    """The reason for blocks: with remembering errors an interval over single origins is far too narrow."""
    wrong = 0
    rng = np.random.default_rng(5)
    for _ in range(200):
        shared = autoregressive(rng, 300, 0.9)
        losses = [(shared + 0.5 * autoregressive(rng, 300, 0.9)) ** 2 for _ in range(2)]
        scaled = losses[0] - losses[1]
        wrong += abs(scaled.mean()) > 1.96 * scaled.std(ddof=1) / np.sqrt(300)
    assert wrong / 200 > 0.2


def test_a_real_difference_is_found() -> None:
    rng = np.random.default_rng(3)
    found_better = 0
    for trial in range(50):
        shared = autoregressive(rng, 330, 0.8)
        a, b = 0.9 * shared + 0.1 * rng.normal(size=330), shared + 0.1 * rng.normal(size=330)
        found_better += relative_rmse_interval(a**2, b**2, block=26, resamples=200, seed=trial).high < 0
    assert found_better >= 48


def test_the_interval_covers_the_true_difference() -> None:
    rng = np.random.default_rng(8)
    covered = 0
    for trial in range(300):
        a, b = 0.9 * rng.normal(size=(150, 3)), rng.normal(size=(150, 3))
        found = relative_rmse_interval(a**2, b**2, block=3, resamples=300, seed=trial)
        covered += found.low <= -0.1 <= found.high
    assert covered / 300 >= 0.92


def test_a_block_grows_where_errors_remember_longer_than_a_season() -> None:
    rng = np.random.default_rng(2)
    shared = autoregressive(rng, 1000, 0.97)
    a, b = shared, shared + autoregressive(rng, 1000, 0.97)
    assert relative_rmse_interval(a**2, b**2, block=10).block > 20
    independent = rng.normal(size=(2, 1000)) ** 2
    assert relative_rmse_interval(independent[0], independent[1], block=10).block == 10


def test_a_stricter_level_gives_a_wider_interval_even_far_into_the_tail() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 300, 4)) ** 2
    widths = []
    for level in (0.8, 0.95, 0.99, 0.999, 0.99999):
        found = relative_rmse_interval(a, b, block=12, level=level)
        widths.append(found.high - found.low)
    assert widths == sorted(widths)
    assert widths[-1] > 1.5 * widths[1]


def test_missing_targets_change_nothing_else() -> None:
    rng = np.random.default_rng(6)
    a, b = rng.normal(size=(2, 200, 4)) ** 2
    a[10:20, 2] = b[10:20, 2] = np.nan
    found = relative_rmse_interval(a, b, block=8)
    expected = np.sqrt(np.nanmean(a)) / np.sqrt(np.nanmean(b)) - 1
    assert found.relative_difference == pytest.approx(expected, abs=1e-9)
    assert found.low < found.relative_difference < found.high


def test_perfect_forecasts_give_finite_answers() -> None:
    zeros, errors = np.zeros((100, 2)), np.random.default_rng(0).normal(size=(100, 2)) ** 2
    same = relative_rmse_interval(zeros, zeros, block=5)
    assert (same.relative_difference, same.low, same.high) == (0, 0, 0)
    assert relative_rmse_interval(zeros, errors, block=5).high < -0.99
    assert np.isfinite(relative_rmse(errors, zeros))


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.ones(100), np.ones(99), "one shape"),
        (np.ones((100, 2, 2)), np.ones((100, 2, 2)), "one shape"),
        (np.where(np.arange(100) == 5, np.nan, 1.0), np.ones(100), "same places"),
        (np.full(100, np.inf), np.ones(100), "finite"),
        (np.full(100, -1.0), np.ones(100), "finite"),
        (np.ones(15), np.ones(15), "two blocks"),
    ],
)
def test_losses_that_do_not_belong_together_are_refused(a: np.ndarray, b: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        relative_rmse_interval(a, b, block=8)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    origins=st.integers(30, 400),
    horizon=st.integers(1, 6),
    block=st.integers(1, 15),
    scale=st.floats(1e-6, 1e6),
)
def test_the_interval_surrounds_its_estimate_whatever_the_unit(
    seed: int, origins: int, horizon: int, block: int, scale: float
) -> None:
    a, b = np.random.default_rng(seed).normal(size=(2, origins, horizon)) ** 2
    found = relative_rmse_interval(a, b, block=block, resamples=100)
    exact = np.sqrt(a.mean() / b.mean()) - 1
    assert found.relative_difference == pytest.approx(exact, abs=1e-9)
    assert -1 < found.low <= found.relative_difference <= found.high
    scaled = relative_rmse_interval(a * scale**2, b * scale**2, block=block, resamples=100)
    assert scaled.high == pytest.approx(found.high, rel=1e-6, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), block=st.integers(1, 20))
def test_the_same_seed_gives_the_same_interval(seed: int, block: int) -> None:
    a, b = np.random.default_rng(seed).normal(size=(2, 100, 2)) ** 2
    first, second = (relative_rmse_interval(a, b, block=block, resamples=50, seed=seed) for _ in range(2))
    assert first == second


@given(origins=st.integers(1, 20_000), horizon=st.integers(1, 100), season=st.integers(1, 400))
def test_a_block_is_never_shorter_than_horizon_or_season(origins: int, horizon: int, season: int) -> None:
    block = block_length(origins, horizon, season)
    assert block >= max(horizon, season)
    assert block**3 >= origins - 1


def test_the_interval_of_a_mean_difference_holds_as_often_as_it_says() -> None:
    """Error rates of 8 and 10 % on the same 600 examples, and skewed losses; the truth is known."""
    rng = np.random.default_rng(31)
    missed, trials, level = {"errors": 0, "skewed": 0}, 300, 0.9
    for trial in range(trials):
        hard = rng.random((2, 600, 1))
        errors = [np.asarray(hard[0] < 0.06) | (hard[1] < share) for share in (0.02, 0.04)]
        truths = [0.06 + 0.94 * share for share in (0.02, 0.04)]
        skewed = [rng.exponential(scale, size=(600, 1)) for scale in (1.0, 1.2)]
        for kind, (a, b), truth in (
            ("errors", errors, truths[0] - truths[1]),
            ("skewed", skewed, 1.0 - 1.2),
        ):
            low, high = mean_difference_interval(a * 1.0, b * 1.0, level=level, resamples=200, seed=trial)
            assert low <= mean_difference(a * 1.0, b * 1.0) <= high
            missed[kind] += not low <= truth <= high
    allowed = trials * (1 - level) + 3 * np.sqrt(trials * level * (1 - level))
    assert max(missed.values()) <= allowed, missed


def test_examples_that_never_differ_differ_by_nothing() -> None:
    same = np.ones((50, 1))
    assert mean_difference_interval(same, same) == (0.0, 0.0)
    with pytest.raises(ValueError, match="1 examples have no interval"):
        mean_difference_interval(np.ones(1), np.ones(1))
