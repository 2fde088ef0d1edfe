"""The task kind "classify": prediction of the class of an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from azuraforge.messages import Message
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.batch import Batch
from azuraforge.plugins.contract.conformance import losses_not_stored
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.figure import Figure
from azuraforge.plugins.contract.judging import ExplainCase, JudgeCase, Remark, other
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.pipeline import Answer, AnyPipeline
from azuraforge.plugins.contract.task_kind import TaskKind
from azuraforge.plugins.kinds.classify.facts import ERROR_RATE, LOG_LOSS, METRICS, SALIENCY, SLICES
from azuraforge.plugins.kinds.classify.figures import FIGURES
from azuraforge.plugins.kinds.classify.metrics import measure
from azuraforge.plugins.kinds.classify.parts import (
    ImageSplitResult,
    cut_images,
    hold_out_images,
    keep_learned,
    load_images,
)
from azuraforge.plugins.kinds.classify.predictions import (
    GUARDED_IMAGES,
    affordable_images,
    classify_checked,
    guard_each_alone,
    save_classes,
)
from azuraforge.plugins.vision.config import ClassifyConfig, ClassPredictions, ImagePart, ImageSchema, ImageTable

if TYPE_CHECKING:
    import polars as pl

    from azuraforge.plugins.kinds.classify.judging import ClassJudge


_SIDES = ("height", "width", "channels")


class Classify(TaskKind[ClassifyConfig, ImageTable, ImagePart, ClassPredictions, ImageSplitResult]):
    """The task kind that assigns each image to one of several classes."""

    name = "classify"
    title: ClassVar[Mapping[str, str]] = {"en": "Classification", "tr": "Sınıflandırma"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "Predicts the class of an image.",
        "tr": "Bir görüntünün sınıfını tahmin eder.",
    }
    Config = ClassifyConfig
    Split = ImageSplitResult
    data = "images"
    serving = "image"
    pipeline = "vision.cnn"
    baselines = ("vision.majority", "vision.logistic", "vision.neighbours")
    metrics = METRICS
    ranked_by = "error_rate"
    gate_metrics = ("error_rate", "log_loss")
    objectives = ("log_loss", "accuracy", "error_rate", "macro_f1", "ece")
    slices = SLICES
    explanations = (SALIENCY,)
    figures = FIGURES

    def table(self, frame: pl.DataFrame, schema: DatasetSchema) -> ImageTable:
        return ImageTable(frame, ImageSchema.of(schema))

    def obstacle(
        self, champion: DatasetSchema, candidate: DatasetSchema, learned_from: tuple[str, str] | None
    ) -> Remark | None:
        """Return the difference between the datasets that prevents a comparison; None if there is none.

        A missing time range is no obstacle, because the judge reads the learned images from a file of the version.
        """
        return self.other_data(champion, candidate)

    def other_data(self, learned: DatasetSchema, given: DatasetSchema) -> Remark | None:
        found = super().other_data(learned, given)
        if found is not None and found.code == "other_kind":
            return found
        if learned.classes != given.classes:
            return other("other_classes", *(", ".join((schema.classes or ())[:20]) for schema in (learned, given)))
        sizes = ["×".join(map(str, schema.size or ())) for schema in (learned, given)]
        return other("other_size", *sizes) if sizes[0] != sizes[1] else None

    def unreadable(self, learned: DatasetSchema, given: DatasetSchema) -> Message | None:
        """Return why a version cannot classify the images of a dataset; None if it can.

        The reasons are another data kind and another image size. The classes may differ or be unknown.
        """
        found = super().other_data(learned, given)
        if found is not None and found.code == "other_kind":
            return super().unreadable(learned, given)
        for side, ours, theirs in zip(_SIDES, learned.size or (), given.size or (), strict=True):
            if ours != theirs:
                return Message(
                    "its images have {side} {found}, but the version expects {expected}",
                    {"side": side, "found": theirs, "expected": ours},
                )
        return None

    def split(
        self,
        pipeline: AnyPipeline,
        table: ImageTable,
        config: ClassifyConfig,
        folder: Path | None,
        *,
        studied: bool = False,
        retrained: bool = False,
    ) -> ImageSplitResult:
        return cut_images(pipeline, table, config, folder, retrained=retrained)

    def load_part(self, folder: Path) -> ImagePart:
        return load_images(folder)

    def alone(self, part: ImagePart, index: int) -> ImagePart:
        at = slice(index, index + 1)
        return replace(part, pixels=part.pixels[at], names=part.names[at])

    def hold_out(
        self, table: ImageTable, split: ImageSplitResult, configs: Sequence[ClassifyConfig], outputs: Path
    ) -> int:
        assert split.rows is not None
        return hold_out_images(table, split.rows, outputs)

    def remember(self, train: ImagePart, validation: ImagePart, predictor: Path) -> None:
        keep_learned(train, validation, predictor)

    def predict(self, name: str, answer: Answer[ImagePart, ClassPredictions], part: ImagePart) -> ClassPredictions:
        return classify_checked(name, answer, part)

    def guard(
        self,
        name: str,
        answer: Answer[ImagePart, ClassPredictions],
        part: ImagePart,
        predictions: ClassPredictions,
        seed: int,
        *,
        thorough: bool,
    ) -> int:
        most = affordable_images(part) if thorough else GUARDED_IMAGES
        return guard_each_alone(name, answer, part, predictions, seed, most)

    def save_predictions(self, predictions: ClassPredictions, path: Path) -> None:
        save_classes(predictions, path)

    def judge(self, case: JudgeCase) -> ClassJudge:
        from azuraforge.plugins.kinds.classify.judging import ClassJudge

        return ClassJudge(case, self.added)

    def stored_losses(self, errors: Mapping[str, Floats], contender: str, metric: MetricFacts) -> Floats:
        """Return the losses of log loss or error rate. Raises InvalidInput for other metrics, which are not stored."""
        keys = {LOG_LOSS.name: contender, ERROR_RATE.name: f"{contender}/wrong"}
        if metric.name not in keys:
            raise losses_not_stored(metric.name, self.name)
        return np.asarray(errors[keys[metric.name]], dtype=np.float64)[:, None]

    def prepare_scoring(
        self, table: ImageTable, split: ImageSplitResult, config: ClassifyConfig, outputs: Path
    ) -> None:
        """Write nothing, because the validation set contains all that scoring requires."""

    def score(self, name: str, answer: Answer[ImagePart, ClassPredictions], parts: Path) -> dict[str, float | None]:
        labelled = load_images(parts / "validation")
        made = classify_checked(name, answer, replace(labelled, labels=None))
        assert labelled.labels is not None
        own = measure(labelled.labels, made.probabilities, made.uncalibrated, labelled.schema.classes)
        added = {each.name: each.facts.score(each.losses(labelled.labels, made)) for each in self.added}
        return {**own, **added}

    def explain(self, explanation: str, case: ExplainCase) -> dict[str, Figure]:
        from azuraforge.plugins.kinds.classify.saliency import saliency

        return saliency(case)

    def batch(self) -> Batch[ImageTable]:
        from azuraforge.plugins.kinds.classify.batch import ImageBatch

        return ImageBatch()
