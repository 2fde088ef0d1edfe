"""The loop's steps, one after another, as the children run them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from azuraforge.errors import InvalidInput
from azuraforge.pipelines import judge, steps
from azuraforge.pipelines.shapes import to_json
from azuraforge.plugins.discovery.describing import parse_config
from azuraforge.plugins.discovery.loading import load_plugin
from azuraforge.plugins.kinds.forecast.parts import load_part
from azuraforge.plugins.kinds.forecast.predictions import load_predictions


class Loop:
    """Runs the steps in order and keeps their results."""

    def __init__(self, make: Callable[..., Any], plugins: Path, dataset: dict[str, Any], plugin: str, **config: Any):
        self.make, self.plugin = make, plugin
        self.known = {"plugins_folder": str(plugins)}
        self.dataset = dataset
        model = load_plugin("pipeline", plugin, plugins).Config
        self.config = parse_config(model, {"horizon": 3, **config}, plugin).model_dump(mode="json")
        self.children: dict[str, Any] = {}
        self.results: dict[str, Any] = {}

    def step(self, name: str, phase: str | None = None, **payload: Any) -> dict[str, Any]:
        phase = phase or name
        child = self.make(f"{self.plugin}/{phase}", **self.known, **payload)
        self.children[phase] = child
        self.results[phase] = to_json(getattr(judge if name == "judge" else steps, name)(child))
        return self.results[phase]

    def out(self, phase: str, *names: str) -> str:
        return str(self.children[phase].outputs.joinpath(*names))

    def learn(self) -> dict[str, Any]:
        self.step("split", plugin=self.plugin, config=self.config, dataset=self.dataset)
        return self.step("fit", plugin=self.plugin, config=self.config, **self.learning_parts())

    def learning_parts(self) -> dict[str, str]:
        return {"train": self.out("split", "train"), "validation": self.out("split", "validation")}

    def predict(self) -> None:
        split = self.results["split"]
        self.step("hold_out", task="forecast", dataset=self.dataset, split=split, config=self.config)
        self.step("predict", plugin=self.plugin, predictor=self.out("fit", "predictor"), **self.held_out())

    def held_out(self) -> dict[str, str]:
        return {"test": self.out("hold_out", "test"), "future": self.out("hold_out", "future")}

    def baselines(self, *names: str) -> None:
        fitted = self.step(
            "fit_baselines", plugin=self.plugin, baselines=names, config=self.config, **self.learning_parts()
        )["baselines"]
        asked = [
            {"name": each["name"], "predictor": self.out("fit_baselines", each["name"], "predictor")}
            for each in fitted
            if each["failed"] is None
        ]
        self.step("predict_baselines", baselines=asked, **self.held_out())

    def judge(self, baselines: list[str], champion: dict[str, Any] | None = None) -> dict[str, Any]:
        return self.step(
            "judge",
            task="forecast",
            candidate={"name": self.plugin, "predictions": self.out("predict"), "seconds": 1.0},
            baselines=[
                {"name": name, "predictions": self.out("predict_baselines", name), "seconds": 0.1} for name in baselines
            ],
            failed=[],
            champion=champion,
            truth=self.out("hold_out", "truth"),
            **self.held_out(),
            train=self.out("split", "train"),
            split=self.results["split"],
        )


Make = Callable[..., Loop]


@pytest.fixture
def loop(child: Callable[..., Any], plugins_folder: Path, dataset: dict[str, Any]) -> Make:
    def make(plugin: str, **config: Any) -> Loop:
        return Loop(child, plugins_folder, dataset, plugin, **config)

    return make


def test_the_whole_loop_gives_an_evaluation_a_verdict_and_a_forecast(loop: Make) -> None:
    run = loop("test.linear", gap=2)
    fitted = run.learn()
    assert len(fitted["weights_sha256"]) == 64
    assert run.children["fit"].metrics
    run.predict()
    run.baselines("test.last", "test.mean", "test.failing", "test.failing_later")
    assert [each.get("failed") for each in run.results["fit_baselines"]["baselines"]] == [
        None,
        None,
        dict.fromkeys(("en", "tr"), "ValueError: the matrix is singular"),
        None,
    ]
    assert run.results["predict_baselines"]["baselines"][2] == {
        "name": "test.failing_later",
        "failed": dict.fromkeys(("en", "tr"), "ValueError: no prediction today"),
    }
    judged = run.judge(["test.last", "test.mean"])
    evaluation, verdict, forecast = judged["evaluation"], judged["verdict"], judged["figures"]["forecast"]
    assert [each["rank"] for each in evaluation["contenders"]] == [1, 2, 3]
    assert evaluation["contenders"][0]["name"] == evaluation["winner"] == "test.linear"
    winner = evaluation["contenders"][0]
    assert winner["metrics"]["skill"] > 0.1
    assert 0.7 < winner["metrics"]["coverage"] <= 1
    assert len(winner["horizons"]) == 3
    assert evaluation["parts"]["test"]["origins"] == load_part(run.out("hold_out", "test")).origins.size
    assert evaluation["parts"]["train"]["start"] == "2020-01-01T00:00:00Z"
    assert (verdict["decision"], verdict["champion"]) == ("promoted", "test.linear")
    assert {"en", "tr"} == set(verdict["reasons"][0]["text"])
    assert [len(forecast["next"]), forecast["interval"]] == [3, 0.9]
    assert forecast["next"][0]["at"] == "2021-08-23T00:00:00Z"
    assert forecast["next"][0]["low"] < forecast["next"][0]["value"] < forecast["next"][0]["high"]
    with np.load(run.out("judge", "errors.npz")) as errors:
        assert math.sqrt(float(np.square(errors["test.linear"]).mean())) == pytest.approx(
            winner["metrics"]["rmse"], rel=1e-5
        )


def test_the_test_part_does_not_exist_while_fitting(loop: Make, tmp_path: Path) -> None:
    import polars as pl

    run = loop("test.linear")
    run.learn()
    ranges = run.results["split"]["ranges"]
    for path in (tmp_path / "phases").rglob("frame.parquet"):
        assert pl.read_parquet(path).height <= ranges["validation"][1]
    run.predict()
    assert not (tmp_path / "phases" / "test.linear" / "hold_out" / "outputs" / "test" / "targets.npy").exists()


def test_the_same_seed_gives_the_same_hash_and_another_series_another(loop: Make) -> None:
    first = loop("test.linear").learn()["weights_sha256"]
    assert loop("test.linear").learn()["weights_sha256"] == first
    assert loop("test.linear", window=15).learn()["weights_sha256"] != first


@pytest.mark.parametrize(
    ("plugin", "sentence"),
    [
        ("leak.shifted_target", "changes by .* when the rows after it are removed"),
        ("leak.whole_part_scaler", "changes by .* when the rows after it are removed"),
        ("leak.batch_statistics", "changes by .* with other origins in the same batch"),
        ("leak.needs_later_rows", "changes by .* when the rows after it are removed|it fails"),
    ],
)
def test_a_leak_on_purpose_ends_the_run(loop: Make, plugin: str, sentence: str) -> None:
    run = loop(plugin)
    run.learn()
    with pytest.raises(InvalidInput, match=f"uses data from the future: .*({sentence})") as caught:
        run.predict()
    assert caught.value.error_code == "looks_into_the_future"
    assert plugin in caught.value.where


@pytest.mark.parametrize(
    ("plugin", "sentence"),
    [
        ("wrong.shape", r"'point' predictions have shape \(\d+, 4\), expected \(origin, horizon\) = \(\d+, 3\)"),
        ("wrong.nan", "1 of .* 'point' predictions are NaN or infinite, the first at origin number .* horizon 1"),
    ],
)
def test_unusable_predictions_are_one_clear_error(loop: Make, plugin: str, sentence: str) -> None:
    run = loop(plugin)
    run.learn()
    with pytest.raises(InvalidInput, match=sentence):
        run.predict()


def test_a_pickle_is_no_predictor(loop: Make) -> None:
    with pytest.raises(InvalidInput, match=r"save wrote 'model\.pkl'"):
        loop("wrong.pickle").learn()


def test_a_bad_split_is_refused_before_the_run_exists(loop: Make) -> None:
    run = loop("wrong.overlapping_split")
    with pytest.raises(InvalidInput, match="the set 'validation' begins at row 500, inside or before the set 'train'"):
        run.step("validate", plugin=run.plugin, config=run.config, dataset=run.dataset)
    assert not list(run.children.get("validate", run.make("x")).outputs.rglob("*.parquet"))


def test_a_series_shorter_than_the_window_is_refused_before_the_run_exists(loop: Make) -> None:
    run = loop("test.linear", window=450)
    with pytest.raises(InvalidInput, match="the series has 600 rows; this pipeline needs"):
        run.step("validate", plugin=run.plugin, config=run.config, dataset=run.dataset)


def test_save_load_predict_is_bit_identical(loop: Make, plugins_folder: Path) -> None:
    run = loop("test.linear")
    run.learn()
    run.predict()
    pipeline = load_plugin("pipeline", "test.linear", plugins_folder)()
    predictor = pipeline.load(Path(run.out("fit", "predictor")))
    again = pipeline.predict(predictor, load_part(run.out("hold_out", "test")))
    stored = load_predictions(run.out("predict", "test.npz"))
    assert np.array_equal(again.point, stored.point)
    assert np.array_equal(again.quantiles[0.95], stored.quantiles[0.95])


def champion_fields(run: Loop, **fields: Any) -> dict[str, Any]:
    found = {
        "name": "co2 v3",
        "predictions": run.out("predict_champion"),
        "learned_from": [["2020-01-01T00:00:00Z", "2021-05-24T00:00:00Z"]],
        "obstacle": None,
    }
    return found | fields


def test_a_champion_is_compared_with_the_candidate(loop: Make) -> None:
    run = loop("test.linear")
    run.learn()
    run.predict()
    run.baselines("test.last", "test.mean")
    run.step(
        "predict",
        phase="predict_champion",
        plugin="test.last",
        predictor=run.out("fit_baselines", "test.last", "predictor"),
        champion=True,
        **run.held_out(),
    )
    assert run.results["predict_champion"]["problem"] is None
    assert run.results["predict_champion"]["latency_ms"] > 0
    judged = run.judge(["test.last", "test.mean"], champion_fields(run))
    roles = {each["name"]: each["role"] for each in judged["evaluation"]["contenders"]}
    assert roles["co2 v3"] == "champion"
    assert judged["verdict"]["decision"] == "promoted"
    # The champion learned from everything: nothing is left to compare on.
    seen = [["2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"]]
    kept = run.judge(["test.last", "test.mean"], champion_fields(run, learned_from=seen))["verdict"]
    assert (kept["decision"], kept["champion"]) == ("not_comparable", "co2 v3")
    obstacle = {"code": "other_unit", "params": {"champion": "ppm", "candidate": "°C"}}
    other = run.judge(["test.last", "test.mean"], champion_fields(run, obstacle=obstacle))
    assert other["verdict"]["decision"] == "not_comparable"
    assert other["figures"]["forecast"]["contender"] == "test.linear"


def test_a_champion_that_cannot_predict_is_a_problem_and_no_failure(loop: Make) -> None:
    run = loop("test.linear")
    run.learn()
    run.predict()
    gone = run.step(
        "predict",
        phase="gone",
        plugin="no.such.plugin",
        predictor=run.out("fit", "predictor"),
        champion=True,
        **run.held_out(),
    )
    assert "'no.such.plugin' of kind pipeline does not exist" in gone["problem"]["en"]


def test_a_candidate_that_loses_is_ranked_where_it_belongs_and_the_baseline_is_champion(loop: Make) -> None:
    run = loop("test.mean")
    run.learn()
    run.predict()
    run.baselines("test.linear", "test.last")
    judged = run.judge(["test.linear", "test.last"])
    evaluation, verdict = judged["evaluation"], judged["verdict"]
    assert evaluation["contenders"][0]["name"] == evaluation["winner"] == evaluation["best_baseline"] == "test.linear"
    assert [each["rank"] for each in evaluation["contenders"]] == [1, 2, 3]
    assert next(each for each in evaluation["contenders"] if each["role"] == "candidate")["metrics"]["skill"] < 0
    assert (verdict["decision"], verdict["champion"]) == ("baseline_promoted", "test.linear")
    assert judged["figures"]["forecast"]["contender"] == "test.linear"
