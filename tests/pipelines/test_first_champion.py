"""The first champion of a series that is too short for a comparison."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from azuraforge.plugins import Table
from tests.panels import SCHEMA, make_panel
from tests.pipelines.test_panel import Run, stored
from tests.task_kinds import use_baselines


@pytest.mark.parametrize(
    ("name", "members", "decision"),
    [
        ("forecasting.auto", ["forecasting.naive", "forecasting.ets", "forecasting.theta"], "promoted"),
        ("forecasting.auto", ["forecasting.ets"], "baseline_promoted"),
        ("forecasting.ets", None, "baseline_promoted"),
    ],
    ids=["several members", "one member", "no combination"],
)
def test_only_a_combination_of_several_members_serves_unproven(
    child: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    members: list[str] | None,
    decision: str,
) -> None:
    use_baselines(monkeypatch, "forecast", "forecasting.naive", "forecasting.seasonal_naive")
    frame = make_panel(60, late=0).frame.filter(pl.col("shop") == "shop-0").drop("shop")
    table = Table(frame, replace(SCHEMA, series=None))
    config = {"horizon": 2} if members is None else {"horizon": 2, "members": members}
    verdict = Run(child, stored(table, tmp_path), name, config).judged["verdict"]
    assert verdict["decision"] == decision
    assert (verdict["headline"] == "serves_unproven") == (decision == "promoted")
