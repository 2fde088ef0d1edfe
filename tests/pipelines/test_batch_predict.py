"""Batch predictions as the platform carries them: real queue, worker and children; killed, cancelled, kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.datasets.package import DATASETS
from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.events.package import EVENTS
from azuraforge.models.package import MODELS
from azuraforge.models.schemas import PredictRequest
from azuraforge.pipelines.batches import steps as batch_steps
from azuraforge.platform.composition import Platform
from azuraforge.processes.package import LAUNCHER
from azuraforge.runs.package import ARTIFACTS, RUNS
from azuraforge.runs.schemas import RunDetail, RunRequest
from azuraforge.runs.transitions import run_stream
from azuraforge.settings import RunSettings, Settings
from tests.task_kinds import use_baselines

PIPELINE = '''
"""The mean of the last week plus what it learned; needs a week of history, and takes as long as it is told.

Where there is a file ``hold``, it says so with a file ``held``, and waits until there is no such file any more.
"""

import json, time
from pathlib import Path
import numpy as np
from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.plugins import ForecastConfig, Pipeline, Predictions, chronological_split

class Week(Pipeline):
    name = "test.week"
    kind = "forecast"

    class Config(ForecastConfig):
        pause_seconds: float = 0.0

    def split(self, table, config):
        return chronological_split(table, config)

    def fit(self, run, train, validation):
        return {"shift": np.array([0.25])}, {"pause": run.config.pause_seconds}

    def save(self, predictor, folder):
        save_safetensors(folder / "weights.safetensors", predictor[0])
        (folder / "settings.json").write_text(json.dumps(predictor[1]))

    def load(self, folder):
        return load_safetensors(folder / "weights.safetensors")[0], json.loads((folder / "settings.json").read_text())

    def predict(self, predictor, part):
        weights, settings = predictor
        home = Path(__file__).parents[1]
        while (home / "hold").exists():
            (home / "held").touch()
            time.sleep(0.02)
        if (part.origins < 6).any():
            raise ValueError("a week of history is needed")
        time.sleep(settings["pause"] * len(part.origins) / 256)
        values = part.frame.get_column(part.schema.target).to_numpy()
        means = np.array([np.nanmean(values[o - 6 : o + 1]) for o in part.origins]) + float(weights["shift"][0])
        point = np.repeat(means[:, None], part.horizon, axis=1)
        return Predictions(point, {0.1: point - 1, 0.9: point + 1})
'''
ROWS = 1300
START = datetime(2020, 1, 1, tzinfo=UTC)


class Ground:
    """A platform without HTTP, and one series."""

    def __init__(self, home: Path) -> None:
        self.home = home
        (home / "plugins").mkdir(parents=True, exist_ok=True)
        (home / "plugins" / "week.py").write_text(PIPELINE)
        runs = RunSettings(concurrency=1, beat_seconds=0.3, reap_seconds=0.3, lease_seconds=1.5)
        self.platform = Platform(Settings(home=home, runs=runs))
        self.platform.start()
        self.services = self.platform.services
        self.project_id = self.platform.owner.project_id

    def add_series(self, name: str = "series", unit: str = "kW", rows: int = ROWS) -> None:
        rng = np.random.default_rng(0)
        values = 50 + np.cumsum(rng.normal(size=rows)) * 0.1
        lines = ["at,value"]
        lines += [f"{(START + timedelta(days=row)).isoformat()},{value:.6f}" for row, value in enumerate(values)]
        path = self.home / "series.csv"
        path.write_text("\n".join(lines) + "\n")
        options = FileOptions(name=name, time="at", target="value", unit=unit)
        self.services[DATASETS].add_file(self.project_id, path, path.name, options)

    def start(self, **request: Any) -> RunDetail:
        return self.services[RUNS].create(self.project_id, RunRequest(**request), "somebody")

    def batch(self, **config: Any) -> RunDetail:
        return self.start(kind="predict", model="series", dataset="series", config=config)

    def until(self, run: RunDetail, met: Callable[[RunDetail], bool]) -> RunDetail:
        deadline = time.monotonic() + 120
        while not met(run):
            assert time.monotonic() < deadline, run
            time.sleep(0.03)
            run = self.services[RUNS].get(self.project_id, run.id)
        return run

    def carry(self, run: RunDetail) -> RunDetail:
        return self.until(run, lambda run: run.state not in ("queued", "running"))

    def train(self, **config: Any) -> None:
        run = self.carry(self.start(plugin="test.week", dataset="series", config={"horizon": 2, **config}))
        assert run.state == "succeeded", run.error
        found = self.services[MODELS].reads.show(self.project_id, "series")
        if found.champion != 1:
            self.services[MODELS].aliases.promote_by_hand(
                self.project_id, "series", 1, alias="champion", reason="for this test", by="x"
            )

    def rows(self, run: RunDetail, name: str) -> pl.DataFrame:
        artifact = next(each for each in run.artifacts if each.name == name)
        return pl.read_parquet(self.services[ARTIFACTS].path(self.project_id, artifact.sha256))


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One platform with one trained version for all of them."""
    with pytest.MonkeyPatch.context() as patch:
        use_baselines(patch, "forecast", "forecasting.naive")
        made = Ground(tmp_path_factory.mktemp("batch") / "home")
        made.add_series()
        with pytest.raises(NotFound):
            made.batch()  # no such model yet
        made.train(pause_seconds=0.3)
        yield made
        made.platform.stop()


def test_every_row_that_can_be_is_predicted_from(ground: Ground) -> None:
    run = ground.carry(ground.batch())
    assert (run.state, run.error) == ("succeeded", None)
    assert run.summary is not None
    assert {name: run.summary[name] for name in ("rows", "origins", "skipped", "partial", "version")} == {
        "rows": (ROWS - 6) * 2, "origins": ROWS - 6, "skipped": 6, "partial": False, "version": 1,
    }  # fmt: skip
    assert run.progress.share == 1.0
    frame = ground.rows(run, "predictions.parquet")
    assert frame.columns == ["origin_at", "step", "target_at", "value", "q10", "q90", "naive", "actual", "learned"]
    first, last = frame.row(0, named=True), frame.row(-1, named=True)
    assert (first["origin_at"], first["step"]) == (START + timedelta(days=6), 1)
    assert first["target_at"] == START + timedelta(days=7)
    assert first["learned"] is True
    assert (last["origin_at"], last["target_at"]) == (
        START + timedelta(days=ROWS - 1), START + timedelta(days=ROWS + 1)
    )  # fmt: skip
    assert (last["actual"], last["learned"]) == (None, False)
    online = asyncio.run(ground.services[MODELS].predict(ground.project_id, "series", PredictRequest(), "x"))
    assert [point.value for point in online.predictions] == frame.tail(2)["value"].to_list(), "the same bits as online"
    fair = frame.filter(~pl.col("learned"), pl.col("actual").is_not_null())
    scores = run.summary["scores"]
    assert scores["rows"] == fair.height < frame.height / 2, "rows that it learned from say nothing"
    assert scores["mae"] == pytest.approx((fair["value"] - fair["actual"]).abs().mean())
    assert scores["naive_mae"] == pytest.approx((fair["naive"] - fair["actual"]).abs().mean())
    csv = next(each for each in run.artifacts if each.name == "predictions.csv")
    text = ground.services[ARTIFACTS].path(ground.project_id, csv.sha256).read_text().splitlines()
    assert len(text) == frame.height + 1
    assert text[1].startswith("2020-01-07T00:00:00Z,1,2020-01-08T00:00:00Z,")

    some = ground.carry(ground.batch(start=(START + timedelta(days=1000)).isoformat(), every=7))
    assert some.summary is not None
    assert (some.summary["origins"], some.summary["skipped"]) == (43, 0)
    part = ground.rows(some, "predictions.parquet")
    assert part["origin_at"].unique().sort()[:2].to_list() == [START + timedelta(days=day) for day in (1000, 1007)]
    assert (
        part.join(frame, on=["origin_at", "step"], suffix="_all")
        .select((pl.col("value") == pl.col("value_all")).all())
        .item()
    ), "a prediction does not depend on which others are asked for"


def test_a_cancelled_one_keeps_what_was_done_and_says_so(ground: Ground) -> None:
    run = ground.until(ground.batch(), lambda run: run.progress.phase == "predict-03")
    ground.services[RUNS].cancel(ground.project_id, run.id)
    run = ground.carry(run)
    assert run.state == "cancelled"
    frame = ground.rows(run, "predictions-partial.parquet")
    assert frame.height == 2 * 256 * 2, "two whole chunks of 256 origins"
    assert "predictions-partial.csv" in {each.name for each in run.artifacts}
    figure = ground.services[RUNS].figure(ground.project_id, run.id, "predictions")
    assert (figure["partial"], figure["chunks"], figure["of_chunks"]) == (True, 2, 6)
    assert any("2 of 6 parts" in note for note in run.notes)


def test_a_killed_platform_goes_on_with_the_next_chunk(ground: Ground) -> None:
    run = ground.until(ground.batch(), lambda run: run.progress.phase == "predict-03")
    (ground.home / "hold").touch()
    # Killed before the phase's child is born, the launcher would start again and nothing would be interrupted.
    run = ground.until(run, lambda _: (ground.home / "held").exists())
    ground.services[LAUNCHER]._server.process.kill()  # every child of it dies at once
    (ground.home / "hold").unlink()
    run = ground.carry(run)
    assert (run.state, run.summary and run.summary["partial"]) == ("succeeded", False)
    assert run.attempt > 1
    phases = [
        event.data["name"]
        for event in ground.services[EVENTS].read(ground.project_id, run_stream(run.id), limit=500)
        if event.type == "run.phase"
    ]
    assert phases.count("predict-01") == phases.count("predict-02") == 1, "what had ended is not done again"
    frame = ground.rows(run, "predictions.parquet")
    assert frame.height == (ROWS - 6) * 2 == frame.unique(["origin_at", "step"]).height


def test_what_cannot_be_predicted_is_said_before_a_run_exists(ground: Ground) -> None:
    ground.add_series("megawatts", unit="MW")
    with pytest.raises(InvalidInput, match="its unit is 'MW', but the version was trained with 'kW'"):
        ground.start(kind="predict", model="series", dataset="megawatts")
    with pytest.raises(InvalidInput, match="specifies no model"):
        ground.start(kind="predict", dataset="series")
    with pytest.raises(Conflict, match="has no alias 'candidate'"):
        ground.batch(alias="candidate")
    with pytest.raises(NotFound, match="no version 9"):
        ground.batch(version=9)
    with pytest.raises(InvalidInput) as caught:
        ground.batch(steps=3)
    assert caught.value.where == "config.steps"
    run = ground.carry(ground.batch(start="2031-01-01T00:00:00Z"))
    assert (run.state, run.error and run.error.message) == ("failed", "no row is between start and end")


class Numbered:
    """A task kind whose origins are what it is told, whatever the version and the table."""

    def __init__(self, origins: Any) -> None:
        self.told = origins

    def table(self, *_: Any) -> None:
        return None

    def batch(self) -> Numbered:
        return self

    def origins(self, *_: Any) -> tuple[Any, int]:
        return self.told, 0


def test_chunks_cover_every_origin_once(child: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_steps, "read_dataset", lambda _: None)
    dataset = {"paths": [], "schema": {"target": "value"}, "options": {}, "fingerprint": ""}
    for first, stop, every in ((0, 1, 1), (6, 1300, 1), (3, 100_000, 7), (0, 256, 1), (0, 257, 1)):
        told = Numbered(np.arange(first, stop, every))
        monkeypatch.setattr(batch_steps, "_load", lambda *_, kind=told: (None, kind))
        planned = child(f"plan-{stop}", plugin="test.week", predictor="", dataset=dataset, rows={"every": every})
        made = batch_steps.plan(planned)
        origins = np.load(made.origins_file)
        rows = [row for chunk in made.chunks for row in origins[slice(*chunk)].tolist()]
        assert rows == list(range(first, stop, every))
        assert made.origins == len(rows)
        assert len(made.chunks) <= 20
