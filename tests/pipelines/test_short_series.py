"""A series of fourteen rows through every step of a run: judged on the rows that are there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from azuraforge.pipelines.refits import steps as refits
from azuraforge.plugins import Schema, Table
from tests.pipelines.test_panel import Run, stored


def test_a_yearly_series_is_split_learned_judged_and_refitted(child: Callable[..., Any], tmp_path: Path) -> None:
    at = [datetime(2000 + row, 1, 1, tzinfo=UTC) for row in range(14)]
    values = 100 + 3.0 * np.arange(14) + np.random.default_rng(1).normal(size=14)
    frame = pl.DataFrame({"at": pl.Series(at, dtype=pl.Datetime("us", "UTC")), "value": values})
    dataset = stored(Table(frame, Schema("at", "value", frequency="1y")), tmp_path)
    config = {"horizon": 6}
    run = Run(child, dataset, "forecasting.ets", config)
    assert run.split["partial"]
    assert [each["name"] for each in run.failed] == ["forecasting.ridge"]
    evaluation, verdict = run.judged["evaluation"], run.judged["verdict"]
    assert evaluation["parts"]["test"]["origins"] == 3
    assert (evaluation["horizon"], evaluation["judged_horizon"]) == (6, 3)
    unknown = [each["metrics"]["rmse"] is None for each in evaluation["contenders"][0]["horizons"]]
    assert unknown == [False] * 3 + [True] * 3
    assert all(each["low"] is None for each in evaluation["comparisons"]), "three origins say nothing about luck"
    assert verdict["decision"] in ("promoted", "baseline_promoted")
    made = child(
        "refit",
        task="forecast",
        dataset=dataset,
        split=run.split,
        learners=[
            {
                "plugin": "forecasting.ets",
                "config": config,
                "evaluated": run.out("fit", "predictor"),
                "weights_sha256": "",
            }
        ],
        future=run.out("hold_out", "future"),
    )
    done = refits.refit(made)
    assert done.rows is not None
    assert (done.rows.rows, done.rows.end) == (14, "2013-01-01T00:00:00Z")
    assert [each.failed for each in done.refitted] == [None]
