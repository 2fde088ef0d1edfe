"""Reasons read well in both languages, and every one of them can be written."""

from __future__ import annotations

import pytest

from azuraforge.models.gate.evidence import measured
from azuraforge.models.gate.reasons import Reason
from azuraforge.plugins.kinds.classify.facts import ERROR_RATE
from azuraforge.plugins.kinds.forecast.facts import RMSE


def test_kinds_of_data_are_named_in_the_readers_language() -> None:
    told = Reason("other_kind", {"champion": "several_series", "candidate": "one_series"})
    assert "(birden çok seri) adayınkinden (tek seri)" in told.text("tr")
    assert "(several series) differs from the candidate's (one series)" in told.text("en")


def test_percentages_follow_the_language() -> None:
    reason = Reason("worse_than_best_baseline", {"a": "x", "b": "y", "relative_difference": 0.0412})
    assert "+4.1 %" in reason.text("en")
    assert "+%4,1" in reason.text("tr")
    small = Reason("worse_than_best_baseline", {"a": "x", "b": "y", "relative_difference": -0.0004})
    assert "−0.04 %" in small.text("en")
    nothing = Reason("worse_than_best_baseline", {"a": "x", "b": "y", "relative_difference": 0.0, **measured(RMSE)})
    assert "RMSE %0." in nothing.text("tr")


def test_a_strict_level_is_not_rounded_to_certainty() -> None:
    reason = Reason("level_tightened", {"level": 0.9995, "asked": 0.95, "looks": 100})
    assert "99.950 %" in reason.text("en")
    assert "instead of 95 %" in reason.text("en")
    assert "%99,950" in reason.text("tr")


@pytest.mark.parametrize(
    ("code", "champion", "candidate", "english", "turkish"),
    [
        (
            "other_frequency",
            None,
            "1d",
            "(not fixed) differs from the candidate's (1d)",
            "(sabit değil) adayınkinden (1d)",
        ),
        (
            "other_frequency",
            "1h",
            None,
            "(1h) differs from the candidate's (not fixed)",
            "(1h) adayınkinden (sabit değil)",
        ),
        ("other_unit", "", "°C", "(not stated) differs from the candidate's (°C)", "(belirtilmemiş) adayınkinden (°C)"),
    ],
)
def test_what_is_not_stated_is_called_so(
    code: str, champion: str | None, candidate: str | None, english: str, turkish: str
) -> None:
    reason = Reason(code, {"champion": champion, "candidate": candidate})
    assert english in reason.text("en")
    assert turkish in reason.text("tr")
    assert reason.record().params == {"champion": champion, "candidate": candidate}


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown reason 'because'"):
        Reason("because", {})


def test_a_hundred_is_a_hundred_and_no_bound_is_no_number() -> None:
    params = {"a": "x", "b": "y", "relative_difference": 0.9999999999999998, "low": -0.0033, "high": 999_999.0}
    reason = Reason("not_better_than_best_baseline", {**params, "level": 0.95, **measured(ERROR_RATE)})
    assert "error rate +100 %, interval −0.33 % to more than +1,000 %." in reason.text("en")
    assert "hata oranı +%100, güven aralığı −%0,33 ile +%1.000 üzeri arası" in reason.text("tr")
