"""The gate's rule on simulated losses whose truth is known: it keeps its level and finds real leads."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from azuraforge.models.gate.contenders import Champion, Contender
from azuraforge.models.gate.evidence import compare
from azuraforge.models.gate.memory import mean_uncertainty
from azuraforge.models.gate.policy import GatePolicy
from azuraforge.models.gate.verdict import decide
from azuraforge.plugins.kinds.forecast.facts import RMSE

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:  # benchmarks are modules of the checkout
    sys.path.append(str(ROOT))

from benchmarks.gate import rates  # noqa: E402
from benchmarks.rules.analytic import gate  # noqa: E402
from benchmarks.rules.losses import Cell, cells, draw  # noqa: E402

ALLOWED = 0.025


def noisy(level: float, repetitions: int, errors: float) -> float:
    """Return ``level`` and as many Monte-Carlo errors."""
    return level + errors * float(np.sqrt(level * (1 - level) / repetitions))


@pytest.mark.parametrize(
    ("cell", "season", "power"),
    [
        (Cell(30, 1, 0.0, "normal"), 1, 0.18),
        (Cell(60, 1, 0.5, "heavy"), 12, 0.4),
        (Cell(120, 7, 0.9, "normal"), 7, 0.09),
        (Cell(336, 1, 0.9, "normal"), 52, 0.43),
        (Cell(336, 1, 0.9, "common"), 52, 0.6),
        (Cell(336, 24, 0.9, "normal"), 24, 0.43),
    ],
    ids=str,
)
def test_equal_forecasters_are_seldom_distinguished_and_leads_are_found(cell: Cell, season: int, power: float) -> None:
    repetitions = 1000
    levels, powers = rates(gate, draw(cell, repetitions, seed=4), season)
    assert levels[0] <= noisy(ALLOWED, repetitions, 3)
    assert levels[1] <= noisy(ALLOWED / 2, repetitions, 3)
    assert powers[0] >= power


def test_a_long_memory_in_few_origins_is_seldom_taken_for_evidence() -> None:
    """Thirty origins whose errors remember each other for ten are three pieces: mostly not known, and seldom wrong."""
    drawn = draw(Cell(30, 1, 0.9, "normal"), 1000, seed=5)
    assert np.median(mean_uncertainty(drawn.values, 1).pieces) < 6
    assert rates(gate, drawn, 1)[0][0] <= noisy(ALLOWED, 1000, 3)


def test_two_hundred_shuffled_series_promote_within_the_level() -> None:
    """On a shuffled series the value one, two or three rows before predicts equally badly: any title moves by luck."""
    rng = np.random.default_rng(6)
    series, origins, promoted = 200, 120, 0
    for _ in range(series):
        values = rng.permutation(rng.gamma(2.0, size=origins + 3))
        first, second, third = (np.square(values[3:] - values[3 - lag : -lag])[:, None] for lag in (1, 2, 3))
        holder = Champion("c", third, unseen=np.ones(origins, dtype=bool), metric=RMSE)
        verdict = decide(
            Contender("a", first, metric=RMSE), [Contender("b", second, metric=RMSE)], holder, horizon=1, season=12
        )
        promoted += verdict.champion != "c"
    # Candidate and baseline may each win at one end of their interval.
    assert promoted / series <= noisy(2 * ALLOWED, series, 3)


def test_one_outlier_gives_no_title() -> None:
    """One row that both miss by far dominates both means and hides how little the others say."""
    rng = np.random.default_rng(7)
    series, origins, promoted = 150, 120, 0
    for _ in range(series):
        errors = rng.normal(size=(2, origins))
        errors[:, rng.integers(origins)] += 50
        first, second = np.square(errors)[..., None]
        promoted += (
            decide(
                Contender("a", first, metric=RMSE), [Contender("b", second, metric=RMSE)], None, horizon=1, season=1
            ).champion
            == "a"
        )
    assert promoted / series <= noisy(ALLOWED, series, 3)


def test_one_outlier_gives_no_title_by_a_margin_either() -> None:
    """The candidate is better by exactly the margin, and one row that both miss by far seems to say more."""
    rng = np.random.default_rng(8)
    series, origins, promoted = 150, 120, 0
    for _ in range(series):
        errors = rng.normal(size=(2, origins))
        errors[:, rng.integers(origins)] += 50
        first, second = np.square(errors * np.array([[0.8], [1.0]]))[..., None]
        everyone = (Contender("a", first, metric=RMSE), [Contender("b", second, metric=RMSE)], None)
        promoted += decide(*everyone, horizon=1, season=1, policy=GatePolicy(margin=0.2)).champion == "a"
    assert promoted / series <= noisy(ALLOWED, series, 3)


def test_the_simulated_rule_is_the_gate_s_own() -> None:
    """Cells with leads, outliers and long memories: the same finds, one by one."""
    finds = 0
    for cell in (Cell(60, 1, 0.5, "heavy"), Cell(120, 7, 0.9, "normal"), Cell(120, 1, 0.0, "outlier")):
        drawn = draw(cell, 40, seed=9)
        lead = drawn.detectable
        first = drawn.a * np.exp(-2 * lead)
        pairs = [
            (Contender("a", x[:, None], metric=RMSE), Contender("b", y[:, None], metric=RMSE))
            for x, y in zip(first, drawn.b, strict=True)
        ]
        gated = [compare(*pair, horizon=cell.horizon, season=1, level=0.9).better for pair in pairs]
        assert gate(drawn, 1)(lead, 0.05).tolist() == gated
        finds += sum(gated)
    assert finds > 20


@pytest.mark.proof
def test_no_situation_of_the_grid_exceeds_the_level() -> None:
    """Try every cell of ``make bench-gate`` at two levels; four Monte-Carlo errors, as there are hundreds of cells."""
    repetitions = 2000
    broken = {}
    for number, cell in enumerate(cells()):
        levels, _ = rates(gate, draw(cell, repetitions, seed=1000 + number), cell.season)
        if levels[0] > noisy(ALLOWED, repetitions, 4) or levels[1] > noisy(ALLOWED / 2, repetitions, 4):
            broken[str(cell)] = levels
    assert not broken
