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


class CleaningOptions(BaseModel):
    """What may be done to rows that are not as they should be. Filling looks into the past only."""

    model_config = ConfigDict(extra="forbid")

    duplicates: Literal["error", "first", "last", "mean"] = Field(
        default="error", description="rows with one time and different values; exact repetitions are always reduced"
    )
    missing: Literal["error", "forward_fill", "drop"] = Field(
        default="error", description="rows whose target is missing, NaN or infinite"
    )
    gaps: Literal["auto", "forward_fill", "keep", "error"] = Field(
        default="auto",
        description="missing rows of a regular series; auto fills small gaps (at most 5 % of the rows, none longer"
        " than a season) and refuses large ones",
    )
    missing_values: dict[str, list[float]] = Field(
        default_factory=dict, description="values that mean missing, by column: {'pressure': [0]}"
    )
    frequency: str | None = Field(
        default=None, pattern=r"^[1-9][0-9]*(ms|s|m|h|d|w|mo|q|y)$", description="such as 1h, 1d; empty: found"
    )
    season: int | None = Field(default=None, ge=1, le=10_000, description="rows in one season; empty: from frequency")
    strict: bool = Field(default=False, description="every warning is an error: nothing is changed in silence or aloud")


class FileOptions(CleaningOptions):
    """How to read an uploaded file."""

    name: str | None = Field(default=None, max_length=100, description="empty: the file's name")
    time: str = Field(max_length=200)
    target: str = Field(max_length=200)
    features: list[str] | None = Field(default=None, description="empty: every other numeric column")
    exclude: list[str] = Field(default_factory=list)
    timezone: str | None = Field(default=None, description="zone of times without one, and of the calendar")
    unit: str = Field(default="", max_length=40)
    separator: str | None = Field(default=None, min_length=1, max_length=1, description="empty: found")
    decimal: Literal[".", ","] | None = Field(default=None, description="empty: found")
    encoding: str | None = Field(default=None, max_length=40, description="empty: UTF-8 or UTF-16, else Windows-1254")
    time_format: str | None = Field(default=None, max_length=100, description="such as %d/%m/%Y %H:%M; empty: found")


class FromSource(CleaningOptions):
    """Read a dataset from a source plugin."""

    source: str
    options: dict[str, Any] = Field(default_factory=dict)
    name: str | None = Field(default=None, max_length=100)
    missing: Literal["error", "forward_fill", "drop"] = "forward_fill"


class DatasetVersionOut(BaseModel):
    """One immutable version."""

    id: str = Field(description="the dataset's id; the same for all its versions")
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
    deleted_at: datetime | None = Field(default=None, description="in the trash since then, alone or with its dataset")
    deleted_by: str | None = None


class DatasetOut(BaseModel):
    """A dataset with its newest version."""

    id: str
    name: str
    versions: int
    numbers: list[int] = Field(description="the versions that are there, the oldest first")
    latest: DatasetVersionOut


class RowsOut(BaseModel):
    """Columns for a chart, reduced so that spikes survive."""

    times: list[datetime]
    columns: dict[str, list[float | None]]
    total_rows: int
