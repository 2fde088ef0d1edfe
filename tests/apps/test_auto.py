"""``forecasting.auto``: members that fail or hang are left out and named, and a small budget still answers."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.apps.forecasting.arima import AutoArima
from azuraforge.apps.forecasting.auto import attempts as processes
from azuraforge.apps.forecasting.auto import pipeline
from azuraforge.apps.forecasting.auto.attempts import attempts
from azuraforge.apps.forecasting.auto.candidates import MEMBERS, candidates, import_libraries
from azuraforge.apps.forecasting.auto.composing import composed
from azuraforge.apps.forecasting.auto.config import AutoConfig
from azuraforge.apps.forecasting.auto.learning import Progress
from azuraforge.apps.forecasting.auto.pipeline import Auto, Ensemble
from azuraforge.apps.forecasting.auto.weights import Combination, combine, is_thin
from azuraforge.apps.forecasting.boosting import forecaster, growing
from azuraforge.apps.forecasting.ets import ExponentialSmoothing
from azuraforge.apps.forecasting.intermittent import Croston
from azuraforge.apps.forecasting.ridge import Ridge
from azuraforge.apps.forecasting.theta import Theta
from azuraforge.errors import InvalidInput
from azuraforge.pipelines.predictor import hash_folder
from azuraforge.plugins import Rows, Table
from azuraforge.plugins.contract.composition import Composition
from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.contract.pipeline import Checkpoint
from azuraforge.plugins.forecasting.panels import each
from azuraforge.plugins.kinds.forecast.parts import cut_future, cut_learning
from azuraforge.testing import MemoryRun, check_pipeline
from tests.panels import make_panel


def learned(table: Table, folder: Path, **settings: Any) -> tuple[Ensemble, MemoryRun[AutoConfig], Part]:
    """Fit on the table's parts; return what was learned, the run, and the validation part."""
    config = AutoConfig(**{"horizon": 3, **settings})
    train, validation = parts(table, config)
    run = MemoryRun(config, folder)
    return Auto().fit(run, train, validation), run, validation


def parts(table: Table, config: AutoConfig) -> tuple[Part, Part]:
    """Cut the table as the platform does."""
    split = Auto().split(table, config)
    train, validation = (cut_learning(table, rows, config.horizon) for rows in (split.train, split.validation))
    return train, validation


def with_values(table: Table, values: np.ndarray[Any, Any]) -> Table:
    frame = table.frame.head(len(values)).with_columns(pl.Series("value", values, dtype=pl.Float64))
    return Table(frame, table.schema)


def test_it_keeps_the_contract_and_resumes_from_its_checkpoints(series: Table) -> None:
    short = Table(series.frame.head(160), series.schema)
    members = ("forecasting.ets", "forecasting.theta")
    check_pipeline(Auto, short, {"horizon": 3, "members": members, "intervals": "adaptive"}, most_resumes=2)


def composition(found: Ensemble) -> Composition:
    said = Auto().composition(found)
    assert said is not None
    return said


def test_a_member_that_fails_crashes_or_hangs_is_left_out_and_named_and_costs_only_itself(
    series: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung = tmp_path / "hung"

    def fail(*_: object) -> None:
        raise ValueError("singular matrix")

    def hang(*_: object) -> None:
        hung.touch()
        time.sleep(600)

    def crash(*_: object) -> None:
        os._exit(9)

    monkeypatch.setattr(ExponentialSmoothing, "learn", fail)
    monkeypatch.setattr(Theta, "learn", hang)
    monkeypatch.setattr(AutoArima, "learn", crash)
    # The budget ends once a member hangs, so that a busy machine changes nothing.
    budget, select_now = 500.0, select.select
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + 2 * budget * hung.exists())
    monkeypatch.setattr(processes, "time", clock)
    polled = SimpleNamespace(select=lambda *wanted: select_now(*wanted[:3], min(wanted[3], 0.05)))
    monkeypatch.setattr(processes, "select", polled)
    names = ("forecasting.ets", "forecasting.arima", "forecasting.croston", "forecasting.theta")
    found, run, _ = learned(series, tmp_path, members=names, budget_seconds=budget)
    assert run.threads == 1, "members are learned one after another; the one that hangs stops no other"
    said = composition(found)
    assert "forecasting.croston" in {each.name for each in said.members}
    left_out = {each.name: each for each in said.left_out}
    assert (left_out["forecasting.ets"].why, left_out["forecasting.theta"].why) == ("failed", "stopped")
    assert left_out["forecasting.arima"].why == "crashed"
    assert "singular matrix" in left_out["forecasting.ets"].reason["tr"]
    assert "9" in left_out["forecasting.arima"].reason["tr"]
    assert not set(left_out) & set(found.members)


def test_a_member_that_fails_to_refit_keeps_what_it_had_learned(
    series: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("singular matrix")

    names = ("forecasting.ets", "forecasting.theta")
    found, _, _ = learned(series, tmp_path / "fit", members=names, horizon=30)
    assert set(found.combination.weights) == set(names)
    monkeypatch.setattr(ExponentialSmoothing, "learn", fail)
    run = MemoryRun(AutoConfig(horizon=30, members=names), tmp_path / "refit")
    refitted = Auto().refit(run, found, cut_learning(series, Rows(0, len(series)), 30))
    assert [(each.name, each.why) for each in composition(refitted).left_out] == [("forecasting.ets", "failed")]
    assert refitted.members["forecasting.ets"] == found.members["forecasting.ets"]
    assert refitted.members["forecasting.theta"].settings["end"] > found.members["forecasting.theta"].settings["end"]


def test_a_budget_of_one_second_keeps_the_cheapest_members_and_names_the_others(
    series: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("statsforecast.")]:
        monkeypatch.delitem(sys.modules, name)  # as in a process that has imported nothing yet
    table = Table(series.frame, replace(series.schema, features=()))
    found, _, validation = learned(table, tmp_path, budget_seconds=1)
    said = composition(found)
    assert {"forecasting.ridge", "forecasting.ets"} <= {each.name for each in said.members}
    assert {"forecasting.arima", "forecasting.theta"} <= {each.name for each in said.left_out}
    assert said.budget_seconds == 1
    assert np.isfinite(Auto().predict(found, validation).point).all()


@pytest.mark.parametrize("name", ["forecasting.ridge", "forecasting.boosted_lags"])
def test_a_member_that_hangs_in_the_run_s_own_process_is_interrupted_and_named(
    name: str, series: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_libraries([name])
    hung = list[str]()

    def hang(*_: object) -> None:
        hung.append(name)
        while True:
            try:
                time.sleep(600)
            except Exception:  # code that keeps going after its errors is interrupted too
                continue

    monkeypatch.setattr(Ridge, "learn", hang)
    monkeypatch.setattr(forecaster, "grow", hang)
    found, _, _ = learned(series, tmp_path, members=("forecasting.croston", name), budget_seconds=2)
    assert hung
    assert [(each.name, each.why) for each in composition(found).left_out] == [(name, "stopped")]
    assert "forecasting.croston" in {each.name for each in composition(found).members}


def test_a_member_that_hangs_while_it_forecasts_is_left_out(
    series: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Croston, "predict", lambda *_: time.sleep(600))
    monkeypatch.setattr(pipeline, "LEAST_ANSWER", 0.5)
    found, _, _ = learned(series, tmp_path, members=("forecasting.croston", "forecasting.tsb"), budget_seconds=1.5)
    assert [(each.name, each.why) for each in composition(found).left_out] == [("forecasting.croston", "stopped")]


def test_trees_of_a_panel_end_with_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import_libraries(["forecasting.boosted_lags"])
    rounds = list[int]()
    see = growing._seen

    def slowly(booster: Any) -> Any:
        rounds.append(len(rounds))
        time.sleep(0.2)
        return see(booster)

    monkeypatch.setattr(growing, "_seen", slowly)
    found, _, _ = learned(make_panel(), tmp_path, members=("forecasting.boosted_lags",), budget_seconds=2)
    assert [(each.name, each.why) for each in composition(found).left_out] == [("forecasting.boosted_lags", "stopped")]
    assert 0 < len(rounds) <= 11, "ten rounds fill the budget"


@pytest.mark.parametrize("values", [np.full(60, 4.0), np.zeros(60), np.arange(9.0)], ids=["constant", "zero", "short"])
def test_series_with_nothing_to_learn_are_answered(values: np.ndarray[Any, Any], series: Table, tmp_path: Path) -> None:
    found, _, validation = learned(with_values(series, values), tmp_path, horizon=1, members=("forecasting.theta",))
    answer = Auto().predict(found, validation)
    assert np.isfinite(answer.point).all()
    assert (answer.quantiles[0.05] <= answer.quantiles[0.95]).all()


@pytest.mark.parametrize("growth", [0.5, 3.8], ids=["to 1e13", "to 1e97"])
def test_a_trend_that_explodes_is_answered_by_finite_numbers(growth: float, series: Table, tmp_path: Path) -> None:
    found, _, validation = learned(with_values(series, np.exp(growth * np.arange(60))), tmp_path)
    answer = Auto().predict(found, validation)
    assert np.isfinite(answer.point).all()
    assert all(np.isfinite(values).all() for values in answer.quantiles.values())


@pytest.mark.parametrize("rows", [8, 14, 24, 40])
def test_a_short_series_is_answered_beyond_its_season(rows: int, series: Table, tmp_path: Path) -> None:
    rng = np.random.default_rng(rows)
    table = with_values(series, 50 + 0.5 * np.arange(rows) + rng.normal(size=rows))
    table = replace(table, schema=replace(table.schema, season=4))
    config = AutoConfig(horizon=6)
    split = Auto().split(table, config)
    assert split.partial == (rows < 20)
    train, validation, whole = (
        cut_learning(table, part, 6, partial=split.partial) for part in (split.train, split.validation, Rows(0, rows))
    )
    run = MemoryRun(config, tmp_path)
    found = Auto().fit(run, train, validation)
    names = {each.name for each in composition(found).members}
    assert "forecasting.ridge" not in names
    assert "forecasting.ets" in names
    answer = Auto().predict(Auto().refit(run, found, whole), cut_future(table, 6))
    assert np.isfinite(answer.point).all()
    width, point = answer.quantiles[0.95] - answer.quantiles[0.05], answer.point
    # They may shrink with the forecast, see docs/decisions/0024.
    least = width[:, :-1] * np.minimum(1, point[:, 1:] / point[:, :-1])
    assert (width[:, 1:] >= least - 1e-9).all()
    assert (answer.quantiles[0.05] < answer.quantiles[0.95]).all()


def test_a_resumed_run_ends_at_the_same_bits_and_repeats_no_member(
    series: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("forecasting.croston", "forecasting.tsb")
    found, run, _ = learned(series, tmp_path / "whole", members=names)
    config = run.config
    train, validation = parts(series, config)
    again = MemoryRun(config, tmp_path / "resumed", resume_from=run.checkpoints[-1])
    for name in names:
        monkeypatch.setattr(MEMBERS[name], "learn", lambda *_: pytest.fail("learned a second time"))
    resumed = Auto().fit(again, train, validation)
    assert [each.name for each in composition(resumed).members] == [each.name for each in composition(found).members]
    for one, folder in ((found, tmp_path / "a"), (resumed, tmp_path / "b")):
        folder.mkdir()
        Auto().save(one, folder)
    assert hash_folder(tmp_path / "a", "auto") == hash_folder(tmp_path / "b", "auto")


def test_the_time_of_members_that_were_learned_at_once_counts_once(tmp_path: Path) -> None:
    Progress(seconds={"a": 50.0, "b": 50.0}, before=60.0).save(tmp_path)
    assert 60 <= Progress.load(Checkpoint(1, tmp_path)).spent < 90


def test_a_resumed_run_has_the_time_that_its_earlier_attempts_left(
    series: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Croston, "learn", lambda *_: time.sleep(30))
    config = AutoConfig(horizon=3, members=("forecasting.croston",), budget_seconds=600)
    train, validation = parts(series, config)
    Progress(before=598.0).save(tmp_path)
    again = MemoryRun(config, tmp_path / "again", resume_from=Checkpoint(1, tmp_path))
    (gone,) = composition(Auto().fit(again, train, validation)).left_out
    assert gone.why in ("stopped", "not_started")


def test_several_series_keep_the_contract_and_one_series_changes_no_other(tmp_path: Path) -> None:
    panel = make_panel()
    options = {"horizon": 3, "members": ("forecasting.theta", "forecasting.ridge")}
    check_pipeline(Auto, panel, options, most_resumes=1)
    found, _, validation = learned(panel, tmp_path, **options)
    assert set(found.spreads) == {name for name, _, _ in each(validation)}
    wild = validation.frame.with_columns(
        pl.when(pl.col("shop") == "shop-1").then(-3 * pl.col("value") - 7).otherwise("value").alias("value")
    )
    other = Part(wild, validation.schema, validation.start, validation.horizon, validation.origins)
    before, after = Auto().predict(found, validation), Auto().predict(found, other)
    for name, _, at in each(validation):
        assert np.array_equal(before.point[at], after.point[at]) == (name != "shop-1"), name


def test_the_members_own_predictions_combine_to_the_ensemble_s(series: Table, tmp_path: Path) -> None:
    found, _, validation = learned(series, tmp_path, members=("forecasting.theta", "forecasting.ridge"))
    alone = Auto().member_predictions(found, validation)
    assert set(alone) == set(found.members)
    combined = found.combination.of({name: each.point for name, each in alone.items()})
    np.testing.assert_array_equal(combined, Auto().predict(found, validation).point)


def test_intermittent_demand_has_candidates_of_its_own(series: Table) -> None:
    rng = np.random.default_rng(0)
    demand = np.where(rng.random(90) < 0.6, 0.0, rng.integers(1, 9, 90))
    config = AutoConfig(horizon=2)
    table = with_values(series, demand)
    train, _ = parts(table, config)
    assert "forecasting.croston" in candidates(config, train).core
    train, _ = parts(series, config)
    assert "forecasting.arima" in candidates(config, train).core


def test_the_zero_forecast_does_not_win_on_intermittent_demand(series: Table) -> None:
    rng = np.random.default_rng(4)
    truth = np.where(rng.random((400, 2)) < 0.9, 0.0, 5.0)
    points = {"zero": np.zeros_like(truth), "mean": np.full_like(truth, 0.5), "last": np.roll(truth, 1, axis=0)}
    scale = np.ones((400, 1))
    found = combine(points, truth, scale, ["zero", "mean"], "last", squared=True)
    assert found.weights["mean"] > 0.5 > found.weights.get("zero", 0.0)
    assert combine(points, truth, scale, ["zero", "mean"], "last").weights.get("mean", 0.0) == 0.0
    demand = with_values(series, np.where(np.arange(len(series)) % 3, 0.0, 5.0))
    for members in ((), ("forecasting.croston",)):
        config = AutoConfig(horizon=6, members=members)
        assert candidates(config, cut_learning(demand, Rows(0, 300), 6)).intermittent
        assert not candidates(config, cut_learning(series, Rows(0, 300), 6)).intermittent


def test_scores_stay_in_range_where_the_naive_forecast_has_no_error() -> None:
    rng = np.random.default_rng(2)
    truth = np.full((80, 2), 5.0)
    points = {"free": truth.copy(), "near": truth + 0.1 * rng.normal(size=truth.shape), "far": truth + 2.0}
    found = combine(points, truth, np.full((80, 1), 2.0), ["near", "far"], "free")
    assert found.scores["free"] == 0
    assert 0.01 < (found.scores["near"] or 0) < 0.1
    assert found.scores["far"] == pytest.approx(1)
    assert found.weights == {"free": pytest.approx(1)}


def test_the_forecast_of_a_member_with_less_error_weighs_more() -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(size=(80, 2))
    points = {"bad": truth + 2 * rng.normal(size=truth.shape), "good": truth + 0.2 * rng.normal(size=truth.shape)}
    found = combine(points, truth, np.ones((80, 1)), ["bad", "good"], "bad")
    assert found.rule == "weights"
    assert found.weights["good"] > 0.9
    assert sum(found.weights.values()) == pytest.approx(1)


def test_half_of_the_weight_is_stacked_and_half_goes_by_a_power_of_the_errors() -> None:
    truth = np.zeros((80, 2))
    points = {name: truth + size for name, size in (("a", 1.0), ("trees", 1.0), ("b", 1.4), ("worse", 1.6))}
    found = combine(points, truth, np.ones((80, 1)), list(points), "a", twice_if_weighed=["trees"])
    stacked = combine(points, truth, np.ones((80, 1)), list(points), "a").weights
    assert (found.rule, set(stacked)) == ("weights", {"a", "trees"})
    total = 3 + 1.4**-6
    powers = {"a": 1 / total, "trees": 2 / total, "b": 1.4**-6 / total}
    assert found.weights == pytest.approx({name: (powers[name] + stacked.get(name, 0)) / 2 for name in powers})
    assert sum(found.weights.values()) == pytest.approx(1)


def test_demand_and_panels_and_named_members_are_only_stacked(series: Table) -> None:
    train = cut_learning(series, Rows(0, 300), 6)
    assert candidates(AutoConfig(horizon=6), train).twice_if_weighed == ("forecasting.boosted_lags",)
    assert candidates(AutoConfig(horizon=6, members=("forecasting.ets",)), train).twice_if_weighed is None
    assert candidates(AutoConfig(horizon=6), cut_learning(make_panel(), Rows(0, 200), 3)).twice_if_weighed is None
    demand = with_values(series, np.where(np.arange(len(series)) % 3, 0.0, 5.0))
    assert candidates(AutoConfig(horizon=6), cut_learning(demand, Rows(0, 300), 6)).twice_if_weighed is None


def test_where_evidence_is_thin_the_core_counts_equally() -> None:
    truth = np.zeros((3, 12))
    points = {name: truth + size for name, size in (("a", 1.0), ("b", 5.0), ("c", 9.0), ("naive", 0.1))}
    assert is_thin(truth)
    found = combine(points, truth, np.ones((3, 1)), ["a", "b", "c"], "naive")
    assert (found.rule, set(found.weights)) == ("median", {"a", "b", "c"})
    assert found.of(points) == pytest.approx(np.full((3, 12), 5.0))


def test_a_member_that_counts_twice_weighs_more_and_extremes_count_nothing() -> None:
    truth, shape = np.full((3, 12), np.nan), (3, 12)  # no evidence at all: the counts stand alone
    points = {name: np.full(shape, size) for name, size in (("a", 1.0), ("b", 2.0), ("c", 4.0), ("d", 18.0))}
    points["e"] = np.full(shape, -15.0)
    found = combine(points, truth, np.ones((3, 1)), list("abcde"), "a", twice=["b"])
    assert found.rule == "trimmed"
    assert found.weights == pytest.approx({"a": 1 / 6, "b": 2 / 6, "c": 1 / 6, "d": 1 / 6, "e": 1 / 6})
    assert found.of(points) == pytest.approx(np.full(shape, (1 + 4 * 2 + 4) / 6))
    # two members: what is left out is shared by them
    assert found.__class__("trimmed", {"a": 1 / 3, "b": 2 / 3}, {}).of(points) == pytest.approx(
        np.full(shape, (1 + 5 * 2) / 6)
    )


def test_a_member_that_erred_more_counts_less_and_the_more_so_the_more_was_seen() -> None:
    def share(origins: int) -> float:
        truth = np.zeros((origins, 12))
        points = {"a": truth + 1.0, "b": truth + 4.0}
        assert is_thin(truth)
        weights = combine(points, truth, np.ones((origins, 1)), ["a", "b"], "a", twice=["a"]).weights
        return weights["a"] / weights["b"]

    assert share(1) == pytest.approx(2 * 4**0.5)  # one stretch of a horizon
    assert share(37) == pytest.approx(2 * 4**0.8)  # four


@pytest.mark.parametrize(("origins", "horizon", "thin"), [(49, 1, True), (50, 48, False), (50, 51, True)])
def test_members_are_weighed_from_fifty_origins_and_two_stretches_on(origins: int, horizon: int, thin: bool) -> None:
    assert is_thin(np.zeros((origins, horizon))) is thin


def test_thin_evidence_is_enough_to_leave_out_a_member_that_never_fits() -> None:
    truth = np.zeros((3, 12))
    points = {name: truth + size for name, size in (("a", 1e-6), ("b", 1.5e-5), ("lost", 4e3), ("naive", 5e3))}
    for twice in ((), ("b",)):
        found = combine(points, truth, np.ones((3, 1)), ["a", "b", "lost"], "naive", twice)
        assert set(found.weights) == {"a", "b"}


@pytest.mark.parametrize(
    ("weights", "rule"),
    [({"a": 1.0}, "single"), ({"a": 1.0, "b": 0.0}, "single"), ({"a": 2 / 3, "b": 1 / 3}, "trimmed")],
)
def test_of_one_member_nothing_is_combined(weights: dict[str, float], rule: str) -> None:
    progress = Progress(members={"a": object(), "b": object()})
    found = composed(Combination("trimmed", weights, {"a": 1.0, "b": 30.0}), progress, AutoConfig(horizon=3))
    assert found.rule == rule
    assert [each.name for each in found.members] == ["a", "b"]


def test_a_training_part_of_six_rows_has_every_statistical_member(series: Table, tmp_path: Path) -> None:
    few = with_values(series, np.array([5.0, 7.0, 6.0, 9.0, 8.0, 11.0, 10.0, 13.0, 12.0, 15.0, 14.0, 16.0]))
    found, _, _ = learned(few, tmp_path, horizon=3, season=1)
    assert set(found.members) == {"forecasting.theta", "forecasting.ets", "forecasting.ces", "forecasting.arima"}
    assert found.combination.rule == "trimmed"
    assert set(found.combination.weights) == set(found.members)


def test_theta_s_first_rows_do_not_widen_intervals(series: Table, tmp_path: Path) -> None:
    values = np.array([2927.5, 3182.5, 3520.5, 3826.5, 3537.0, 3119.0, 3420.5, 3911.5, 4200.0, 4010.0, 3890.0, 4105.0])
    found, _, validation = learned(with_values(series, values), tmp_path, horizon=3, season=1)
    made = Auto().predict(found, validation).quantiles
    assert np.max(made[0.95] - made[0.05]) < 3 * np.ptp(values)


def test_intervals_of_few_errors_follow_the_refitted_members(series: Table, tmp_path: Path) -> None:
    """The newest rows swing less than those that the evaluated members learned."""
    rng = np.random.default_rng(5)
    values = 50 + rng.normal(size=60) * np.where(np.arange(60) < 30, 8.0, 1.0)
    table = with_values(series, values)
    names = ("forecasting.theta", "forecasting.ets")
    found, _, _ = learned(table, tmp_path / "fit", members=names, season=1)
    run = MemoryRun(AutoConfig(horizon=3, members=names, season=1), tmp_path / "refit")
    refitted = Auto().refit(run, found, cut_learning(table, Rows(0, len(table)), 3))
    (before,), (after,) = (each.spreads.values() for each in (found, refitted))
    assert before.stretches > 0
    assert (np.ptp(after.offsets, axis=0) < 0.95 * np.ptp(before.offsets, axis=0)).all()
    Auto().save(refitted, tmp_path)
    np.testing.assert_array_equal(Auto().load(tmp_path).spreads[""].offsets, after.offsets)


def test_processes_of_members_end_with_their_reason() -> None:
    def crash() -> None:
        os._exit(9)

    ends = {each.name: (each.ended, each.detail) for each in attempts({"fine": lambda: None, "crash": crash}, 2, 30)}
    assert ends == {"fine": ("done", ""), "crash": ("crashed", "9")}


def test_members_that_need_more_rows_are_named(series: Table, tmp_path: Path) -> None:
    found, _, _ = learned(Table(series.frame.head(90), series.schema), tmp_path, budget_seconds=1)
    reasons = {each.name: each.reason for each in composition(found).left_out}
    assert reasons["forecasting.ridge"]["en"] == "not tried: requires at least 100 rows"
    assert "satır gerektirir" in reasons["forecasting.boosted_lags"]["tr"]
    assert any(each.weight for each in composition(found).members)


def test_the_cheapest_members_are_learned_where_no_budget_is_left(
    series: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Progress, "spent", property(lambda self: 99.0))
    table = Table(series.frame, replace(series.schema, features=()))
    found, _, _ = learned(table, tmp_path, season=7, budget_seconds=5)
    said = composition(found)
    assert {"forecasting.ets", "forecasting.ridge"} <= {each.name for each in said.members}
    assert {each.why for each in said.left_out} == {"not_started", "not_tried"}
    names = {each.name for each in (*said.members, *said.left_out)}
    assert {"forecasting.theta", "forecasting.arima", "forecasting.ces", "forecasting.boosted_lags"} <= names


def test_a_process_learns_members_in_turn_until_one_of_them_ends_it(tmp_path: Path) -> None:
    def write(name: str) -> None:
        (tmp_path / name).write_text(str(os.getpid()))

    def fail() -> None:
        raise ValueError("no  numbers")

    work: dict[str, Callable[[], None]] = {name: partial(write, name) for name in ("a", "b")}
    work |= {"fails": fail, "c": partial(write, "c"), "killed": lambda: os.kill(os.getpid(), signal.SIGKILL)}
    work |= {"d": partial(write, "d"), "hangs": lambda: time.sleep(30), "late": partial(write, "late")}
    ends = {each.name: (each.ended, each.detail) for each in attempts(work, 1, 3)}
    done = ("done", "")
    assert ends == {
        **dict.fromkeys(("a", "b", "c", "d"), done),
        "fails": ("failed", "no numbers"),
        "killed": ("crashed", "-9"),
        "hangs": ("stopped", ""),
        "late": ("not_started", ""),
    }
    a, b, c, d = ((tmp_path / name).read_text() for name in "abcd")
    assert a == b
    assert len({a, c, d, str(os.getpid())}) == 4
    with contextlib.suppress(ChildProcessError):  # other tests may have children; all of these were waited for
        assert os.waitpid(-1, os.WNOHANG) == (0, 0)


def test_a_member_must_exist(series: Table) -> None:
    config = AutoConfig(members=("forecasting.lstn",))
    train, _ = parts(series, config)
    with pytest.raises(InvalidInput, match="lstn"):
        candidates(config, train)


def test_the_linear_member_is_tried_however_little_the_seasons_pay(series: Table) -> None:
    config = AutoConfig(horizon=2, season=24)
    train, _ = parts(series, config)
    assert "forecasting.ridge" in candidates(config, train).further[0]
