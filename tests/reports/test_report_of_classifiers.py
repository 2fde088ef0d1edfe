"""What a report says of error rates: points, and never a share of almost nothing."""

from __future__ import annotations

import numpy as np

from azuraforge.models.gate.contenders import Contender
from azuraforge.models.gate.verdict import decide
from azuraforge.plugins.contract.evaluation import ContenderScores, Evaluation, GuardedRows
from azuraforge.plugins.kinds.classify.facts import ERROR_RATE, METRICS
from azuraforge.reports.conclusion import conclusion
from azuraforge.reports.material import Figures
from azuraforge.reports.words import Code, Words


def _said(code: Code, tried: int = 0) -> list[str]:
    wrong = np.zeros((400, 1))
    wrong[:40] = 1
    candidate = Contender("vision.cnn", wrong, metric=ERROR_RATE)
    verdict = decide(
        candidate, [Contender("vision.knn", np.zeros((400, 1)), metric=ERROR_RATE)], None, horizon=1, season=1
    )
    evaluation = Evaluation(
        kind="classify",
        target="label",
        unit="",
        metrics=METRICS,
        ranked_by="error_rate",
        gate_metric="error_rate",
        parts={},
        contenders=(
            ContenderScores(name="vision.knn", role="baseline", rank=1, metrics={}),
            ContenderScores(name="vision.cnn", role="candidate", rank=2, metrics={}),
        ),
        best_baseline="vision.knn",
        winner="vision.knn",
        comparisons=tuple(comparison.scores() for comparison in verdict.comparisons),
        guarded=GuardedRows(tried=tried, of=400),
    )
    return conclusion(Words(code), 7, evaluation, Figures())


def test_a_baseline_without_errors_is_compared_in_points() -> None:
    english, turkish = " ".join(_said("en")), " ".join(_said("tr"))
    assert "lies above zero (+6." in english
    assert "points; 97.5 % confidence)" in english
    assert "puan arası; güven düzeyi %97,5)" in turkish
    assert "9,999" not in english


def test_it_says_how_many_predictions_the_guard_tried() -> None:
    assert any("checked 12 of 400 predictions" in sentence for sentence in _said("en", tried=12))
    assert not any("leakage guard" in sentence for sentence in _said("en"))
