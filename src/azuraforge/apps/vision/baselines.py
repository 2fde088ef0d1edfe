"""Baselines that every image classifier is compared with: majority, logistic regression, nearest neighbours.

They read only pixels, at most 32 per side; larger images are first reduced by averaging.
"""

from __future__ import annotations

import json
import warnings
from abc import abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.engine.ops.registry import Array
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.pipeline import RunContext
from azuraforge.plugins.vision.calibration import fit_temperature, negative_log_likelihood, softmax
from azuraforge.plugins.vision.config import ClassifyConfig, ClassPredictions, ImagePart, ImagePipeline, Pixels

#: Maximum height and width of a baseline's input, in pixels.
LARGEST_SIDE = 32
_CHUNK = 512


@dataclass
class Learned:
    """State of a fitted baseline: arrays by name, and settings as JSON values."""

    arrays: dict[str, Array] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


class Baseline(ImagePipeline[ClassifyConfig, Learned]):
    """Base class of classifiers without a training loop. Subclasses implement ``learn`` and ``scores``."""

    uses_engine = False

    @abstractmethod
    def learn(self, train: ImagePart, validation: ImagePart, seed: int) -> Learned:
        """Fit to ``train``; ``validation`` is only used to choose settings."""

    @abstractmethod
    def scores(self, learned: Learned, pixels: Pixels) -> Floats:
        """Return the logarithms of probabilities ``(example, class)``, up to a constant for each example."""

    def fit(self, run: RunContext[ClassifyConfig], train: ImagePart, validation: ImagePart) -> Learned:
        """Fit to the training set, and fit the temperature of the probabilities on the validation set."""
        assert validation.labels is not None
        learned = self.learn(train, validation, run.seed)
        learned.settings["temperature"] = fit_temperature(self.scores(learned, validation.pixels), validation.labels)
        run.progress(1, 1)
        return learned

    def predict(self, predictor: Learned, part: ImagePart) -> ClassPredictions:
        """Return calibrated and uncalibrated probabilities."""
        scores = self.scores(predictor, part.pixels)
        return ClassPredictions(softmax(scores / predictor.settings["temperature"]), softmax(scores))

    def save(self, predictor: Learned, folder: Path) -> None:
        """Write ``weights.safetensors`` and ``preprocessing.json``."""
        save_safetensors(folder / "weights.safetensors", predictor.arrays)
        text = json.dumps(predictor.settings, sort_keys=True, allow_nan=False)
        (folder / "preprocessing.json").write_text(text, encoding="utf-8")

    def load(self, folder: Path) -> Learned:
        """Return the predictor that ``save`` wrote. Raises EngineError if the weights cannot be read."""
        arrays, _ = load_safetensors(folder / "weights.safetensors", refuse_nan=True)
        return Learned(arrays, json.loads((folder / "preprocessing.json").read_text(encoding="utf-8")))


class Majority(Baseline):
    """Baseline that predicts the class shares of the training set for every image."""

    name: ClassVar[str] = "vision.majority"
    title: ClassVar[dict[str, str]] = {"en": "Most frequent class", "tr": "En sık görülen sınıf"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Predicts the most frequent class of the training set for every image.",
        "tr": "Her görüntü için eğitim kümesinde en sık görülen sınıfı tahmin eder.",
    }

    def learn(self, train: ImagePart, validation: ImagePart, seed: int) -> Learned:
        """Compute the share of each class in the training set."""
        assert train.labels is not None
        counts = np.bincount(train.labels, minlength=len(train.schema.classes)).astype(np.float64)
        return Learned({"log_shares": np.log(counts / counts.sum())})

    def scores(self, learned: Learned, pixels: Pixels) -> Floats:
        """Return the same scores for every image."""
        return np.repeat(learned.arrays["log_shares"][None], len(pixels), axis=0)


class Logistic(Baseline):
    """Baseline that uses multinomial logistic regression on the pixels, with a penalty chosen on the validation set."""

    name: ClassVar[str] = "vision.logistic"
    title: ClassVar[dict[str, str]] = {"en": "Logistic regression", "tr": "Lojistik regresyon"}
    summary: ClassVar[dict[str, str]] = {
        "en": "A linear function of the pixels for each class, with a penalty chosen on the validation set.",
        "tr": "Her sınıf için piksellerin doğrusal bir fonksiyonu; ceza doğrulama kümesinde seçilir.",
    }

    #: Inverse penalties (``C`` of scikit-learn) among which the validation set chooses, strongest penalty first.
    PENALTIES: ClassVar[tuple[float, ...]] = (0.01, 0.1, 1.0)
    #: Maximum number of training images for choosing the penalty; the final fit uses all of them.
    CHOOSING_ROWS: ClassVar[int] = 5000
    ITERATIONS: ClassVar[int] = 60

    def learn(self, train: ImagePart, validation: ImagePart, seed: int) -> Learned:
        """Choose the penalty with a sample of the training images, then fit to all training images.

        If the sample lacks a class, the weakest penalty is used.
        """
        assert train.labels is not None
        assert validation.labels is not None
        x, y = flat_view(train.pixels) / np.float32(255), train.labels
        checking = flat_view(validation.pixels) / np.float32(255)
        some = np.random.default_rng(seed).permutation(len(x))[: self.CHOOSING_ROWS]
        penalty = self.PENALTIES[-1]
        if len(np.unique(y[some])) == len(train.schema.classes):
            losses = []
            for candidate in self.PENALTIES:
                weight, bias = self._fit(x[some], y[some], candidate)
                losses.append(negative_log_likelihood(checking @ weight + bias, validation.labels))
            penalty = self.PENALTIES[int(np.argmin(losses))]
        weight, bias = self._fit(x, y, penalty)
        return Learned({"weight": weight, "bias": bias}, {"inverse_penalty": penalty})

    def scores(self, learned: Learned, pixels: Pixels) -> Floats:
        """Return the linear scores ``(example, class)``."""
        x = flat_view(pixels).astype(np.float64) / 255
        return np.asarray(x @ learned.arrays["weight"] + learned.arrays["bias"])

    def _fit(self, x: NDArray[np.floating], y: Indices, penalty: float) -> tuple[Floats, Floats]:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it stops early on purpose
            fitted = LogisticRegression(C=penalty, max_iter=self.ITERATIONS).fit(x, y)
        weight, bias = fitted.coef_.astype(np.float64), fitted.intercept_.astype(np.float64)
        if len(weight) == 1:  # two classes need only one linear function
            weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
        return np.ascontiguousarray(weight.T), bias


class Neighbours(Baseline):
    """Baseline that predicts from the nearest training images, by distance in their first 50 principal components."""

    name: ClassVar[str] = "vision.neighbours"
    title: ClassVar[dict[str, str]] = {"en": "Nearest neighbours", "tr": "En yakın komşular"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Predicts the class of the most similar training images; their number is chosen on the validation set.",
        "tr": "En benzer eğitim görüntülerinin sınıfını tahmin eder; görüntü sayısı doğrulama kümesinde seçilir.",
    }

    COUNTS: ClassVar[tuple[int, ...]] = (1, 3, 5, 9)
    DIRECTIONS: ClassVar[int] = 50
    #: Addend of the votes for each class, so that no class has the probability zero.
    PRIOR: ClassVar[float] = 0.05

    def learn(self, train: ImagePart, validation: ImagePart, seed: int) -> Learned:
        """Compute the principal components, project the training images, and choose the number of neighbours."""
        assert train.labels is not None
        assert validation.labels is not None
        x = flat_view(train.pixels) / np.float32(255)
        mean = x.mean(axis=0, dtype=np.float64)
        covariance = np.zeros((x.shape[1], x.shape[1]))
        for start in range(0, len(x), 8192):
            part = x[start : start + 8192] - mean
            covariance += part.T @ part
        kept = min(self.DIRECTIONS, x.shape[1])
        directions = np.linalg.eigh(covariance)[1][:, ::-1][:, :kept]
        arrays = {"mean": mean, "directions": np.ascontiguousarray(directions)}
        learned = Learned(arrays, {"classes": len(train.schema.classes)})
        arrays["images"] = self._project(learned, train.pixels).astype(np.float32)
        arrays["labels"] = train.labels.astype(np.int64)
        nearest = self._nearest(learned, validation.pixels, max(self.COUNTS))
        rights = {
            k: float((self._votes(learned, nearest[:, :k]).argmax(1) == validation.labels).mean()) for k in self.COUNTS
        }
        learned.settings["neighbours"] = max(self.COUNTS, key=lambda k: (rights[k], -k))
        return learned

    def scores(self, learned: Learned, pixels: Pixels) -> Floats:
        """Return the logarithms of the smoothed votes, ``(example, class)``."""
        nearest = self._nearest(learned, pixels, learned.settings["neighbours"])
        return np.asarray(np.log(self._votes(learned, nearest) + self.PRIOR))

    def _project(self, learned: Learned, pixels: Pixels) -> Floats:
        x = flat_view(pixels) / np.float32(255)
        return np.asarray((x - learned.arrays["mean"]) @ learned.arrays["directions"])

    def _nearest(self, learned: Learned, pixels: Pixels, count: int) -> Indices:
        """Return the labels ``(example, neighbour)`` of the nearest training images, nearest first."""
        images = learned.arrays["images"]
        lengths = np.square(images).sum(axis=1)
        count = min(count, len(images))
        found = []
        for start in range(0, len(pixels), _CHUNK):
            asked = self._project(learned, pixels[start : start + _CHUNK]).astype(np.float32)
            distances = lengths - 2 * (asked @ images.T)
            some = np.argpartition(distances, count - 1, axis=1)[:, :count]
            order = np.argsort(np.take_along_axis(distances, some, axis=1), axis=1, kind="stable")
            found.append(learned.arrays["labels"][np.take_along_axis(some, order, axis=1)])
        return np.concatenate(found)

    def _votes(self, learned: Learned, nearest: Indices) -> Floats:
        """Return the votes ``(example, class)``; nearer neighbours count slightly more, which breaks ties."""
        classes = int(learned.settings["classes"])
        votes = np.zeros((len(nearest), classes))
        for place in range(nearest.shape[1]):
            votes[np.arange(len(nearest)), nearest[:, place]] += 1 + 1e-3 * (nearest.shape[1] - place)
        return votes


def flat_view(pixels: Pixels) -> NDArray[np.float32]:
    """Return the pixels ``(example, value)`` as float32 from 0 to 255, averaged in squares if a side exceeds 32.

    Rows and columns at the edge that do not fill a square are then cut off.
    """
    side = max(pixels.shape[1:3])
    step = -(-side // LARGEST_SIDE)
    if step > 1:
        height, width = (size // step * step for size in pixels.shape[1:3])
        cut = pixels[:, :height, :width].reshape(len(pixels), height // step, step, width // step, step, -1)
        return np.asarray(cut.mean(axis=(2, 4), dtype=np.float32).reshape(len(pixels), -1))
    return pixels.reshape(len(pixels), -1).astype(np.float32)
