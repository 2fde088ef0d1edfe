"""Reconciled forecasts: sums to the last bit, MinT's closed form, and errors no larger than those of the base."""

from __future__ import annotations

import numpy as np
import pytest

from azuraforge.plugins.forecasting.reconciliation import ErrorCovariance, Hierarchy, Reconciliation, hierarchy_of

GROUPS = {"region": {"north": ("a", "b"), "south": ("c", "d")}, "size": {"small": ("a", "c"), "large": ("b", "d")}}
HIERARCHY = hierarchy_of(GROUPS, ["a", "b", "c", "d"])
#: ``(name, series)``
ALL = np.concatenate([HIERARCHY.sums, np.eye(4)])


def correlated(moments: int, seed: int = 0) -> np.ndarray:
    """``(moment, name)`` base errors: of the series together, and more of the totals' own forecasts."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(moments, 1))
    series = 0.8 * shared + rng.normal(size=(moments, 4)) * [1.0, 1.5, 2.0, 0.5]
    own = rng.normal(size=(moments, 5)) * [1.0, 2.0, 2.0, 2.0, 2.0]
    return np.concatenate([0.3 * series @ HIERARCHY.sums.T + own, series], axis=1)


def test_mint_is_the_closed_form_with_the_shrunk_covariance() -> None:
    errors, forecasts = correlated(60), np.random.default_rng(1).normal(size=(5, 9)) * 10
    covariance = ErrorCovariance.of(errors)
    assert 0.01 < covariance.shrinkage < 0.9
    sample = errors.T @ errors / len(errors)
    weights = covariance.shrinkage * np.diag(np.diag(sample)) + (1 - covariance.shrinkage) * sample
    inverse = np.linalg.inv(weights)
    expected = (ALL @ np.linalg.solve(ALL.T @ inverse @ ALL, ALL.T @ inverse @ forecasts.T)).T
    found = Reconciliation("mint_shrink", HIERARCHY, covariance).reconciled(forecasts)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_the_shrinkage_is_that_of_schafer_and_strimmer() -> None:
    errors = correlated(60)
    scaled = errors / np.sqrt(np.square(errors).mean(axis=0))
    products = np.einsum("ti,tj->tij", scaled, scaled)
    mean, count = products.mean(axis=0), len(errors)
    variance = np.square(products - mean).sum(axis=0) * count / (count - 1) ** 3
    off = ~np.eye(9, dtype=bool)
    expected = variance[off].sum() / np.square(count / (count - 1) * mean)[off].sum()
    assert ErrorCovariance.of(errors).shrinkage == pytest.approx(expected)


@pytest.mark.parametrize("method", ["bottom_up", "mint_shrink"])
def test_sums_are_exact_also_where_series_are_absent(method: str) -> None:
    forecasts = np.random.default_rng(2).normal(size=(40, 9)) * 1e6
    forecasts[10:20, HIERARCHY.names.index("c")] = np.nan
    forecasts[20:, HIERARCHY.names.index("total")] = np.nan
    found = Reconciliation(method, HIERARCHY, ErrorCovariance.of(correlated(30))).reconciled(forecasts)  # type: ignore[arg-type]
    sums = np.where(np.isfinite(found[:, 5:]), found[:, 5:], 0.0) @ HIERARCHY.sums.T
    known = np.isfinite(found[:, :5])
    np.testing.assert_array_equal(found[:, :5][known], sums[known])
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(forecasts))


def test_a_total_without_its_series_keeps_its_forecast() -> None:
    forecasts = np.full((1, 9), np.nan)
    forecasts[0, 0] = 7.0
    found = Reconciliation("mint_shrink", HIERARCHY, ErrorCovariance.of(correlated(30))).reconciled(forecasts)
    assert found[0, 0] == 7.0


def test_mint_errs_less_than_its_base_and_than_bottom_up_on_every_level_of_a_known_covariance() -> None:
    covariance = ErrorCovariance.of(correlated(400, seed=3))
    fresh = correlated(4000, seed=4)  # the truth is zero: forecasts are errors
    mint = Reconciliation("mint_shrink", HIERARCHY, covariance).reconciled(fresh)
    bottom_up = Reconciliation("bottom_up", HIERARCHY, covariance).reconciled(fresh)
    base, ours, sums = (np.square(each).mean(axis=0) for each in (fresh, mint, bottom_up))
    assert (ours <= base * 1.01).all()
    assert (ours[:5] < 0.8 * base[:5]).all()
    assert ours.sum() < 0.9 * sums.sum()


def test_few_or_no_errors_shrink_to_the_diagonal() -> None:
    assert ErrorCovariance.of(correlated(2)).shrinkage == 1.0
    nothing = ErrorCovariance.of(np.full((3, 9), np.nan))
    found = Reconciliation("mint_shrink", HIERARCHY, nothing).reconciled(np.ones((1, 9)))
    assert found[0, 0] == found[0, 5:].sum()
    still = correlated(30)
    still[:, 6] = 0.0
    found = Reconciliation("mint_shrink", HIERARCHY, ErrorCovariance.of(still)).reconciled(np.ones((1, 9)))
    assert np.isfinite(found).all()
    assert found[0, 6] == pytest.approx(1.0)


def test_groups_without_a_series_that_is_learned_have_no_total() -> None:
    assert hierarchy_of(GROUPS, ["a", "b"]).totals == {
        "total": ("a", "b"), "region=north": ("a", "b"), "size=small": ("a",), "size=large": ("b",)
    }  # fmt: skip
    assert Hierarchy({}, ("a",)).sums.shape == (0, 1)
