"""The image classifiers: the contract, bits in a fresh process, honest scores, and what calibration does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.apps.vision.augmentation import Augmented, Ranges, bilinear_maps
from azuraforge.apps.vision.baselines import Logistic, Majority, Neighbours, flat_view
from azuraforge.apps.vision.cnn import CnnClassifier, CnnConfig
from azuraforge.plugins.discovery.loading import load_plugin
from azuraforge.plugins.kinds.classify.parts import image_part
from azuraforge.plugins.vision.config import ImageSchema, ImageTable
from azuraforge.testing import MemoryRun, check_classifier

BASELINES = [Majority, Logistic, Neighbours]
SMALL = {"channels": [4, 6], "hidden_size": 12, "epochs": 2, "batch_size": 32}
CLASSES = ("bar", "cross", "dash")


def make_images(count: int = 150, seed: int = 0, channels: int = 1) -> ImageTable:
    """Noisy 8 × 8 strokes: upright, crossed or lying, at shifting places."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    pixels = rng.integers(0, 60, size=(count, 8, 8, channels))
    for index, label in enumerate(labels):
        row, column = rng.integers(2, 6, size=2)
        if label != 2:
            pixels[index, 1:7, column] += 150
        if label != 0:
            pixels[index, row, 1:7] += 150
    frame = pl.DataFrame(
        {
            "image": [one.tobytes() for one in np.minimum(pixels, 255).astype(np.uint8)],
            "label": [CLASSES[label] for label in labels],
            "part": pl.Series([None] * count, dtype=pl.String),
            "name": [str(index) for index in range(count)],
        }
    )
    return ImageTable(frame, ImageSchema(8, 8, channels, CLASSES))


@pytest.fixture(scope="module")
def images() -> ImageTable:
    return make_images()


def fitted(plugin: Any, table: ImageTable, config: dict[str, Any], home: Path, labels: Any = None) -> tuple[Any, ...]:
    """Fit, and return the pipeline, its predictor, the test part and its labels."""
    pipeline, parsed = plugin(), plugin.Config.model_validate(config)
    labels = table.labels if labels is None else labels
    split = pipeline.split(table, parsed)
    train, validation = (image_part(table, rows, labels) for rows in (split.train, split.validation))
    predictor = pipeline.fit(MemoryRun(parsed, home), train, validation)
    return pipeline, predictor, image_part(table, split.test, None), labels[split.test]


def accuracy(pipeline: Any, predictor: Any, test: Any, labels: Any) -> float:
    return float((pipeline.predict(predictor, test).probabilities.argmax(axis=1) == labels).mean())


def test_every_built_in_classifier_is_tested_here() -> None:
    announced = {
        point.name: point.value.rpartition(":")[2]
        for point in entry_points(group="azuraforge.pipelines")
        if point.value.startswith("azuraforge.apps.vision")
    }
    assert announced == {plugin.name: plugin.__name__ for plugin in [CnnClassifier, *BASELINES]}


@pytest.mark.parametrize("plugin", BASELINES, ids=lambda plugin: plugin.name)
def test_a_baseline_keeps_the_contract(plugin: Any, images: ImageTable) -> None:
    check_classifier(plugin, images, {})


@pytest.mark.parametrize(
    "options",
    [{}, {"augment": False, "class_weights": "balanced", "label_smoothing": 0.0, "channels": [3, 4, 5, 6]}],
    ids=["defaults", "plain, deep"],
)
def test_the_network_keeps_the_contract_and_resumes_bit_for_bit(options: dict[str, Any], images: ImageTable) -> None:
    check_classifier(CnnClassifier, images, {**SMALL, **options})


def test_colour_images_are_learned_too() -> None:
    check_classifier(CnnClassifier, make_images(90, channels=3), {**SMALL, "epochs": 1}, most_resumes=1)


def test_the_network_learns_strokes_better_than_chance(images: ImageTable, tmp_path: Path) -> None:
    made = fitted(CnnClassifier, images, {**SMALL, "epochs": 12, "batch_size": 16, "augment": False}, tmp_path)
    assert accuracy(*made) > 0.85


@pytest.mark.parametrize("plugin", [CnnClassifier, Logistic, Neighbours], ids=lambda plugin: plugin.name)
def test_shuffled_labels_give_chance_level(plugin: Any, tmp_path: Path) -> None:
    table = make_images(600, seed=3)
    shuffled = np.random.default_rng(5).permutation(table.labels)
    config = {**SMALL, "test_share": 0.4} if plugin is CnnClassifier else {"test_share": 0.4}
    made = fitted(plugin, table, config, tmp_path, shuffled)
    # 240 images of three classes: four standard deviations around a third.
    assert abs(accuracy(*made) - 1 / 3) < 4 * np.sqrt(2 / 9 / 240)


FRESH = """
import sys
from pathlib import Path
import numpy as np
from azuraforge.apps.vision.cnn import CnnClassifier
from azuraforge.plugins.kinds.classify.parts import load_images
pipeline = CnnClassifier()
answer = pipeline.predict(pipeline.load(Path(sys.argv[1])), load_images(sys.argv[2]))
sys.stdout.buffer.write(answer.probabilities.tobytes())
"""


def test_saved_loaded_and_asked_in_a_fresh_process_it_says_the_same_bits(images: ImageTable, tmp_path: Path) -> None:
    from azuraforge.plugins.kinds.classify.parts import save_images

    pipeline, predictor, test, _ = fitted(CnnClassifier, images, SMALL, tmp_path / "run")
    (tmp_path / "predictor").mkdir()
    pipeline.save(predictor, tmp_path / "predictor")
    save_images(test, tmp_path / "test")
    asked = [sys.executable, "-c", FRESH, str(tmp_path / "predictor"), str(tmp_path / "test")]
    answered = subprocess.run(asked, capture_output=True, check=True).stdout
    assert answered == pipeline.predict(predictor, test).probabilities.tobytes()
    written = json.loads((tmp_path / "predictor" / "preprocessing.json").read_text())
    assert written["schema"]["classes"] == list(CLASSES)


def test_scaling_is_learned_from_training_images_only(images: ImageTable, tmp_path: Path) -> None:
    _, predictor, _, _ = fitted(CnnClassifier, images, {**SMALL, "epochs": 1}, tmp_path / "a")
    split = CnnClassifier().split(images, CnnConfig())
    expected = images.pixels(split.train).reshape(-1, 1).std(axis=0)
    assert predictor.scaling.deviation == pytest.approx(expected)


def test_augmentation_without_ranges_changes_nothing_and_keeps_what_it_moves() -> None:
    rng = np.random.default_rng(0)
    images = rng.random((40, 1, 8, 8), dtype=np.float32)
    labels = np.arange(40)
    still, _ = Augmented(images, labels, Ranges(0, 0, 0), 1).gather(np.arange(10))
    assert np.array_equal(still, images[:10])
    moved, same = Augmented(images, labels, Ranges(15, 0.1, 1), 1).gather(np.arange(10))
    assert moved.shape == still.shape
    assert np.array_equal(same, labels[:10])
    assert not np.allclose(moved, still)
    assert float(moved.mean()) == pytest.approx(float(still.mean()), rel=0.35)  # only borders fall out of sight
    again, _ = Augmented(images, labels, Ranges(15, 0.1, 1), 1).gather(np.arange(10))
    other, _ = Augmented(images, labels, Ranges(15, 0.1, 1), 2).gather(np.arange(10))
    assert again.tobytes() == moved.tobytes()
    assert other.tobytes() != moved.tobytes()


def test_a_map_that_moves_by_whole_pixels_moves_them() -> None:
    image = np.zeros((1, 1, 5, 5), np.float32)
    image[0, 0, 2, 2] = 1
    ranges = Ranges(0, 0, 1)

    class OneDown(np.random.Generator):
        def uniform(self, low: float, high: float, count: int) -> Any:  # type: ignore[override]
            return np.full(count, high)

    places, weights = bilinear_maps(ranges, 1, 5, 5, OneDown(np.random.PCG64(0)))
    padded = np.concatenate([image.reshape(1, -1), np.zeros((1, 1), np.float32)], axis=1)
    moved = (padded[:, places[0]] * weights[0]).sum(axis=1).reshape(5, 5)
    assert np.argwhere(moved > 0.5).tolist() == [[3, 3]]


def test_large_images_are_averaged_before_a_baseline_looks() -> None:
    assert flat_view(np.full((2, 65, 40, 3), 7, np.uint8)).shape == (2, 21 * 13 * 3)
    assert flat_view(np.full((2, 28, 28, 1), 7, np.uint8)).shape == (2, 784)


def test_the_guides_classifier_keeps_the_contract_in_both_languages(images: ImageTable, tmp_path: Path) -> None:
    docs = Path(__file__).parents[2] / "docs"
    pages = [(docs / page).read_text(encoding="utf-8") for page in ("vision.md", "vision.tr.md")]
    english, turkish = (re.findall(r"```python\n(.*?)```", page, re.DOTALL)[-1] for page in pages)
    assert english == turkish
    (tmp_path / "small.py").write_text(english, encoding="utf-8")
    check_classifier(load_plugin("pipeline", "mine.small", tmp_path), images, {"epochs": 2}, most_resumes=1)
