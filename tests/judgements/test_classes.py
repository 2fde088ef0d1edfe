"""Predicted classes against the majority class and the class frequencies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from azuraforge.judgements.judging import judge
from tests.judgements.series import finding

CLASSES = np.array(["bird", "cat", "dog"])


def _labels(rows: int = 300, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).choice(3, p=[0.2, 0.5, 0.3], size=rows)


def test_answers_with_fewer_errors_are_better(tmp_path: Path) -> None:
    labels = _labels()
    wrong = np.arange(len(labels)) % 5 == 0
    answers = np.where(wrong, (labels + 1) % 3, labels)
    pl.DataFrame({"label": CLASSES[labels], "prediction": CLASSES[answers]}).write_csv(tmp_path / "p.csv")
    found = judge(tmp_path / "p.csv")
    verdict = found.verdicts[0]
    assert verdict.decision == "better"
    assert verdict.baseline == "majority"
    majority = float((labels == 1).mean())
    assert verdict.difference == pytest.approx(wrong.mean() - (1 - majority))
    accuracy = {each.name: each.metrics["accuracy"] for each in found.ranking}
    frequencies = np.bincount(labels) / len(labels)
    assert accuracy == pytest.approx(
        {"prediction": 0.8, "majority": majority, "frequency": float((frequencies**2).sum())}
    )
    assert [each.support for each in found.classes] == sorted(np.bincount(labels).tolist(), reverse=True)


def test_guessing_is_worse_and_always_the_majority_is_not_better(tmp_path: Path) -> None:
    labels = _labels()
    guesses = np.random.default_rng(1).integers(0, 3, size=len(labels))
    columns = {"label": CLASSES[labels], "guess": CLASSES[guesses], "always": ["cat"] * len(labels)}
    pl.DataFrame(columns).write_csv(tmp_path / "p.csv")
    found = judge(tmp_path / "p.csv")
    assert {each.model: each.decision for each in found.verdicts} == {"guess": "worse", "always": "not_better"}
    assert found.tried == 2


def test_answers_that_are_all_right_are_suspected_unless_there_is_one_class(tmp_path: Path) -> None:
    for labels, suspected in ((CLASSES[_labels()], True), (np.full(60, "cat"), False)):
        pl.DataFrame({"label": labels, "prediction": labels}).write_csv(tmp_path / "p.csv")
        assert judge(tmp_path / "p.csv").verdicts[0].suspected is suspected


def test_probabilities_have_a_log_loss_and_a_calibration(tmp_path: Path) -> None:
    labels = _labels()
    probabilities = np.full((len(labels), 3), 0.1)
    probabilities[np.arange(len(labels)), np.where(np.arange(len(labels)) % 5 == 0, (labels + 1) % 3, labels)] = 0.8
    columns = {f"p_{name}": probabilities[:, place] for place, name in enumerate(CLASSES)}
    pl.DataFrame({"label": CLASSES[labels], **columns}).write_csv(tmp_path / "p.csv")
    found = judge(tmp_path / "p.csv")
    mine = next(each for each in found.ranking if each.role == "model")
    assert mine.metrics["accuracy"] == pytest.approx(0.8)
    assert mine.metrics["log_loss"] == pytest.approx(-(0.8 * np.log(0.8) + 0.2 * np.log(0.1)))
    assert mine.metrics["ece"] == pytest.approx(0.0, abs=1e-9)
    assert finding(found, "log_loss") is not None
    assert found.reliability is not None


def test_one_column_of_probabilities_of_two_classes(tmp_path: Path) -> None:
    labels = _labels() % 2
    pl.DataFrame({"label": labels, "prediction": np.where(labels == 1, 0.9, 0.3)}).write_csv(tmp_path / "p.csv")
    found = judge(tmp_path / "p.csv")
    assert found.ranking[0].metrics["accuracy"] == 1.0
    assert found.ranking[0].metrics["log_loss"] is not None
    # Everything right is a reason to look at where the answers come from.
    assert found.verdicts[0].suspected


def test_baselines_learn_from_the_history(tmp_path: Path) -> None:
    labels = _labels()
    pl.DataFrame({"label": CLASSES[labels], "prediction": CLASSES[labels]}).write_csv(tmp_path / "p.csv")
    pl.DataFrame({"label": ["dog"] * 50 + ["cat"] * 10}).with_columns(x=1).write_csv(tmp_path / "h.csv")
    found = judge(tmp_path / "p.csv", history=tmp_path / "h.csv")
    majority = next(each for each in found.ranking if each.name == "majority")
    assert majority.metrics["accuracy"] == pytest.approx(float((labels == 2).mean()))
    assert finding(found, "class_history") is not None


def test_columns_that_are_not_used_are_named(tmp_path: Path) -> None:
    labels = _labels()
    extra = {"other": CLASSES[labels], "score": np.arange(len(labels))}
    pl.DataFrame({"label": CLASSES[labels], "prediction": CLASSES[labels], **extra}).write_csv(tmp_path / "p.csv")
    ignored = finding(judge(tmp_path / "p.csv"), "ignored")
    assert ignored is not None
    assert "other, score" in ignored.text["en"]


def test_probabilities_of_some_classes_only_are_reported(tmp_path: Path) -> None:
    labels = _labels()
    some = {f"p_{name}": np.full(len(labels), 0.5) for name in ("cat", "dog")}
    pl.DataFrame({"label": CLASSES[labels], "prediction": CLASSES[labels], **some}).write_csv(tmp_path / "p.csv")
    found = judge(tmp_path / "p.csv")
    lacking = finding(found, "lacking")
    assert lacking is not None
    assert lacking.severity == "warning"
    assert "bird" in lacking.text["tr"]
    assert next(each for each in found.ranking if each.role == "model").metrics["log_loss"] is None
