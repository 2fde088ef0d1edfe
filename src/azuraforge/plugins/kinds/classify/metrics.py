"""Metrics of classifiers, computed by the platform.

A metric that is undefined, such as the precision of a class that was never predicted, is None.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.evaluation import ClassMetrics
from azuraforge.plugins.kinds.classify.figures import ReliabilityBin

#: Number of confidence bins for the calibration error.
BINS = 15
#: Smallest probability in a log loss, the smallest normal float32, so that a probability of zero has a finite loss.
_LEAST = 2.0**-126
_Z = 1.959963984540054


#: Metric name → value; all values are shares except ``log_loss``, which is in nats.
Metrics: TypeAlias = dict[str, float | None]


def confusion(labels: Indices, answers: Indices, classes: int) -> Indices:
    """Return the number of examples by true and predicted class, ``(true class, predicted class)``.

    Example:
        >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
        [[1, 1], [0, 1]]
    """
    return np.bincount(labels * classes + answers, minlength=classes * classes).reshape(classes, classes)


def wilson(right: float, total: float) -> tuple[float, float]:
    """Return the 95 % score interval of the share ``right / total``, or ``(0, 1)`` if ``total`` is 0.

    Both may be effective numbers of observations.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

    Example:
        >>> low, high = wilson(99, 100)
        >>> round(low, 3), round(high, 3)
        (0.946, 0.998)
    """
    if not total:
        return 0.0, 1.0
    share, square = right / total, _Z**2
    centre = (share + square / (2 * total)) / (1 + square / total)
    half = _Z / (1 + square / total) * math.sqrt(share * (1 - share) / total + square / (4 * total**2))
    # Rounding errors could otherwise exclude a share of 0 or 1 from its own interval.
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def log_losses(labels: Indices, probabilities: Floats) -> Floats:
    """Return log losses, ``(example,)``: minus the logarithm of the true class's probability, at most 87.3 nats."""
    return np.asarray(-np.log(np.maximum(probabilities[np.arange(len(labels)), labels], _LEAST)))


def reliability(labels: Indices, probabilities: Floats, bins: int = BINS) -> tuple[ReliabilityBin, ...]:
    """Return the mean confidence and the accuracy of the examples in each of ``bins`` equal ranges of confidence."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    which = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(which, minlength=bins)
    sure = np.bincount(which, weights=confidence, minlength=bins)
    hits = np.bincount(which, weights=right, minlength=bins)
    return tuple(
        ReliabilityBin(
            low=number / bins,
            high=(number + 1) / bins,
            count=int(count),
            confidence=float(sure[number] / count) if count else None,
            accuracy=float(hits[number] / count) if count else None,
        )
        for number, count in enumerate(counts.tolist())
    )


def calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Return the expected calibration error (ECE): the mean over examples of their bin's |confidence - accuracy|.

    Source: Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", 2015.
    """
    total = sum(each.count for each in bins)
    gaps = (
        each.count * abs(each.confidence - each.accuracy)
        for each in bins
        if each.confidence is not None and each.accuracy is not None
    )
    return sum(gaps) / total if total else 0.0


def per_class(table: Indices, names: tuple[str, ...]) -> tuple[ClassMetrics, ...]:
    """Return precision, recall and F1 of each class from the confusion matrix ``table``."""
    rows: list[ClassMetrics] = []
    for number, name in enumerate(names):
        hits, support, answered = (int(n) for n in (table[number, number], table[number].sum(), table[:, number].sum()))
        precision = hits / answered if answered else None
        recall = hits / support if support else None
        f1 = 2 * hits / (support + answered) if support + answered else None
        rows.append(
            ClassMetrics(name=name, precision=precision, recall=recall, f1=f1, support=support, answered=answered)
        )
    return tuple(rows)


def measure(labels: Indices, probabilities: Floats, uncalibrated: Floats | None, names: tuple[str, ...]) -> Metrics:
    """Return the metrics over all examples; ``macro_f1`` is the mean over classes that occur in labels or predictions.

    Args:
        labels: ``(example,)`` class indices, at least one.
        probabilities: ``(example, class)`` probabilities.
        uncalibrated: ``(example, class)`` probabilities before calibration; None if there was no calibration.
        names: names of the classes.
    """
    answers = probabilities.argmax(axis=1)
    right, total = int((answers == labels).sum()), len(labels)
    low, high = wilson(right, total)
    scored = [each.f1 for each in per_class(confusion(labels, answers, len(names)), names) if each.f1 is not None]
    before = None if uncalibrated is None else calibration_error(reliability(labels, uncalibrated))
    return {
        "accuracy": right / total,
        "accuracy_low": low,
        "accuracy_high": high,
        "error_rate": 1 - right / total,
        "macro_f1": sum(scored) / len(scored),
        "log_loss": float(log_losses(labels, probabilities).mean()),
        "ece": calibration_error(reliability(labels, probabilities)),
        "ece_uncalibrated": before,
    }
