"""Without delay, the loop asks, judges and learns as River's progressive validation does, with the same scores."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from azuraforge.apps.online.linear import LinearClass, LinearConfig, LinearNumber
from azuraforge.apps.online.river_models import ForestNumber, TreeClass, TreeConfig
from azuraforge.learners.loop.loop import Loop
from azuraforge.learners.loop.plan import Plan, Target
from azuraforge.plugins.contract.rows import span_of
from azuraforge.plugins.kinds.online.kinds import ONLINE_KINDS


def looped(features: np.ndarray, label: np.ndarray, classes: int, learner, config) -> tuple[Loop, list]:
    names = tuple(f"x{number}" for number in range(features.shape[1]))
    plan = Plan(
        task="class" if classes else "number",
        target=Target(column="label"),
        columns=(*names, "label"),
        classes=tuple(f"c{number}" for number in range(classes)),
        inputs=names,
        seed=1,
    )
    span = span_of((*names, "label"), np.column_stack([features, label]), at=(np.arange(len(label)) + 1) * 60_000_000)
    loop = Loop(plan, learner, config, ONLINE_KINDS[plan.task]())
    return loop, [*loop.take(span), *loop.close()]


def progressive(features: np.ndarray, label: list, model) -> list:
    """Return River's answers in its order: predict, then learn, row by row."""
    said = []
    for row, truth in zip(features.tolist(), label, strict=True):
        given = {f"x{number}": value for number, value in enumerate(row)}
        said.append(model.predict_one(given))
        model.learn_one(given, truth)
    return said


def test_a_tree_gives_the_answers_of_river() -> None:
    from river.tree import HoeffdingAdaptiveTreeClassifier

    rng = np.random.default_rng(2)
    features = rng.normal(size=(1500, 3))
    label = ((features[:, 0] > 0) ^ (np.arange(1500) > 800)).astype(int) + (features[:, 1] > 1)
    _, commits = looped(features, label, 3, TreeClass(), TreeConfig())
    answers = np.concatenate([commit.block.answered.answer[:, 0] for commit in commits if commit.block is not None])
    river = progressive(features, label.tolist(), HoeffdingAdaptiveTreeClassifier(seed=1, max_depth=20))
    expected = [np.nan if each is None else float(each) for each in river]
    assert np.array_equal(answers, expected, equal_nan=True)
    assert len(set(answers[1:].tolist())) == 3


def test_a_forest_and_a_linear_regression_give_the_numbers_of_river() -> None:
    from river import linear_model, preprocessing
    from river.forest import ARFRegressor

    rng = np.random.default_rng(2)
    features = rng.normal(size=(400, 3)) + np.array([0, 100, 0])
    label = features @ [1.0, 0.5, -2.0]
    pairs = (
        (ForestNumber(), {"trees": 2}, ARFRegressor(n_models=2, grace_period=50, max_depth=20, seed=1), 0.0),
        (LinearNumber(), {}, preprocessing.StandardScaler() | linear_model.LinearRegression(), 1e-9),
    )
    for learner, config, model, tolerance in pairs:
        _, commits = looped(features, label, 0, learner, learner.Config(**config))
        answers = np.concatenate([commit.block.answered.answer[:, 0] for commit in commits if commit.block is not None])
        assert answers == pytest.approx(progressive(features, label.tolist(), model), rel=tolerance, abs=tolerance)


@pytest.mark.realdata
def test_published_scores_are_reached(shared_data: Path) -> None:
    found = {}
    for name, label in (("phishing_river", "is_phishing"), ("trump_approval", "five_thirty_eight")):
        with gzip.open(shared_data / "streams" / f"{name}.csv.gz", "rt") as lines:
            rows = list(csv.DictReader(lines))
        features = np.array([[float(value) for column, value in row.items() if column != label] for row in rows])
        truth = np.array([float(row[label]) for row in rows])
        classes = 2 if name == "phishing_river" else 0
        learner = LinearClass() if classes else LinearNumber()
        config = LinearConfig(learning_rate=0.005 if classes else 0.01)
        loop, _ = looped(features, truth, classes, learner, config)
        scores = loop.kind.scores(loop.judge.scores.since_start, classes)[loop.kind.ranked_by].tolist()
        found[name] = dict(zip(("learner", *loop.kind.baselines), scores, strict=True))
    assert found["phishing_river"]["learner"] == pytest.approx(0.8872, abs=1e-9)
    assert found["phishing_river"]["online.last_class"] == pytest.approx(0.515612, abs=1e-6)
    assert found["trump_approval"]["learner"] == pytest.approx(1.31455, abs=5e-6)
    assert found["trump_approval"]["online.running_mean"] == pytest.approx(1.56755, abs=5e-6)
