"""Remarks on an evaluation's numbers: intervals that miss what they promise, and totals worse than plain sums."""

from __future__ import annotations

import numpy as np
import pytest

from azuraforge.plugins import QUANTILE_LEVELS
from azuraforge.plugins.contract.evaluation import Hierarchical, IntervalCoverage, LevelScores
from azuraforge.plugins.contract.parts import Predictions
from azuraforge.plugins.kinds.forecast.coverage import coverages
from azuraforge.plugins.kinds.forecast.findings import coverage_findings, total_findings


def measured(scale: float) -> tuple[IntervalCoverage, ...]:
    from scipy.special import ndtri

    truth = np.random.default_rng(3).normal(size=(1500, 1))
    made = Predictions(truth * 0, {level: np.full(truth.shape, scale * ndtri(level)) for level in QUANTILE_LEVELS})
    return coverages(truth, made, [1])


@pytest.mark.parametrize(("scale", "codes"), [(0.8, ["too_narrow"]), (1.0, []), (1.3, ["too_wide"])])
def test_an_interval_whose_range_excludes_what_it_promises_is_named(scale: float, codes: list[str]) -> None:
    assert [each.code for each in coverage_findings("mine", measured(scale))] == codes


def test_the_sentence_states_the_shown_interval_and_names_the_others() -> None:
    held = [(0.5, 0.41, 0.38, 0.44), (0.8, 0.79, 0.76, 0.82), (0.9, 0.852, 0.82, 0.88), (0.95, 0.98, 0.96, 0.99)]
    rows = [IntervalCoverage(share=a, coverage=b, low=c, high=d, width=1.0) for a, b, c, d in held]
    narrow, wide = coverage_findings("mine", rows)
    assert narrow.text["en"] == (
        "mine: the 90 % interval contains 85.2 % of the actual values (95 % range 82.0 % to 88.0 %); it is too narrow."
        " Also too narrow: 50 % (contains 41.0 %)."
    )
    assert "%90 aralığı gerçekleşen değerlerin %85,2 kadarını içeriyor" in narrow.text["tr"]
    assert wide.text["en"].startswith("mine: the 95 % interval contains 98.0 %")


def level(name: str, rmse: float, sums: float) -> LevelScores:
    common = {"series": 2, "baseline_rmse": 9.0, "skill": None, "base_rmse": 5.0, "coverage": None}
    return LevelScores(level=name, rmse=rmse, bottom_up_rmse=sums, **common)


def test_totals_that_err_more_than_plain_sums_are_named_and_series_are_no_totals() -> None:
    levels = (level("total", 5.0, 4.0), level("coast", 4.0, 4.001), level("shop", 3.0, 2.0))
    (found,) = total_findings("mine", Hierarchical(levels=levels, gap=0.0), "shop")
    assert "total (RMSE +25.0 %)" in found.text["en"]
    assert "total (RMSE +%25,0)" in found.text["tr"]
    assert "coast" not in found.text["en"]
    assert "shop" not in found.text["en"]
    assert total_findings("mine", None, None) == []
