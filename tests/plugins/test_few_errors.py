"""Intervals from few errors: they contain the forecast, are as wide as Student's t asks; many errors move them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from azuraforge.plugins import QUANTILE_LEVELS
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.adaptive import GRID, calibration_tables, error_table
from azuraforge.plugins.forecasting.intervals import FEW_ERRORS, calibration, residual_quantiles

MIDDLE = QUANTILE_LEVELS.index(0.5)
few_errors = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, FEW_ERRORS), st.integers(1, 4)),
    elements=st.one_of(st.floats(-1e6, 1e6, allow_subnormal=False), st.just(np.nan)),
)


@given(errors=few_errors)
def test_few_errors_never_exclude_the_forecast(errors: Floats) -> None:
    offsets = residual_quantiles(errors, QUANTILE_LEVELS, recency=True)
    assert (offsets[:MIDDLE] <= 0).all()
    assert (offsets[MIDDLE] == 0).all()
    assert (offsets[MIDDLE + 1 :] >= 0).all()
    assert (np.diff(offsets, axis=0) >= 0).all()
    seen = np.isfinite(errors)
    if seen.any(axis=0).all():
        table = error_table(errors)
        np.testing.assert_allclose(table[[round(level * (GRID - 1)) for level in QUANTILE_LEVELS]], offsets)
        size = np.sqrt(np.nanmean(np.square(errors), axis=0))
        assert (offsets[-1] >= 1.9 * size).all(), "never narrower than a normal's 95 %"


@given(errors=few_errors.filter(lambda errors: bool(np.isfinite(errors).any(axis=0).all())))
def test_few_errors_never_move_a_predicted_quantile_towards_the_forecast(errors: Floats) -> None:
    predicted = np.linspace(-1.0, 1.0, len(QUANTILE_LEVELS))[:, None, None]
    offsets = calibration(errors - predicted, errors, QUANTILE_LEVELS)
    assert (offsets[:MIDDLE] <= 0).all()
    assert (offsets[MIDDLE] == 0).all()
    assert (offsets[MIDDLE + 1 :] >= 0).all()
    wanted = residual_quantiles(errors, QUANTILE_LEVELS)
    assert (offsets[-1] + 1.0 >= wanted[-1] - 1e-6).all()
    tables = calibration_tables(errors - predicted, offsets)
    own = np.stack([table[round(at * (GRID - 1))] for table, at in zip(tables, QUANTILE_LEVELS, strict=True)])
    np.testing.assert_allclose(own, offsets, atol=1e-6)


@pytest.mark.parametrize("count", [2, 3, 6, FEW_ERRORS])
def test_few_errors_hold_what_they_promise(count: int) -> None:
    """Two errors held a third of later ones between them, of which 90 % were promised."""
    rng, held = np.random.default_rng(count), list[float]()
    for _ in range(400):
        low, high = residual_quantiles(rng.normal(size=(count, 1)), [0.05, 0.95])[:, 0]
        later = rng.normal(size=50)
        held.append(float(((low <= later) & (later <= high)).mean()))
    assert np.mean(held) == pytest.approx(0.9, abs=0.03)


def test_more_errors_on_one_side_move_the_interval() -> None:
    errors = 5.0 + np.random.default_rng(1).normal(size=(FEW_ERRORS + 1, 1))
    offsets = residual_quantiles(errors, QUANTILE_LEVELS)
    assert offsets[0, 0] == errors.min() > 0
    assert offsets[MIDDLE, 0] == np.median(errors)
    predicted = np.zeros((len(QUANTILE_LEVELS), *errors.shape))
    assert (calibration(errors - predicted, errors, QUANTILE_LEVELS) == offsets).all()
    assert error_table(errors)[0, 0] == errors.min()
