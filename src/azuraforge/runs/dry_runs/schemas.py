"""API shapes of dry runs: what a run would use."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from azuraforge.strict_json import JsonObject


class PlannedPart(BaseModel):
    """A part of the dataset as a run would use it."""

    name: Literal["train", "validation", "test"]
    rows: int = Field(description="number of rows of the part, of all series")
    windows: int | None = Field(
        description="number of windows that the run learns from or predicts; null if the rows have no time"
    )
    start: str | None = Field(description="time of the first row; null if the rows have no time")
    end: str | None = Field(description="time of the last row; null if the rows have no time")


class RunPlan(BaseModel):
    """Plan of a run with this request. Nothing is stored."""

    name: str
    plugin: str | None
    config: JsonObject = Field(description="config with all defaults filled in")
    dataset_name: str | None
    dataset_version: int | None
    model: str | None
    parts: list[PlannedPart] = Field(description="parts of the dataset; empty for runs that do not split one")
