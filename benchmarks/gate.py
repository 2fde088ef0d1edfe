"""The gate's rule compared with others: false "better" verdicts on equal forecasters, and real leads found.

For every cell (origins, season, horizon, memory of the errors, shape) both forecasters are equally good: the share of
repetitions in which the candidate is "better" is the level, 2.5 % is allowed. Power is the share at a lead that a test
with the true variance would find in 80 % of cases. The Monte-Carlo error of a level of 2.5 % is 0.35 points with 2,000
repetitions. Rules that resample are slow, so they run on ``BOOTSTRAPPED`` cells only.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.report import Report
from benchmarks.rules import analytic, bootstraps
from benchmarks.rules.losses import Cell, Draw, Finding, cells, draw

Rule = Callable[[Draw, int], Finding]
#: One end of the gate's interval before it is tightened, and at the first look.
TAILS = (0.025, 0.0125)
FORMULAS: dict[str, Rule] = {
    "gate": analytic.gate,
    "scaled differences (guarded slices)": analytic.scaled,
    "Diebold-Mariano, small sample": analytic.small_sample,
    "Diebold-Mariano, fixed b": analytic.fixed_b,
    "cosines": analytic.cosines,
}
RESAMPLED: dict[str, Rule] = {
    "season blocks (former rule)": bootstraps.season_blocks,
    "blocks without season": bootstraps.blocks,
    "automatic blocks": bootstraps.automatic_blocks,
    "studentised blocks": bootstraps.studentised,
}
BOOTSTRAPPED = (
    (Cell(336, 1, 0.9, "common"), 52),
    (Cell(336, 1, 0.9, "normal"), 52),
    (Cell(336, 1, 0.9, "normal"), 1),
    (Cell(336, 24, 0.5, "normal"), 1),
    (Cell(120, 1, 0.0, "normal"), 12),
    (Cell(120, 1, 0.9, "unequal"), 12),
    (Cell(120, 7, 0.5, "heavy"), 7),
    (Cell(60, 1, 0.5, "normal"), 12),
    (Cell(30, 1, 0.0, "normal"), 1),
    (Cell(1000, 1, 0.9, "normal"), 52),
)


def rates(rule: Rule, drawn: Draw, season: int) -> tuple[list[float], list[float]]:
    """Return the levels and powers at ``TAILS``."""
    finds = rule(drawn, season)
    levels, powers = ([float(finds(lead, tail).mean()) for tail in TAILS] for lead in (0.0, drawn.detectable))
    return levels, powers


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=2000)
    parser.add_argument("--bootstraps", type=int, default=500, help="repetitions of the rules that resample; 0: none")
    parser.add_argument("--seed", type=int, default=12)
    asked = parser.parse_args(arguments)
    report = Report("gate", seed=asked.seed)
    error = 100 * math.sqrt(0.025 * 0.975 / asked.repetitions)
    for name, rule in FORMULAS.items():
        _grid(report, name, rule, asked.repetitions, asked.seed, error)
    for cell, season in BOOTSTRAPPED if asked.bootstraps else ():
        for name, rule in {**FORMULAS, **RESAMPLED}.items():
            repetitions = asked.repetitions if name in FORMULAS else asked.bootstraps
            level, power = rates(rule, draw(cell, repetitions, asked.seed), season)
            values = f"{100 * level[0]:.1f} / {100 * level[1]:.1f} · {100 * power[0]:.0f} / {100 * power[1]:.0f}"
            report.add(f"{cell}, season {season}: {name}", values, "level · power, %")
    report.notes.append(f"Monte-Carlo error of a level: {error:.2f} points; of resampled rules more.")
    report.finish()


def _grid(report: Report, name: str, rule: Rule, repetitions: int, seed: int, error: float) -> None:
    """Add the rule's worst and mean level and its mean power over the grid."""
    levels, powers, worst = [], [], (0.0, "")
    for number, cell in enumerate(cells()):
        drawn = draw(cell, repetitions, seed + number)
        level, power = rates(rule, drawn, cell.season)
        levels.append(100 * level[0])
        worst = max(worst, (100 * level[0], str(cell)))
        if cell.origins >= max(30, 3 * cell.horizon):
            powers.append(100 * power[0])
    above = int(np.sum(np.array(levels) > 2.5 + 3 * error))
    report.add(f"{name}: highest level of {len(levels)} cells ({worst[1]})", worst[0], "%", goal="≤ 2.5 and 3 errors",
               met=worst[0] <= 2.5 + 3 * error)  # fmt: skip
    report.add(f"{name}: cells above 2.5 % by more than 3 errors", above)
    report.add(f"{name}: mean level", float(np.mean(levels)), "%")
    report.add(f"{name}: mean power, from 30 origins and 3 horizons on", float(np.mean(powers)), "%")


if __name__ == "__main__":
    main()
