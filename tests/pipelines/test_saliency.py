"""Saliency of a classifier that looks at one corner only: there the probability falls, elsewhere not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from azuraforge.pipelines.judge import explain
from azuraforge.plugins.kinds.classify import saliency
from azuraforge.plugins.kinds.classify.saliency import chosen_images, occluded, patch_of, saliency_figure
from azuraforge.plugins.vision.config import ImagePart, ImageSchema


def make_part(count: int = 40) -> tuple[ImagePart, np.ndarray]:
    """Class 1 has a bright upper left corner; the rest is noise."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, size=count)
    pixels = rng.integers(0, 60, size=(count, 10, 12, 1)).astype(np.uint8)
    pixels[labels == 1, :2, :2] = 250
    return ImagePart(pixels, None, tuple(map(str, range(count))), ImageSchema(10, 12, 1, ("no", "yes"))), labels


def corner(part: ImagePart) -> np.ndarray:
    bright = part.pixels[:, :2, :2, 0].mean(axis=(1, 2)) / 255
    return np.stack([1 - bright, bright], axis=1)


def test_only_the_corner_that_is_looked_at_counts() -> None:
    part, labels = make_part()
    figure = saliency_figure("cnn", corner, part, labels, seed=0)
    assert (figure.patch.height, figure.patch.width) == (2, 2)
    for image in figure.images:
        falls = np.array(image.falls)
        assert falls.shape == (9, 11)
        assert np.abs(falls[2:, :]).max() == 0
        assert np.abs(falls[:, 2:]).max() == 0
        if image.truth == "yes":
            assert falls[0, 0] == falls.max() > 0.3
        assert image.png


def test_the_surest_mistakes_come_first_and_every_class_has_its_turn() -> None:
    labels = np.array([0] * 20 + [1] * 20 + [2] * 20)
    probabilities = np.full((60, 3), 0.1)
    probabilities[np.arange(60), labels] = 0.8
    probabilities[[5, 7]] = [[0.05, 0.9, 0.05], [0.0, 1.0, 0.0]]
    chosen = chosen_images(probabilities, labels, seed=0)
    assert chosen[:2].tolist() == [7, 5]
    assert len(chosen) == saliency.MOST_IMAGES
    assert np.bincount(labels[chosen[2:]]).min() >= 3


def test_large_images_get_no_more_places() -> None:
    schema = ImageSchema(200, 300, 3, ("a", "b"))
    part = ImagePart(np.zeros((1, 200, 300, 3), np.uint8), None, ("x",), schema)
    falls = occluded(lambda given: np.full((len(given), 2), 0.5), part, 0, np.zeros(3, np.uint8))
    assert falls.shape == (saliency.MOST_PLACES, saliency.MOST_PLACES)
    assert patch_of(part) == (40, 60)


def test_a_failure_is_reported_and_ends_nothing(child: Callable[..., Any], plugins_folder: Any) -> None:
    asked = child(
        "saliency",
        plugins_folder=str(plugins_folder),
        task="classify",
        explanation="saliency",
        candidate={"name": "nowhere", "predictions": ""},
        baseline={"name": "vision.majority", "predictions": ""},
        predictor="",
        test="",
        truth="",
        split={"parts": {}},
    )
    answer = explain(asked)
    assert answer.figures == ()
    assert "nowhere" in answer.problem["tr"]
    assert asked.figures == {}
