"""Forecasters compared on the same origins: the interval covers the truth and survives odd losses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from azuraforge.models.gate.memory import mean_uncertainty
from azuraforge.models.gate.origins import Pair, relative_difference, relative_difference_interval, scaled_interval


def autoregressive(rng: np.random.Generator, length: int, memory: float) -> np.ndarray:
    shocks = rng.normal(size=length)
    values = np.empty(length)
    values[0] = shocks[0] / np.sqrt(1 - memory**2)
    for row in range(1, length):
        values[row] = memory * values[row - 1] + shocks[row]
    return values


def test_origins_taken_for_independent_would_break_the_promise() -> None:
    """Show why memory counts: an interval over single origins is far too narrow when errors remember."""
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
    for _ in range(50):
        shared = autoregressive(rng, 330, 0.8)
        a, b = 0.9 * shared + 0.1 * rng.normal(size=330), shared + 0.1 * rng.normal(size=330)
        found_better += relative_difference_interval(a**2, b**2, horizon=1).high < 0
    assert found_better >= 48


def test_the_interval_covers_the_true_difference() -> None:
    rng = np.random.default_rng(8)
    covered = 0
    for _ in range(300):
        a, b = 0.9 * rng.normal(size=(150, 3)), rng.normal(size=(150, 3))
        found = relative_difference_interval(a**2, b**2, horizon=1)
        covered += found.low <= -0.1 <= found.high
    assert covered / 300 >= 0.92


def test_remembering_errors_are_worth_fewer_pieces() -> None:
    rng = np.random.default_rng(2)
    remembering = np.stack([autoregressive(rng, 1000, 0.97) for _ in range(50)])
    independent = rng.normal(size=(50, 1000))
    pieces = [np.median(mean_uncertainty(values, horizon=1).pieces) for values in (remembering, independent)]
    assert pieces[0] < 60 < 200 < pieces[1] <= 1000
    assert mean_uncertainty(independent, horizon=20).pieces.max() <= 1000 / 20


def test_values_that_never_differ_have_no_uncertainty() -> None:
    found = mean_uncertainty(np.full(50, 3.3), horizon=1)
    assert float(found.half_width(0.001)) < 1e-9
    same = np.random.default_rng(0).normal(size=(100, 2)) ** 2
    assert relative_difference_interval(same, same, horizon=2).high < 1e-9


def test_reach_and_chance_are_each_other_s_inverse() -> None:
    found = mean_uncertainty(np.random.default_rng(1).normal(size=(3, 80)), horizon=4)
    for tail in (0.25, 0.025, 0.0005):
        assert found.below(-found.half_width(tail)) == pytest.approx(tail, rel=1e-6)


def test_a_stricter_level_gives_a_wider_interval_even_far_into_the_tail() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 300, 4)) ** 2
    widths = []
    for level in (0.8, 0.95, 0.99, 0.999, 0.99999):
        found = relative_difference_interval(a, b, horizon=4, level=level)
        widths.append(found.high - found.low)
    assert widths == sorted(widths)
    assert widths[-1] > 1.5 * widths[1]


def test_missing_targets_change_nothing_else() -> None:
    rng = np.random.default_rng(6)
    a, b = rng.normal(size=(2, 200, 4)) ** 2
    a[10:20, 2] = b[10:20, 2] = np.nan
    found = relative_difference_interval(a, b, horizon=4)
    expected = np.sqrt(np.nanmean(a)) / np.sqrt(np.nanmean(b)) - 1
    assert found.relative_difference == pytest.approx(expected, abs=1e-9)
    assert found.low < found.relative_difference < found.high


def test_perfect_forecasts_give_finite_answers() -> None:
    zeros, errors = np.zeros((100, 2)), np.random.default_rng(0).normal(size=(100, 2)) ** 2
    same = relative_difference_interval(zeros, zeros, horizon=2)
    assert (same.relative_difference, same.low, same.high) == pytest.approx((0, 0, 0), abs=1e-9)
    assert relative_difference_interval(zeros, errors, horizon=2).high < -0.99
    assert np.isfinite(relative_difference(errors, zeros))


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.ones(100), np.ones(99), "one shape"),
        (np.ones((100, 2, 2)), np.ones((100, 2, 2)), "one shape"),
        (np.where(np.arange(100) == 5, np.nan, 1.0), np.ones(100), "same places"),
        (np.full(100, np.inf), np.ones(100), "finite"),
        (np.full(100, -1.0), np.ones(100), "finite"),
        (np.ones(1), np.ones(1), "1 origins have no interval"),
    ],
)
def test_losses_that_do_not_belong_together_are_refused(a: np.ndarray, b: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        relative_difference_interval(a, b, horizon=4)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    origins=st.integers(30, 400),
    horizon=st.integers(1, 6),
    scale=st.floats(1e-6, 1e6),
)
def test_the_interval_surrounds_its_estimate_whatever_the_unit(
    seed: int, origins: int, horizon: int, scale: float
) -> None:
    a, b = np.random.default_rng(seed).normal(size=(2, origins, horizon)) ** 2
    found = relative_difference_interval(a, b, horizon=horizon)
    exact = np.sqrt(a.mean() / b.mean()) - 1
    assert found.relative_difference == pytest.approx(exact, abs=1e-9)
    scaled = relative_difference_interval(a * scale**2, b * scale**2, horizon=horizon)
    if found.low is None or found.high is None:
        assert (found.low, found.high) == (scaled.low, scaled.high) == (None, None)
        return
    assert -1 < found.low <= found.relative_difference <= found.high
    assert scaled.high == pytest.approx(found.high, rel=1e-6, abs=1e-9)


def test_the_ends_are_the_ratios_that_the_test_rejects() -> None:
    """The interval of the swapped sides is the reciprocal one, and both ends have exactly the allowed chance."""
    rng = np.random.default_rng(12)
    for horizon in (1, 6):
        a, b = 0.9 * rng.normal(size=(150, horizon)) ** 2, rng.normal(size=(150, horizon)) ** 2
        found = relative_difference_interval(a, b, horizon=horizon, level=0.9)
        swapped = relative_difference_interval(b, a, horizon=horizon, level=0.9)
        pair = Pair.of(a.sum(axis=1), b.sum(axis=1), horizon)
        low, high = (2 * np.log1p(end) for end in (found.low, found.high))
        assert pair.chance_of_more(low) == pytest.approx(0.05, rel=1e-4)
        assert pair.chance_of_less(high) == pytest.approx(0.05, rel=1e-4)
        assert (1 + found.low) * (1 + swapped.high) == pytest.approx(1, abs=1e-5)
        assert (1 + found.high) * (1 + swapped.low) == pytest.approx(1, abs=1e-5)


def test_an_interval_that_bounds_nothing_is_none() -> None:
    """Ninety-nine origins that overlap by twelve are eight pieces: too few for a level of 99.75 %."""
    a, b = np.random.default_rng(13).normal(size=(2, 110))
    a, b = (np.square(sliding_window_view(side, 12)) for side in (a, b))
    usual = relative_difference_interval(a, b, horizon=12, level=0.8)
    strict = relative_difference_interval(a, b, horizon=12, level=0.9975)
    assert usual.low < 0 < usual.high
    assert (strict.low, strict.high) == (None, None)
    assert strict.relative_difference == usual.relative_difference


def test_one_row_that_dominates_both_sides_leaves_no_interval() -> None:
    errors = np.random.default_rng(14).normal(size=(2, 120))
    errors[:, 60] += 50
    found = relative_difference_interval(*np.square(errors), horizon=1)
    assert (found.low, found.high) == (None, None)
    narrow = scaled_interval(*np.square(errors), horizon=1)
    assert narrow.high - narrow.low < 0.1


def test_a_lead_is_proven_exactly_where_the_plain_differences_show_it() -> None:
    rng = np.random.default_rng(15)
    proven = 0
    for _ in range(60):
        shared = rng.normal(size=80)
        a, b = 0.85 * shared + 0.3 * rng.normal(size=80), shared + 0.3 * rng.normal(size=80)
        a, b = np.square(a), np.square(b)
        high = relative_difference_interval(a, b, horizon=1).high
        shown = bool(mean_uncertainty(a - b, 1).below((a - b).mean()) < 0.025)
        assert (high is not None and high < 0) == shown
        proven += shown
    assert 10 < proven < 50
