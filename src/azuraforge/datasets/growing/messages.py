"""Inputs and results of the child processes that add rows or incumbent forecasts to a dataset, as JSON over a pipe."""

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
    """The newest version of a dataset, from which a child process builds the next version.

    Attributes:
        present: the file of the segment ``incumbent``, with incumbent forecasts that were added as a separate file.
        meaning: schema of the version.
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
    """Rows to add to a dataset, from a file or as JSON; new segments are written to ``folder``."""

    stored: Stored
    path: Path
    name: str
    is_json: bool
    options: AppendOptions
    folder: Path
    limits: ReadingLimits


class IncumbentInput(Shape):
    """A file of incumbent forecasts to add to a dataset."""

    stored: Stored
    path: Path
    name: str
    options: IncumbentOptions
    folder: Path
    limits: ReadingLimits


class RefreshInput(Shape):
    """A version whose source is read after its cursor; the child writes new segments to its outputs.

    The caller adds ``secrets`` to the payload separately, since dumping this shape would mask them.
    """

    stored: Stored
    source: str
    options: Json
    cursor: Json | None
    access: SourceAccess
    secrets: dict[str, SecretStr] = Field(default_factory=dict)


class Grown(Shape):
    """The next version; if no new rows arrived, ``read`` describes the stored version.

    Attributes:
        cursor: position of the source after the rows; None if unchanged.
        own: findings about the new rows; in ``read.findings``, they follow the carried ones.
    """

    read: ReadResult
    growth: Growth
    cursor: Json | None = None
    own: tuple[Finding, ...] = ()


class IncumbentGrown(Grown):
    """The next version after adding incumbent forecasts; its rows are those of the stored version.

    Attributes:
        forecasts: number of stored forecasts, including new ones.
        added: number of new forecasts.
        revised: number of stored forecasts that changed.
        repeated: number of received forecasts that were already stored with equal values.
    """

    forecasts: int
    added: int
    revised: int
    repeated: int
