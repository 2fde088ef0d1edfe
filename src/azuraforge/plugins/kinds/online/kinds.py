"""The task kinds of learners: ``class``, ``direction`` and ``number``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.online.kind import Baseline, OnlineKind
from azuraforge.plugins.kinds.online.baselines import (
    AlwaysUp,
    LastClass,
    LastDirection,
    LastValue,
    Majority,
    RunningMean,
    UpShare,
)
from azuraforge.plugins.kinds.online.facts import BRIER, DISTANCES, ERROR_RATE, LOG_LOSS, MAE, RMSE, SHARES

#: Smallest probability in a log loss.
_LEAST = 1e-12
_TOLERANCE = 1e-6


class ClassKind(OnlineKind):
    """The task kind of learners that answer with one of several classes.

    An answer is the code of the most probable class, followed by the probability of each class.
    """

    name = "class"
    title: ClassVar[Mapping[str, str]] = {"en": "Class, row by row", "tr": "Satır satır sınıf"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "Predicts a column of classes at each row of a feed and learns from each outcome.",
        "tr": "Bir akışın her satırında bir sınıf sütununu tahmin eder ve her sonuçtan öğrenir.",
    }
    target_kinds = ("value",)
    baselines = ("online.majority", "online.last_class")
    metrics = SHARES
    ranked_by = "accuracy"
    gate_metrics = ("error_rate", "log_loss", "brier")
    objectives = ("log_loss", "accuracy", "brier")

    def width(self, classes: int) -> int:
        return 1 + classes

    def fault(self, answers: Floats, classes: int) -> str | None:
        said = answers[~np.isnan(answers).all(axis=1)]
        codes, shares = said[:, 0], said[:, 1:]
        if not ((codes >= 0) & (codes < classes) & (codes == np.floor(codes))).all():
            return f"a class must be a code from 0 to {classes - 1}"
        if not ((shares >= -_TOLERANCE) & (shares <= 1 + _TOLERANCE)).all():
            return "a probability must be a number from 0 to 1"
        return None if (np.abs(shares.sum(axis=1) - 1) <= _TOLERANCE).all() else "probabilities must have the sum 1"

    def baseline(self, name: str, classes: int, state: Floats | None = None) -> Baseline:
        return LastClass(classes, state) if name == "online.last_class" else Majority(classes, state)

    def sums(self, classes: int) -> tuple[str, ...]:
        counts = ("right", "answered", "occurred")
        return ("count", "right", "log_loss", "brier", *(f"{kind}_{n}" for kind in counts for n in range(classes)))

    def tally(self, answers: Floats, outcomes: Floats, classes: int) -> Floats:
        rows = np.arange(len(outcomes))
        truth, said = outcomes.astype(np.int64), answers[:, 0].astype(np.int64)
        right = (truth == said).astype(np.float64)
        added = np.zeros((len(outcomes), 4 + 3 * classes))
        added[:, 0], added[:, 1] = 1.0, right
        added[:, 2] = self.losses(answers, outcomes, LOG_LOSS)
        added[:, 3] = self.losses(answers, outcomes, BRIER)
        added[rows, 4 + truth] = right
        added[rows, 4 + classes + said] = 1.0
        added[rows, 4 + 2 * classes + truth] = 1.0
        return added

    def scores(self, sums: Floats, classes: int) -> dict[str, Floats]:
        right, answered, occurred = (sums[..., 4 + k * classes : 4 + (k + 1) * classes] for k in range(3))
        precision, recall = _ratio(right, answered), _ratio(right, occurred)
        if classes == 2:
            precision, recall = precision[..., 1], recall[..., 1]
        else:
            precision, recall = _known_mean(precision), _known_mean(recall)
        return _shares(sums) | {"precision": precision, "recall": recall}

    def losses(self, answers: Floats, outcomes: Floats, metric: MetricFacts) -> Floats:
        truth = outcomes.astype(np.int64)
        if metric.name == ERROR_RATE.name:
            return np.asarray(answers[:, 0] != outcomes, dtype=np.float64)
        shares = answers[:, 1:]
        if metric.name == LOG_LOSS.name:
            return _minus_log(shares[np.arange(len(truth)), truth])
        gaps = shares.copy()
        gaps[np.arange(len(truth)), truth] -= 1.0
        squares: Floats = np.add.accumulate(gaps * gaps, axis=1)[:, -1]
        return 0.5 * squares


class DirectionKind(OnlineKind):
    """The task kind of learners that answer whether a column rises. An answer is the probability that it rises."""

    name = "direction"
    title: ClassVar[Mapping[str, str]] = {"en": "Direction, row by row", "tr": "Satır satır yön"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "Predicts at each row of a feed whether a column rises and learns from each outcome.",
        "tr": "Bir akışın her satırında bir sütunun yükselip yükselmeyeceğini tahmin eder ve her sonuçtan öğrenir.",
    }
    target_kinds = ("sign",)
    baselines = ("online.up_share", "online.last_direction", "online.reversal", "online.always_up")
    metrics = SHARES
    ranked_by = "accuracy"
    gate_metrics = ("error_rate", "log_loss", "brier")
    objectives = ("log_loss", "accuracy", "brier")

    def width(self, classes: int) -> int:
        return 1

    def fault(self, answers: Floats, classes: int) -> str | None:
        said = answers[~np.isnan(answers[:, 0])]
        return None if ((said >= 0) & (said <= 1)).all() else "the probability of up must be a number from 0 to 1"

    def baseline(self, name: str, classes: int, state: Floats | None = None) -> Baseline:
        rules: dict[str, Callable[[], Baseline]] = {
            "online.up_share": lambda: UpShare(state),
            "online.last_direction": lambda: LastDirection(state),
            "online.reversal": lambda: LastDirection(state, reversal=True),
            "online.always_up": AlwaysUp,
        }
        return rules[name]()

    def sums(self, classes: int) -> tuple[str, ...]:
        return ("count", "right", "log_loss", "brier", "right_up", "answered_up", "occurred_up")

    def tally(self, answers: Floats, outcomes: Floats, classes: int) -> Floats:
        up = answers[:, 0] > 0.5
        right = 1.0 - self.losses(answers, outcomes, ERROR_RATE)
        return np.column_stack(
            [
                np.ones(len(outcomes)),
                right,
                self.losses(answers, outcomes, LOG_LOSS),
                self.losses(answers, outcomes, BRIER),
                right * outcomes,
                up.astype(np.float64),
                outcomes,
            ]
        )

    def scores(self, sums: Floats, classes: int) -> dict[str, Floats]:
        return _shares(sums) | {
            "precision": _ratio(sums[..., 4], sums[..., 5]),
            "recall": _ratio(sums[..., 4], sums[..., 6]),
        }

    def losses(self, answers: Floats, outcomes: Floats, metric: MetricFacts) -> Floats:
        share = np.ascontiguousarray(answers[:, 0])
        if metric.name == ERROR_RATE.name:
            return np.asarray((share > 0.5) != (outcomes > 0.5), dtype=np.float64)
        if metric.name == LOG_LOSS.name:
            return _minus_log(np.where(outcomes > 0.5, share, 1.0 - share))
        gaps: Floats = share - outcomes
        return gaps * gaps


class NumberKind(OnlineKind):
    """The task kind of learners that answer with a number."""

    name = "number"
    title: ClassVar[Mapping[str, str]] = {"en": "Number, row by row", "tr": "Satır satır sayı"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "Predicts a number at each row of a feed and learns from each outcome.",
        "tr": "Bir akışın her satırında bir sayıyı tahmin eder ve her sonuçtan öğrenir.",
    }
    target_kinds = ("value", "change", "log_return")
    baselines = ("online.running_mean", "online.last_value")
    metrics = DISTANCES
    ranked_by = "mae"
    gate_metrics = ("mae", "rmse")
    objectives = ("mae", "rmse")

    def width(self, classes: int) -> int:
        return 1

    def fault(self, answers: Floats, classes: int) -> str | None:
        return "the predicted number must be finite" if np.isinf(answers).any() else None

    def baseline(self, name: str, classes: int, state: Floats | None = None) -> Baseline:
        return LastValue(state) if name == "online.last_value" else RunningMean(state)

    def sums(self, classes: int) -> tuple[str, ...]:
        return ("count", "absolute", "squared")

    def tally(self, answers: Floats, outcomes: Floats, classes: int) -> Floats:
        error = np.abs(answers[:, 0] - outcomes)
        return np.column_stack([np.ones(len(outcomes)), error, error * error])

    def scores(self, sums: Floats, classes: int) -> dict[str, Floats]:
        return {
            "mae": _ratio(sums[..., 1], sums[..., 0]),
            "rmse": np.sqrt(_ratio(sums[..., 2], sums[..., 0])),
        }

    def losses(self, answers: Floats, outcomes: Floats, metric: MetricFacts) -> Floats:
        error: Floats = np.abs(answers[:, 0] - outcomes)
        squares: Floats = error * error
        return squares if metric.name == RMSE.name else error


#: Built-in task kinds of learners by name.
ONLINE_KINDS: Mapping[str, type[OnlineKind]] = {kind.name: kind for kind in (ClassKind, DirectionKind, NumberKind)}
assert MAE.name == NumberKind.ranked_by


def _shares(sums: Floats) -> dict[str, Floats]:
    accuracy = _ratio(sums[..., 1], sums[..., 0])
    return {
        "accuracy": accuracy,
        "error_rate": 1.0 - accuracy,
        "log_loss": _ratio(sums[..., 2], sums[..., 0]),
        "brier": _ratio(sums[..., 3], sums[..., 0]),
    }


def _minus_log(shares: Floats) -> Floats:
    logs: Floats = np.log(np.maximum(shares, _LEAST))
    return -logs


def _ratio(above: Floats, below: Floats) -> Floats:
    shares: Floats = np.divide(above, below, out=np.full(np.shape(above), np.nan), where=np.asarray(below) > 0)
    return shares


def _known_mean(values: Floats) -> Floats:
    known = np.isfinite(values)
    return _ratio(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1).astype(np.float64))
