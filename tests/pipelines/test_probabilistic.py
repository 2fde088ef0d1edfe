"""Scores of quantiles against what can be worked out, and what a better or a worse quantile does to them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import mean_pinball_loss

from azuraforge.plugins import Predictions
from azuraforge.plugins.kinds.forecast.changes import change_r2
from azuraforge.plugins.kinds.forecast.probabilistic import pinball, score

LEVELS = (0.05, 0.5, 0.95)


def normal(levels: tuple[float, ...], rows: int = 4000, scale: float = 1.0, shift: float = 0.0) -> Predictions:
    quantiles = {level: np.full((rows, 2), norm.ppf(level) * scale + shift) for level in levels}
    return Predictions(np.full((rows, 2), shift), quantiles)


def test_pinball_is_the_librarys() -> None:
    rng = np.random.default_rng(0)
    truth, quantile = rng.normal(size=300), rng.normal(size=300)
    for level in LEVELS:
        assert pinball(truth, quantile, level).mean() == pytest.approx(mean_pinball_loss(truth, quantile, alpha=level))


def test_with_many_levels_the_approximation_is_the_crps_of_a_normal() -> None:
    """The exact value for a standard normal forecast of a standard normal truth is 1 / sqrt(pi)."""
    truth = np.random.default_rng(1).normal(size=(4000, 2))
    many = tuple(np.round(np.arange(0.005, 1, 0.01), 3).tolist())
    assert score(truth, normal(many))[0]["crps"] == pytest.approx(1 / np.sqrt(np.pi), rel=0.03)


def test_the_right_quantiles_score_best() -> None:
    truth = np.random.default_rng(2).normal(size=(4000, 2))
    right = score(truth, normal(LEVELS))[0]
    for other in (normal(LEVELS, scale=0.5), normal(LEVELS, scale=2.0), normal(LEVELS, shift=0.4)):
        assert right["crps"] < score(truth, other)[0]["crps"]  # type: ignore[operator]
    assert right["width"] == pytest.approx(2 * norm.ppf(0.95))
    assert list(right["pinball"]) == ["0.05", "0.5", "0.95"]


def test_a_missing_truth_is_left_out_and_a_horizon_without_any_has_no_score() -> None:
    truth = np.array([[1.0, np.nan], [np.nan, np.nan]])
    made = Predictions(np.zeros((2, 2)), {0.1: np.full((2, 2), -1.0), 0.9: np.ones((2, 2))})
    overall, (first, second) = score(truth, made)
    assert overall == first
    assert second == {"crps": None, "width": None, "pinball": {}}
    assert score(truth, Predictions(np.zeros((2, 2))))[0] == {"crps": None, "width": None, "pinball": {}}


def test_repeating_the_last_value_explains_no_change_however_high_its_r2() -> None:
    rng = np.random.default_rng(3)
    price = 100 + np.cumsum(rng.normal(size=3000))
    last, truth = price[:-1], price[1:, None]
    naive = change_r2(truth, last[:, None], last)
    assert 1 - np.square(truth[:, 0] - last).sum() / np.square(price - price.mean()).sum() > 0.99
    assert naive == pytest.approx(0.0, abs=0.005)
    knows_half = last[:, None] + 0.5 * (truth - last[:, None])
    assert change_r2(truth, knows_half, last) == pytest.approx(0.75, abs=0.01)
    assert change_r2(np.full((3, 1), 2.0), np.full((3, 1), 2.0), np.full(3, 2.0)) is None
    assert change_r2(np.full((3, 1), np.nan), np.full((3, 1), 2.0), np.full(3, 2.0)) is None
