"""Origin of a version: the rows it learned from, and the platform that trained an imported one."""

from __future__ import annotations

from pydantic import Field

from azuraforge.models.gate.record import VerdictRecord
from azuraforge.plugins.contract.evaluation import Evaluation
from azuraforge.plugins.contract.shape import Shape


class LearnedPart(Shape):
    """Rows of one part of a split, with the times of the first and the last if they have one."""

    rows: int | None = None
    start: str | None = None
    end: str | None = None
    classes: tuple[int, ...] | None = Field(default=None, description="rows of each class")
    rows_sha256: str | None = Field(default=None, description="of the row numbers, where rows have no time")


class EvaluatedRows(Shape):
    """The rows that an evaluated predictor has learned from; ``start`` and ``end`` (ISO 8601) are both included."""

    rows: int | None = None
    start: str | None = None
    end: str | None = None
    parts: dict[str, LearnedPart] | None = Field(default=None, description="train and validation")
    weights_sha256: str | None = Field(default=None, description="of the evaluated predictor")


class LearnedRows(Shape):
    """The rows that the serving weights have learned from, validation included. An imported version may state none.

    ``evaluated`` describes the evaluated predictor if the serving one was refitted on every row.
    """

    rows: int | None = None
    start: str | None = None
    end: str | None = None
    parts: dict[str, LearnedPart] | None = Field(default=None, description="train and validation")
    evaluated: EvaluatedRows | None = None


class OriginDataset(Shape):
    """The dataset version that an imported version learned from, as named by its own platform."""

    name: str
    version: int | None
    fingerprint: str | None


class Origin(Shape):
    """The version on the platform that trained it."""

    bundle_sha256: str
    model: str
    version: int
    run_id: str | None
    dataset: OriginDataset | None


class ImportedFrom(Origin):
    """The origin of an imported version; ``by`` imported it."""

    by: str


class StatedEvaluation(Shape):
    """The evaluation and the verdict that a bundle states."""

    evaluation: Evaluation
    verdict: VerdictRecord


class ImportRecord(ImportedFrom):
    """All stored data of a bundle."""

    evaluated: StatedEvaluation | None
