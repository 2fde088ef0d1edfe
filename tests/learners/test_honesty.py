"""Honest results: chance stays chance, leaks are found, and drift tests do not raise alarms in noise."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from azuraforge.apps.online.linear import LinearClass, LinearConfig, LinearDirection
from azuraforge.learners.loop.challenge import Standing, decide
from azuraforge.learners.loop.commit import HourScores
from azuraforge.learners.loop.drift_watch import DriftWatch
from azuraforge.learners.loop.judging import Judge
from azuraforge.learners.loop.loop import Loop
from azuraforge.learners.loop.plan import DriftPlan, Plan, Target
from azuraforge.learners.loop.scoring import interval, n_effective
from azuraforge.plugins.contract.rows import Span, span_of
from azuraforge.plugins.kinds.online.kinds import ONLINE_KINDS

MINUTE = 60_000_000


def hours_of(commits: list, contender: int = 0) -> np.ndarray:
    """Return ``(hour, sum)`` of a contender."""
    found: dict[int, HourScores] = {}
    for commit in commits:
        found.update((each.hour, each) for each in commit.scores)
    return np.array([found[hour].sums[contender] for hour in sorted(found)])


def direction_plan(ahead: int, inputs: tuple[str, ...]) -> Plan:
    return Plan(
        task="direction",
        target=Target(column="close", kind="sign", ahead_rows=ahead),
        columns=(*inputs, "close"),
        inputs=inputs,
        state_every_seconds=86_400,
        archive_every_seconds=86_400,
        suspicious_above=0.58,
    )


def replay(plan: Plan, span: Span) -> tuple[Loop, list]:
    loop = Loop(plan, LinearDirection(), LinearConfig(), ONLINE_KINDS["direction"]())
    return loop, [*loop.take(span), *loop.flush()]


def walk(rows: int, seed: int, ahead: int = 12, *, oracle: bool = False) -> Span:
    """Return a random walk whose steps are shuffled in blocks, with three columns of noise; no one can predict it."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=rows)
    close = 100 + steps.reshape(-1, ahead)[rng.permutation(rows // ahead)].ravel().cumsum()
    noise = rng.normal(size=(rows, 3))
    if oracle:
        noise[:-ahead, 1] = close[ahead:] - close[:-ahead]
    return span_of(("a", "b", "c", "close"), np.column_stack([noise, close]), at=(np.arange(rows) + 1) * 5 * MINUTE)


def test_chance_lies_inside_the_interval_of_shuffled_labels() -> None:
    kind, inside = ONLINE_KINDS["direction"](), 0
    for seed in range(20):
        _, commits = replay(direction_plan(12, ("a", "b", "c")), walk(6000, seed))
        found = interval(hours_of(commits), lambda sums: kind.scores(sums, 0)["accuracy"], 12)
        assert found.low is not None
        assert found.high is not None
        assert found.high - found.low < 0.2
        inside += found.low <= 0.5 <= found.high
    assert inside >= 17


def test_a_planted_oracle_is_suspicious_and_blocks_the_promotion() -> None:
    plan = direction_plan(12, ("a", "b", "c"))
    scores = {}
    for name in ("oracle", "honest"):
        loop, commits = replay(plan, walk(9000, 5, oracle=name == "oracle"))
        sums = hours_of(commits)
        accuracy = float(loop.kind.scores(sums.sum(axis=0), 0)["accuracy"])
        best = max(float(each) for each in loop.kind.scores(loop.judge.scores.since_start[1:], 0)["accuracy"])
        scores[name] = Standing(accuracy, n_effective(float(sums[:, 0].sum()), 12), best)
    assert scores["oracle"].score > 0.9
    assert scores["oracle"].n_effective > 500
    # the test against the champion is won in both cases, so that only the suspicion decides
    won = {"worse": 400, "even": 0, "better": 20, "challengers": 2, "suspicious_above": plan.suspicious_above}
    assert decide(scores["oracle"], higher_is_better=True, **won).code == "suspicious"
    assert decide(scores["oracle"], higher_is_better=True, confirmed=True, **won).code == "promote"
    assert decide(Standing(0.55, 700, 0.54), higher_is_better=True, **won).code == "promote"
    assert scores["honest"].score < 0.58


def test_drift_tests_see_outcomes_that_share_no_rows_and_are_quiet_in_noise() -> None:
    plan, kind = direction_plan(12, ("a",)), ONLINE_KINDS["direction"]()
    alarmed = overlapping = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        close = rng.normal(size=36_012).cumsum()
        up = (close[12:] > close[:-12]).astype(float)  # overlapping by 12
        said = np.full((len(up), 1), 0.6)
        judge = Judge(plan, kind)
        place = np.arange(1, len(up) + 1)
        none = np.zeros(len(up), np.int32)
        verdict = judge.judge(place, place * MINUTE, none, place * MINUTE, up, said, np.zeros((len(up), 0, 1)))
        assert judge.scores.n_independent == 3000
        alarmed += bool(verdict.alarms)
        if seed < 5:
            every = DriftWatch(DriftPlan(), unit=True)
            overlapping += sum(bool(every.update(float(loss))) for loss in (up < 0.5)[:12_000])
    assert alarmed <= 5
    assert overlapping > 5  # the same tests on overlapping outcomes do raise alarms


def test_a_change_is_an_alarm_and_an_improvement_is_none() -> None:
    rng = np.random.default_rng(1)
    watch = DriftWatch(DriftPlan(), unit=True)
    losses = np.concatenate([rng.random(1500) < 0.3, rng.random(1500) < 0.6, rng.random(1500) < 0.1]).astype(float)
    alarms = [number for number, loss in enumerate(losses) if watch.update(float(loss))]
    assert alarms
    assert all(1500 <= each < 3000 for each in alarms)
    assert alarms[0] < 1800


@pytest.mark.realdata
def test_last_class_stays_champion_on_elec2(shared_data: Path) -> None:
    with gzip.open(shared_data / "streams" / "elec2.csv.gz", "rt") as lines:
        rows = list(csv.DictReader(lines))
    columns = tuple(each for each in rows[0] if each != "class")
    table = [[*(float(row[each]) for each in columns), float(row["class"] == "UP")] for row in rows]
    span = span_of((*columns, "class"), table, at=(np.arange(len(rows)) + 1) * 30 * MINUTE)
    plan = Plan(
        task="class", target=Target(column="class"), columns=(*columns, "class"), classes=("DOWN", "UP"),
        inputs=columns, state_every_seconds=86_400, archive_every_seconds=86_400,
    )  # fmt: skip
    loop = Loop(plan, LinearClass(), LinearConfig(learning_rate=0.005), ONLINE_KINDS["class"]())
    commits = [*loop.take(span), *loop.close()]
    accuracy = loop.kind.scores(loop.judge.scores.since_start, 2)["accuracy"]
    scores = dict(zip(("learner", *loop.kind.baselines), accuracy.round(6).tolist(), strict=True))
    assert scores["learner"] == pytest.approx(0.822144, abs=2e-4)
    assert scores["online.last_class"] == pytest.approx(0.853303, abs=2e-6)
    losses = np.concatenate([commit.block.judged.losses for commit in commits if commit.block is not None])
    own, last = losses[:, 0], losses[:, 1 + loop.kind.baselines.index("online.last_class")]
    found = decide(
        Standing(scores["learner"], len(rows), scores["online.last_class"]), higher_is_better=True,
        worse=int((last > own).sum()), even=int((last == own).sum()), better=int((last < own).sum()), challengers=1,
    )  # fmt: skip
    assert found.code != "promote"
    own_sums, last_sums = hours_of(commits), hours_of(commits, 1 + loop.kind.baselines.index("online.last_class"))
    difference = interval(own_sums, lambda sums: loop.kind.scores(sums, 2)["accuracy"], 1, against=last_sums)
    assert difference.above_zero is False
