"""Shapes of a version's provenance: its training data, its lineage, and the origin of an imported version."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class LearnedPart(Shape):
    """The rows of one part of a split. ``classes`` contains the number of rows per class."""

    rows: int | None = None
    start: str | None = None
    end: str | None = None
    classes: list[int] | None = None
    rows_sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class EvaluatedRows(Shape):
    """The training rows of the evaluated predictor, from ``start`` to ``end`` inclusive."""

    rows: int | None = None
    start: str | None = None
    end: str | None = None
    parts: dict[str, LearnedPart] | None = None
    weights_sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class LearnedRows(Shape):
    """The training rows of the serving predictor; ``evaluated``: of the evaluated predictor, if they differ."""

    rows: int | None = None
    start: str | None = None
    end: str | None = None
    parts: dict[str, LearnedPart] | None = None
    evaluated: EvaluatedRows | None = None


@dataclass(frozen=True, kw_only=True)
class OriginDataset(Shape):
    """The training dataset of an imported version, on the platform that trained it."""

    name: str
    version: int | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, kw_only=True)
class Origin(Shape):
    """The origin of an imported version: its bundle, and its model and run on the platform that trained it.

    ``by`` is the user who imported it.
    """

    bundle_sha256: str
    model: str
    version: int
    run_id: str | None = None
    dataset: OriginDataset | None = None
    by: str = ""


@dataclass(frozen=True, kw_only=True)
class LineageNode(Shape):
    """A node of the lineage graph: a dataset, a run, a version, an origin or the predictions of a version."""

    id: str
    kind: str
    label: str
    name: str | None = None
    dataset: str | None = None
    run_id: str | None = None
    version: int | None = None
    aliases: list[str] = field(default_factory=list)
    plugin: str | None = None
    code_version: str | None = None
    fingerprint: str | None = None
    origin: Origin | None = None
    predictions: MadePredictions | None = None


@dataclass(frozen=True, kw_only=True)
class MadePredictions(Shape):
    """The number of predictions that a version made, the number of judged ones, and the times of the first and last."""

    made: int
    judged: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, kw_only=True)
class LineageEdge(Shape):
    """An edge of the lineage graph, between the ids of two nodes."""

    start: str
    end: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class Lineage(Shape):
    """The lineage graph of a model. ``left_out`` is the number of older versions that it omits."""

    model: str
    nodes: list[LineageNode]
    edges: list[LineageEdge]
    left_out: int = 0
