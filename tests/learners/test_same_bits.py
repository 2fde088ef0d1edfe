"""The result of the loop depends on the rows only: not on how they are cut, replayed, saved or loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from azuraforge.learners.loop.commit import Fact
from azuraforge.learners.loop.plan import Plan, Target
from tests.learners.replays import MINUTE, again, content, cuts, ledger, loop_of, plan_of, prices, saved

TARGETS = {
    "rows": Target(column="close", kind="sign", ahead_rows=4),
    "time": Target(column="close", kind="sign", ahead_seconds=200),
    "next row": Target(column="close", kind="sign", ahead_rows=1),
}


def replayed(plan: Plan, pieces: list, folder: Path, *, live: bool = False):
    loop = loop_of(plan)
    commits = [commit for piece in pieces for commit in loop.take(piece, live=live)]
    commits += loop.flush()
    return ledger(commits), saved(loop, folder)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("buffer", [1, 5])
def test_random_cuts_give_the_same_bits_as_one_row_at_a_time(tmp_path: Path, target: str, buffer: int) -> None:
    plan, span = plan_of(target=TARGETS[target], buffer=buffer, accuracy_below=0.6), prices(400)
    whole, state = replayed(plan, [span], tmp_path / "whole")
    assert len(whole["answers"]) > 200
    assert len(whole["outcomes"]) > 150
    assert whole["notices"]
    rows, rows_state = replayed(plan, cuts(span, [1] * 400), tmp_path / "rows", live=True)
    assert (rows, rows_state) == (whole, state)
    sizes = np.random.default_rng(1).integers(1, 60, 50).tolist()
    random, random_state = replayed(plan, cuts(span, sizes), tmp_path / "random")
    assert (random, random_state) == (whole, state)


@pytest.mark.parametrize("target", TARGETS)
def test_a_loaded_state_continues_with_the_same_bits(tmp_path: Path, target: str) -> None:
    plan, span = plan_of(target=TARGETS[target], buffer=3), prices(400, seed=4)
    whole, state = replayed(plan, [span], tmp_path / "whole")
    loop, commits, number = loop_of(plan), [], 0
    start = 0
    while start < len(span):
        piece = span.cut(start, start + 90)
        for commit in loop.take(piece):
            commits.append(commit)
            if commit.state_due:  # continue from the state, and hand over rows again that the loop has seen
                number += 1
                saved(loop, tmp_path / str(number))
                loop = again(tmp_path / str(number), plan)
                start = commit.seq
                break
        else:
            start += 90
    commits += loop.flush()
    assert number > 10
    assert (ledger(commits), saved(loop, tmp_path / "end")) == (whole, state)


def test_facts_are_replayed_like_rows(tmp_path: Path) -> None:
    plan, span = plan_of(), prices(200, seed=7)
    facts = [
        Fact(1, 60, 31 * MINUTE, "command", "shift", {"amount": 0.5}),
        Fact(2, 60, 0, "command", "shift", {"amount": "much"}),
        Fact(3, 120, 61 * MINUTE, "command", "twist"),
        Fact(4, 130, 0, "others", "another", {"answer": [0.25]}),
    ]

    def run(live: bool, folder: Path):
        loop, commits, start = loop_of(plan), [], 0
        for fact in facts:
            commits += loop.take(span.cut(start, fact.seq), live=live)
            commits += loop.take_fact(fact)
            commits += loop.take_fact(fact)  # a repeated fact is ignored
            start = fact.seq
        commits += loop.take(span.cut(start, len(span)), live=live)
        commits += loop.flush()
        return ledger(commits), saved(loop, folder)

    replay, live = run(False, tmp_path / "replay"), run(True, tmp_path / "live")
    assert replay == live
    responses = [notice.body for notice in replay[0]["notices"] if notice.kind == "response"]
    assert "weights" in responses[0]["result"]
    assert "amount" in responses[1]["error"]
    assert "no action 'twist'" in responses[2]["error"]


def test_the_first_row_at_or_after_a_scrambled_future_is_the_first_that_changes(tmp_path: Path) -> None:
    plan, span = plan_of(), prices(300, seed=9)
    cut = 180
    rng = np.random.default_rng(0)
    span.values[cut:] = span.values[cut:]
    scrambled = prices(300, seed=9)
    scrambled.values[cut:] = rng.permutation(scrambled.values[cut:]) * 3
    found = []
    for name, rows in (("true", span), ("scrambled", scrambled)):
        entries, _ = replayed(plan, [rows], tmp_path / name)
        before = [each for each in entries["answers"] if each[0] <= cut]
        known = [each for each in entries["outcomes"] if each[2] <= cut]
        found.append((before, known, entries))
    assert found[0][:2] == found[1][:2]
    assert len(found[0][0]) > 100
    assert found[0][2]["answers"] != found[1][2]["answers"]  # the rows after it do change


def test_content_covers_every_file_of_a_state(tmp_path: Path) -> None:
    loop = loop_of(plan_of())
    list(loop.take(prices(30)))
    list(loop.flush())
    saved(loop, tmp_path / "state")
    assert set(content(tmp_path / "state")) == {
        "loop.json", "loop.safetensors", "features_0/state.json", "learner/weights.json"
    }  # fmt: skip
