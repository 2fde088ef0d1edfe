"""Figures of classifiers, which show the candidate and, in most of them, the best baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from azuraforge.plugins.contract.evaluation import ClassMetrics
from azuraforge.plugins.contract.figure import Figure
from azuraforge.plugins.contract.shape import Shape


class Confusion(Figure):
    """Confusion matrices of the candidate and the best baseline; rows are true classes, columns predicted ones."""

    classes: tuple[str, ...]
    contender: str
    counts: tuple[tuple[int, ...], ...]
    baseline: str
    baseline_counts: tuple[tuple[int, ...], ...]


class PerClass(Figure):
    """Precision, recall and F1 of each class, for the candidate and the best baseline."""

    contender: str
    rows: tuple[ClassMetrics, ...]
    baseline: str
    baseline_rows: tuple[ClassMetrics, ...]


class ReliabilityBin(Shape):
    """The examples with ``low < confidence <= high``: their number, mean confidence and accuracy.

    The mean confidence and the accuracy are null if there are no such examples.
    """

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


class Reliability(Figure):
    """Reliability diagram: confidence against accuracy, with the expected calibration error (``ece``).

    ``uncalibrated_bins`` and ``ece_uncalibrated`` describe the candidate before calibration; they are null if it was
    not calibrated.
    """

    contender: str
    bins: tuple[ReliabilityBin, ...]
    ece: float
    uncalibrated_bins: tuple[ReliabilityBin, ...] | None
    ece_uncalibrated: float | None
    baseline: str
    baseline_bins: tuple[ReliabilityBin, ...]
    baseline_ece: float


class Mistake(Shape):
    """A misclassified image with its true and predicted class; ``png`` is the image in base64."""

    name: str
    truth: str
    answer: str
    probability: float
    probability_of_truth: float
    png: str


class Mistakes(Figure):
    """The misclassified images with the highest confidence, in descending order of confidence.

    ``wrong`` is the number of all misclassified images, and ``examples`` the number of images of the test set.
    """

    contender: str
    wrong: int
    examples: int
    height: int
    width: int
    images: tuple[Mistake, ...]


class Patch(Shape):
    """Height and width in pixels of the patch that covers a region of an image."""

    height: int
    width: int


class ExplainedImage(Shape):
    """An explained image; ``png`` is the image in base64.

    ``falls`` contains ``(row, column)`` decreases of the predicted class's probability, one per position of the patch.
    """

    name: str
    truth: str
    answer: str
    probability: float
    png: str
    falls: tuple[tuple[float, ...], ...]


class Saliency(Figure):
    """Saliency maps of some test images: how much the predicted probability depends on each region."""

    contender: str
    part: Literal["test"]
    patch: Patch
    images: tuple[ExplainedImage, ...]


FIGURES: Mapping[str, type[Figure]] = {
    "confusion": Confusion,
    "per_class": PerClass,
    "reliability": Reliability,
    "mistakes": Mistakes,
    "saliency": Saliency,
}
