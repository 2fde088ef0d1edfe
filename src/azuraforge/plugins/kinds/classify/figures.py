"""Figures of classifications: the candidate, next to the best baseline if it fits into the chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from azuraforge.plugins.contract.evaluation import ClassMetrics
from azuraforge.plugins.contract.figure import Figure
from azuraforge.plugins.contract.shape import Shape


class Confusion(Figure):
    """Confusion matrices: rows are true classes, columns predicted ones."""

    classes: tuple[str, ...]
    contender: str
    counts: tuple[tuple[int, ...], ...]
    baseline: str
    baseline_counts: tuple[tuple[int, ...], ...]


class PerClass(Figure):
    """Precision, recall and F1 of each class."""

    contender: str
    rows: tuple[ClassMetrics, ...]
    baseline: str
    baseline_rows: tuple[ClassMetrics, ...]


class ReliabilityBin(Shape):
    """Examples whose confidence lies in ``low < confidence <= high``; both means are null if there are none."""

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


class Reliability(Figure):
    """Stated confidence against accuracy, before and after calibration. ``ece``: expected calibration error."""

    contender: str
    bins: tuple[ReliabilityBin, ...]
    ece: float
    uncalibrated_bins: tuple[ReliabilityBin, ...] | None
    ece_uncalibrated: float | None
    baseline: str
    baseline_bins: tuple[ReliabilityBin, ...]
    baseline_ece: float


class Mistake(Shape):
    """A wrongly classified image as a PNG in base64."""

    name: str
    truth: str
    answer: str
    probability: float
    probability_of_truth: float
    png: str


class Mistakes(Figure):
    """The wrongly classified images of the highest confidence, the most confident first."""

    contender: str
    wrong: int
    examples: int
    height: int
    width: int
    images: tuple[Mistake, ...]


class Patch(Shape):
    """Rows and columns of the patch that covers a region."""

    height: int
    width: int


class ExplainedImage(Shape):
    """An image as a PNG in base64. ``falls``: decrease of the answer's probability at each place of the patch."""

    name: str
    truth: str
    answer: str
    probability: float
    png: str
    falls: tuple[tuple[float, ...], ...]


class Saliency(Figure):
    """Regions that the candidate's answers depend on."""

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
