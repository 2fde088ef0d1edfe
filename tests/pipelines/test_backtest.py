"""Backtests: where the folds lie, what their children are given, and what comes of them."""

from __future__ import annotations

import importlib
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.datasets.reading import canonical
from azuraforge.errors import InvalidInput
from azuraforge.pipelines import steps
from azuraforge.pipelines.backtests.handler import backtest
from azuraforge.pipelines.shapes import SplitInput, to_json
from azuraforge.plugins import DatasetSchema, Table
from azuraforge.plugins.contract.judging import SplitResult
from azuraforge.plugins.contract.shape import Shape
from azuraforge.plugins.kinds.forecast.folds import backtest_of, folds_of
from azuraforge.plugins.kinds.forecast.parts import load_part
from azuraforge.runs.handlers import PhaseResult
from tests.pipelines.conftest import make_table

NAMES = ["forecasting.naive", "forecasting.seasonal_naive"]


@dataclass
class PhasesHere:
    """A job whose phases run in this process; what crosses the pipe is JSON."""

    make_child: Callable[..., Any]
    began: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    share: float = 0.0

    def phase(self, name: str, entry: str, payload: Shape, *, share: float, result: type[Shape]) -> PhaseResult[Any]:
        self.began.append((name, json.loads(json.dumps(to_json(payload)))))
        self.share += share
        child = self.make_child(f"{id(self)}/{name}", **self.began[-1][1])
        module, _, function = entry.partition(":")
        answer = json.dumps(to_json(getattr(importlib.import_module(module), function)(child)))
        return PhaseResult(result.model_validate_json(answer), child.outputs)

    def figure(self, name: str, data: Mapping[str, Any]) -> None:
        self.figures[name] = json.loads(json.dumps(data))


def stored(table: Table, path: Path) -> dict[str, Any]:
    table.frame.write_parquet(path)
    schema = DatasetSchema(**asdict(table.schema))
    found = canonical.fingerprint(pl.read_parquet(path), schema, {})
    return {"paths": [str(path)], "schema": schema.to_json(), "options": {}, "fingerprint": found}


def carried(child: Callable[..., Any], table: Table, path: Path, names: list[str] = NAMES, **config: Any) -> Any:
    job, dataset = PhasesHere(child), stored(table, path)
    config = {"horizon": 3, "backtest_folds": 3, **config}
    asked = child(f"{id(job)}/split", plugin="forecasting.ridge", plugins_folder=None, config=config, dataset=dataset)
    split = to_json(steps.split(asked))
    result = SplitResult.model_validate(split)
    assert result.backtest is not None
    figure = backtest(
        job,  # type: ignore[arg-type]
        learner=SplitInput.model_validate({"plugin": "forecasting.ridge", "config": config, "dataset": dataset}),
        baselines=tuple(names),
        split=result,
        folds=result.backtest,
    )
    return to_json(figure), job, split


@pytest.mark.parametrize("count", [1, 2, 5, 9])
@pytest.mark.parametrize(("horizon", "gap"), [(1, 0), (6, 0), (2, 11)])
def test_folds_grow_and_a_purge_gap_lies_between_all_parts(count: int, horizon: int, gap: int) -> None:
    ranges = {"train": [0, 700], "validation": [700 + gap, 850], "test": [850 + gap, 1000]}
    folds = folds_of(ranges, count, horizon=horizon, gap=gap)
    assert len(folds) == count
    assert folds[-1].test[1] == 850, "the last ends where the run's own validation part ends"
    for fold in folds:
        assert fold.train[0] == 0
        for earlier, later in ((fold.train, fold.validation), (fold.validation, fold.test)):
            assert later[0] - earlier[1] == max(horizon, gap)
    for one, next_one in itertools.pairwise(folds):
        assert one.test[1] == next_one.test[0], "no row is judged twice, none is left out"
        assert one.train[1] < next_one.train[1]
    assert folds[0].train[1] >= folds[0].test[1] - folds[0].test[0]


def test_too_many_folds_are_refused_before_the_run_exists(child: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="20 backtest folds do not fit"):
        folds_of({"train": [0, 60], "validation": [60, 80], "test": [80, 100]}, 20, horizon=4, gap=0)
    dataset = stored(make_table(200), tmp_path / "short.parquet")
    config = {"horizon": 8, "backtest_folds": 20}
    asked = child("v", plugin="forecasting.naive", plugins_folder=None, config=config, dataset=dataset)
    with pytest.raises(InvalidInput) as refused:
        steps.validate(asked)
    assert "fewer folds" in refused.value.next_step


def test_each_fold_learns_again_and_is_measured_next_to_the_baselines(
    child: Callable[..., Any], tmp_path: Path
) -> None:
    figure, job, _ = carried(child, make_table(900), tmp_path / "series.parquet")
    assert job.figures["backtest"] == json.loads(json.dumps(figure))
    assert [len(fold["contenders"]) for fold in figure["folds"]] == [3, 3, 3]
    rows = {row["name"]: row for row in figure["contenders"]}
    errors = [fold["contenders"][0]["metrics"]["rmse"] for fold in figure["folds"]]
    assert rows["forecasting.ridge"]["rmse"] == {
        "mean": pytest.approx(np.mean(errors)),
        "deviation": pytest.approx(np.std(errors, ddof=1)),
        "folds": 3,
    }
    assert rows["forecasting.naive"]["beaten_in"] == 3
    assert rows["forecasting.ridge"]["beaten_in"] is None
    assert figure["purge_rows"] == 3
    assert job.share == pytest.approx(0.3)
    metrics = figure["folds"][0]["contenders"][0]["metrics"]
    assert 0 < metrics["skill"] < 1
    assert metrics["crps"] > 0


def test_a_learner_is_given_earlier_rows_only(child: Callable[..., Any], tmp_path: Path) -> None:
    figure, job, split = carried(child, make_table(900), tmp_path / "series.parquet")
    order = [name.rpartition(".")[2] for name, _ in job.began]
    assert order == ["cut", "fit", "hold", "predict"] * 3 + ["judge"], "rows to predict are written after learning"
    for name, payload in job.began:
        if not name.endswith(".fit"):
            continue
        assert "dataset" not in payload
        train, validation = load_part(payload["train"]), load_part(payload["validation"])
        fold = figure["folds"][int(name[9]) - 1]
        ends = [fold["parts"][part]["end"][:10] for part in ("train", "validation")]
        assert [str(part.frame["at"][-1])[:10] for part in (train, validation)] == ends
        assert ends[1] < fold["parts"]["test"]["start"][:10]
    for name, payload in job.began:
        if name.endswith(".predict"):
            part = load_part(payload["test"])
            assert part.targets is None
            assert part.frame.height <= split["ranges"]["validation"][1]


def test_the_runs_own_test_part_plays_no_role(child: Callable[..., Any], tmp_path: Path) -> None:
    table = make_table(900)
    one, _, split = carried(child, table, tmp_path / "one.parquet")
    wild = pl.when(pl.int_range(pl.len()) >= split["ranges"]["test"][0]).then(pl.col("value") * 9).otherwise("value")
    other, _, _ = carried(
        child, Table(table.frame.with_columns(wild.alias("value")), table.schema), tmp_path / "other.parquet"
    )
    assert _without_seconds(one) == _without_seconds(other)


def test_a_baseline_that_fails_is_listed_and_ends_nothing(child: Callable[..., Any], tmp_path: Path) -> None:
    figure, _, _ = carried(child, make_table(700), tmp_path / "s.parquet", [*NAMES, "nobody.knows"], backtest_folds=2)
    assert [each["name"] for fold in figure["folds"] for each in fold["failed"]] == ["nobody.knows"] * 2
    assert len(figure["contenders"]) == 3


def _without_seconds(figure: dict[str, Any]) -> str:
    return json.dumps([[each["metrics"] for each in fold["contenders"]] for fold in figure["folds"]])


def test_the_folds_of_a_winner_end_before_the_rows_that_chose_its_config_or_say_that_they_do_not() -> None:
    ranges = {"train": [0, 83], "validation": [83, 90], "test": [90, 105]}
    table, chosen = make_table(105), [70, 90]

    def of(count: int, horizon: int, chosen_by: list[int] | None) -> tuple[str | None, int]:
        found = backtest_of(table, ranges, {}, count=count, horizon=horizon, gap=0, chosen_by=chosen_by)
        return found.choice, found.folds[-1].test[1]

    assert of(2, 2, chosen) == ("before", 70)
    assert of(5, 6, chosen) == ("inside", 90)
    assert of(2, 2, None) == (None, 90)


def test_the_split_of_a_winner_tells_which_rows_chose_its_config(child: Any, tmp_path: Path) -> None:
    given = {"plugin": "forecasting.ridge", "plugins_folder": None, "config": {"horizon": 3}}
    dataset = stored(make_table(400), tmp_path / "rows.parquet")
    usual, retrained = (
        to_json(steps.split(child(name, dataset=dataset, retrained=name == "retrained", **given)))
        for name in ("usual", "retrained")
    )
    assert usual["chosen_by"] is None
    assert retrained["chosen_by"] == usual["ranges"]["validation"]
    assert retrained["ranges"]["validation"][0] > retrained["chosen_by"][0]
