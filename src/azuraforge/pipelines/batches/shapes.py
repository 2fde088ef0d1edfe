"""Inputs and results of a batch prediction's steps."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from azuraforge.pipelines.shapes import DatasetFile, StepInput, StepResult
from azuraforge.plugins.contract.batch import BatchRange
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.figure import Figure
from azuraforge.plugins.contract.shape import Shape
from azuraforge.runs.schemas import RunSummary


class CheckInput(StepInput):
    """The schema that a version learned from, and the schema of a dataset that it may predict from."""

    task: str
    learned: DatasetSchema
    given: DatasetSchema


class CheckResult(StepResult):
    """Empty result: the version can predict from the dataset."""


class PlanInput(StepInput):
    """A version, the dataset, and the rows to predict from."""

    plugin: str
    predictor: str
    dataset: DatasetFile
    rows: BatchRange


class Plan(StepResult):
    """The origins of a batch prediction, divided into chunks.

    ``chunks`` are half-open ranges of indexes into ``origins.npy``; ``skipped`` is the number of rows with too little
    history.
    """

    chunks: tuple[tuple[int, int], ...]
    origins: int
    skipped: int
    origins_file: str


class ChunkInput(PlanInput):
    """One chunk of a plan. ``learned_until`` is the time of the last row that the version learned from."""

    chunk: tuple[int, int]
    learned_until: str | None
    origins_file: str


class Chunk(StepResult):
    """The number of rows in ``rows.parquet``, the predictions of one chunk."""

    rows: int


class GatherInput(StepInput):
    """The chunks in order, and the folder for the joined files."""

    task: str
    chunks: tuple[str, ...]
    folder: str


class Gathered(StepResult):
    """The joined file: its number of rows, its scores, its columns, and its last rows (at most 20) in ``tail``.

    ``scores`` are those of ``BatchSummary``.
    """

    rows: int
    scores: dict[str, float | None] | None
    columns: tuple[str, ...]
    tail: tuple[dict[str, JsonValue], ...]


class BatchSummary(Shape):
    """The summary of a batch run. ``partial`` is true if the run ended before its last chunk."""

    rows: int
    origins: int
    skipped: int
    partial: bool
    chunks: int
    of_chunks: int
    scores: dict[str, float | None] | None = Field(
        default=None, description="metrics on rows that the version was not trained on; null if there are none"
    )


class PredictSummary(RunSummary, BatchSummary):
    """The summary of a batch prediction, with the model and version that predicted."""

    kind: Literal["predict"] = "predict"
    model: str
    version: int


class BatchFigure(BatchSummary, Figure):
    """The figure ``predictions``: the summary, and the last rows of the file."""

    columns: tuple[str, ...]
    tail: tuple[dict[str, JsonValue], ...]
