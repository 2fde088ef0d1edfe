"""Promotions on series without structure: how often the gate promotes a forecaster that cannot be better.

Each forecaster learns 200 series of gamma noise and 200 random walks; the gate compares it with every baseline, as in
a run. The series are those of the proof in ``tests/apps/test_honest_titles.py``. The bound is the highest rate that is
compatible with the count at 95 % (Clopper and Pearson, one-sided). Seconds are of the processor, forked processes
included.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from benchmarks.report import Report
from tests.apps.test_honest_titles import (
    ALLOWED,
    CANDIDATES,
    LEARNERS,
    judged,
    learn_baselines,
    table,
    without_structure,
)


def bound(count: int, series: int) -> float:
    """Return the highest rate at which ``count`` or fewer promotions have a probability of at least 5 %."""
    from scipy.stats import beta

    return float(beta.ppf(0.95, count + 1, series - count)) if count < series else 1.0


def main() -> None:
    """Print a row for each forecaster and kind of series."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--series", type=int, default=200)
    options.add_argument("--seed", type=int, default=9)
    options.add_argument("--kinds", nargs="+", choices=("noise", "walk"), default=("noise", "walk"))
    options.add_argument("--names", nargs="*", help="forecasters, without 'forecasting.'; all by default")
    given = options.parse_args()
    names = {each.name.removeprefix("forecasting."): each for each in CANDIDATES}
    if unknown := set(given.names or ()) - set(names):
        options.error(f"unknown forecasters: {', '.join(sorted(unknown))}; choose from {', '.join(names)}")
    report = Report("noise", seed=given.seed)
    for kind in given.kinds:
        chosen = {name: names[name] for name in given.names or names if names[name] in LEARNERS[kind]}
        rng = np.random.default_rng(given.seed)
        promoted, seconds = Counter[str](), defaultdict[str, float](float)
        for number in range(given.series):
            data = table(without_structure(kind, rng))
            with tempfile.TemporaryDirectory() as folder:
                baselines = learn_baselines(data, Path(folder))
                for name, candidate in chosen.items():
                    began = sum(os.times()[:4])
                    verdict = judged(candidate, data, Path(folder), baselines, **CANDIDATES[candidate])
                    seconds[name] += sum(os.times()[:4]) - began
                    promoted[name] += verdict.decision == "promoted"
            if (number + 1) % 20 == 0:
                print(f"{kind}, {number + 1} series: {dict(promoted)}", flush=True)
        for name in chosen:
            count = promoted[name]
            report.add(
                f"{name}, {given.series} series of {kind}: promoted (bound {100 * bound(count, given.series):.1f} %, "
                f"{seconds[name] / given.series:.2f} s each)",
                count,
                goal=f"at most {100 * ALLOWED:g} %",
                met=count / given.series <= ALLOWED,
            )
    report.finish()


if __name__ == "__main__":
    main()
