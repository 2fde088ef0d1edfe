"""Inputs and results of the children that read datasets: plain JSON on the pipe, shapes on both ends."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import Field, SecretStr

from azuraforge.datasets.reading.limits import ReadingLimits
from azuraforge.datasets.schemas import CleaningOptions, Finding, Json
from azuraforge.datasets.segments import Segment
from azuraforge.plugins.contract.availability import Availability
from azuraforge.plugins.contract.dataset_schema import DataKindName, DatasetSchema, IncumbentColumns
from azuraforge.plugins.contract.shape import Shape


class PresentFile(Shape):
    """The present forecasts of a dataset that came in files of their own."""

    columns: IncumbentColumns
    segment: Segment


class ReadInput(Shape):
    """An uploaded file; ``folder`` receives the canonical Parquet file.

    ``incumbent``: the incumbent of the previous version, which stays if the file has none.
    """

    kind: DataKindName
    path: Path
    name: str = Field(description="the file's name in messages")
    options: Json = Field(description="the kind's own")
    folder: Path
    limits: ReadingLimits
    incumbent: PresentFile | None = None


class SourceAccess(Shape):
    """The access of a source: addresses (a policy of outgoing requests), folders, and reading limits."""

    plugins_folder: str
    outgoing: Json
    folders: tuple[Path, ...]
    limits: ReadingLimits


class SourceInput(Shape):
    """A source plugin with its options; ``folder`` receives the canonical Parquet file.

    ``secrets`` are added on the pipe: dumped here, they are masked.
    """

    source: str
    options: Json
    access: SourceAccess
    secrets: dict[str, SecretStr] = Field(default_factory=dict)
    cleaning: CleaningOptions
    folder: Path


class RestateInput(Shape):
    """A stored version, and the times at which some of its columns become known (null: not stated)."""

    paths: tuple[Path, ...]
    segments: tuple[Segment, ...]
    incumbent: Segment | None
    meaning: DatasetSchema
    options: Json
    fingerprint: str
    columns: dict[str, Availability | None]
    file_sha256: str | None
    provenance: Json
    findings: tuple[Finding, ...]
    cursor: Json | None


class ReadResult(Shape):
    """The result of reading a file or source: its canonical rows as segments, their meaning, and findings.

    ``made``: the files of those segments that are new, by address.
    """

    segments: tuple[Segment, ...]
    incumbent: Segment | None = Field(default=None, description="the stored present forecasts; null: none from a file")
    made: dict[str, Path]
    blocks: tuple[str, ...] = Field(default=(), description="the hashes of the fingerprint's blocks")
    fingerprint: str
    file_sha256: str | None = Field(description="null: read from a source")
    columns: DatasetSchema
    options: Json = Field(description="the options that shaped the rows, exactly as fingerprinted")
    rows: int
    start_at: datetime | None
    end_at: datetime | None
    provenance: Json
    findings: tuple[Finding, ...]
    cursor: Json | None = Field(default=None, description="the source's position behind these rows")

    @property
    def files(self) -> tuple[Segment, ...]:
        """Return every file of the version: the segments of its rows, then the present forecasts."""
        return self.segments if self.incumbent is None else (*self.segments, self.incumbent)


class RowsInput(Shape):
    """Columns of a version over time; ``name``: the one of several series to show; ``last``: only the newest rows."""

    paths: tuple[Path, ...]
    meaning: DatasetSchema
    columns: tuple[str, ...]
    max_points: int
    name: str | None = None
    last: int | None = None


class PicturesInput(Shape):
    """An image dataset, and the most pictures of each class that are shown."""

    paths: tuple[Path, ...]
    size: tuple[int, int, int]
    per_class: int
