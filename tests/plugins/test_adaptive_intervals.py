"""Adaptive intervals: they hold their share where errors grow, and use nothing that the origin does not know."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.apps.forecasting.boosting.forecaster import BoostedLags
from azuraforge.apps.forecasting.lstm import LstmForecaster
from azuraforge.apps.forecasting.naive import Naive
from azuraforge.apps.forecasting.ridge import Ridge
from azuraforge.plugins import QUANTILE_LEVELS, Part, Rows, Schema, Table
from azuraforge.plugins.forecasting.adaptive import (
    MEMORY,
    STEP,
    adapted_levels,
    adaptive_offsets,
    past_part,
    past_truth,
    score_table,
)
from azuraforge.plugins.kinds.forecast.parts import cut_future, cut_learning, cut_test
from azuraforge.testing import MemoryRun, check_pipeline
from tests.apps.conftest import make_series


def walk_that_grows_wild(rows: int = 4000) -> Table:
    """Steps three times as wide at the end: the validation part knows nothing of it."""
    rng = np.random.default_rng(3)
    wide = np.where(np.arange(rows) > 0.85 * rows, 3.0, 1.0)
    return Table(pl.DataFrame({"y": np.cumsum(rng.normal(size=rows) * wide)}), Schema(None, "y"))


def coverage(plugin: type[Any], table: Table, folder: Path, **config: Any) -> Any:
    parsed, pipeline = plugin.Config.model_validate({"horizon": 3, **config}), plugin()
    split = pipeline.split(table, parsed)
    train, validation = (cut_learning(table, rows, 3) for rows in (split.train, split.validation))
    learned = pipeline.fit(MemoryRun(parsed, folder), train, validation)
    test, truth = cut_test(table, split.test, 3)
    made = pipeline.predict(learned, test)
    below = np.stack([truth <= made.quantiles[level] for level in QUANTILE_LEVELS])
    return below.mean(axis=(1, 2)), learned


def test_where_errors_grow_the_adaptive_interval_goes_with_them(tmp_path: Path) -> None:
    table = walk_that_grows_wild()
    fixed, _ = coverage(Naive, table, tmp_path / "fixed")
    adaptive, learned = coverage(Naive, table, tmp_path / "adaptive", intervals="adaptive")
    assert fixed[2] - fixed[0] < 0.55
    assert adaptive[2] - adaptive[0] > 0.62, "as far as the validation part's largest errors reach"
    assert learned.arrays["table"].shape == (401, 3)
    rng = np.random.default_rng(4)
    calm = Table(pl.DataFrame({"y": np.cumsum(rng.standard_t(3, size=4000))}), Schema(None, "y"))
    kept, _ = coverage(Naive, calm, tmp_path / "calm", intervals="adaptive")
    assert kept[[0, 2]] == pytest.approx([0.05, 0.95], abs=0.025)


@pytest.mark.parametrize(
    ("plugin", "options"),
    [(Naive, {}), (LstmForecaster, {"epochs": 1, "hidden_size": 4, "lstm_rows": 4, "window": 9, "transform": "log"})],
    ids=["baseline", "network"],
)
@pytest.mark.parametrize("ahead", [[], ["lead"]])
def test_it_keeps_the_contract(plugin: Any, options: Any, ahead: list[str]) -> None:
    config = {"horizon": 3, "intervals": "adaptive", "known_ahead": ahead, **options}
    check_pipeline(plugin, make_series(), config, most_resumes=0)


def test_an_outcome_moves_the_level_once_it_is_known_and_not_before() -> None:
    """One truth above every quantile, at row 30: origins from 30 + horizon on see it, the origin before does not."""
    frame = pl.DataFrame({"y": np.zeros(80)}).with_columns(
        pl.when(pl.int_range(pl.len()) == 30).then(100.0).otherwise(pl.col("y")).alias("y")
    )
    part = Part(frame, Schema(None, "y"), 40, 2, np.arange(29, 60))
    past = past_part(part, 0)
    assert past is not None
    assert int(past.origins[-1]) == 57, "its whole horizon lies within what the last origin knows"
    truth = past_truth(part, past)
    assert (truth[29, 0], truth[28, 1]) == (100.0, 100.0)
    table = score_table(np.linspace(-1, 1, 1001)[:, None].repeat(2, axis=1))
    scores = np.where(truth > 0, 100.0, -100.0)
    low = adaptive_offsets([table], adapted_levels([table], [scores], past.origins, part.origins, [0.25]))[0]
    steps = np.diff(low, axis=0)
    # Every quiet outcome pulls the level of 0.25 down by three quarters of a step, the loud one pushes it up by one; on
    # this table of even errors from -1 to 1 a level is worth twice as much.
    assert steps[steps > 0] == pytest.approx(2 * 0.25 * STEP, rel=1e-6)
    places = np.argwhere(steps > 0)
    known_at = {(int(part.origins[row + 1]), int(column) + 1) for row, column in places}
    assert known_at == {(31, 1), (30, 2)}


@pytest.mark.parametrize(
    ("plugin", "options", "nearly"),
    [
        (Ridge, {}, 1e-6),
        (BoostedLags, {"trees": 60, "learning_rate": 0.3, "leaf_rows": 5, "linear": False}, 1e-6),
        # Its quantiles before calibration are learned again.
        (LstmForecaster, {"epochs": 2, "hidden_size": 4, "lstm_rows": 4, "window": 9}, 0.03),
    ],
    ids=["baseline", "trees", "network"],
)
@pytest.mark.parametrize("timed", [True, False], ids=["timed", "untimed"])
def test_a_refitted_forecaster_is_as_wide_as_the_evaluated_one(
    plugin: type[Any], options: Any, nearly: float, timed: bool, tmp_path: Path
) -> None:
    """It has learned the rows that the levels walk over: their errors are too small to move a level."""
    config = plugin.Config.model_validate({"horizon": 2, "intervals": "adaptive", **options})
    table, later = _noise(700, timed), _noise(760, timed)
    made, saved = plugin(), tmp_path / "saved"
    train, validation = cut_learning(table, Rows(0, 300), 2), cut_learning(table, Rows(300, 400), 2)
    evaluated = made.fit(MemoryRun(config, tmp_path / "fit"), train, validation)
    refitted = made.refit(MemoryRun(config, tmp_path / "refit"), evaluated, cut_learning(table, Rows(0, 700), 2))
    saved.mkdir()
    made.save(refitted, saved)
    refitted = made.load(saved)

    def widths(predictor: Any, rows: Table) -> Any:
        made_of = made.predict(predictor, cut_future(rows, 2)).quantiles
        return (made_of[0.95] - made_of[0.05])[0]

    assert widths(refitted, table) == pytest.approx(widths(evaluated, table), rel=nearly)
    wild = later.frame.with_columns(pl.when(pl.int_range(pl.len()) < 700).then(pl.col("y")).otherwise(9 * pl.col("y")))
    wider = widths(refitted, replace(later, frame=wild)) / widths(refitted, table)
    assert (wider > 1.1).all(), "rows after the last learned one move the levels"


def _noise(rows: int, timed: bool) -> Table:
    values = pl.DataFrame({"y": np.random.default_rng(9).normal(size=rows)})
    if not timed:
        return Table(values, Schema(None, "y"))
    start = datetime(2020, 1, 1, tzinfo=UTC)
    at = pl.datetime_range(start, start + timedelta(days=rows - 1), "1d", time_unit="us", eager=True)
    return Table(values.with_columns(at=at), Schema("at", "y", frequency="1d"))


def test_few_rows_fall_back_to_the_fixed_offsets(tmp_path: Path) -> None:
    _, learned = coverage(Naive, walk_that_grows_wild(600), tmp_path, intervals="adaptive")
    rows = Part(pl.DataFrame({"y": [1.0, 2.0]}), Schema(None, "y"), 2, 3, np.array([1]))
    assert past_part(rows, 0) is None
    made = Naive().predict(learned, rows)
    assert made.quantiles[0.95][0] == pytest.approx(2.0 + learned.spread[2])


def test_the_memory_is_bounded(tmp_path: Path) -> None:
    part = Part(pl.DataFrame({"y": np.zeros(5000)}), Schema(None, "y"), 0, 4, np.array([4000, 4001]))
    past = past_part(part, 0)
    assert past is not None
    assert (int(past.origins[0]), int(past.origins[-1]), len(past)) == (3497, 3997, MEMORY + 1)
