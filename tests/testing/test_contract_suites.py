"""The suites themselves: each rule must catch the plugin that breaks it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, get_args

import numpy as np
import polars as pl
import pytest
from pydantic import BaseModel, Field

from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.plugins import (
    Agent,
    ClassPredictions,
    Config,
    ForecastConfig,
    ImagePart,
    ImagePipeline,
    ImageSplit,
    ImageTable,
    Part,
    Pipeline,
    Predictions,
    Rows,
    Schema,
    Source,
    SourceRead,
    Split,
    Table,
    chronological_split,
    search_range,
)
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.testing import ContractBroken, check_agent, check_pipeline, check_search, check_source


@pytest.fixture(scope="module")
def table() -> Table:
    rng = np.random.default_rng(2)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    at = pl.Series([start + timedelta(days=row) for row in range(150)], dtype=pl.Datetime("us", "UTC"))
    return Table(pl.DataFrame({"at": at, "y": rng.normal(size=150).cumsum()}), Schema("at", "y", frequency="1d"))


class Good(Pipeline[Any, Any]):
    """An honest forecaster that counts to five, with a checkpoint at each number."""

    kind = "forecast"
    Config = ForecastConfig
    title: ClassVar[dict[str, str]] = {"en": "Good"}

    def split(self, table: Table, config: Any) -> Split:
        return chronological_split(table, config)

    def fit(self, run: Any, train: Any, validation: Any) -> Any:
        rng = np.random.default_rng(run.seed)
        found = run.resume()
        start, total = 0, 0.0
        if found is not None:
            kept = json.loads((found.folder / "state.json").read_text())
            start, total = kept["start"], kept["total"]
            rng.bit_generator.state = kept["rng"]
        for step in range(start, 5):
            total += self.draw(rng)

            def save(folder: Path, step: int = step, total: float = total) -> None:
                state = {"start": step + 1, "total": total, "rng": rng.bit_generator.state}
                (folder / "state.json").write_text(json.dumps(state))

            run.checkpoint(step + 1, save)
        return {"shift": np.array([total / 100])}

    def draw(self, rng: np.random.Generator) -> float:
        return float(rng.normal())

    def predict(self, predictor: Any, part: Any) -> Predictions:
        last = column_values(part.frame, part.schema.target)[part.origins]
        point = np.repeat(last[:, None] + predictor["shift"], part.horizon, axis=1)
        return Predictions(point, {0.05: point - 1, 0.5: point, 0.95: point + 1})

    def save(self, predictor: Any, folder: Path) -> None:
        save_safetensors(folder / "weights.safetensors", predictor)

    def load(self, folder: Path) -> Any:
        return load_safetensors(folder / "weights.safetensors")[0]


def test_an_honest_pipeline_passes(table: Table) -> None:
    check_pipeline(Good, table, {"horizon": 2})


class Overlapping(Good):
    def split(self, table: Table, config: Any) -> Split:
        return Split(Rows(0, 100), Rows(90, 120), Rows(120, 150))


class CrossedQuantiles(Good):
    def predict(self, predictor: Any, part: Any) -> Predictions:
        made = super().predict(predictor, part)
        return Predictions(made.point, {0.05: made.point + 1, 0.95: made.point})


class Rounding(Good):
    """Saving loses the last bits."""

    def save(self, predictor: Any, folder: Path) -> None:
        super().save({"shift": predictor["shift"].astype(np.float32)}, folder)


class ForgetsOnLoad(Good):
    def load(self, folder: Path) -> Any:
        return {"shift": super().load(folder)["shift"] + np.random.default_rng().normal()}


class OwnDice(Good):
    """Randomness that the seed does not reach."""

    def draw(self, rng: np.random.Generator) -> float:
        return float(np.random.default_rng().normal())


class ForgetsItsDice(Good):
    """A checkpoint without the random state."""

    def fit(self, run: Any, train: Any, validation: Any) -> Any:
        found = run.resume()
        if found is not None:
            path = found.folder / "state.json"
            kept = json.loads(path.read_text())
            path.write_text(json.dumps({**kept, "rng": np.random.default_rng(run.seed).bit_generator.state}))
        return super().fit(run, train, validation)


class ScaledByTheTestPart(Good):
    """Leaks only where later rows are wild: the guard's cuts and the distorted rows must find it."""

    def predict(self, predictor: Any, part: Any) -> Predictions:
        made = super().predict(predictor, part)
        return Predictions(made.point + np.nanmax(column_values(part.frame, part.schema.target)) * 1e-3)


class Pickles(Good):
    def save(self, predictor: Any, folder: Path) -> None:
        super().save(predictor, folder)
        (folder / "model.pkl").write_bytes(b"")


class ShapeError(Good):
    def predict(self, predictor: Any, part: Any) -> Predictions:
        return Predictions(super().predict(predictor, part).point[:-1])


class NoConfig(Good):
    Config = dict


BROKEN = [
    (Overlapping, "inside or before the set .train."),
    (CrossedQuantiles, r"quantiles 0\.05 and 0\.95 cross"),
    (Rounding, "other bits after save and load"),
    (ForgetsOnLoad, "two loads of one folder"),
    (OwnDice, "other bits|the same seed gave another predictor"),
    (ForgetsItsDice, "resumed from the checkpoint at step"),
    (ScaledByTheTestPart, "uses data from the future|rows of the test set"),
    (Pickles, r"save wrote 'model\.pkl'"),
    (ShapeError, "expected \\(origin, horizon\\)"),
    (NoConfig, "must be a pydantic model"),
]


@pytest.mark.parametrize(("plugin", "message"), BROKEN, ids=lambda value: getattr(value, "__name__", ""))
def test_each_rule_catches_the_pipeline_that_breaks_it(plugin: type[Any], message: str, table: Table) -> None:
    with pytest.raises(ContractBroken, match=message):
        check_pipeline(plugin, table, {"horizon": 2})


class ReadsAColumn(Good):
    reads_columns = False

    def predict(self, predictor: Any, part: Any) -> Predictions:
        made = super().predict(predictor, part)
        return Predictions(made.point + 0.01 * column_values(part.frame, "x")[part.origins][:, None])


def test_a_pipeline_that_denies_reading_a_column_is_caught(table: Table) -> None:
    wide = Table(
        table.frame.with_columns(x=pl.col("y").shift(1).fill_null(0.0)), replace(table.schema, features=("x",))
    )
    with pytest.raises(ContractBroken, match="declares reads_columns = False, but"):
        check_pipeline(ReadsAColumn, wide, {"horizon": 2})


class Question(Config):
    number: int = Field(ge=0, description="to be doubled")


class Doubler(Agent):
    name: ClassVar[str] = "doubler"
    Request: ClassVar[type[BaseModel]] = Question

    def execute(self, request: Question) -> dict[str, Any]:
        self.context.progress(1, 1)
        return {"doubled": 2 * request.number}


class NotJson(Doubler):
    def execute(self, request: Question) -> dict[str, Any]:
        return {"doubled": {2 * request.number}}


class NoDict(Doubler):
    def execute(self, request: Question) -> Any:
        return 2 * request.number


class BeyondTheEnd(Doubler):
    def execute(self, request: Question) -> dict[str, Any]:
        self.context.progress(3, 2)
        return {}


def test_an_agent_is_held_to_its_contract() -> None:
    assert check_agent(Doubler, {"number": 4}) == {"doubled": 8}
    for plugin, message in [
        (NotJson, "is not JSON"),
        (NoDict, "must return a dict"),
        (BeyondTheEnd, "progress 3 of 2"),
    ]:
        with pytest.raises(ContractBroken, match=message):
            check_agent(plugin, {"number": 4})


class Options(Config):
    rows: int = Field(default=3, ge=0)


class Steps(Source):
    name: ClassVar[str] = "steps"
    Options: ClassVar[type[BaseModel]] = Options

    def read(self, options: Options) -> SourceRead:
        frame = pl.DataFrame({"at": ["2024-01-01", "2024-01-02", "2024-01-03"], "y": [1.0, 2.0, 3.0]})
        return SourceRead(frame.head(options.rows), time="at", target="y")


class ForeignColumn(Steps):
    def read(self, options: Options) -> SourceRead:
        return SourceRead(super().read(options).frame, time="at", target="z")


class NumberAsTime(Steps):
    def read(self, options: Options) -> SourceRead:
        return SourceRead(super().read(options).frame, time="y", target="at")


def test_a_source_is_held_to_its_contract() -> None:
    assert check_source(Steps, {}).frame.height == 3
    with pytest.raises(ContractBroken, match="read no rows"):
        check_source(Steps, {"rows": 0})
    for plugin, message in [(ForeignColumn, "lacks: z"), (NumberAsTime, "the time column 'y' holds Float64")]:
        with pytest.raises(ContractBroken, match=message):
            check_source(plugin, {})


def test_the_bundled_source_keeps_the_contract() -> None:
    from azuraforge.datasets.sources.bundled import Bundled

    assert check_source(Bundled, {"series": "co2"}).target == "co2"


def test_a_pipeline_may_leave_what_its_task_gives_to_the_contract() -> None:
    """Two parameters are a forecaster's, as ever; none are taken, too; images have parts of their own."""
    forecaster = get_args(Good.__orig_bases__[0])  # type: ignore[attr-defined]
    assert forecaster[2:] == (Part, Predictions, Table, Split)
    classifier = get_args(ImagePipeline.__orig_bases__[0])  # type: ignore[attr-defined]
    assert classifier[2:] == (ImagePart, ClassPredictions, ImageTable, ImageSplit)

    class Plain(Pipeline):  # type: ignore[type-arg]
        kind = "forecast"

    assert issubclass(Plain, Pipeline)
    assert get_args(Pipeline[Any, int])[1:3] == (int, Part)


@pytest.mark.parametrize(
    ("default", "declared", "named"),
    [(4, (1, 400), "contains 400"), (40, (1, 20), "does not contain its default"), (4, None, "not valid")],
)
def test_a_search_range_that_the_field_refuses_breaks_the_contract(default, declared, named) -> None:
    search = {"search": {"low": 3, "high": 1}} if declared is None else search_range(*declared)

    class Searched(Config):
        width: int = Field(default, ge=1, le=100, json_schema_extra=search)

    with pytest.raises(ContractBroken, match=named):
        check_search(Searched)
