"""``TimeSeriesPipeline`` as an author meets it: a network and a config, and the rest comes along."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pytest

from azuraforge.engine import Tensor, data, nn
from azuraforge.engine.io import load_safetensors
from azuraforge.engine.nn.functional import concat
from azuraforge.errors import InvalidInput
from azuraforge.pipelines.predictor import hash_folder
from azuraforge.plugins import QUANTILE_LEVELS, Checkpoint, Schema, Table
from azuraforge.plugins.forecasting.time_series import Forecaster, TimeSeriesPipeline
from azuraforge.plugins.forecasting.training_config import TimeSeriesConfig
from azuraforge.plugins.forecasting.windows import Inputs
from azuraforge.plugins.kinds.forecast.parts import cut_learning, cut_test
from azuraforge.testing import MemoryRun


class Dense(nn.Module):
    """The smallest network an author might write."""

    def __init__(self, inputs: Inputs, outputs: int) -> None:
        super().__init__()
        self.shape = (inputs.horizon, outputs)
        width = inputs.window * inputs.channels + inputs.horizon * inputs.known
        self.layers = nn.Sequential(
            nn.Linear(width, 16), nn.Tanh(), nn.Dropout(0.2), nn.Linear(16, int(np.prod(self.shape)))
        )

    def forward(self, window: Tensor, known: Tensor) -> Tensor:
        flat = concat([window.flatten(1), known.flatten(1)], axis=1)
        return self.layers(flat).reshape(len(window), *self.shape)


class DenseForecaster(TimeSeriesPipeline[TimeSeriesConfig]):
    name: ClassVar[str] = "test.dense"
    Config = TimeSeriesConfig

    def build(self, config: TimeSeriesConfig, inputs: Inputs, outputs: int) -> nn.Module:
        return Dense(inputs, outputs)


def series(rows: int = 700, growth: bool = False) -> Table:
    rng = np.random.default_rng(4)
    level = np.zeros(rows)
    for row in range(1, rows):
        level[row] = 0.8 * level[row - 1] + rng.normal()
    values = 30 + level + 4 * np.sin(2 * np.pi * np.arange(rows) / 24)
    if growth:
        values = np.exp(values / 30 + np.arange(rows) / 300)
    start = datetime(2024, 3, 1, tzinfo=UTC)
    at = pl.Series([start + timedelta(hours=row) for row in range(rows)], dtype=pl.Datetime("us", "UTC"))
    return Table(pl.DataFrame({"at": at, "y": values}), Schema("at", "y", frequency="1h", season=24))


def fit(
    table: Table, folder: Path, resume_from: Checkpoint | None = None, seed: int = 7, **config: Any
) -> tuple[Forecaster, MemoryRun[TimeSeriesConfig], dict[str, Any]]:
    parsed = TimeSeriesConfig.model_validate({"horizon": 4, "window": 24, "batch_size": 32, **config})
    pipeline = DenseForecaster()
    split = pipeline.split(table, parsed)
    parts = {
        "train": cut_learning(table, split.train, 4),
        "validation": cut_learning(table, split.validation, 4),
        "test": cut_test(table, split.test, 4),
    }
    run = MemoryRun(parsed, folder, seed=seed, resume_from=resume_from)
    return pipeline.fit(run, parts["train"], parts["validation"]), run, parts


def saved_hash(forecaster: Forecaster, folder: Path) -> str:
    folder.mkdir()
    DenseForecaster().save(forecaster, folder)
    return hash_folder(folder, "test")


@pytest.mark.parametrize("transform", ["none", "log", "difference"])
def test_it_learns_under_every_transform_and_its_interval_holds_what_it_says(transform: str, tmp_path: Path) -> None:
    table = series(2000, growth=transform == "log")
    forecaster, run, parts = fit(table, tmp_path, transform=transform, epochs=12)
    test, truth = parts["test"]
    made = DenseForecaster().predict(forecaster, test)
    values = table.frame["y"].to_numpy()
    naive = np.sqrt(np.mean((truth - values[test.origins][:, None]) ** 2))
    assert np.sqrt(np.mean((made.point - truth) ** 2)) < 0.85 * naive
    inside = (made.quantiles[0.05] <= truth) & (truth <= made.quantiles[0.95])
    assert 0.8 < inside.mean() < 0.97
    assert sorted(made.quantiles) == list(QUANTILE_LEVELS)
    losses = [point["loss"] for _, point in run.metrics if "validation_loss" in point]
    assert losses[-1] < losses[0]


def test_the_point_forecast_under_log_is_the_expected_value_and_not_the_median(tmp_path: Path) -> None:
    """Independent lognormal values have the mean exp(1/2) and the median 1; nothing about them can be foreseen."""
    rows = 3000
    values = np.exp(np.random.default_rng(1).normal(size=rows))
    table = series(rows)
    table = Table(table.frame.with_columns(pl.Series("y", values)), table.schema)
    forecaster, _, parts = fit(table, tmp_path / "run", transform="log", epochs=2, calendar=False)
    (tmp_path / "saved").mkdir()
    DenseForecaster().save(forecaster, tmp_path / "saved")
    loaded = DenseForecaster().load(tmp_path / "saved")
    test, truth = parts["test"]
    made = DenseForecaster().predict(loaded, test)
    assert np.array_equal(made.point, DenseForecaster().predict(forecaster, test).point)
    assert abs(made.point.mean() / np.exp(0.5) - 1) < 0.12
    assert abs(np.median(made.quantiles[0.5]) - 1) < 0.12
    assert abs((truth <= made.quantiles[0.95]).mean() - 0.95) < 0.03


def random_walk() -> Table:
    """Nothing to learn: the validation loss rises after the first epoch."""
    table = series(300)
    walk = pl.Series("y", np.random.default_rng(0).normal(size=300).cumsum())
    return Table(table.frame.with_columns(walk), table.schema)


# On the walk the best epoch is an early one, so what was best before the stop must have survived it.
@pytest.mark.parametrize(
    ("table", "config"),
    [
        (series(), {"epochs": 3}),
        (series(), {"epochs": 9, "max_steps": 40}),
        (random_walk(), {"epochs": 4, "learning_rate": 0.03}),
    ],
    ids=["series", "steps", "walk"],
)
def test_a_run_stopped_in_the_middle_of_an_epoch_ends_at_the_same_bits(
    table: Table, config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("azuraforge.plugins.training._CHECKPOINT_STEPS", 5)
    whole, run, _ = fit(table, tmp_path / "whole", **config)
    expected = saved_hash(whole, tmp_path / "saved")
    epochs = [step for step, point in run.metrics if "validation_loss" in point]
    assert any(each.step not in epochs for each in run.checkpoints), "some checkpoints lie inside an epoch"
    steps = [each.step for each in run.checkpoints]
    assert len(set(steps)) == len(steps) > 6
    for checkpoint in run.checkpoints:
        resumed, again, _ = fit(table, tmp_path / f"from{checkpoint.step}", checkpoint, **config)
        assert saved_hash(resumed, tmp_path / f"saved{checkpoint.step}") == expected
        assert all(step > checkpoint.step for step, _ in again.metrics), "nothing is told twice"


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    hashes = {
        saved_hash(fit(series(), tmp_path / f"run{seed}", seed=seed, epochs=1)[0], tmp_path / f"saved{seed}")
        for seed in (1, 2)
    }
    assert len(hashes) == 2


def test_the_best_look_at_the_validation_part_is_kept(tmp_path: Path) -> None:
    """A learning rate that ruins the network leaves the version no worse than its best epoch."""
    forecaster, run, parts = fit(series(), tmp_path, epochs=6, learning_rate=1.0, clip_norm=1000, patience=100)
    looks = [point["validation_loss"] for _, point in run.metrics if "validation_loss" in point]
    from azuraforge.plugins.forecasting.gradient_descent import PREDICT_BATCH, _loss_of

    checking = forecaster.preprocessing.examples(parts["validation"], learning=True)
    total = sum(
        _loss_of("mse")(forecaster.network(*batch[:-1]), batch[-1]).item() * len(batch[-1])
        for batch in data.Batches(checking, PREDICT_BATCH)
    )
    assert total / len(checking) <= min(looks) * (1 + 1e-6)


def test_progress_ends_whole_and_steps_grow(tmp_path: Path) -> None:
    _, run, _ = fit(series(), tmp_path, epochs=3)
    assert run.progressed[-1][0] == run.progressed[-1][1]
    steps = [step for step, _ in run.metrics]
    assert steps == sorted(steps)


def test_max_steps_ends_a_long_training(tmp_path: Path) -> None:
    """The limit falls inside an epoch: that epoch ends there, and its look at the validation part is taken."""
    _, run, _ = fit(series(), tmp_path, epochs=1000, max_steps=20)
    assert run.metrics[-1][0] == 20
    assert "validation_loss" in run.metrics[-1][1]
    assert run.progressed[-1][:2] == (20, 20)
    _, run, _ = fit(series(), tmp_path, max_steps=5)
    assert run.metrics[-1][0] == 5


def test_a_version_holds_weights_and_readable_preprocessing_only(tmp_path: Path) -> None:
    forecaster, _, _ = fit(series(), tmp_path / "run", epochs=1)
    folder = tmp_path / "version"
    folder.mkdir()
    DenseForecaster().save(forecaster, folder)
    assert sorted(path.name for path in folder.iterdir()) == ["preprocessing.json", "weights.safetensors"]
    text = (folder / "preprocessing.json").read_text()
    assert text == json.dumps(json.loads(text), sort_keys=True)
    tensors, _ = load_safetensors(folder / "weights.safetensors")
    assert [tensors[name].shape for name in ("offsets", "trust", "smearing")] == [(len(QUANTILE_LEVELS), 4), (4,), (4,)]


def test_a_network_is_followed_as_far_as_it_was_right() -> None:
    from azuraforge.plugins.forecasting.trust import learn_trust, trusted

    rng = np.random.default_rng(0)
    truth = rng.normal(size=(500, 4))
    change = np.stack([truth[:, 0], 2 * truth[:, 1], -truth[:, 2], 0 * truth[:, 3]], axis=1)
    assert learn_trust(change, truth).tolist() == pytest.approx([1.0, 0.5, 0.0, 1.0])
    answers = np.array([[[4.0, 3.0, 4.0, 6.0]]])  # the point moves, the distances of the quantiles stay
    assert trusted(answers, np.array([0.5])).tolist() == [[[2.0, 1.0, 2.0, 4.0]]]


class Exploding(DenseForecaster):
    def build(self, config: TimeSeriesConfig, inputs: Inputs, outputs: int) -> nn.Module:
        network = Dense(inputs, outputs)
        for parameter in network.parameters():
            parameter.data[...] = 1e30
        return network


def test_a_training_that_diverges_is_one_clear_error(tmp_path: Path) -> None:
    parsed = TimeSeriesConfig.model_validate({"horizon": 4, "window": 24, "epochs": 1})
    table = series()
    split = Exploding().split(table, parsed)
    train, validation = cut_learning(table, split.train, 4), cut_learning(table, split.validation, 4)
    with np.errstate(all="ignore"), pytest.raises(InvalidInput, match="training failed at step") as refused:
        Exploding().fit(MemoryRun(parsed, tmp_path), train, validation)
    assert "learning_rate" in refused.value.next_step


@pytest.mark.parametrize(
    ("rows", "config", "message"),
    [
        (40, {}, "the series has 40 rows; this pipeline needs"),
        (700, {"window": 600}, "needs at least 863 with horizon 4 and window 600"),
    ],
)
def test_a_series_shorter_than_its_window_is_refused(rows: int, config: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=message):
        fit(series(rows), tmp_path, **config)


def test_the_window_follows_the_season_within_limits() -> None:
    def window(season: int) -> int:
        return TimeSeriesConfig().window_of(Schema("at", "y", season=season))

    assert [window(season) for season in (1, 12, 24, 52, 1440)] == [30, 36, 72, 156, 192]


def test_another_horizon_is_refused(tmp_path: Path) -> None:
    forecaster, _, _ = fit(series(), tmp_path, epochs=1)
    longer, _ = cut_test(series(), DenseForecaster().split(series(), forecaster.config).test, 9)
    with pytest.raises(InvalidInput, match="predicts 4 rows ahead, not 9"):
        DenseForecaster().predict(forecaster, longer)
