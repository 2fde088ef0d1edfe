"""Weights of recent errors: intervals follow a drifting spread and are no worse where nothing drifts."""

from __future__ import annotations

import numpy as np

from azuraforge.plugins.forecasting.intervals import WEIGHED_ERRORS, residual_quantiles

LEVELS = (0.05, 0.5, 0.95)


def coverage(size: np.ndarray, *, recency: bool, runs: int = 60) -> tuple[float, float]:
    """The mean coverage of 90 % intervals on the second half, and its mean distance from 90 %."""
    rng, half = np.random.default_rng(4), len(size) // 2
    held = []
    for _ in range(runs):
        errors = size * rng.normal(size=len(size))
        low, _, high = residual_quantiles(errors[:half, None], LEVELS, recency=recency)[:, 0]
        held.append(float(((low <= errors[half:]) & (errors[half:] <= high)).mean()))
    return float(np.mean(held)), float(np.abs(np.array(held) - 0.9).mean())


def test_a_drifting_spread_is_covered_better_and_a_still_one_no_worse() -> None:
    drifting = np.where(np.arange(800) < 280, 1.0, 2.0)
    before, after = coverage(drifting, recency=False), coverage(drifting, recency=True)
    assert before[0] < 0.8
    assert after[0] > before[0] + 0.04
    assert after[1] < before[1] - 0.04
    still = coverage(np.ones(800), recency=False), coverage(np.ones(800), recency=True)
    assert abs(still[1][0] - 0.9) < 0.01
    assert still[1][1] < still[0][1] + 0.003


def test_few_errors_are_not_weighed_and_all_errors_alike_make_no_difference() -> None:
    few = np.random.default_rng(1).normal(size=(WEIGHED_ERRORS - 1, 2)) * np.linspace(1, 3, WEIGHED_ERRORS - 1)[:, None]
    np.testing.assert_array_equal(residual_quantiles(few, LEVELS, recency=True), residual_quantiles(few, LEVELS))
    more = np.concatenate([few, few])
    assert (residual_quantiles(more, LEVELS, recency=True) != residual_quantiles(more, LEVELS)).any()
    np.testing.assert_array_equal(residual_quantiles(np.full((400, 1), 2.0), LEVELS, recency=True), 2.0)


def test_the_median_stays_and_both_ends_are_weighed_alike() -> None:
    errors = np.random.default_rng(2).normal(size=(400, 1)) * np.linspace(1, 4, 400)[:, None]
    low, middle, high = residual_quantiles(errors, LEVELS, recency=True)[:, 0]
    turned = residual_quantiles(-errors, LEVELS, recency=True)[:, 0]
    np.testing.assert_allclose([-high, -low], [turned[0], turned[2]])
    assert middle == np.median(errors)
    assert high > residual_quantiles(errors, LEVELS)[2, 0]
