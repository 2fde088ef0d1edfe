"""Provenance of versions: the rows they learned from, and the platform that trained an imported one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class LearnedPart(Shape):
    """Rows of one part of a split; ``classes``: rows of each class."""

    rows: int | None = None
    start: str | None = None
    end: str | None = None
    classes: list[int] | None = None
    rows_sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class EvaluatedRows(Shape):
    """The rows that an evaluated predictor has seen, from ``start`` to ``end``, both included."""

    rows: int | None = None
    start: str | None = None
    end: str | None = None
    parts: dict[str, LearnedPart] | None = None
    weights_sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class LearnedRows(Shape):
    """The rows that the serving weights have seen; ``evaluated``: those of the evaluated ones, where they differ."""

    rows: int | None = None
    start: str | None = None
    end: str | None = None
    parts: dict[str, LearnedPart] | None = None
    evaluated: EvaluatedRows | None = None


@dataclass(frozen=True, kw_only=True)
class OriginDataset(Shape):
    """The dataset version that an imported version learned from, on its own platform."""

    name: str
    version: int | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, kw_only=True)
class Origin(Shape):
    """The version on the platform that trained it; ``by`` imported it here."""

    bundle_sha256: str
    model: str
    version: int
    run_id: str | None = None
    dataset: OriginDataset | None = None
    by: str = ""


@dataclass(frozen=True, kw_only=True)
class LineageNode(Shape):
    """A source or a result of a version."""

    id: str
    kind: str
    label: str
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
    """The number of a version's predictions, and of the judged ones."""

    made: int
    judged: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, kw_only=True)
class LineageEdge(Shape):
    """A connection between two nodes, by their ids."""

    start: str
    end: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class Lineage(Shape):
    """Datasets, runs, versions and predictions of a model; ``left_out``: older versions that are not shown."""

    model: str
    nodes: list[LineageNode]
    edges: list[LineageEdge]
    left_out: int = 0
