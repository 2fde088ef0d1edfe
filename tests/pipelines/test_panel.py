"""Several series in one run: cut at the same moments, judged by themselves and together, compared moment by moment."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.datasets.reading import canonical
from azuraforge.errors import InvalidInput
from azuraforge.models.gate.origins import relative_difference_interval
from azuraforge.pipelines import judge, steps
from azuraforge.pipelines.backtests import steps as backtest_steps
from azuraforge.pipelines.shapes import to_json
from azuraforge.pipelines.trials import steps as trial_steps
from azuraforge.plugins import DatasetSchema, Predictions, Rows, Split, Table
from azuraforge.plugins.forecasting.calendar import moments_of
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.panels import each
from azuraforge.plugins.kinds.forecast.kind import Forecast
from azuraforge.plugins.kinds.forecast.metrics import measure, seasonal_scale
from azuraforge.plugins.kinds.forecast.panel_judging import Panel, origins_of, series_scales
from azuraforge.plugins.kinds.forecast.parts import (
    cut_after,
    cut_future,
    cut_learning,
    cut_test,
    load_part,
    save_part,
    without_short_series,
)
from azuraforge.plugins.kinds.forecast.predictions import load_predictions
from tests.panels import SCHEMA, START, make_panel

NETWORK = {"horizon": 3, "epochs": 3, "window": 12, "hidden_size": 6, "max_steps": 60}


def stored(table: Table, folder: Path) -> dict[str, Any]:
    """The payload that names a dataset's file."""
    path = folder / "panel.parquet"
    table.frame.write_parquet(path)
    schema = DatasetSchema(**vars(table.schema))
    found = canonical.fingerprint(pl.read_parquet(path), schema, {})
    return {"paths": [str(path)], "schema": schema.to_json(), "options": {}, "fingerprint": found}


def test_all_series_are_cut_at_the_same_moments() -> None:
    table = make_panel()
    train, validation = cut_learning(table, Rows(0, 180), 3), cut_learning(table, Rows(182, 215), 3)
    test, truth = cut_test(table, Rows(217, 260), 3)
    cut = int((START.timestamp() + 180 * 86_400) * 1e6)
    assert moments_of(train.frame, SCHEMA).max() < cut
    for part in (validation, test):
        for _, one, _ in each(part):
            first = moments_of(one.frame, one.schema)[one.origins.min() + 1]
            assert first == cut + (2 if part is validation else 37) * 86_400 * 1e6
    assert {name: len(one) for name, one, _ in each(test)} == {f"shop-{number}": 41 for number in range(3)}
    rows = {name: column_values(one.frame, "value") for name, one in each_whole(table)}
    for name, one, at in each(test):
        ahead = one.origins[:, None] + np.arange(1, 4)
        np.testing.assert_array_equal(truth[at], rows[name][ahead])


def each_whole(table: Table) -> list[tuple[str, Any]]:
    return [(name, one) for name, one, _ in each(cut_future(table, 1))]


def test_beyond_the_most_origins_the_same_moments_are_taken_of_every_series() -> None:
    test, truth = cut_test(make_panel(), Rows(217, 260), 3, max_origins=40)
    at = moments_of(test.frame, SCHEMA)
    asked = [sorted(at[test.origins[places]].tolist()) for _, _, places in each(test)]
    assert asked[0] == asked[1] == asked[2]
    assert len(truth) == len(test.origins) <= 40


def test_the_future_of_every_series_is_cut_off(tmp_path: Path) -> None:
    test, _ = cut_test(make_panel(), Rows(217, 260), 3)
    save_part(test, tmp_path / "part")
    loaded = load_part(tmp_path / "part")
    assert loaded.schema == SCHEMA
    origin = int(loaded.origins[50])
    cut = cut_after(loaded, origin)
    moment = moments_of(loaded.frame, SCHEMA)[origin]
    assert moments_of(cut.frame, SCHEMA).max() == moment
    assert cut.frame["shop"].n_unique() == 3
    assert cut.frame.row(int(cut.origins[0])) == loaded.frame.row(origin)


def test_series_without_a_window_or_without_change_are_left_out() -> None:
    table = make_panel()
    still = pl.when(pl.col("shop") == "shop-0").then(5.0).otherwise("value").alias("value")
    holes = pl.when(pl.col("shop") == "shop-1", pl.int_range(pl.len()).over("shop") >= 182).then(None)
    changed = table.frame.with_columns(still).with_columns(holes.otherwise("value").alias("value"))
    split = Split(Rows(0, 180), Rows(182, 215), Rows(217, 260))
    left, gone = without_short_series(Table(changed, SCHEMA), split, 3)
    assert {(one.series, one.part, one.why) for one in gone} == {
        ("shop-0", "train", "constant"),
        ("shop-1", "validation", "no_window"),
    }
    assert [name for name, _, _ in each(cut_learning(left, split.train, 3))] == ["shop-2"]
    with pytest.raises(InvalidInput, match="each of the 3 series is constant"):
        without_short_series(Table(table.frame.with_columns(pl.lit(1.0).alias("value")), SCHEMA), split, 3)


def test_scores_of_series_are_their_own_and_mase_is_their_mean() -> None:
    table = make_panel()
    train = cut_learning(table, Rows(0, 180), 3)
    test, truth = cut_test(table, Rows(217, 260), 3)
    rng = np.random.default_rng(0)
    made = Predictions(truth * (1 + 0.1 * rng.normal(size=truth.shape)))
    panel = Panel.of(test, series_scales(train, 7))
    overall, horizons, alone = panel.measure(truth, made)
    values = {name: column_values(one.frame, "value") for name, one, _ in each(train)}
    for name, _, at in each(test):
        expected, _ = measure(truth[at], origins_of(made, at), seasonal_scale(values[name], 7))
        assert alone[name] == expected
    assert overall["mase"] == pytest.approx(np.mean([row["mase"] for row in alone.values()]))
    assert overall["rmse"] == pytest.approx(float(np.sqrt(np.square(made.point - truth).mean())))
    assert horizons[0]["mase"] is not None
    # One shop sells a thousand times what another does: telling them apart is no merit.
    pooled, _ = measure(truth, made, None)
    assert pooled["r2"] > 0.95 > overall["r2"]


def test_twins_make_the_gate_no_surer() -> None:
    """Errors that three series share are one piece of evidence and not three."""
    test, _ = cut_test(make_panel(late=0), Rows(217, 260), 3)
    panel = Panel.of(test, dict.fromkeys(["shop-0", "shop-1", "shop-2"], None))
    rng = np.random.default_rng(1)
    a, b = (np.square(rng.normal(size=(41, 3))) for _ in range(2))
    how = {"horizon": 3, "level": 0.8}
    alone = relative_difference_interval(a, b, **how)
    threefold = [panel.by_moment(np.tile(one, (3, 1)), np.nan) for one in (a, b)]
    assert threefold[0].shape == (41, 9)
    together = relative_difference_interval(*threefold, **how)
    assert (together.low, together.high) == pytest.approx((alone.low, alone.high))
    naive = relative_difference_interval(np.tile(a, (3, 1)), np.tile(b, (3, 1)), **how)
    assert naive.high - naive.low < 0.8 * (alone.high - alone.low), "stacked, they would count as three"


class Run:
    """The steps in order, as the children run them."""

    def __init__(self, make: Callable[..., Any], dataset: dict[str, Any], plugin: str, config: dict[str, Any]) -> None:
        self.make, self.plugin = make, plugin
        learner = {"plugin": plugin, "config": config}
        split = self.split = self.step("split", dataset=dataset, **learner)
        parts = {name: self.out("split", name) for name in ("train", "validation")}
        fitted = self.step("fit", **learner, **parts)
        names = Forecast.facts().baselines_of(plugin)
        learned = self.step("fit_baselines", baselines=names, **learner, **parts)["baselines"]
        self.step("hold_out", task="forecast", dataset=dataset, split=split, config=config)
        held = {name: self.out("hold_out", name) for name in ("test", "future")}
        self.step("predict", plugin=plugin, predictor=self.out("fit", "predictor"), **held)
        asked = [
            {"name": one["name"], "predictor": self.out("fit_baselines", one["name"], "predictor")}
            for one in learned
            if one["failed"] is None
        ]
        self.failed = [one for one in learned if one["failed"] is not None]
        self.step("predict_baselines", baselines=asked, **held)
        self.judged = self.step(
            "judge",
            task="forecast",
            candidate={"name": plugin, "predictions": self.out("predict"), "seconds": 1.0},
            baselines=[
                {"name": one["name"], "predictions": self.out("predict_baselines", one["name"]), "seconds": 0.1}
                for one in asked
            ],
            failed=[],
            champion=None,
            truth=self.out("hold_out", "truth"),
            train=parts["train"],
            split=split,
            composition=fitted["composition"],
            **held,
        )

    def step(self, name: str, **payload: Any) -> dict[str, Any]:
        child = self.make(name, **payload)
        return to_json(getattr(judge if name == "judge" else steps, name)(child))

    def out(self, phase: str, *names: str) -> str:
        return str(self.make(phase).outputs.joinpath(*names))


def test_a_network_learns_a_panel_and_is_judged_next_to_its_baselines(
    child: Callable[..., Any], tmp_path: Path
) -> None:
    table = make_panel(rows=330, late=300)  # the last shop opened too late
    run = Run(child, stored(table, tmp_path), "forecasting.lstm", NETWORK)
    assert not run.failed
    evaluation, verdict, forecast = run.judged["evaluation"], run.judged["verdict"], run.judged["figures"]["forecast"]
    told = evaluation["series"]
    assert (told["count"], told["column"]) == (2, "shop")
    assert [one["series"] for one in told["left_out"]] == ["shop-2"]
    assert told["worst"] == told["rows"][0]["series"]
    assert all(row["origins"] == 48 and row["baseline_mase"] > 0 for row in told["rows"])
    ours = next(one for one in evaluation["contenders"] if one["role"] == "candidate")
    assert ours["metrics"]["mase"] == pytest.approx(np.mean([row["mase"] for row in told["rows"]]))
    assert 0.7 < ours["metrics"]["coverage"] <= 1
    assert all(comparison["origins"] == 48 for comparison in evaluation["comparisons"]), "moments, not rows"
    assert verdict["decision"] in ("promoted", "baseline_promoted")
    assert [forecast["series"], *(one["series"] for one in forecast["more"])] == ["shop-0", "shop-1"]
    assert len(forecast["next"]) == 3
    assert evaluation["parts"]["test"]["origins"] == 48, "moments, as the gate counts them"
    future = load_predictions(Path(run.out("predict", "future.npz")))
    assert future.point.shape == (2, 3)


def test_a_new_series_does_not_end_the_comparison_with_the_champion(child: Callable[..., Any], tmp_path: Path) -> None:
    whole = make_panel(rows=330)
    learner = {"plugin": "forecasting.ridge", "config": {"horizon": 3}}

    def fit(phase: str, left: pl.DataFrame) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
        (tmp_path / phase).mkdir()
        dataset = stored(Table(left, SCHEMA), tmp_path / phase)
        made = child(f"{phase}-split", dataset=dataset, **learner)
        split = to_json(steps.split(made))
        parts = {name: str(made.outputs / name) for name in ("train", "validation")}
        steps.fit(child(f"{phase}-fit", **learner, **parts))
        return dataset, split, parts

    fit("one", whole.frame.filter(pl.col("shop") == "shop-2"))
    fit("two", whole.frame.filter(pl.col("shop") != "shop-2"))
    dataset, split, parts = fit("three", whole.frame)
    rows = {"task": "forecast", "dataset": dataset, "config": learner["config"]}
    held = child("hold_out", split=split, **rows)
    steps.hold_out(held)
    asked = {name: str(held.outputs / name) for name in ("test", "future")}

    def predict(phase: str, **how: Any) -> dict[str, Any]:
        made = child(f"{phase}-predict", plugin="forecasting.ridge", **asked, **how,
                     predictor=str(child(f"{phase}-fit").outputs / "predictor"))  # fmt: skip
        return {**to_json(steps.predict(made)), "outputs": str(made.outputs)}

    champion, candidate = predict("two", champion=True), predict("three")
    assert (champion["problem"], champion["unknown"]) == (None, ["shop-2"])
    naive = {**learner, "baselines": ["forecasting.naive"], **parts}
    steps.fit_baselines(made := child("naive-fit", **naive))
    predictor = str(made.outputs / "forecasting.naive" / "predictor")
    steps.predict(made := child("naive-predict", plugin="forecasting.naive", predictor=predictor, **asked))
    case = {
        "task": "forecast",
        "candidate": {"name": "forecasting.ridge", "predictions": candidate["outputs"]},
        "baselines": [{"name": "forecasting.naive", "predictions": str(made.outputs)}],
        "failed": [],
        "champion": {"name": "shops v1", "predictions": champion["outputs"], "unknown": champion["unknown"],
                     "learned_from": [["2020-01-01T00:00:00Z", split["parts"]["validation"]["end"]]], "obstacle": None},
        "truth": str(held.outputs / "truth"), "train": parts["train"], "split": split, **asked,
    }  # fmt: skip
    judged = to_json(judge.judge(child("judge", **case)))
    alongside = next(one for one in judged["evaluation"]["comparisons"] if one["b"] == "shops v1")
    assert alongside["origins"] == 48, "moments"
    assert judged["verdict"]["decision"] != "baseline_promoted"
    told = next(one for one in judged["verdict"]["reasons"] if one["code"] == "series_not_compared")
    assert told["params"] == {"count": 1, "of": 3, "series": "shop-2"}
    truth, small = np.load(held.outputs / "truth" / "truth.npy"), load_part(asked["test"])
    known = np.concatenate([at for name, _, at in each(small) if name != "shop-2"])
    ours = load_predictions(Path(candidate["outputs"]) / "test.npz").point
    assert alongside["score_a"] == pytest.approx(np.sqrt(np.square(ours - truth)[known].mean()))
    assert "shops v1" not in [one["name"] for one in judged["evaluation"]["contenders"]]

    left_out = [{"series": "shop-2", "part": "train", "why": "few_rows", "rows": 0, "needed": 1}]
    only = child("hold_out_two", split={**split, "left_out": left_out}, **rows)
    steps.hold_out(only)
    asked = {name: str(only.outputs / name) for name in ("test", "future")}
    assert predict("one", champion=True)["none_of"] == 2


def test_what_cannot_learn_several_series_refuses_before_the_run_exists(
    child: Callable[..., Any], plugins_folder: Path, tmp_path: Path
) -> None:
    dataset = stored(make_panel(), tmp_path)
    asked = child("test.linear", plugins_folder=str(plugins_folder), plugin="test.linear", config={}, dataset=dataset)
    with pytest.raises(InvalidInput, match="contains several series"):
        steps.validate(asked)


@pytest.mark.parametrize("step", ["cut", "hold"])
def test_a_fold_leaves_out_the_series_that_it_holds_too_little_of(
    step: str, child: Callable[..., Any], tmp_path: Path
) -> None:
    fold = {"train": [0, 60], "validation": [63, 80], "test": [83, 100]}
    split = {"parts": {}, "ranges": {}, "needs": {"train": 30}}
    made = child(step, dataset=stored(make_panel(), tmp_path), fold=fold, split=split, config={"horizon": 3})
    found = getattr(backtest_steps, step)(made)
    part = load_part(made.outputs / ("train" if step == "cut" else "test"))
    assert [name for name, _, _ in each(part)] == ["shop-0", "shop-1"]
    assert part.frame["at"].max() == START + timedelta(days=59 if step == "cut" else 99)
    parts = {name: of.model_dump(include={"rows", "start", "end"}) for name, of in found.parts.items()}
    assert parts == ({} if step == "cut" else {
        name: {"rows": 2 * (stop - start), "start": day(start), "end": day(stop - 1)}
        for name, (start, stop) in fold.items()
    })  # fmt: skip


def test_series_that_ended_long_ago_stretch_nobodys_ranges(child: Callable[..., Any], tmp_path: Path) -> None:
    table = make_panel(rows=2000, sizes=(1.0, 2.0, 30.0), late=1700)
    going_on = pl.col("at") >= START + timedelta(days=1700)
    ended = (pl.col("shop") == "shop-0") & (pl.col("at") < START + timedelta(days=900))
    later = (pl.col("shop") == "shop-1") & going_on
    table = Table(table.frame.filter(ended | later | (pl.col("shop") == "shop-2")), SCHEMA)
    asked = {"dataset": stored(table, tmp_path), "plugin": "forecasting.ridge", "config": {"horizon": 3}}
    made = child("split", **asked)
    found = to_json(steps.split(made))
    assert found["ranges"]["test"] == [255, 300], "300 days of those that go on"
    assert [(one["series"], one["why"]) for one in found["left_out"]] == [("shop-0", "ended")]
    held = child("hold_out", task="forecast", dataset=asked["dataset"], split=found, config=asked["config"])
    assert steps.hold_out(held).origins == 2 * 43
    assert load_part(made.outputs / "train").frame["at"].min() == START + timedelta(days=1700)
    with pytest.raises(InvalidInput, match=r"1 series that ended before the test set is excluded \(shop-0\)") as told:
        steps.validate(child("split", **{**asked, "config": {"horizon": 130}}))
    assert "a separate dataset" in told.value.next_step


def test_folds_that_no_series_can_carry_are_refused_before_the_run_exists(
    child: Callable[..., Any], tmp_path: Path
) -> None:
    table = make_panel(rows=300, sizes=(1.0, 30.0), late=150)  # the first opened early and was then not measured
    value = pl.when((pl.col("shop") == "shop-0") & (pl.col("at") < START + timedelta(days=150))).then(None)
    dataset = stored(Table(table.frame.with_columns(value.otherwise(pl.col("value")).alias("value")), SCHEMA), tmp_path)
    asked = {"dataset": dataset, "plugin": "forecasting.ridge"}
    steps.validate(child("split", **asked, config={"horizon": 3}))
    with pytest.raises(InvalidInput, match="backtest fold 1 of 4 is not possible: none of the 2 series") as told:
        steps.validate(child("split", **asked, config={"horizon": 3, "backtest_folds": 4}))
    assert told.value.where == "config.backtest_folds"


def day(row: int) -> str:
    return (START + timedelta(days=row)).strftime("%Y-%m-%dT00:00:00Z")


def test_a_trial_scores_a_panel_on_its_validation_rows(child: Callable[..., Any], tmp_path: Path) -> None:
    dataset = stored(make_panel(), tmp_path)
    learner = {"plugin": "forecasting.ridge", "config": {"horizon": 3}}
    split = child("split", dataset=dataset, **learner)
    trial_steps.split(split)
    assert set(json.loads((split.outputs / "scales.json").read_text())) == {"shop-0", "shop-1", "shop-2"}
    parts = {name: str(split.outputs / name) for name in ("train", "validation")}
    fitted = trial_steps.fit(child("fit", **learner, **parts, scoring=str(split.outputs)))
    assert 0 < fitted.metrics["mase"] < 1
