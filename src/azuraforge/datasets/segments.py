"""The rows of a version as a list of immutable files, which versions of a project share."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from azuraforge.plugins.contract.shape import Shape

#: Rows in one block of a fingerprint, and in one row group of a segment's file.
BLOCK_ROWS = 65_536
#: A version with more segments than this gets its newest small ones merged; see ``growing.merging``.
MOST_SEGMENTS = 32
#: Largest number of changed values that a version lists individually.
MOST_CHANGES = 20

#: Treatment of rows that change stored ones.
Revisions = Literal["refuse", "accept"]


class Segment(Shape):
    """One Parquet file, of canonical rows or of present forecasts, found by the SHA-256 of its bytes."""

    holds: Literal["rows", "incumbent"] = "rows"
    address: str = Field(min_length=64, max_length=64)
    rows: int
    bytes: int
    start_at: datetime | None = None
    end_at: datetime | None = None


class RevisedValue(Shape):
    """One stored value that was revised; null: there was none."""

    at: datetime
    series: str | None = None
    column: str
    old: float | None
    new: float | None


class Growth(Shape):
    """The change from the previous version to this one.

    Attributes:
        rows_added: rows that the earlier version did not have, filled gaps included.
        rows_revised: rows of the past that were changed or inserted.
        rows_repeated: rows that were there already, with equal values.
        changes: the first of the revised values.
        revised_from: the time of the earliest revised row; null: none was revised.
        revised_until: the time of the latest one.
        carried_findings: the first so many findings describe the whole dataset, and later versions keep them.
    """

    previous_version: int
    rows_added: int
    rows_revised: int
    rows_repeated: int
    changes: tuple[RevisedValue, ...] = ()
    revised_from: datetime | None = None
    revised_until: datetime | None = None
    carried_findings: int = 0
