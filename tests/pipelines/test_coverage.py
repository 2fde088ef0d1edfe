"""Coverage of intervals, and how sure it is where origins depend on each other."""

from __future__ import annotations

import numpy as np
import pytest

from azuraforge.plugins import QUANTILE_LEVELS
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.parts import Predictions
from azuraforge.plugins.kinds.forecast.coverage import coverages, likely
from azuraforge.plugins.kinds.forecast.predictions import interval_of


def normal_quantiles(shape: tuple[int, int]) -> Predictions:
    from scipy.special import ndtri

    return Predictions(np.zeros(shape), {level: np.full(shape, ndtri(level)) for level in QUANTILE_LEVELS})


def test_each_interval_states_what_it_held() -> None:
    rng = np.random.default_rng(5)
    truth = rng.normal(size=(2000, 3))
    truth[:, 2] *= 3
    truth[7, 1] = np.nan
    made = normal_quantiles(truth.shape)
    found = coverages(truth, made, [1, 3])
    assert [each.share for each in found] == [0.5, 0.8, 0.9, 0.95]
    assert [each.horizons[0].coverage for each in found] == pytest.approx([0.5, 0.8, 0.9, 0.95], abs=0.03)
    assert found[2].horizons[1].coverage == pytest.approx(0.416, abs=0.04)
    assert [each.horizon for each in found[0].horizons] == [1, 3]
    interval = interval_of(made)
    assert interval is not None
    assert interval[0] == 0.9
    assert found[2].width == pytest.approx(2 * 1.645, abs=0.01)
    assert coverages(np.full((3, 2), np.nan), normal_quantiles((3, 2)), [1]) == ()


def overlapping(rng: np.random.Generator, origins: int, horizon: int) -> Floats:
    """Whether the errors of a random walk's forecasts lie inside their 90 % interval."""
    path = np.concatenate([[0.0], np.cumsum(rng.normal(size=origins + horizon))])
    steps = np.arange(1, horizon + 1)
    errors = np.stack([path[row + steps] - path[row] for row in range(origins)])
    return np.asarray(np.abs(errors) <= 1.645 * np.sqrt(steps), dtype=np.float64)


@pytest.mark.parametrize(("origins", "horizon"), [(40, 1), (40, 12), (336, 12)])
def test_the_range_encloses_the_true_share(origins: int, horizon: int) -> None:
    rng = np.random.default_rng(6)
    ranges = [likely(overlapping(rng, origins, horizon), horizon) for _ in range(300)]
    enclosed = np.mean([low <= 0.9 <= high for low, high in ranges])
    assert enclosed >= 0.93
    if horizon > 1:  # values that overlap must not be counted as independent ones
        width = np.mean([high - low for low, high in ranges])
        assert width > 2 * 2 * 1.96 * np.sqrt(0.09 / (origins * horizon))


def test_all_inside_is_no_certainty() -> None:
    few, many = likely(np.ones((5, 1)), 1), likely(np.ones((500, 1)), 1)
    assert few[0] < 0.6 < 0.98 < many[0]
    assert few[1] == many[1] == 1.0
