"""API schemas of previews and of the contents of versions."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from azuraforge.datasets.schemas import Finding, ImagesOut, Json, RowsOut
from azuraforge.plugins.contract.dataset_schema import DatasetSchema

#: One value of a table: a number, a text (times are ISO 8601), or null if it is missing.
TableValue = float | str | None


class ColumnPreview(BaseModel):
    """One column of a file that is not stored yet."""

    name: str
    type: Literal["time", "number", "text", "empty", "unreadable"]
    missing: int = Field(description="number of rows without a value")
    distinct: int = Field(description="number of distinct values")
    lowest: str | None = Field(default=None, description="lowest number or earliest time; null for text")
    highest: str | None = None


class Remedy(BaseModel):
    """An option that corrects a problem of a file, with the values to choose from."""

    code: str = Field(description="code of the problem or finding")
    option: str = Field(description="name of the option of the upload")
    values: list[JsonValue] = Field(description="values to choose from; empty if the option takes any value")


class PreviewProblem(BaseModel):
    """The reason why the file cannot be added with the chosen options."""

    code: str
    message: str
    where: str | None = None
    next_step: str | None = None


class SameImages(BaseModel):
    """Images with equal pixels."""

    count: int
    labels: list[str]
    names: list[str] = Field(description="the first 8 names")
    png: str = Field(description="PNG file in base64")


class PreparedPreview(BaseModel):
    """The version that would be created."""

    rows: int
    start: datetime | None
    end: datetime | None
    dataset_schema: DatasetSchema
    findings: list[Finding]
    chart: RowsOut | None = Field(description="the target of the first series; null for images")
    images: ImagesOut | None = Field(description="classes with sample images; null for series")
    repeated_images: int = Field(description="number of images that repeat another one; 0 for series")
    same_images: list[SameImages] = Field(description="the largest groups of equal images")
    fingerprint: str


class DatasetPreviewOut(BaseModel):
    """The content of a file and the version that it would become. Nothing is stored."""

    file: str
    bytes: int
    kind: Literal["series", "images"]
    facts: Json = Field(description="detected format, encoding and separator")
    sheets: list[str] = Field(description="names of the worksheets; empty if the file is not a workbook")
    rows: int | None = Field(description="number of rows in the file; null for images")
    columns: list[ColumnPreview] = Field(description="the first 200 columns")
    column_count: int
    first: list[list[str | None]] = Field(description="the first rows as text, in the order of the columns")
    options: Json = Field(description="options of the upload, with detected columns filled in")
    prepared: PreparedPreview | None = Field(description="null if the file cannot be added with these options")
    problem: PreviewProblem | None = Field(description="null if the file can be added")
    remedies: list[Remedy]


class TableOut(BaseModel):
    """A page of the rows of a version, in canonical order."""

    columns: list[str]
    rows: list[list[TableValue]]
    offset: int
    total: int = Field(description="number of rows of the version, or of the selected series")


class Histogram(BaseModel):
    """Counts of values in intervals of equal width: ``counts[i]`` are the values from ``edges[i]`` to the next edge."""

    edges: list[float]
    counts: list[int]


class ColumnProfile(BaseModel):
    """Statistics of the known values of one column; null if there are none."""

    name: str
    role: Literal["target", "feature"]
    missing: int
    distinct: int
    mean: float | None = None
    deviation: float | None = Field(default=None, description="standard deviation")
    lowest: float | None = None
    lower_quartile: float | None = None
    median: float | None = None
    upper_quartile: float | None = None
    highest: float | None = None
    histogram: Histogram | None = None


class Gap(BaseModel):
    """Missing rows of a series: the rows before and after the gap."""

    series: str | None
    after: datetime
    before: datetime
    seconds: float


class ProfileOut(BaseModel):
    """Statistics of one immutable version."""

    rows: int
    columns: list[ColumnProfile] = Field(description="the target, then the first 99 features; empty for images")
    column_count: int
    gaps: int = Field(description="number of steps between rows that are longer than three times the usual step")
    longest_gaps: list[Gap]
    repeated_images: int = Field(description="number of images that repeat another one")
    same_images: list[SameImages] = Field(description="the 20 largest groups of equal images")


class ChangedSetting(BaseModel):
    """A setting of the schema that differs between two versions."""

    name: str
    before: JsonValue
    after: JsonValue


class ChangedCell(BaseModel):
    """A value that differs between two versions; null if it is missing."""

    series: str | None
    at: str = Field(description="time of the row, or name of the image")
    column: str
    before: TableValue
    after: TableValue


class DifferenceOut(BaseModel):
    """The difference between two versions of a dataset. Rows are matched by series and time, images by name."""

    before: int = Field(description="number of the version to compare with")
    after: int
    rows_added: int
    rows_removed: int
    rows_changed: int
    rows_equal: int
    columns_added: list[str]
    columns_removed: list[str]
    changed: dict[str, int] = Field(description="number of changed values by column")
    changes: list[ChangedCell] = Field(description="the first 100 changed values")
    settings: list[ChangedSetting]
