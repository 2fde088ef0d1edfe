"""The task kinds of learners: scores from sums, and baselines that advance over any number of outcomes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from azuraforge.errors import InvalidInput
from azuraforge.plugins.discovery.loading import load_plugin, load_task_kind
from azuraforge.plugins.kinds.online.facts import BRIER, LOG_LOSS
from azuraforge.plugins.kinds.online.kinds import ONLINE_KINDS

LEARNER = """
from azuraforge.plugins import Answer, Config, Learner
class Always(Learner):
    name = "my.always"
    {task}
    Config = Config
    def start(self, run): ...
    def predict(self, origin): return Answer(1.0)
    def learn(self, matured): ...
    def save(self, folder): ...
    def load(self, run, folder): ...
"""


def test_the_scores_of_two_classes_are_those_computed_by_hand() -> None:
    kind = ONLINE_KINDS["class"]()
    said = np.array([[1, 0.2, 0.8], [1, 0.4, 0.6], [0, 0.9, 0.1], [0, 0.5, 0.5]])
    truth = np.array([1.0, 0.0, 0.0, 1.0])
    found = kind.scores(kind.tally(said, truth, 2).sum(axis=0), 2)
    assert (found["accuracy"], found["precision"], found["recall"]) == (0.5, 0.5, 0.5)
    assert found["log_loss"] == pytest.approx(-np.log([0.8, 0.4, 0.9, 0.5]).mean())
    assert found["brier"] == pytest.approx(np.mean([0.04, 0.36, 0.01, 0.25]))


def test_several_classes_average_those_that_occur() -> None:
    kind = ONLINE_KINDS["class"]()
    said = np.array([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0]], dtype=float)
    found = kind.scores(kind.tally(said, np.array([0.0, 1.0, 1.0]), 3).sum(axis=0), 3)
    assert found["precision"] == pytest.approx((1 / 2 + 1) / 2)
    assert found["recall"] == pytest.approx((1 + 1 / 2) / 2)


def test_a_direction_is_scored_like_two_classes() -> None:
    classes, direction = ONLINE_KINDS["class"](), ONLINE_KINDS["direction"]()
    rng = np.random.default_rng(3)
    up, truth = rng.random(200), (rng.random(200) > 0.4).astype(float)
    pair = np.column_stack([up > 0.5, 1 - up, up])
    one = direction.scores(direction.tally(up[:, None], truth, 0).sum(axis=0), 0)
    two = classes.scores(classes.tally(pair, truth, 2).sum(axis=0), 2)
    assert one.keys() == two.keys()
    for name, value in one.items():
        assert value == pytest.approx(two[name])
    for metric in (LOG_LOSS, BRIER):
        assert direction.losses(up[:, None], truth, metric) == pytest.approx(classes.losses(pair, truth, metric))


@pytest.mark.parametrize("task", ONLINE_KINDS)
def test_baselines_give_the_same_bits_however_the_outcomes_are_cut(task: str) -> None:
    kind, rng = ONLINE_KINDS[task](), np.random.default_rng(5)
    classes = 3 if task == "class" else 0
    outcomes = rng.integers(0, 3, 300).astype(float) if classes else rng.normal(size=300)
    if task == "direction":
        outcomes = (outcomes > 0).astype(float)
    known = np.arange(300)  # one outcome becomes known before each origin but the first
    for name in kind.baselines:
        at_once = kind.baseline(name, classes).advance(outcomes, known)
        assert kind.fault(at_once, classes) is None
        state, pieces, start = None, [], 0
        for stop in (1, 2, 70, 71, 300):
            rule = kind.baseline(name, classes, state)
            pieces.append(rule.advance(outcomes[start:stop], known[start:stop] - start))
            state, start = rule.state.copy(), stop
        assert np.concatenate(pieces).tobytes() == at_once.tobytes(), name


@pytest.mark.parametrize(
    ("task", "answer", "fault"),
    [
        ("class", [2.0, 0.5, 0.5], "code from 0 to 1"),
        ("class", [0.0, 0.9, 0.2], "the sum 1"),
        ("class", [0.0, 1.5, -0.5], "from 0 to 1"),
        ("direction", [1.5], "from 0 to 1"),
        ("number", [np.inf], "finite"),
    ],
)
def test_invalid_answers_are_named(task: str, answer: list[float], fault: str) -> None:
    kind = ONLINE_KINDS[task]()
    found = kind.fault(np.array([answer]), len(answer) - 1)
    assert found is not None
    assert fault in found
    assert kind.fault(np.full((1, len(answer)), np.nan), len(answer) - 1) is None


def test_a_task_kind_of_learners_has_no_bounded_runs() -> None:
    with pytest.raises(InvalidInput, match="learn row by row"):
        load_task_kind("direction", None).load_part(Path())


def test_a_learner_is_found_in_a_file_and_needs_a_task(tmp_path: Path) -> None:
    (tmp_path / "always.py").write_text(LEARNER.format(task='task = "direction"'))
    assert load_plugin("learner", "my.always", tmp_path).__name__ == "Always"
    (tmp_path / "always.py").write_text(LEARNER.format(task=""))
    with pytest.raises(InvalidInput, match="has no attribute task"):
        load_plugin("learner", "my.always", tmp_path)
