"""API shapes of datasets."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Finding(BaseModel):
    """Something found while reading: a code, how bad, how often, where first, in both languages."""

    code: str
    severity: Literal["info", "warning", "error"]
    count: int = 1
    where: str = ""
    text: dict[str, str] = Field(description="by language code: en, tr")


class DatasetSchema(BaseModel):
    """What the columns mean; see ``plugins.Schema``."""

    time: str | None
    target: str
    features: list[str]
    frequency: str | None
    season: int
    timezone: str
    unit: str


class FileOptions(BaseModel):
    """How to read an uploaded file."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=100, description="empty: the file's name")
    time: str = Field(max_length=200)
    target: str = Field(max_length=200)
    features: list[str] | None = Field(default=None, description="empty: every other numeric column")
    exclude: list[str] = Field(default_factory=list)
    timezone: str | None = Field(default=None, description="zone of times without one, and of the calendar")
    unit: str = Field(default="", max_length=40)
    separator: str | None = Field(default=None, max_length=1)
    duplicates: Literal["error", "first", "last", "mean"] = "error"
    missing: Literal["error", "forward_fill", "drop"] = "error"
    gaps: Literal["forward_fill", "keep", "error"] = "forward_fill"
    frequency: str | None = Field(default=None, description="empty: found in the data")
    season: int | None = Field(default=None, ge=1)


class FromSource(BaseModel):
    """Read a dataset from a source plugin."""

    model_config = ConfigDict(extra="forbid")

    source: str
    options: dict[str, Any] = Field(default_factory=dict)
    name: str | None = Field(default=None, max_length=100)


class DatasetVersionOut(BaseModel):
    """One immutable version."""

    id: str
    name: str
    version: int
    fingerprint: str
    file_sha256: str | None
    dataset_schema: DatasetSchema
    rows: int
    start: datetime | None
    end: datetime | None
    source: str
    provenance: dict[str, Any]
    findings: list[Finding]
    created: bool = Field(default=True, description="False where the same content was there already")
    created_at: datetime


class DatasetOut(BaseModel):
    """A dataset with its newest version."""

    id: str
    name: str
    versions: int
    latest: DatasetVersionOut


class RowsOut(BaseModel):
    """Columns for a chart, reduced so that spikes survive."""

    times: list[datetime]
    columns: dict[str, list[float | None]]
    total_rows: int
