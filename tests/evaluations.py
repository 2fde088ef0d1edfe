"""A whole evaluation, as the judge of forecasts returns one."""

from __future__ import annotations

from azuraforge.plugins.contract.evaluation import (
    ContenderScores,
    Evaluation,
    FailedBaseline,
    GuardedRows,
    PartSummary,
)
from azuraforge.plugins.kinds.forecast.facts import COVERAGE, RMSE, SKILL

EVALUATION = Evaluation(
    kind="forecast",
    target="load",
    unit="kW",
    metrics=(RMSE, SKILL, COVERAGE),
    ranked_by="rmse",
    gate_metric="rmse",
    parts={"test": PartSummary(rows=50, start="2026-02-02T00:00:00Z", end="2026-02-04T00:00:00Z", origins=47)},
    contenders=(
        ContenderScores(
            name="forecasting.naive",
            role="baseline",
            rank=1,
            metrics={"rmse": 1.14, "skill": 0.0, "coverage": None},
        ),
        ContenderScores(
            name="test.step", role="candidate", rank=2, metrics={"rmse": 1.25, "skill": -0.1, "coverage": 0.88}
        ),
    ),
    failed=(FailedBaseline(name="forecasting.ets", reason={"en": "ValueError: <b>singular</b>"}),),
    best_baseline="forecasting.naive",
    winner="forecasting.naive",
    guarded=GuardedRows(tried=5, of=47),
    horizon=3,
)
