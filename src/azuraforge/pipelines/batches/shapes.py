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
    """Both schemas: the version's, and the one of a dataset that it may predict from."""

    task: str
    learned: DatasetSchema
    given: DatasetSchema


class CheckResult(StepResult):
    """Nothing: the version can predict from the dataset."""


class PlanInput(StepInput):
    """A version, the dataset, and the rows to predict from."""

    plugin: str
    predictor: str
    dataset: DatasetFile
    rows: BatchRange


class Plan(StepResult):
    """``chunks`` are half-open ranges of ``origins.npy``; ``skipped`` rows have too little history."""

    chunks: tuple[tuple[int, int], ...]
    origins: int
    skipped: int
    origins_file: str


class ChunkInput(PlanInput):
    """One chunk of a plan; ``learned_until``: the last time that the version learned from."""

    chunk: tuple[int, int]
    learned_until: str | None
    origins_file: str


class Chunk(StepResult):
    """``rows.parquet`` with the predictions of one chunk."""

    rows: int


class GatherInput(StepInput):
    """Chunks in order, and the folder for the files made of them."""

    task: str
    chunks: tuple[str, ...]
    folder: str


class Gathered(StepResult):
    """One file of all chunks: its size, its scores where truths are known, its columns and last rows."""

    rows: int
    scores: dict[str, float | None] | None
    columns: tuple[str, ...]
    tail: tuple[dict[str, JsonValue], ...]


class BatchSummary(Shape):
    """The summary of a batch run; ``partial``: it ended before its last chunk."""

    rows: int
    origins: int
    skipped: int
    partial: bool
    chunks: int
    of_chunks: int
    scores: dict[str, float | None] | None = Field(default=None, description="of rows that the version has not learned")


class PredictSummary(RunSummary, BatchSummary):
    """A batch prediction: its rows and files, and its version."""

    kind: Literal["predict"] = "predict"
    model: str
    version: int


class BatchFigure(BatchSummary, Figure):
    """The figure ``predictions``: the summary, and the last rows of the file."""

    columns: tuple[str, ...]
    tail: tuple[dict[str, JsonValue], ...]
