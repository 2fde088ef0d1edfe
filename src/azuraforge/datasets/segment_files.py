"""Writing of segment files. Runs only in child processes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl

from azuraforge.datasets.reading.canonical import write_parquet
from azuraforge.datasets.segments import Segment


def span_of(times: pl.Series) -> tuple[datetime | None, datetime | None]:
    """Return the earliest and the latest time of a column; both are None if it is empty."""
    ends = times.min(), times.max()
    first, last = (each if isinstance(each, datetime) else None for each in ends)
    return first, last


def write_segment(frame: pl.DataFrame, time: str | None, folder: Path) -> tuple[Segment, Path]:
    """Write rows into ``folder`` as a segment; return the segment and its path. Raises StorageError if this fails."""
    draft = folder / "segment.parquet"
    address = write_parquet(frame, draft)
    path = draft.replace(folder / f"{address}.parquet")
    start_at, end_at = span_of(frame[time]) if time is not None else (None, None)
    return Segment(
        address=address,
        rows=frame.height,
        bytes=path.stat().st_size,
        start_at=start_at,
        end_at=end_at,
    ), path
