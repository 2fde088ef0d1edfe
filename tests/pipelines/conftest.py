"""A series, a child in memory, and small pipelines dropped into a plugins folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.datasets.reading import canonical
from azuraforge.plugins import Checkpoint, DatasetSchema, Schema, Table


class MemoryChild:
    """The child side of a run without a pipe: what is reported stays in lists, checkpoints are folders."""

    def __init__(self, payload: dict[str, Any], outputs: Path, seed: int = 7) -> None:
        self.payload = payload
        self.outputs = outputs
        self.seed = seed
        self.threads = 1
        self.metrics: list[tuple[int, dict[str, float]]] = []
        self.progressed: list[tuple[int, int, str]] = []
        self.figures: dict[str, Mapping[str, Any]] = {}
        self.notes: list[str] = []
        outputs.mkdir(parents=True, exist_ok=True)

    def use_engine(self, made_with: Mapping[str, Any] | None = None) -> dict[str, Any]:
        self.engine = made_with
        return {"backend": "reference", "instruction_set": "numpy", "threads": 1, "kernels": ""}

    def log(self, step: int, **metrics: float) -> None:
        self.metrics.append((step, metrics))

    def progress(self, done: int, total: int, note: str = "") -> None:
        self.progressed.append((done, total, note))

    def checkpoint(self, step: int, save: Callable[[Path], None]) -> None:
        folder = self.outputs.parent / "checkpoints" / f"{step:09d}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        save(folder)

    def resume(self) -> Checkpoint | None:
        folders = sorted((self.outputs.parent / "checkpoints").glob("*"))
        return Checkpoint(int(folders[-1].name), folders[-1]) if folders else None

    def figure(self, name: str, data: Mapping[str, Any]) -> None:
        self.figures[name] = data

    def note(self, markdown: str) -> None:
        self.notes.append(markdown)


def make_table(rows: int, seed: int = 0, unit: str = "ppm") -> Table:
    """A daily series with a weekly cycle, memory and noise, and one feature."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=rows)
    level = np.zeros(rows)
    for row in range(1, rows):
        level[row] = 0.8 * level[row - 1] + noise[row]
    values = 50 + level + 3 * np.sin(2 * np.pi * np.arange(rows) / 7)
    start = datetime(2020, 1, 1, tzinfo=UTC)
    frame = pl.DataFrame(
        {
            "at": pl.Series([start + timedelta(days=row) for row in range(rows)], dtype=pl.Datetime("us", "UTC")),
            "value": values,
            "rain": rng.normal(size=rows),
        }
    )
    return Table(frame, Schema(time="at", target="value", features=("rain",), frequency="1d", season=7, unit=unit))


@pytest.fixture
def table() -> Table:
    return make_table(600)


@pytest.fixture
def dataset(table: Table, tmp_path: Path) -> dict[str, Any]:
    """The payload that names a dataset's file."""
    path = tmp_path / "dataset.parquet"
    table.frame.write_parquet(path)
    schema = DatasetSchema(**vars(table.schema))
    options: dict[str, Any] = {"reader": "test"}
    stored = pl.read_parquet(path)
    return {
        "paths": [str(path)],
        "schema": schema.to_json(),
        "options": options,
        "fingerprint": canonical.fingerprint(stored, schema, options),
    }


@pytest.fixture
def child(tmp_path: Path) -> Callable[..., MemoryChild]:
    """Make a child with a payload; its outputs are ``tmp_path/<phase>``."""

    def make(phase: str, seed: int = 7, **payload: Any) -> MemoryChild:
        return MemoryChild(payload, tmp_path / "phases" / phase / "outputs", seed)

    return make


PIPELINES = '''
import json
import os
import signal
import numpy as np
import polars as pl
from pydantic import BaseModel, Field
from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.plugins import Composition, ForecastConfig, LeftOutMember, Member, Pipeline, Predictions, Rows, Split
from azuraforge.plugins import chronological_split


class LinearConfig(ForecastConfig):
    window: int = Field(default=14, ge=1, le=500, description="rows looked back")


class Linear(Pipeline):
    """Least squares on a window; honest."""

    name = "test.linear"
    kind = "forecast"
    Config = LinearConfig

    def split(self, table, config):
        return chronological_split(table, config, window=config.window)

    def series(self, part):
        return part.frame.get_column(part.schema.target).to_numpy()

    def windows(self, part, origins, window):
        values = self.series(part)
        rows = np.maximum(origins[:, None] + np.arange(1 - window, 1), 0)
        return np.concatenate([values[rows], np.ones((len(origins), 1))], axis=1)

    def fit(self, run, train, validation):
        window = run.config.window
        usable = train.origins >= window - 1
        inputs = self.windows(train, train.origins[usable], window)
        weights = np.linalg.lstsq(inputs, train.targets[usable], rcond=None)[0]
        residual = validation.targets - self.windows(validation, validation.origins, window) @ weights
        run.log(1, loss=float(np.square(residual).mean()))
        run.progress(1, 1)
        return {"weights": weights, "low": np.quantile(residual, 0.05, axis=0),
                "high": np.quantile(residual, 0.95, axis=0)}

    def refit(self, run, evaluated, rows):
        window = run.config.window
        usable = rows.origins >= window - 1
        inputs = self.windows(rows, rows.origins[usable], window)
        return {**evaluated, "weights": np.linalg.lstsq(inputs, rows.targets[usable], rcond=None)[0]}

    def predict(self, predictor, part):
        point = self.windows(part, part.origins, len(predictor["weights"]) - 1) @ predictor["weights"]
        return Predictions(point, {0.05: point + predictor["low"], 0.95: point + predictor["high"]})

    def save(self, predictor, folder):
        save_safetensors(folder / "weights.safetensors", predictor)
        (folder / "preprocessing.json").write_text(json.dumps({"kind": "linear"}))

    def load(self, folder):
        return load_safetensors(folder / "weights.safetensors")[0]


class Last(Linear):
    name = "test.last"
    Config = ForecastConfig

    def split(self, table, config):
        return chronological_split(table, config)

    def fit(self, run, train, validation):
        return {"shape": np.zeros(1)}

    def refit(self, run, evaluated, rows):
        return None

    def predict(self, predictor, part):
        return Predictions(np.repeat(self.series(part)[part.origins][:, None], part.horizon, axis=1))


class Mean(Last):
    name = "test.mean"

    def fit(self, run, train, validation):
        return {"mean": np.array([train.targets.mean()])}

    def predict(self, predictor, part):
        return Predictions(np.full((len(part.origins), part.horizon), predictor["mean"][0]))


class StepwiseConfig(LinearConfig):
    marker: str = Field(default="", description="a file; where it is not there yet, the process dies in mid-training")


class Stepwise(Linear):
    """Learns by noisy gradient steps, with a checkpoint after each."""

    name = "test.stepwise"
    Config = StepwiseConfig

    def fit(self, run, train, validation):
        window = run.config.window
        inputs = self.windows(train, train.origins, window) / 50
        rng = np.random.default_rng(run.seed)
        state = {"weights": np.zeros((window + 1, train.horizon)), "low": np.zeros(train.horizon),
                 "high": np.zeros(train.horizon)}
        first, found = 0, run.resume()
        if found is not None:
            first = found.step
            state = load_safetensors(found.folder / "state.safetensors")[0]
            rng.bit_generator.state = json.loads((found.folder / "random.json").read_text())
        for step in range(first, 12):
            rows = rng.choice(len(inputs), 64)
            error = inputs[rows] @ state["weights"] - train.targets[rows] / 50
            state["weights"] -= 0.05 * inputs[rows].T @ error / len(rows)
            run.log(step, loss=float(np.square(error).mean()))

            def save(folder):
                save_safetensors(folder / "state.safetensors", state)
                (folder / "random.json").write_text(json.dumps(rng.bit_generator.state))

            run.checkpoint(step + 1, save)
            run.progress(step + 1, 12)
            if step == 6 and run.config.marker and not os.path.exists(run.config.marker):
                open(run.config.marker, "w").close()
                os.kill(os.getpid(), signal.SIGKILL)
        return state

    def predict(self, predictor, part):
        point = self.windows(part, part.origins, len(predictor["weights"]) - 1) @ predictor["weights"]
        return Predictions(point)


class Failing(Last):
    name = "test.failing"

    def fit(self, run, train, validation):
        raise ValueError("the matrix is singular")


class FailingLater(Last):
    name = "test.failing_later"

    def predict(self, predictor, part):
        raise ValueError("no prediction today")


class Pair(Linear):
    """A third party's ensemble: the mean of a line and the last value; the refit leaves the line as it was."""

    name = "test.pair"

    def composition(self, predictor):
        gone = [LeftOutMember.of("test.failing", "failed", "the matrix is singular")]
        members = tuple(Member(name=name, weight=0.5, score=1.0, seconds=0.1) for name in ("test.line", "test.last"))
        return Composition(rule="weights", measure={"en": "error"}, members=members, left_out=tuple(gone))

    def member_predictions(self, predictor, part):
        return {"test.line": super().predict(predictor, part), "test.last": Last().predict({}, part)}

    def predict(self, predictor, part):
        alone = self.member_predictions(predictor, part)
        return Predictions(np.mean([each.point for each in alone.values()], axis=0))

    def refit(self, run, evaluated, rows):
        return evaluated


class ForgetfulPair(Pair):
    name = "test.forgetful_pair"

    def member_predictions(self, predictor, part):
        if part.targets is None and len(part.origins) > 1:
            return {"test.line": Predictions(np.zeros((1, 1)))}
        return super().member_predictions(predictor, part)

    def predict(self, predictor, part):
        return Linear.predict(self, predictor, part)


class WrongRefit(Linear):
    name = "wrong.refit"

    def refit(self, run, evaluated, rows):
        raise ValueError("no rest for the wicked")


class ShiftedTarget(Linear):
    """A leak: the next row's target stands among the features."""

    name = "leak.shifted_target"

    def windows(self, part, origins, window):
        values = self.series(part)
        following = np.minimum(origins + 1, len(values) - 1)
        return np.concatenate([super().windows(part, origins, window), values[following][:, None]], axis=1)

    def predict(self, predictor, part):
        point = self.windows(part, part.origins, len(predictor["weights"]) - 2) @ predictor["weights"]
        return Predictions(point)


class WholePartScaler(Linear):
    """A leak: values are scaled by what the whole part holds, later rows included."""

    name = "leak.whole_part_scaler"

    def series(self, part):
        values = super().series(part)
        return (values - values.mean()) / values.std()

    def predict(self, predictor, part):
        values = super().series(part)
        point = self.windows(part, part.origins, len(predictor["weights"]) - 1) @ predictor["weights"]
        return Predictions(point * values.std() + values.mean())


class BatchStatistics(Last):
    """A leak: the answer for one origin depends on the other origins asked with it."""

    name = "leak.batch_statistics"

    def predict(self, predictor, part):
        last = self.series(part)[part.origins]
        return Predictions(np.repeat((0.9 * last + 0.1 * last.mean())[:, None], part.horizon, axis=1))


class NeedsLaterRows(Last):
    """A leak that shows as a crash."""

    name = "leak.needs_later_rows"

    def predict(self, predictor, part):
        if part.start < part.frame.height:
            return Predictions(self.series(part)[part.origins[:, None] + np.arange(1, part.horizon + 1)])
        return super().predict(predictor, part)


class WrongShape(Last):
    name = "wrong.shape"

    def predict(self, predictor, part):
        return Predictions(np.zeros((len(part.origins), part.horizon + 1)))


class NotANumber(Last):
    name = "wrong.nan"

    def predict(self, predictor, part):
        predictions = super().predict(predictor, part)
        predictions.point[-1, 0] = np.nan
        return predictions


class Pickles(Last):
    name = "wrong.pickle"

    def save(self, predictor, folder):
        (folder / "model.pkl").write_bytes(b"x")


class WithoutHorizon(Last):
    """A config of its own that does not know the word."""

    name = "test.without_horizon"

    class Config(BaseModel):
        pass

    def split(self, table, config):
        n = len(table)
        return Split(Rows(0, n - 200), Rows(n - 200, n - 100), Rows(n - 100, n))


class Overlapping(Last):
    name = "wrong.overlapping_split"

    def split(self, table, config):
        n = len(table)
        return Split(Rows(0, n - 50), Rows(n - 100, n - 50), Rows(n - 50, n))
'''


@pytest.fixture
def plugins_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "pipelines.py").write_text(PIPELINES)
    return folder
