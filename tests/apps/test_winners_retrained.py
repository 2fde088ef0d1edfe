"""A fixed end, as a study's winner has it: so many trees or epochs, and no weight chosen by the calibration rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from azuraforge.apps.forecasting.boosting.config import BoostedConfig
from azuraforge.apps.forecasting.boosting.forecaster import BoostedLags
from azuraforge.apps.vision.cnn import CnnClassifier, CnnConfig
from azuraforge.plugins import ImageSchema, ImageTable, Rows, Schema, Table
from azuraforge.plugins.kinds.classify.parts import image_part
from azuraforge.plugins.kinds.forecast.parts import cut_learning
from azuraforge.testing import MemoryRun


def trees(
    values: np.ndarray, folder: Path, stop_after: int | None, linear: bool
) -> tuple[int, dict[str, np.ndarray], MemoryRun]:
    table = Table(pl.DataFrame({"value": values}), Schema(time=None, target="value", season=7))
    config = BoostedConfig(
        horizon=2, trees=200, learning_rate=0.5, patience=4, leaf_rows=5, linear=linear, stop_after=stop_after
    )
    run = MemoryRun(config, folder, seed=3)
    learned = BoostedLags().fit(run, cut_learning(table, Rows(0, 300), 2), cut_learning(table, Rows(300, 380), 2))
    grown = {
        key: array
        for number, forest in enumerate(learned.forests)
        for key, array in forest.to_arrays(str(number)).items()
    }
    if learned.ridge is not None:
        grown |= learned.ridge.arrays
    return len(learned.forests[0]), grown, run


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("stop_after", [3, None])
def test_trees_end_where_the_config_says(stop_after: int | None, linear: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values = np.sin(np.arange(380) / 3) + rng.normal(size=380) * 0.1
    other = values.copy()
    other[300:] = rng.normal(size=80) * 5
    count, one, run = trees(values, tmp_path / "a", stop_after, linear)
    _, two, _ = trees(other, tmp_path / "b", stop_after, linear)
    same = one.keys() == two.keys() and all(np.array_equal(one[name], two[name]) for name in one)
    losses = [point["validation_loss"] for _, point in run.metrics if "validation_loss" in point]
    if stop_after is None:
        assert not same, "early stopping does look at them: the test can tell the difference"
        assert count == 1 + int(np.argmin(losses)), "the study counts trees by this series"
    else:
        assert same
        assert (count, losses) == (stop_after, [])


def images(noise: int) -> ImageTable:
    """Three of four are learned from; only the others depend on ``noise``."""
    rng, other = np.random.default_rng(0), np.random.default_rng(noise)
    pixels = rng.integers(0, 60, size=(120, 8, 8, 1))
    pixels[::2, 2:6, 3] += 150
    pixels[90:] = other.integers(0, 255, size=(30, 8, 8, 1))
    frame = pl.DataFrame(
        {
            "image": [one.tobytes() for one in pixels.astype(np.uint8)],
            "label": [("bar", "dash")[row % 2] for row in range(120)],
            "part": pl.Series([None] * 120, dtype=pl.String),
            "name": [str(row) for row in range(120)],
        }
    )
    return ImageTable(frame, ImageSchema(8, 8, 1, ("bar", "dash")))


def weights(table: ImageTable, folder: Path, stop_after: int | None) -> dict[str, np.ndarray]:
    config = CnnConfig(channels=[4], hidden_size=6, epochs=4, batch_size=30, stop_after=stop_after)
    run = MemoryRun(config, folder, seed=3)
    labels = table.labels
    train, validation = (image_part(table, np.arange(*rows), labels) for rows in ((0, 90), (90, 120)))
    fitted = CnnClassifier().fit(run, train, validation)
    found = {name: np.array(value) for name, value in fitted.network.state_dict().items()}
    return {**found, "epochs": np.array(sum("validation_loss" in point for _, point in run.metrics))}


def test_an_image_classifier_ends_at_the_given_epoch(tmp_path: Path) -> None:
    one, two = weights(images(1), tmp_path / "a", 2), weights(images(2), tmp_path / "b", 2)
    assert one["epochs"] == 2
    assert all(np.array_equal(one[name], two[name]) for name in one)
    assert weights(images(1), tmp_path / "c", None)["epochs"] > 2
