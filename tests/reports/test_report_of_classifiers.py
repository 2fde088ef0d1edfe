"""What a report says of error rates: points, and never a share of almost nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from azuraforge.models.gate.contenders import Contender
from azuraforge.models.gate.verdict import decide
from azuraforge.plugins.kinds.classify.facts import ERROR_RATE, METRICS
from azuraforge.reports.conclusion import conclusion
from azuraforge.reports.texts import Words


def _evaluation(**more: Any) -> dict[str, Any]:
    wrong = np.zeros((400, 1))
    wrong[:40] = 1
    candidate = Contender("vision.cnn", wrong, metric=ERROR_RATE)
    verdict = decide(
        candidate, [Contender("vision.knn", np.zeros((400, 1)), metric=ERROR_RATE)], None, horizon=1, season=1
    )
    return {
        "kind": "classify",
        "metrics": [each.model_dump(mode="json") for each in METRICS],
        "contenders": [{"name": "vision.cnn", "role": "candidate"}, {"name": "vision.knn", "role": "baseline"}],
        "best_baseline": "vision.knn",
        "comparisons": [comparison.scores().model_dump(mode="json") for comparison in verdict.comparisons],
        **more,
    }


def test_a_baseline_without_errors_is_told_in_points() -> None:
    english, turkish = (" ".join(conclusion(Words(code), {"seed": 7}, _evaluation(), {})) for code in ("en", "tr"))
    assert "lies above zero (+6." in english
    assert "points; 97.5 % confidence)" in english
    assert "puan arası; güven %97,5)" in turkish
    assert "9,999" not in english


def test_it_says_how_many_predictions_the_guard_tried() -> None:
    said = conclusion(Words("en"), {"seed": 7}, _evaluation(guarded={"tried": 12, "of": 400}), {})
    assert any("tried 12 of 400 predictions" in sentence for sentence in said)
    untold = conclusion(Words("en"), {"seed": 7}, _evaluation(guarded={"tried": 0, "of": 400}), {})
    assert not any("leakage guard" in sentence for sentence in untold)
