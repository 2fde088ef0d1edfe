"""Origin of a version: the rows it learned from, and the platform that trained an imported version."""

from __future__ import annotations

from pydantic import Field

from azuraforge.models.gate.record import VerdictRecord
from azuraforge.plugins.contract.evaluation import Evaluation
from azuraforge.plugins.contract.shape import Shape


class LearnedPart(Shape):
    """Rows of one part of a split, with the times of the first and the last row if rows have times."""

    rows: int | None = None
    start: str | None = None
    end: str | None = None
    classes: tuple[int, ...] | None = Field(
        default=None, description="number of rows of each class; null if the target is not a class"
    )
    rows_sha256: str | None = Field(
        default=None, description="SHA-256 of the row numbers if rows have no time, else null"
    )


class EvaluatedRows(Shape):
    """Rows that an evaluated predictor learned from; ``start`` and ``end`` (ISO 8601) are both included."""

    rows: int | None = None
    start: str | None = None
    end: str | None = None
    parts: dict[str, LearnedPart] | None = Field(
        default=None, description="training and validation sets by name; null if unknown"
    )
    weights_sha256: str | None = Field(
        default=None, description="SHA-256 of the evaluated predictor's weights; null if unknown"
    )


class LearnedRows(Shape):
    """Rows that the serving weights learned from, validation rows included. Fields are null if an import omits them.

    ``evaluated`` describes the evaluated predictor if the serving one was refitted on all rows.
    """

    rows: int | None = None
    start: str | None = None
    end: str | None = None
    parts: dict[str, LearnedPart] | None = Field(
        default=None, description="training and validation sets by name; null if unknown"
    )
    evaluated: EvaluatedRows | None = None


class OriginDataset(Shape):
    """Dataset version that an imported version learned from, as its own platform names it."""

    name: str
    version: int | None
    fingerprint: str | None


class Origin(Shape):
    """Identity of an imported version on the platform that trained it."""

    bundle_sha256: str
    model: str
    version: int
    run_id: str | None
    dataset: OriginDataset | None


class ImportedFrom(Origin):
    """Origin of an imported version, with the user who imported it as ``by``."""

    by: str


class StatedEvaluation(Shape):
    """Evaluation and verdict that a bundle states."""

    evaluation: Evaluation
    verdict: VerdictRecord


class ImportRecord(ImportedFrom):
    """All stored facts about the bundle of an imported version."""

    evaluated: StatedEvaluation | None
