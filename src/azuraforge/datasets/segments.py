"""Segments: the immutable files that contain the rows of versions. Versions of a project share them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from azuraforge.plugins.contract.shape import Shape

#: Rows in one block of a fingerprint, and in one row group of a segment's file.
BLOCK_ROWS = 65_536
#: Maximum number of segments of a version; beyond it, ``growing.building`` merges the newest small ones.
MOST_SEGMENTS = 32
#: Maximum number of changed values that a version lists individually.
MOST_CHANGES = 20

#: Policy for new rows that change stored ones.
Revisions = Literal["refuse", "accept"]


class Segment(Shape):
    """One Parquet file of canonical rows or of incumbent forecasts, addressed by the SHA-256 of its bytes."""

    holds: Literal["rows", "incumbent"] = "rows"
    address: str = Field(min_length=64, max_length=64)
    rows: int
    bytes: int
    start_at: datetime | None = None
    end_at: datetime | None = None


class RevisedValue(Shape):
    """One revised value; ``old`` is null if the row had no value before."""

    at: datetime
    series: str | None = None
    column: str
    old: float | None
    new: float | None


class Growth(Shape):
    """The change from the previous version to this one.

    Attributes:
        previous_version: number of the previous version.
        rows_added: number of new rows, including those that fill gaps.
        rows_revised: number of past rows that were changed or inserted.
        rows_repeated: number of received rows that were already stored with equal values.
        changes: the first ``MOST_CHANGES`` revised values.
        revised_from: time of the earliest revised row; None if no row was revised.
        revised_until: time of the latest revised row; None if no row was revised.
        carried_findings: number of leading findings that describe the whole dataset and are copied to later versions.
    """

    previous_version: int
    rows_added: int
    rows_revised: int
    rows_repeated: int
    changes: tuple[RevisedValue, ...] = ()
    revised_from: datetime | None = None
    revised_until: datetime | None = None
    carried_findings: int = 0
