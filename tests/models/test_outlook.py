"""The number of origins that would decide is of the right order: simulated."""

from __future__ import annotations

import numpy as np
import pytest

from azuraforge.models.gate.contenders import Champion, Contender
from azuraforge.models.gate.evidence import compare
from azuraforge.models.gate.outlook import more_needed
from azuraforge.models.gate.verdict import decide
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.kinds.classify.facts import ERROR_RATE
from azuraforge.plugins.kinds.forecast.facts import RMSE


def _pair(a: np.ndarray, b: np.ndarray, metric: MetricFacts = RMSE) -> tuple[Contender, Contender]:
    return Contender("a", a[:, None].astype(np.float64), metric=metric), Contender(
        "b", b[:, None].astype(np.float64), metric=metric
    )


def _made(rng: np.random.Generator, origins: int, memory: float) -> tuple[Contender, Contender]:
    """Errors that remember each other, of two models of which the first is 10 % better."""
    noise = rng.normal(size=(3, origins + 50))
    for step in range(1, origins + 50):
        noise[:, step] = memory * noise[:, step - 1] + np.sqrt(1 - memory**2) * noise[:, step]
    shared, one, other = noise[:, 50:]
    return _pair(np.square(0.9 * (0.8 * shared + 0.6 * one)), np.square(0.8 * shared + 0.6 * other))


@pytest.mark.parametrize("memory", [0.0, 0.6])
def test_the_estimate_is_of_the_right_order(memory: float) -> None:
    rng = np.random.default_rng(0)
    start, totals = 120, []
    while len(totals) < 24:
        a, b = _made(rng, start, memory)
        found = compare(a, b, horizon=1, season=1)
        if not found.better:
            more = more_needed(found, a, b)
            totals.append(np.inf if more is None else start + more)
    estimated = float(np.median(totals))
    assert np.isfinite(estimated)
    shares = {
        times: np.mean(
            [compare(*_made(rng, int(times * estimated), memory), horizon=1, season=1).better for _ in range(20)]
        )
        for times in (1 / 5, 3)
    }
    # With a fifth of the estimate most tries stay open; with three times as many nearly all are decided.
    assert shares[1 / 5] <= 0.6, (estimated, shares)
    assert shares[3] >= 0.9, (estimated, shares)


def test_of_examples_it_agrees_with_the_rule_of_thumb() -> None:
    rng = np.random.default_rng(1)
    a, b = _pair(rng.random(400) < 0.10, rng.random(400) < 0.14, ERROR_RATE)
    difference = (a.losses - b.losses)[:, 0]
    expected = ((1.96 + 0.84) * difference.std() / difference.mean()) ** 2
    found = more_needed(compare(a, b, horizon=1, season=1), a, b)
    assert found is not None
    assert found + 400 == pytest.approx(expected, rel=0.1)


def test_nothing_is_said_where_it_is_decided_or_cannot_be_estimated() -> None:
    noise = np.random.default_rng(2).normal(size=300)
    a, b = _pair(np.square(noise), np.square(noise))
    assert more_needed(compare(a, b, horizon=1, season=1), a, b) is None
    a, b = _pair(np.square(0.5 * noise), np.square(noise))
    assert more_needed(compare(a, b, horizon=1, season=1), a, b) is None
    a, b = _pair(np.square(noise[:8]), np.square(noise[8:16]))
    assert more_needed(compare(a, b, horizon=1, season=1), a, b) is None


def test_a_verdict_that_is_open_says_how_many_more_would_decide() -> None:
    rng = np.random.default_rng(3)
    a, c = _made(rng, 60, 0.0)
    holder = Champion("c", c.losses, unseen=np.ones(60, dtype=bool), metric=RMSE)
    worse = Contender("b", c.losses + 1, metric=RMSE)
    verdict = decide(a, [worse], holder, horizon=1, season=1)
    assert [each.code for each in verdict.reasons[:2]] == ["too_wide", "more_would_decide"]
    said = verdict.reasons[1]
    assert said.params["more"] == more_needed(verdict.comparisons[1], a, holder, needed=30)
    assert "more origins like these would be needed" in said.text("en")
    assert "daha" in said.text("tr")
