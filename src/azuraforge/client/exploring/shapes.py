"""Shapes of previews, rows, statistics and differences of datasets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from azuraforge.client.datasets import DatasetSchema, Finding, Images, Rows
from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class ColumnPreview(Shape):
    """One column of a file that is not stored yet."""

    name: str
    type: str
    missing: int
    distinct: int
    lowest: str | None = None
    highest: str | None = None


@dataclass(frozen=True, kw_only=True)
class Remedy(Shape):
    """An option of the upload that corrects a problem, with the values to choose from."""

    code: str
    option: str
    values: list[object]


@dataclass(frozen=True, kw_only=True)
class PreviewProblem(Shape):
    """The reason why a file cannot be added with the chosen options."""

    code: str
    message: str
    where: str | None = None
    next_step: str | None = None


@dataclass(frozen=True, kw_only=True)
class SameImages(Shape):
    """Images with equal pixels."""

    count: int
    labels: list[str]
    names: list[str]
    png: str


@dataclass(frozen=True, kw_only=True)
class PreparedPreview(Shape):
    """The version that a file would become."""

    rows: int
    dataset_schema: DatasetSchema
    fingerprint: str
    start: datetime | None = None
    end: datetime | None = None
    findings: list[Finding] = field(default_factory=list)
    chart: Rows | None = None
    images: Images | None = None
    repeated_images: int = 0
    same_images: list[SameImages] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class DatasetPreview(Shape):
    """The content of a file and the version that it would become; nothing is stored."""

    file: str
    bytes: int
    kind: str
    facts: dict[str, object]
    sheets: list[str]
    columns: list[ColumnPreview]
    column_count: int
    first: list[list[str | None]]
    options: dict[str, object]
    remedies: list[Remedy]
    rows: int | None = None
    prepared: PreparedPreview | None = None
    problem: PreviewProblem | None = None


@dataclass(frozen=True, kw_only=True)
class Table(Shape):
    """A page of the rows of a version."""

    columns: list[str]
    rows: list[list[object]]
    offset: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Histogram(Shape):
    """Counts of values in intervals of equal width."""

    edges: list[float]
    counts: list[int]


@dataclass(frozen=True, kw_only=True)
class ColumnProfile(Shape):
    """Statistics of the known values of one column."""

    name: str
    role: str
    missing: int
    distinct: int
    mean: float | None = None
    deviation: float | None = None
    lowest: float | None = None
    lower_quartile: float | None = None
    median: float | None = None
    upper_quartile: float | None = None
    highest: float | None = None
    histogram: Histogram | None = None


@dataclass(frozen=True, kw_only=True)
class Gap(Shape):
    """Missing rows of a series: the rows before and after the gap."""

    after: datetime
    before: datetime
    seconds: float
    series: str | None = None


@dataclass(frozen=True, kw_only=True)
class Profile(Shape):
    """Statistics of one version."""

    rows: int
    columns: list[ColumnProfile]
    column_count: int
    gaps: int
    longest_gaps: list[Gap]
    repeated_images: int
    same_images: list[SameImages]


@dataclass(frozen=True, kw_only=True)
class ChangedSetting(Shape):
    """A setting that differs between two versions."""

    name: str
    before: object = None
    after: object = None


@dataclass(frozen=True, kw_only=True)
class ChangedCell(Shape):
    """A value that differs between two versions."""

    at: str
    column: str
    series: str | None = None
    before: float | str | None = None
    after: float | str | None = None


@dataclass(frozen=True, kw_only=True)
class Difference(Shape):
    """The difference between two versions of a dataset."""

    before: int
    after: int
    rows_added: int
    rows_removed: int
    rows_changed: int
    rows_equal: int
    columns_added: list[str]
    columns_removed: list[str]
    changed: dict[str, int]
    changes: list[ChangedCell]
    settings: list[ChangedSetting]
