"""The judge of classifiers: metrics of every contender on the same images, and the losses that the gate compares.

By default, an image's loss is 0 if it is classified correctly and 1 otherwise, so contenders are compared by their
error rates; a model's policy may select log losses or a plugin's metric instead. The judge runs in a child process and
reads stored predictions; it does not load any pipeline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from azuraforge.plugins.contract.arrays import Flags, Floats, Indices
from azuraforge.plugins.contract.evaluation import (
    ContenderScores,
    Evaluation,
    GuardedRows,
    ImageSize,
    Role,
)
from azuraforge.plugins.contract.figure import Figure
from azuraforge.plugins.contract.judging import Contest, Judge, JudgeCase, Judged, Predicted, Remark, SliceMask
from azuraforge.plugins.contract.metric import Metric, MetricFacts
from azuraforge.plugins.kinds.classify.facts import METRICS, SALIENCY, SLICES
from azuraforge.plugins.kinds.classify.figures import Confusion, Mistake, Mistakes, PerClass, Reliability
from azuraforge.plugins.kinds.classify.metrics import (
    calibration_error,
    confusion,
    log_losses,
    measure,
    per_class,
    reliability,
)
from azuraforge.plugins.kinds.classify.parts import learned_images, load_images
from azuraforge.plugins.kinds.classify.predictions import load_classes
from azuraforge.plugins.vision.config import ClassPredictions, ImagePart
from azuraforge.plugins.vision.png import png_base64

MOST_MISTAKES = 24


@dataclass
class _Measured:
    """A contender with its predictions and metrics."""

    name: str
    role: Role
    seconds: float | None
    predictions: ClassPredictions
    metrics: dict[str, float | None]

    @property
    def answers(self) -> Indices:
        """``(example,)`` index of the most probable class of each image."""
        return np.asarray(self.predictions.probabilities.argmax(axis=1))


class ClassJudge(Judge):
    """The judge of the classifiers of one run."""

    def __init__(self, case: JudgeCase, added: Sequence[Metric[Indices, ClassPredictions]]) -> None:
        self._case, self._added = case, added
        self._labels: Indices = np.load(case.truth / "labels.npy", allow_pickle=False)
        self._test = load_images(case.test)
        self._contenders = [self._measured(case.candidate, "candidate")]
        self._contenders += [self._measured(each, "baseline") for each in case.baselines]
        champion = case.champion
        if champion is not None and champion.obstacle is None and champion.predictions is not None:
            said = Predicted(name=champion.name, predictions=champion.predictions)
            self._contenders.append(self._measured(said, "champion"))

    def contest(self, metric: MetricFacts, slices: Sequence[str]) -> Contest:
        """Return the losses of the contenders, ``(example, 1)``, and the slices by class.

        A champion whose version does not state which images it learned from has the obstacle ``lineage_unknown``.
        """
        champion, labels = self._case.champion, self._labels
        unseen, obstacle = self._unseen(), None if champion is None else champion.obstacle
        if champion is not None and obstacle is None and unseen is None:
            obstacle = Remark(code="lineage_unknown")
        return Contest(
            losses={each.name: self._losses(metric, each) for each in self._contenders},
            slices=tuple(class_slices(slices, labels, self._test.schema.classes)),
            unseen=np.zeros(len(labels), dtype=bool) if unseen is None else unseen,
            obstacle=obstacle,
        )

    def evaluate(self, metric: MetricFacts, best_baseline: str, champion: str, outputs: Path) -> Judged:
        """Rank the contenders by error rate, write ``errors.npz``, and return the evaluation with its figures."""
        test, labels, case, contenders = self._test, self._labels, self._case, self._contenders
        best = next(each for each in contenders if each.name == best_baseline)
        baseline_rate = best.metrics["error_rate"]
        for each in contenders:
            rate = each.metrics["error_rate"]
            each.metrics["skill"] = 1 - rate / baseline_rate if baseline_rate and rate is not None else None
        self._save_losses(outputs / "errors.npz")
        ranked = sorted(contenders, key=lambda each: (each.metrics["error_rate"] or 0.0, each.metrics["log_loss"]))
        schema = test.schema
        tested = case.split.parts["test"].model_copy(update={"origins": len(test)})
        evaluation = Evaluation(
            kind="classify",
            target=schema.target,
            unit="",
            metrics=(*METRICS, *(each.facts for each in self._added)),
            ranked_by="error_rate",
            gate_metric=metric.name,
            parts={**case.split.parts, "test": tested},
            contenders=tuple(self._scores(each, rank) for rank, each in enumerate(ranked, 1)),
            best_baseline=best_baseline,
            winner=ranked[0].name,
            guarded=GuardedRows(tried=case.candidate.guarded, of=len(test)),
            classes=schema.classes,
            image=ImageSize(height=schema.height, width=schema.width, channels=schema.channels),
        )
        return Judged(evaluation, _figures(contenders[0], best, test, labels), (SALIENCY.name,))

    def members(self) -> dict[str, dict[str, float | None]]:
        """Return member name → metrics of the member's own predictions; empty if the candidate has no members."""
        said = [Predicted(name=name, predictions=folder) for name, folder in self._case.candidate.members.items()]
        return {each.name: self._measured(each, "candidate").metrics for each in said}

    def _measured(self, said: Predicted, role: Role) -> _Measured:
        made = load_classes(Path(said.predictions) / "test.npz")
        own = measure(self._labels, made.probabilities, made.uncalibrated, self._test.schema.classes)
        metrics: dict[str, float | None] = {**own}
        metrics |= {each.name: each.facts.score(each.losses(self._labels, made)) for each in self._added}
        return _Measured(said.name, role, said.seconds, made, metrics)

    def _losses(self, metric: MetricFacts, each: _Measured) -> Floats:
        """Return the losses of a contender by ``metric``, ``(example, 1)``."""
        for added in self._added:
            if added.name == metric.name:
                return added.losses(self._labels, each.predictions).reshape(len(self._labels), 1)
        if metric.name == "log_loss":
            return log_losses(self._labels, each.predictions.probabilities)[:, None]
        return np.asarray(each.answers != self._labels, dtype=np.float64)[:, None]

    def _unseen(self) -> Flags | None:
        """Return an ``(example,)`` mask of the test images that the champion did not learn from.

        Returns None if the champion's version does not state which images it learned from.
        """
        champion = self._case.champion
        if champion is None or champion.folder is None:
            return None
        hashes = np.load(self._case.truth / "hashes.npy", allow_pickle=False)
        learned = learned_images(Path(champion.folder))
        return None if learned is None or not learned.size else ~np.isin(hashes, learned)

    def _save_losses(self, path: Path) -> None:
        """Write the log losses of each contender under its name, and its misclassified images under ``NAME/wrong``."""
        losses: dict[str, NDArray[np.generic]] = {}
        for each in self._contenders:
            losses[each.name] = log_losses(self._labels, each.predictions.probabilities).astype(np.float32)
            losses[f"{each.name}/wrong"] = (each.answers != self._labels).astype(np.uint8)
        np.savez(path, **losses)  # type: ignore[arg-type]  # numpy's stub takes the names for allow_pickle

    def _scores(self, each: _Measured, rank: int) -> ContenderScores:
        names = self._test.schema.classes
        rows = per_class(confusion(self._labels, each.answers, len(names)), names)
        return ContenderScores(
            name=each.name,
            role=each.role,
            rank=rank,
            metrics=each.metrics,
            seconds=each.seconds,
            classes=rows,
        )


def class_slices(asked: Sequence[str], labels: Indices, classes: Sequence[str]) -> list[SliceMask]:
    """Return one slice per true class, with a mask ``(example, 1)``; empty if ``asked`` does not contain ``class``."""
    if SLICES[0].name not in asked:
        return []
    column = labels[:, None]
    return [SliceMask(SLICES[0].name, classes[value], column == value) for value in np.unique(labels).tolist()]


def mistakes(
    predictions: ClassPredictions, test: ImagePart, labels: Indices, most: int = MOST_MISTAKES
) -> tuple[Mistake, ...]:
    """Return at most ``most`` misclassified images, in descending order of confidence."""
    answers, sure = predictions.probabilities.argmax(axis=1), predictions.probabilities.max(axis=1)
    wrong = np.flatnonzero(answers != labels)
    names = test.schema.classes
    return tuple(
        Mistake(
            name=test.names[index],
            truth=names[labels[index]],
            answer=names[answers[index]],
            probability=float(sure[index]),
            probability_of_truth=float(predictions.probabilities[index, labels[index]]),
            png=png_base64(test.pixels[index]),
        )
        for index in wrong[np.argsort(-sure[wrong], kind="stable")][:most].tolist()
    )


def _figures(candidate: _Measured, best: _Measured, test: ImagePart, labels: Indices) -> dict[str, Figure]:
    """Return figure name → figure of the candidate, with the values of the best baseline where a figure shows them."""
    names = test.schema.classes
    tables = {each.name: confusion(labels, each.answers, len(names)) for each in (candidate, best)}
    bins = {each.name: reliability(labels, each.predictions.probabilities) for each in (candidate, best)}
    before = candidate.predictions.uncalibrated
    return {
        "confusion": Confusion(
            classes=names,
            contender=candidate.name,
            counts=_counts(tables[candidate.name]),
            baseline=best.name,
            baseline_counts=_counts(tables[best.name]),
        ),
        "per_class": PerClass(
            contender=candidate.name,
            rows=per_class(tables[candidate.name], names),
            baseline=best.name,
            baseline_rows=per_class(tables[best.name], names),
        ),
        "reliability": Reliability(
            contender=candidate.name,
            bins=bins[candidate.name],
            ece=calibration_error(bins[candidate.name]),
            uncalibrated_bins=None if before is None else reliability(labels, before),
            ece_uncalibrated=candidate.metrics["ece_uncalibrated"],
            baseline=best.name,
            baseline_bins=bins[best.name],
            baseline_ece=calibration_error(bins[best.name]),
        ),
        "mistakes": Mistakes(
            contender=candidate.name,
            wrong=int((candidate.answers != labels).sum()),
            examples=len(labels),
            height=test.schema.height,
            width=test.schema.width,
            images=mistakes(candidate.predictions, test, labels),
        ),
    }


def _counts(table: Indices) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in table.tolist())
