"""API shapes of the lineage of a model."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from azuraforge.models.provenance import Origin


class MadePredictions(BaseModel):
    """Number of a version's predictions, number of judged ones, and the times of the first and the last prediction."""

    made: int
    judged: int
    first_at: datetime
    last_at: datetime


class LineageNode(BaseModel):
    """Node of a lineage graph; each kind of node has its own fields."""

    id: str
    kind: Literal["dataset", "run", "version", "predictions", "origin"]
    label: str
    name: str | None = Field(default=None, description="name of the run; null for other kinds, or if it was purged")
    dataset: str | None = None
    run_id: str | None = None
    version: int | None = Field(
        default=None, description="number of the version of the dataset or model; null for other kinds"
    )
    aliases: list[str] = []
    plugin: str | None = Field(default=None, description="name of the version's pipeline; null for other kinds")
    code_version: str | None = Field(
        default=None, description="version of the code that the run used; null for other kinds"
    )
    fingerprint: str | None = Field(
        default=None, description="fingerprint of the dataset version; null for other kinds"
    )
    origin: Origin | None = Field(default=None, description="origin of an imported version; null for other kinds")
    predictions: MadePredictions | None = None


class LineageEdge(BaseModel):
    """Edge of a lineage graph, from the node ``start`` to the node ``end``."""

    start: str
    end: str
    kind: Literal["learned", "made", "said", "champion_then", "imported"]


class LineageOut(BaseModel):
    """Lineage of a model's versions and their predictions. ``left_out`` is the number of omitted older versions."""

    model: str
    nodes: list[LineageNode]
    edges: list[LineageEdge]
    left_out: int
