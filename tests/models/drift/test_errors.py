"""Drift of the errors: the stated rate of false alarms, a change that is found, and what is compared with what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from azuraforge.models.drift.child import test_errors as errors_of_test
from azuraforge.models.drift.errors import RUN_LENGTH, JudgedError, bet, detect

START = datetime(2026, 1, 1, tzinfo=UTC)


def judged(values: list[float] | np.ndarray, hours: int = 1, every: int = 1) -> list[JudgedError]:
    """Forecasts ``hours`` ahead, made every ``every`` hours."""
    begun = [START + timedelta(hours=every * index) for index in range(len(values))]
    return [JudgedError(at, at + timedelta(hours=hours), float(value)) for at, value in zip(begun, values, strict=True)]


def test_a_fair_bet_wins_nothing_on_average() -> None:
    p = (np.arange(2_000_000) + 0.5) / 2_000_000
    log = np.log(p)
    assert float(np.mean((1 - p + p * log) / (p * log * log))) == pytest.approx(1.0, abs=0.08)  # its tail at 0 is heavy
    assert bet(0.25) == pytest.approx(
        float(np.mean(np.linspace(0, 1, 20_001) * 0.25 ** (np.linspace(0, 1, 20_001) - 1))), rel=1e-3
    )


def test_false_alarms_are_as_rare_as_stated() -> None:
    # Of 150 sequences of 300 forecasts, 45 may end in an alarm at one alarm in 1,000 forecasts; in fact far fewer do.
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(150):
        values = rng.standard_t(4, size=360)
        report = detect(np.abs(values[:60]).tolist(), judged(np.abs(values[60:])))
        found += report.since is not None
    assert found <= 12
    assert report.run_length == RUN_LENGTH == 1000


@pytest.mark.parametrize(("times", "within"), [(3.0, 40), (6.0, 15)])
def test_larger_errors_are_found_soon(times: float, within: int) -> None:
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(40):
        values = np.abs(rng.normal(size=60 + 100 + within))
        values[160:] *= times
        found += detect(values[:60].tolist(), judged(values[60:])).drifted
    assert found >= 38


def test_smaller_errors_are_no_drift() -> None:
    rng = np.random.default_rng(5)
    values = np.abs(rng.normal(size=300))
    assert detect(values[:60].tolist(), judged(values[60:] / 5)).evidence < RUN_LENGTH / 100


def test_an_alarm_begins_with_a_known_target_and_ends_without_evidence() -> None:
    rng = np.random.default_rng(8)
    quiet, loud, again = (np.abs(rng.normal(size=size)) for size in (60, 20, 400))
    first = detect(quiet.tolist(), judged(loud * 8))
    assert first.drifted
    assert first.since is not None
    assert START < first.since <= START + timedelta(hours=20)
    assert detect(quiet.tolist(), judged([*(loud * 8), *again])).drifted is False


def test_forecasts_that_overlap_count_once() -> None:
    values = [float(value) for value in range(20)]
    assert detect([1.0, 2.0], judged(values, hours=4)).forecasts == 5
    assert detect([1.0, 2.0], judged(values, hours=4, every=4)).forecasts == 20


def test_without_a_test_part_the_first_forecasts_are_the_reference() -> None:
    rng = np.random.default_rng(9)
    values = np.abs(rng.normal(size=160))
    values[100:] *= 6
    report = detect([], judged(values))
    assert (report.reference, report.reference_mean, report.drifted) == (0, None, True)


def test_the_reference_is_the_test_s_forecasts_that_do_not_overlap(tmp_path: Path) -> None:
    stored = np.array([[1.0, -3.0], [9.0, 9.0], [2.0, np.nan], [9.0, 9.0], [np.nan, np.nan]])
    np.savez(tmp_path / "errors.npz", **{"forecasting.ridge": stored})
    assert errors_of_test(str(tmp_path / "errors.npz"), "forecasting.ridge", 2) == (2.0, 2.0)
    assert errors_of_test(str(tmp_path / "errors.npz"), "forecasting.ets", 2) == ()
    assert errors_of_test(None, "forecasting.ridge", 2) == ()


def test_the_order_of_the_sequence_matters_not_its_scale() -> None:
    rng = np.random.default_rng(2)
    values = np.abs(rng.normal(size=120))
    one = detect(values[:50].tolist(), judged(values[50:]))
    other = detect((values[:50] * 1000).tolist(), judged(values[50:] * 1000))
    assert one.evidence == pytest.approx(other.evidence)
