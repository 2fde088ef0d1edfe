"""The baselines that every image classifier is compared with: majority, logistic regression, nearest neighbours.

They use pixels only, at most 32 a side: larger images are averaged down first.
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

#: Longest side of a baseline's input.
LARGEST_SIDE = 32
_CHUNK = 512


@dataclass
class Learned:
    """The state of a fitted baseline: numbers by name, and JSON settings."""

    arrays: dict[str, Array] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


class Baseline(ImagePipeline[ClassifyConfig, Learned]):
    """A classifier that needs no training loop. Subclasses write ``learn`` and ``scores``."""

    uses_engine = False

    @abstractmethod
    def learn(self, train: ImagePart, validation: ImagePart, seed: int) -> Learned:
        """Learn from ``train``; ``validation`` chooses a setting."""

    @abstractmethod
    def scores(self, learned: Learned, pixels: Pixels) -> Floats:
        """Return ``(example, class)`` logarithms of probabilities, up to a constant."""

    def fit(self, run: RunContext[ClassifyConfig], train: ImagePart, validation: ImagePart) -> Learned:
        """Learn, and fit the temperature on the validation set."""
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
        """Read what ``save`` wrote."""
        arrays, _ = load_safetensors(folder / "weights.safetensors", refuse_nan=True)
        return Learned(arrays, json.loads((folder / "preprocessing.json").read_text(encoding="utf-8")))


class Majority(Baseline):
    """Shares of the classes in the training set for every image: the most frequent one is the answer."""

    name: ClassVar[str] = "vision.majority"
    title: ClassVar[dict[str, str]] = {"en": "Most frequent class", "tr": "En sık sınıf"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Names the most frequent class of the training part, whatever the image shows.",
        "tr": "Görüntü ne olursa olsun eğitim kümesinin en sık sınıfını söyler.",
    }

    def learn(self, train: ImagePart, validation: ImagePart, seed: int) -> Learned:
        """Count the classes."""
        assert train.labels is not None
        counts = np.bincount(train.labels, minlength=len(train.schema.classes)).astype(np.float64)
        return Learned({"log_shares": np.log(counts / counts.sum())})

    def scores(self, learned: Learned, pixels: Pixels) -> Floats:
        """Return the same scores for every image."""
        return np.repeat(learned.arrays["log_shares"][None], len(pixels), axis=0)


class Logistic(Baseline):
    """Multinomial logistic regression on the pixels, with the penalty that is best on the validation set."""

    name: ClassVar[str] = "vision.logistic"
    title: ClassVar[dict[str, str]] = {"en": "Logistic regression", "tr": "Lojistik regresyon"}
    summary: ClassVar[dict[str, str]] = {
        "en": "A straight line per class through the pixels, with a penalty chosen on the validation part.",
        "tr": "Her sınıf için pikseller üzerinde bir doğru; cezası doğrulama kümesinde seçilir.",
    }

    PENALTIES: ClassVar[tuple[float, ...]] = (0.01, 0.1, 1.0)
    #: Largest number of training images for choosing the penalty; the final fit uses all of them.
    CHOOSING_ROWS: ClassVar[int] = 5000
    ITERATIONS: ClassVar[int] = 60

    def learn(self, train: ImagePart, validation: ImagePart, seed: int) -> Learned:
        """Choose the penalty on some images, then fit all."""
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
        """Return one linear score per class."""
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
    """The classes of the nearest training images, by distance along their 50 strongest directions of variation."""

    name: ClassVar[str] = "vision.neighbours"
    title: ClassVar[dict[str, str]] = {"en": "Nearest neighbours", "tr": "En yakın komşular"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Names the class of the most alike training images; how many is chosen on the validation part.",
        "tr": "En çok benzeyen eğitim görüntülerinin sınıfını söyler; kaç tanesi, doğrulama kümesinde seçilir.",
    }

    COUNTS: ClassVar[tuple[int, ...]] = (1, 3, 5, 9)
    DIRECTIONS: ClassVar[int] = 50
    #: Additive smoothing of votes, so that no class is ever impossible.
    PRIOR: ClassVar[float] = 0.05

    def learn(self, train: ImagePart, validation: ImagePart, seed: int) -> Learned:
        """Find the directions, project the training images, and choose the number of neighbours."""
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
        """Return logarithms of smoothed votes."""
        nearest = self._nearest(learned, pixels, learned.settings["neighbours"])
        return np.asarray(np.log(self._votes(learned, nearest) + self.PRIOR))

    def _project(self, learned: Learned, pixels: Pixels) -> Floats:
        x = flat_view(pixels) / np.float32(255)
        return np.asarray((x - learned.arrays["mean"]) @ learned.arrays["directions"])

    def _nearest(self, learned: Learned, pixels: Pixels, count: int) -> Indices:
        """Return ``(example, neighbour)`` labels of the nearest, nearest first."""
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
        """Return ``(example, class)`` votes; the nearest one's counts a little more, which breaks ties."""
        classes = int(learned.settings["classes"])
        votes = np.zeros((len(nearest), classes))
        for place in range(nearest.shape[1]):
            votes[np.arange(len(nearest)), nearest[:, place]] += 1 + 1e-3 * (nearest.shape[1] - place)
        return votes


def flat_view(pixels: Pixels) -> NDArray[np.float32]:
    """Return ``(example, value)`` float32, 0 to 255: the pixels, averaged in squares if a side is longer than 32."""
    side = max(pixels.shape[1:3])
    step = -(-side // LARGEST_SIDE)
    if step > 1:
        height, width = (size // step * step for size in pixels.shape[1:3])
        cut = pixels[:, :height, :width].reshape(len(pixels), height // step, step, width // step, step, -1)
        return np.asarray(cut.mean(axis=(2, 4), dtype=np.float32).reshape(len(pixels), -1))
    return pixels.reshape(len(pixels), -1).astype(np.float32)
