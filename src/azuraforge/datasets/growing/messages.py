"""Inputs and results of the children that add rows to a version: plain JSON on the pipe, shapes on both ends."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import Field, SecretStr

from azuraforge.datasets.messages import ReadResult, SourceAccess
from azuraforge.datasets.reading.limits import ReadingLimits
from azuraforge.datasets.schemas import AppendOptions, Finding, IncumbentOptions, Json
from azuraforge.datasets.segments import Growth, Revisions, Segment
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.shape import Shape


class Stored(Shape):
    """The version that rows are added to.

    Attributes:
        present: the file of ``incumbent``, the present forecasts that came in files of their own.
        carried: findings about the whole dataset that the new version keeps.
        revisions: the dataset's policy for rows that change stored ones.
    """

    name: str
    version: int
    paths: tuple[Path, ...]
    segments: tuple[Segment, ...]
    incumbent: Segment | None = None
    present: Path | None = None
    blocks: tuple[str, ...]
    meaning: DatasetSchema
    options: Json
    fingerprint: str
    rows: int
    start_at: datetime
    end_at: datetime
    provenance: Json
    carried: tuple[Finding, ...]
    revisions: Revisions


class AppendInput(Shape):
    """Rows to add to a version: a file, or rows as JSON; ``folder`` receives new segments."""

    stored: Stored
    path: Path
    name: str
    is_json: bool
    options: AppendOptions
    folder: Path
    limits: ReadingLimits


class IncumbentInput(Shape):
    """Present forecasts in a file, for a version."""

    stored: Stored
    path: Path
    name: str
    options: IncumbentOptions
    folder: Path
    limits: ReadingLimits


class RefreshInput(Shape):
    """A version whose source is read from its cursor on; the child writes into its own outputs.

    ``secrets`` are added on the pipe: dumped here, they are masked.
    """

    stored: Stored
    source: str
    options: Json
    cursor: Json | None
    access: SourceAccess
    secrets: dict[str, SecretStr] = Field(default_factory=dict)


class Grown(Shape):
    """The next version; if no new rows came, ``read`` describes the stored one.

    Attributes:
        cursor: position of the source afterwards; null: unchanged.
        own: the findings about the new rows, which ``read.findings`` holds after the carried ones.
    """

    read: ReadResult
    growth: Growth
    cursor: Json | None = None
    own: tuple[Finding, ...] = ()


class IncumbentGrown(Grown):
    """The next version after adding present forecasts; its rows equal the stored ones.

    Attributes:
        forecasts: number of known forecasts; ``added`` of them are new.
        revised: number of known forecasts that changed.
        repeated: number of known forecasts that came again.
    """

    forecasts: int
    added: int
    revised: int
    repeated: int
