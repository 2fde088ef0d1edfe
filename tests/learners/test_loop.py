"""The order of the loop, its outcomes, and the errors of learners and feeds that break their contract."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from azuraforge.errors import InvalidInput
from azuraforge.learners.loop.commit import Fact
from azuraforge.learners.loop.examples import Matured
from azuraforge.learners.loop.loop import Loop, PrematureOutcome
from azuraforge.learners.loop.plan import Target
from azuraforge.plugins import Answer, Config, Example, LearnerContext, Origin, Span
from azuraforge.plugins.contract.rows import span_of
from azuraforge.plugins.kinds.online.kinds import ONLINE_KINDS
from tests.learners.replays import MINUTE, Noisy, again, cuts, ledger, loop_of, plan_of, prices, saved


class Recorder(Noisy):
    """A learner that records the order of its calls."""

    answer = 0.75

    def start(self, run: LearnerContext[Config]) -> None:
        self.run, self.calls = run, []
        run.timer("tick", every=timedelta(minutes=2))

    def predict(self, origin: Origin) -> Answer | None:
        self.calls.append(f"predict {origin.seq}")
        assert origin.time == self.run.now
        return Answer(self.answer)

    def learn(self, matured: Sequence[Example]) -> None:
        self.calls.append("learn " + " ".join(f"{each.origin.seq}={each.outcome:g}" for each in matured))

    def fire(self, timer: str, due: datetime) -> None:
        self.calls.append(f"fire {timer} {due:%H:%M}")

    def save(self, folder: Path) -> None:
        self.calls.append("save")


def rows(values: Sequence[float], *, keys: int = 1, kind: Sequence[int] | None = None, first: int = 1) -> Span:
    """Return rows, one minute apart per key, whose columns ``close`` and ``volume`` have the same values."""
    number = np.arange(len(values)) + first - 1
    return span_of(
        ("close", "volume"),
        np.column_stack([values, values]),
        at=(number // keys + 1) * MINUTE,
        keys=tuple("abc"[:keys]),
        key=number % keys,
        kind=kind,
        first=first,
    )


def test_the_order_at_equal_times(tmp_path: Path) -> None:
    learner = Recorder()
    plan = plan_of(target=Target(column="close", kind="sign", ahead_rows=1), state_every_seconds=120)
    loop = loop_of(plan, learner, features=False)
    list(loop.take(rows([1, 5, 2, 4], keys=2)))
    for commit in loop.take_fact(Fact(1, 4, 2 * MINUTE, "command", "shift")):
        learner.calls.append("fact")
        assert not commit.state_due
    for commit in loop.take(rows([3, 6], keys=2, first=5)):
        assert commit.state_due
        loop.save(tmp_path)
    assert learner.calls == [
        "predict 1", "predict 2",
        "learn 1=1", "predict 3", "learn 2=0", "predict 4",
        "fire tick 00:02", "fact", "save",
        "learn 3=1", "predict 5", "learn 4=1", "predict 6",
    ]  # fmt: skip


def test_a_label_is_learned_after_its_answer_and_before_the_next() -> None:
    learner = Recorder()
    learner.task = "number"
    plan = plan_of(task="number", target=Target(column="close"), drift=None)
    loop = Loop(plan, learner, Config(), ONLINE_KINDS["number"]())
    commits = [*loop.take(rows([4, 6, 5])), *loop.close()]
    calls = [each for each in learner.calls if not each.startswith("fire")]
    assert calls == ["predict 1", "learn 1=4", "predict 2", "learn 2=6", "predict 3", "learn 3=5"]
    entries = ledger(commits)
    assert [each[0] for each in entries["outcomes"]] == [1, 2, 3]
    assert [each[2] for each in entries["outcomes"]] == [2, 3, 3]


def test_a_label_is_refused_as_a_feature_and_hidden_from_feature_sets() -> None:
    with pytest.raises(InvalidInput, match="'close' is the label"):
        loop_of(plan_of(task="number", target=Target(column="close"), inputs=("close", "volume")))
    loop = loop_of(plan_of(task="number", target=Target(column="close")))  # Returns reads the first column
    seen = loop.inputs.prepare(rows([3, 4]), np.array([1, 2]))
    assert loop.inputs._shown_names == ("volume",)
    assert seen.features.shape == (2, 2)


def test_outcomes_of_interpolated_rows_gaps_and_missing_values_are_void() -> None:
    plan = plan_of(target=Target(column="close", kind="sign", ahead_rows=2), drift=None)
    learner = Recorder()
    loop = loop_of(plan, learner, features=False)
    commits = [*loop.take(rows([1, 2, 3, 4, 5, 6, 7, 8, 9], kind=[0, 0, 0, 3, 0, 5, 0, 0, 0])), *loop.flush()]
    judged = commits[-1].block.judged
    found = dict(zip(judged.seq.tolist(), judged.outcome.tolist(), strict=True))
    assert found.pop(1) == 1.0
    assert np.isnan([found.pop(2), found.pop(5)]).all()  # row 4 is interpolated, and a gap follows row 5
    assert found == {3: 1.0, 7: 1.0}
    assert commits[-1].block.answered.seq.tolist() == [1, 2, 3, 5, 7, 8, 9]


def brute_force(span: Span, ahead: int) -> dict[int, float]:
    """Return origin → direction, by the definition of a target a time ahead."""
    found = {}
    for row in np.flatnonzero(span.kind == 0).tolist():
        same = np.flatnonzero((span.key == span.key[row]) & np.isin(span.kind, (0, 3, 5)))
        later = same[(span.at[same] <= span.at[row] + ahead)]
        last = later[-1]
        passed = span.at[span.kind != 2].max() >= span.at[row] + ahead
        if last != row and span.kind[last] == 0 and passed:
            found[int(span.seq[row])] = float(span.values[last, 0] > span.values[row, 0])
    return found


@pytest.mark.parametrize("ahead_seconds", [60, 90, 300])
def test_outcomes_a_time_ahead_are_those_of_the_definition(ahead_seconds: int) -> None:
    span = prices(240, seed=3)
    thinned = span.kind.copy()
    thinned[(span.kind == 1) | (span.kind == 4)] = 0
    keep = np.random.default_rng(1).random(240) < 0.7
    keep &= thinned != 2
    fields = {name: getattr(span, name)[keep] for name in ("at", "key", "values")}
    span = span_of(
        span.columns, fields["values"], at=fields["at"], keys=span.keys, key=fields["key"], kind=thinned[keep]
    )
    span.values[:, 1] = 1.0
    loop = loop_of(plan_of(target=Target(column="close", kind="sign", ahead_seconds=ahead_seconds)), features=False)
    commits = [*loop.take(span), *loop.flush()]
    found = {}
    for commit in commits:
        if commit.block is not None:
            judged = commit.block.judged
            for seq, outcome in zip(judged.seq.tolist(), judged.outcome.tolist(), strict=True):
                if not np.isnan(outcome):
                    found[seq] = outcome
    expected = brute_force(span, ahead_seconds * 1_000_000)
    assert found.items() <= expected.items()
    missing = expected.keys() - found.keys()  # known only with a later input
    assert all(span.at[seq - 1] + ahead_seconds * 1_000_000 >= span.at[-1] for seq in missing)
    assert len(found) > 60


def test_a_tick_makes_outcomes_known_without_a_row() -> None:
    learner = Recorder()
    loop = loop_of(plan_of(target=Target(column="close", kind="sign", ahead_seconds=90)), learner, features=False)
    list(loop.take(rows([1, 2])))
    assert learner.calls == ["predict 1", "predict 2"]
    tick = span_of(("close", "volume"), [[np.nan, np.nan]], at=[150 * 1_000_000], key=[-1], kind=[2], first=3)
    list(loop.take(tick))
    assert learner.calls[2:] == ["fire tick 00:02", "learn 1=1"]


class TooEarly:
    """A rule that delivers each outcome one row too early."""

    def __init__(self, rule: Any) -> None:
        self.rule = rule

    def advance(self, given: Any) -> Matured:
        found = self.rule.advance(given)
        return Matured(np.maximum(found.step - 1, 0), found.id, found.outcome)


@pytest.mark.parametrize(
    "target",
    [Target(column="close", kind="sign", ahead_rows=4), Target(column="close", kind="sign", ahead_seconds=120)],
)
def test_an_outcome_that_is_delivered_too_early_fails_the_loop(target: Target) -> None:
    loop = loop_of(plan_of(target=target))
    loop.outcomes = TooEarly(loop.outcomes)  # type: ignore[assignment]
    with pytest.raises(PrematureOutcome, match="too early"):
        list(loop.take(prices(40, kinds=False)))


@pytest.mark.parametrize(
    ("answer", "fault"), [(float("inf"), "from 0 to 1"), (1.5, "from 0 to 1"), (-0.5, "from 0 to 1")]
)
def test_a_learner_with_an_invalid_answer_gets_one_sentence(answer: float, fault: str) -> None:
    learner = Recorder()
    learner.answer = answer
    with pytest.raises(InvalidInput, match=fault) as refused:
        list(loop_of(plan_of(), learner, features=False).take(rows([1, 2])))
    assert refused.value.error_code == "learner_broke_contract"


def test_a_missing_row_and_a_missing_column_are_named() -> None:
    loop = loop_of(plan_of())
    list(loop.take(rows([1, 2])))
    with pytest.raises(InvalidInput, match="row 3 of the feed is missing; the next one is 4"):
        list(loop.take(rows([1], first=4)))
    other = span_of(("close",), [[1.0]], at=[9 * MINUTE], first=3)
    with pytest.raises(InvalidInput, match="no longer has the column 'volume'"):
        list(loop.take(other))
    assert loop.seq == 2


def test_a_state_of_another_plan_and_a_broken_state_are_refused(tmp_path: Path) -> None:
    loop = loop_of(plan_of())
    list(loop.take(rows([1, 2, 3])))
    list(loop.flush())
    saved(loop, tmp_path / "state")
    with pytest.raises(InvalidInput, match="another target"):
        again(tmp_path / "state", plan_of(buffer=2))
    (tmp_path / "state" / "learner" / "weights.json").write_text("{")
    with pytest.raises(InvalidInput, match="cannot be loaded: JSONDecodeError"):
        again(tmp_path / "state", plan_of())


def test_a_replay_commits_when_a_state_is_due_and_a_live_loop_after_each_row() -> None:
    span = prices(120, keys=1, kinds=False)
    replay = list(loop_of(plan_of()).take(span))
    assert all(each.state_due for each in replay)
    assert [each.at // MINUTE for each in replay] == list(range(10, 120, 10))
    assert [each.archive_due for each in replay[:3]] == [False, False, True]
    loop = loop_of(plan_of())
    live = [commit for piece in cuts(span, [50]) for commit in loop.take(piece, live=True)]
    assert [each.seq for each in live if not each.state_due] == list(range(1, 121))
