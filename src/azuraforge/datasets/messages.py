"""Inputs and results of the children that read datasets: plain JSON on the pipe, shapes on both ends."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import Field

from azuraforge.datasets.reading.limits import ReadingLimits
from azuraforge.datasets.schemas import CleaningOptions, Finding, Json
from azuraforge.plugins.contract.availability import Availability
from azuraforge.plugins.contract.dataset_schema import DataKindName, DatasetSchema
from azuraforge.plugins.contract.shape import Shape


class ReadInput(Shape):
    """An uploaded file; ``folder`` receives the canonical Parquet file."""

    kind: DataKindName
    path: Path
    name: str = Field(description="the file's name in messages")
    options: Json = Field(description="the kind's own")
    folder: Path
    limits: ReadingLimits


class SourceInput(Shape):
    """A source plugin with its options; ``outgoing`` restores the policy of outgoing requests."""

    source: str
    options: Json
    plugins_folder: str
    cleaning: CleaningOptions
    folder: Path
    limits: ReadingLimits
    outgoing: Json


class RestateInput(Shape):
    """A stored version, and when the values of some of its columns become known (null: not stated)."""

    path: Path
    meaning: DatasetSchema
    options: Json
    fingerprint: str
    columns: dict[str, Availability | None]
    folder: Path
    file_sha256: str | None
    provenance: Json
    findings: tuple[Finding, ...]


class ReadResult(Shape):
    """A file or source that was read: its canonical rows as Parquet, what they mean, and what was found."""

    parquet: Path
    fingerprint: str
    file_sha256: str | None = Field(description="null: read from a source")
    columns: DatasetSchema
    options: Json = Field(description="the options that shaped the rows, exactly as fingerprinted")
    rows: int
    start_at: datetime | None
    end_at: datetime | None
    provenance: Json
    findings: tuple[Finding, ...]


class RowsInput(Shape):
    """Columns of a version over time; ``series`` is the column that tells several apart, ``name`` the one to show."""

    path: Path
    time: str
    columns: tuple[str, ...]
    max_points: int
    series: str | None = None
    name: str | None = None


class PicturesInput(Shape):
    """An image dataset, and the most pictures of each class that are shown."""

    path: Path
    size: tuple[int, int, int]
    per_class: int
