"""Independent examples: the interval of a difference of mean losses."""

from __future__ import annotations

import numpy as np
import pytest

from azuraforge.models.gate.examples import mean_difference, mean_difference_interval


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
