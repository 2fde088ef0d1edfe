"""Linear models that learn by stochastic gradient descent, with a running scaler.

The scaler is computed for all rows of a call at once, and the weights row by row. Sums are accumulated in order, so
that the bits do not depend on how many rows a call has.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field
from safetensors.numpy import load_file, save_file

from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.fields.search import search_range
from azuraforge.plugins.contract.online.learner import Answer, Answers, Example, Learner, LearnerContext, Origin, Steps
from azuraforge.plugins.contract.pipeline import Config
from azuraforge.plugins.contract.shape import in_turkish

#: Variances below this share of the mean square are rounding errors.
_LEAST_VARIANCE = 1e-12
_MOST_GRADIENT = 1e12


class LinearConfig(Config):
    """Settings of a linear learner."""

    learning_rate: float = Field(
        0.01,
        gt=0,
        le=1,
        title="Learning rate",
        description="Step size of the weights of the scaled features",
        json_schema_extra=in_turkish("Öğrenme oranı", "Ölçeklenmiş özniteliklerin ağırlıklarının adım boyu")
        | search_range(0.0005, 0.1, log=True),
    )
    intercept_rate: float = Field(
        0.01,
        ge=0,
        le=1,
        title="Learning rate of the intercept",
        description="Step size of the constant term; 0 keeps it at zero",
        json_schema_extra=in_turkish("Sabit terimin öğrenme oranı", "Sabit terimin adım boyu; 0 ise sıfırda kalır"),
    )
    l2: float = Field(
        0.0,
        ge=0,
        le=1,
        title="L2 penalty",
        description="Larger values keep the weights smaller",
        json_schema_extra=in_turkish("L2 cezası", "Büyük değerler ağırlıkları küçük tutar"),
    )


class RunningScaler:
    """Means and standard deviations of the learned rows so far.

    Sums are those of differences from the first row, which keeps them precise for values far from zero.
    """

    def __init__(self, width: int) -> None:
        self.count = 0
        self.first = np.zeros(width)
        self.sums = np.zeros((2, width))

    def advance(self, learned: Floats, asked: Floats, known: Indices) -> tuple[Floats, Floats]:
        """Learn rows; return them scaled, each with the rows up to it, and ``asked`` scaled with the rows known then.

        Args:
            learned: ``(example, feature)``.
            asked: ``(origin, feature)``.
            known: ``(origin,)`` number of examples that are known at each origin.
        """
        if self.count == 0 and len(learned):
            self.first = learned[0].copy()
        shifted = learned - self.first
        running = np.empty((len(learned) + 1, 2, learned.shape[1]))
        running[0] = self.sums
        running[1:, 0] = shifted
        running[1:, 1] = shifted * shifted
        running = np.add.accumulate(running, axis=0)
        counts = self.count + np.arange(len(learned) + 1.0)
        scaled = _scaled(shifted, running[1:], counts[1:])
        answered = _scaled(asked - self.first, running[known], counts[known])
        self.count += len(learned)
        self.sums = running[-1].copy()
        return scaled, answered


def _scaled(shifted: Floats, sums: Floats, counts: Floats) -> Floats:
    several = np.maximum(counts, 1.0)[:, None]
    mean = sums[:, 0] / several
    square = sums[:, 1] / several
    variance = square - mean * mean
    valid = variance > _LEAST_VARIANCE * square
    deviation = np.sqrt(np.where(valid, variance, 1.0))
    return np.where(valid, (shifted - mean) / deviation, 0.0)


def sigmoid(value: float) -> float:
    """Return the logistic function without overflow."""
    if value >= 0:
        return 1.0 / (1.0 + math.exp(-min(value, 700.0)))
    tail = math.exp(max(value, -700.0))
    return tail / (1.0 + tail)


class LinearLearner(Learner[LinearConfig]):
    """Base class of linear learners with one output."""

    Config = LinearConfig

    def start(self, run: LearnerContext[LinearConfig]) -> None:
        self.run = run
        self._scaler = RunningScaler(len(run.features))
        self._weights = np.zeros(len(run.features))
        self._intercept = 0.0

    @abstractmethod
    def slope(self, raw: float, outcome: float) -> float:
        """Return the derivative of the loss with respect to the output ``raw``."""

    @abstractmethod
    def rows(self, raw: Floats) -> Answers:
        """Return the answers, ``(origin, width)``, from outputs, ``(origin,)``."""

    def predict(self, origin: Origin) -> Answer | None:
        row = self._run(np.zeros((0, len(self._weights))), np.zeros(0), origin.features[None], np.zeros(1, np.int64))
        said = row[0].tolist()
        return Answer(said[0], tuple(said[1:]))

    def learn(self, matured: Sequence[Example]) -> None:
        learned = np.array([each.origin.features for each in matured])
        outcomes = np.array([each.outcome for each in matured])
        self._run(learned, outcomes, np.zeros((0, len(self._weights))), np.zeros(0, np.int64))

    def advance(self, steps: Steps, width: int) -> Answers:
        return self._run(steps.learned_features, steps.outcome, steps.features[steps.asked], steps.until[steps.asked])

    def _run(self, learned: Floats, outcomes: Floats, asked: Floats, known: Indices) -> Answers:
        scaled, answered = self._scaler.advance(learned, asked, known)
        config = self.run.config
        rate, intercept_rate, l2 = config.learning_rate, config.intercept_rate, config.l2
        weights, intercept, slope = self._weights, self._intercept, self.slope
        truth, raw, done = outcomes.tolist(), np.empty(len(asked)), 0
        for number, until in enumerate([*known.tolist(), len(learned)]):
            while done < until:
                row = scaled[done]
                step = slope(float(row.dot(weights)) + intercept, truth[done])
                step = min(max(step, -_MOST_GRADIENT), _MOST_GRADIENT)
                intercept -= intercept_rate * step
                if l2:
                    weights -= rate * l2 * weights
                weights -= (rate * step) * row
                done += 1
            if number < len(raw):
                raw[number] = float(answered[number].dot(weights)) + intercept
        self._intercept = intercept
        return self.rows(raw)

    def save(self, folder: Path) -> None:
        arrays = {
            "weights": self._weights,
            "intercept": np.array([self._intercept]),
            "count": np.array([self._scaler.count]),
            "first": self._scaler.first,
            "sums": self._scaler.sums,
        }
        save_file(arrays, folder / "linear.safetensors")

    def load(self, run: LearnerContext[LinearConfig], folder: Path) -> None:
        self.start(run)
        arrays = load_file(folder / "linear.safetensors")
        self._weights, self._intercept = arrays["weights"], float(arrays["intercept"][0])
        self._scaler.count = int(arrays["count"][0])
        self._scaler.first, self._scaler.sums = arrays["first"], arrays["sums"]


class LinearNumber(LinearLearner):
    """Linear regression by stochastic gradient descent on squared errors."""

    task = "number"
    title: ClassVar[Mapping[str, str]] = {"en": "Linear regression", "tr": "Doğrusal regresyon"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "Predicts a number from scaled features and learns by gradient descent.",
        "tr": "Ölçeklenmiş özniteliklerden bir sayı tahmin eder ve gradyan inişiyle öğrenir.",
    }

    def slope(self, raw: float, outcome: float) -> float:
        return 2.0 * (raw - outcome)

    def rows(self, raw: Floats) -> Answers:
        return raw[:, None]


class LinearDirection(LinearLearner):
    """Logistic regression of the direction."""

    task = "direction"
    title: ClassVar[Mapping[str, str]] = {"en": "Logistic regression", "tr": "Lojistik regresyon"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "Predicts the probability of a rise from scaled features and learns by gradient descent.",
        "tr": "Ölçeklenmiş özniteliklerden yükseliş olasılığını tahmin eder ve gradyan inişiyle öğrenir.",
    }

    def slope(self, raw: float, outcome: float) -> float:
        return sigmoid(raw) - outcome

    def rows(self, raw: Floats) -> Answers:
        return np.array([sigmoid(each) for each in raw.tolist()]).reshape(-1, 1)


class LinearClass(LinearLearner):
    """Logistic regression of a class; with several classes, one against the others for each class that has occurred."""

    task = "class"
    title: ClassVar[Mapping[str, str]] = {"en": "Logistic classifier", "tr": "Lojistik sınıflandırıcı"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "Predicts the probability of each class from scaled features and learns by gradient descent.",
        "tr": "Ölçeklenmiş özniteliklerden her sınıfın olasılığını tahmin eder ve gradyan inişiyle öğrenir.",
    }

    def start(self, run: LearnerContext[LinearConfig]) -> None:
        super().start(run)
        self._outputs = 1 if len(run.classes) == 2 else len(run.classes)
        if self._outputs > 1:
            self._weights = np.zeros((self._outputs, len(run.features)))
            self._intercepts = np.zeros(self._outputs)
            self._seen = np.zeros(self._outputs)

    def slope(self, raw: float, outcome: float) -> float:
        return sigmoid(raw) - outcome

    def rows(self, raw: Floats) -> Answers:
        up = np.array([sigmoid(each) for each in raw.tolist()])
        return np.column_stack([up > 0.5, 1.0 - up, up]).astype(np.float64).reshape(-1, 3)

    def _run(self, learned: Floats, outcomes: Floats, asked: Floats, known: Indices) -> Answers:
        if self._outputs == 1:
            return super()._run(learned, outcomes, asked, known)
        scaled, answered = self._scaler.advance(learned, asked, known)
        config = self.run.config
        weights, intercepts, seen = self._weights, self._intercepts, self._seen
        found, done = np.empty((len(asked), 1 + self._outputs)), 0
        truth = outcomes.astype(np.int64).tolist()
        for number, until in enumerate([*known.tolist(), len(learned)]):
            while done < until:
                row = scaled[done]
                seen[truth[done]] = 1.0
                step = _sigmoids(weights.dot(row) + intercepts) * seen
                step[truth[done]] -= 1.0
                intercepts -= config.intercept_rate * step
                if config.l2:
                    weights -= config.learning_rate * config.l2 * weights
                weights -= (config.learning_rate * step)[:, None] * row
                done += 1
            if number < len(asked):
                shares = _sigmoids(weights.dot(answered[number]) + intercepts) * seen
                total = float(np.add.accumulate(shares)[-1])
                found[number, 0] = float(shares.argmax()) if total > 0 else np.nan
                found[number, 1:] = shares / total if total > 0 else np.nan
        return found

    def save(self, folder: Path) -> None:
        super().save(folder)
        if self._outputs > 1:
            save_file({"intercepts": self._intercepts, "seen": self._seen}, folder / "classes.safetensors")

    def load(self, run: LearnerContext[LinearConfig], folder: Path) -> None:
        super().load(run, folder)
        if self._outputs > 1:
            arrays = load_file(folder / "classes.safetensors")
            self._intercepts, self._seen = arrays["intercepts"], arrays["seen"]

    def predict(self, origin: Origin) -> Answer | None:
        none = np.zeros((0, len(origin.features)))
        said = self._run(none, np.zeros(0), origin.features[None], np.zeros(1, np.int64))[0].tolist()
        if math.isnan(said[0]):
            return None
        return Answer(said[0], tuple(said[1:]))

    def learn(self, matured: Sequence[Example]) -> None:
        learned = np.array([each.origin.features for each in matured])
        outcomes = np.array([each.outcome for each in matured])
        self._run(learned, outcomes, np.zeros((0, learned.shape[1])), np.zeros(0, np.int64))


def _sigmoids(values: Floats) -> Floats:
    return np.array([sigmoid(each) for each in values.tolist()])
