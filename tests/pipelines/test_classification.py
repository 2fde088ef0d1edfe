"""A classifier's metrics on numbers worked out by hand, and alongside scikit-learn's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azuraforge.plugins.kinds.classify.metrics import (
    calibration_error,
    confusion,
    log_losses,
    measure,
    per_class,
    reliability,
    wilson,
)
from azuraforge.plugins.vision.calibration import fit_temperature, softmax

NAMES = ("a", "b", "c")


def test_the_confusion_matrix_has_the_truth_in_rows() -> None:
    labels, answers = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 0, 2])
    table = confusion(labels, answers, 3)
    assert table.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 2]]
    rows = per_class(table, NAMES)
    assert [row.support for row in rows] == [2, 1, 3]
    assert rows[0].precision == 0.5
    assert rows[0].recall == 0.5
    assert rows[2].precision == 1.0
    assert rows[2].recall == pytest.approx(2 / 3)
    assert rows[2].f1 == pytest.approx(0.8)


def test_a_class_that_nobody_answers_has_no_precision() -> None:
    rows = per_class(confusion(np.array([0, 1]), np.array([0, 0]), 3), NAMES)
    assert (rows[1].precision, rows[1].recall, rows[1].f1) == (None, 0.0, 0.0)
    assert (rows[2].precision, rows[2].recall, rows[2].f1) == (None, None, None)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 6), st.integers(5, 80), st.integers(0, 2**31))
def test_metrics_are_scikit_learns(classes: int, examples: int, seed: int) -> None:
    from sklearn.metrics import accuracy_score, f1_score, log_loss

    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, examples)
    probabilities = rng.dirichlet(np.ones(classes), examples)
    found = measure(labels, probabilities, None, tuple(str(n) for n in range(classes)))
    answers = probabilities.argmax(axis=1)
    assert found["accuracy"] == pytest.approx(accuracy_score(labels, answers))
    assert found["log_loss"] == pytest.approx(log_loss(labels, probabilities, labels=list(range(classes))))
    assert found["macro_f1"] == pytest.approx(f1_score(labels, answers, average="macro", zero_division=0))
    assert found["accuracy_low"] <= found["accuracy"] <= found["accuracy_high"]


def test_the_interval_of_a_share_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    for share in (0.5, 0.9, 0.99):
        ends = np.array([wilson(right, 500) for right in rng.binomial(500, share, 4000)])
        covered = float(((ends[:, 0] <= share) & (share <= ends[:, 1])).mean())
        assert covered == pytest.approx(0.95, abs=0.03)  # it oscillates: shares are discrete


def test_an_impossible_truth_costs_much_and_not_infinitely() -> None:
    losses = log_losses(np.array([0, 1]), np.array([[1.0, 0.0], [1.0, 0.0]]))
    assert losses[0] == 0
    assert losses[1] == pytest.approx(126 * math.log(2))


def test_calibration_error_of_known_bins() -> None:
    # Ten sure answers of 0.9, six right: 0.3 off. Ten of 0.55, all right: 0.45 off.
    probabilities = np.array([[0.9, 0.1]] * 10 + [[0.55, 0.45]] * 10)
    labels = np.array([0] * 6 + [1] * 4 + [0] * 10)
    bins = reliability(labels, probabilities)
    assert sum(each.count for each in bins) == 20
    assert calibration_error(bins) == pytest.approx((10 * 0.3 + 10 * 0.45) / 20)


def test_a_confidence_of_one_falls_into_the_last_bin() -> None:
    bins = reliability(np.array([0]), np.array([[1.0, 0.0]]))
    assert bins[-1].count == 1


def test_the_temperature_undoes_what_was_multiplied() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(20_000, 4)) * 1.5
    labels = (softmax(scores).cumsum(axis=1) > rng.random((20_000, 1))).argmax(axis=1)
    assert fit_temperature(scores * 3, labels) == pytest.approx(3, rel=0.05)
    before = calibration_error(reliability(labels, softmax(scores * 3)))
    after = calibration_error(reliability(labels, softmax(scores * 3 / fit_temperature(scores * 3, labels))))
    assert before > 0.1
    assert after < 0.02
    assert fit_temperature(np.zeros((5, 3)), np.zeros(5, np.int64)) == 1.0
