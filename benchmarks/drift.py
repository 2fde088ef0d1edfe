"""Drift of errors in simulation: false alarms where nothing changes, and forecasts until a change is reported."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta

import numpy as np

from azuraforge.models.drift.errors import RUN_LENGTH, JudgedError, detect
from benchmarks.report import Report

_START = datetime(2026, 1, 1, tzinfo=UTC)
_BEFORE, _AFTER = 50, 300


def judged(values: np.ndarray) -> list[JudgedError]:
    """Return errors of daily forecasts one day ahead."""
    moments = [_START + timedelta(days=day) for day in range(len(values) + 1)]
    return [JudgedError(moments[i], moments[i + 1], float(value)) for i, value in enumerate(values)]


def delay(rng: np.random.Generator, reference: int, times: float) -> int | None:
    """Return after how many forecasts errors that became so many times as large are reported; None: not in 300."""
    values = np.abs(rng.normal(size=reference + _BEFORE + _AFTER))
    values[reference + _BEFORE :] *= times
    live = judged(values[reference:])
    found = detect(values[:reference].tolist(), live)
    if found.since is None:
        return None
    return sum(each.matures_at <= found.since for each in live) - _BEFORE


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sequences", type=int, default=400, help="per figure")
    asked = options.parse_args()
    report = Report("drift", seed=7)
    rng = np.random.default_rng(7)
    for name, draw in {
        "normal": lambda count: np.abs(rng.normal(size=count)),
        "Student's t with 3 degrees": lambda count: np.abs(rng.standard_t(3, size=count)),
    }.items():
        alarms = 0
        for _ in range(asked.sequences):
            values = draw(60 + 365)
            for until in range(30, 366, 5):  # as a user who checks often would see it
                if detect(values[:60].tolist(), judged(values[60 : 60 + until])).drifted:
                    alarms += 1
                    break
        share, bound = 100 * alarms / asked.sequences, 100 * 365 / RUN_LENGTH
        report.add(
            f"alarms within 365 forecasts, nothing changes, {name}", share, "%", goal=f"≤ {bound}", met=share <= bound
        )
    for reference in (12, 30, 60, 150):
        for times in (1.5, 2.0, 3.0, 6.0):
            found = [delay(rng, reference, times) for _ in range(asked.sequences // 4)]
            late = [np.inf if each is None else each for each in found]
            middle = float(np.median(late))
            what = f"errors × {times:g}, {reference} forecasts in the test part"
            report.add(f"{what}: median delay", middle if np.isfinite(middle) else "> 300", "forecasts")
            report.add(f"{what}: found within 300", 100 * float(np.isfinite(late).mean()), "%")
    report.finish()


if __name__ == "__main__":
    main()
