"""Inputs and results of the child processes that read datasets, exchanged as JSON over a pipe."""

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
    """The incumbent forecasts of a dataset that were added as a separate file."""

    columns: IncumbentColumns
    segment: Segment


class ReadInput(Shape):
    """An uploaded file to read; the canonical Parquet file is written to ``folder``.

    ``incumbent`` is the incumbent of the previous version, which is kept if the file has no incumbent.
    """

    kind: DataKindName
    path: Path
    name: str = Field(description="name of the file in messages")
    options: Json = Field(description="options of the kind of data")
    folder: Path
    limits: ReadingLimits
    incumbent: PresentFile | None = None


class SourceAccess(Shape):
    """The access granted to a source: network policy, readable folders, and reading limits."""

    plugins_folder: str
    outgoing: Json
    folders: tuple[Path, ...]
    limits: ReadingLimits


class SourceInput(Shape):
    """A source plugin to read, with its options; the canonical Parquet file is written to ``folder``.

    The caller adds ``secrets`` to the payload separately, since dumping this shape would mask them.
    """

    source: str
    options: Json
    access: SourceAccess
    secrets: dict[str, SecretStr] = Field(default_factory=dict)
    cleaning: CleaningOptions
    folder: Path


class RestateInput(Shape):
    """A stored version, and the times at which some of its columns become known (None: unspecified)."""

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
    """The result of reading a file or source: canonical rows as segments, their schema, and findings.

    ``made`` maps the addresses of new segments to their files.
    """

    segments: tuple[Segment, ...]
    incumbent: Segment | None = Field(
        default=None, description="stored incumbent forecasts; null if none were read from a file"
    )
    made: dict[str, Path]
    blocks: tuple[str, ...] = Field(default=(), description="hashes of the fingerprint's blocks")
    fingerprint: str
    file_sha256: str | None = Field(description="SHA-256 of the file; null if the rows come from a source")
    columns: DatasetSchema
    options: Json = Field(description="options that shaped the rows, exactly as they enter the fingerprint")
    rows: int
    start_at: datetime | None
    end_at: datetime | None
    provenance: Json
    findings: tuple[Finding, ...]
    cursor: Json | None = Field(
        default=None, description="position of the source after these rows; null if there is none"
    )

    @property
    def files(self) -> tuple[Segment, ...]:
        """All segments of the version: its rows, then the incumbent forecasts."""
        return self.segments if self.incumbent is None else (*self.segments, self.incumbent)


class RowsInput(Shape):
    """Columns of a version to read for a chart.

    ``name`` selects one of several series; ``last`` limits the result to the newest rows.
    """

    paths: tuple[Path, ...]
    meaning: DatasetSchema
    columns: tuple[str, ...]
    max_points: int
    name: str | None = None
    last: int | None = None


class ImagesInput(Shape):
    """An image dataset, the size of its images (height, width, channels), and the sample size per class."""

    paths: tuple[Path, ...]
    size: tuple[int, int, int]
    per_class: int
