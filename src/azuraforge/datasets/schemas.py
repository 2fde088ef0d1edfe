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
    """What the columns mean: of a series see ``plugins.Schema``, of pictures ``plugins.ImageSchema``."""

    kind: Literal["series", "images"] = "series"
    time: str | None = None
    target: str
    features: list[str] = Field(default_factory=list)
    frequency: str | None = None
    season: int = 1
    timezone: str = "UTC"
    unit: str = ""
    series: str | None = Field(default=None, description="the column that tells several series apart")
    series_names: list[str] | None = Field(default=None, description="of several series: which there are")
    height: int | None = Field(default=None, description="pixels; pictures only, as width, channels and classes")
    width: int | None = None
    channels: int | None = Field(default=None, description="1: grey, 3: red, green, blue")
    classes: list[str] | None = None


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

    kind: Literal["series"] = "series"
    name: str | None = Field(default=None, max_length=100, description="empty: the file's name")
    time: str = Field(max_length=200)
    target: str = Field(max_length=200)
    series: str | None = Field(
        default=None, max_length=200, description="the column that tells several series apart; empty: one series"
    )
    features: list[str] | None = Field(default=None, description="empty: every other numeric column")
    exclude: list[str] = Field(default_factory=list)
    timezone: str | None = Field(default=None, description="zone of times without one, and of the calendar")
    unit: str = Field(default="", max_length=40)
    separator: str | None = Field(default=None, min_length=1, max_length=1, description="empty: found")
    decimal: Literal[".", ","] | None = Field(default=None, description="empty: found")
    encoding: str | None = Field(default=None, max_length=40, description="empty: UTF-8 or UTF-16, else Windows-1254")
    time_format: str | None = Field(default=None, max_length=100, description="such as %d/%m/%Y %H:%M; empty: found")


class ImageOptions(BaseModel):
    """How to read an uploaded zip or Parquet table of pictures."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["images"]
    name: str | None = Field(default=None, max_length=100, description="empty: the file's name")
    height: int | None = Field(
        default=None, ge=4, le=1024, description="pixels, with width; empty: the pictures', where all are equal"
    )
    width: int | None = Field(default=None, ge=4, le=1024)
    channels: Literal[1, 3] | None = Field(default=None, description="empty: 1 where all pictures are grey, else 3")
    image: str = Field(default="image", max_length=200, description="Parquet: the column of encoded pictures")
    label: str = Field(default="label", max_length=200, description="Parquet: the column of classes")
    unreadable: Literal["error", "skip"] = Field(default="error", description="pictures that cannot be read")
    strict: bool = Field(default=False, description="every warning is an error")


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


class PictureOut(BaseModel):
    """A picture of a dataset, for people to look at."""

    name: str
    part: str | None
    png: str = Field(description="base64")


class ClassOut(BaseModel):
    """A class: how many pictures it has by part, and some of them, spread evenly."""

    name: str
    counts: dict[str, int] = Field(description="by part: train and test, or all where there is no official split")
    pictures: list[PictureOut]


class PicturesOut(BaseModel):
    """What an image dataset holds."""

    height: int
    width: int
    channels: int
    total: int
    classes: list[ClassOut]


class RowsOut(BaseModel):
    """Columns for a chart, reduced so that spikes survive."""

    times: list[datetime]
    columns: dict[str, list[float | None]]
    total_rows: int
