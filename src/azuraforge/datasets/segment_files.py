"""Files of segments. Runs in children only."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from azuraforge.datasets.reading.canonical import write_parquet
from azuraforge.datasets.segments import Segment


def write_segment(frame: pl.DataFrame, time: str | None, folder: Path) -> tuple[Segment, Path]:
    """Write rows into ``folder`` as a segment; return it with its file."""
    draft = folder / "segment.parquet"
    address = write_parquet(frame, draft)
    path = draft.replace(folder / f"{address}.parquet")
    times = frame[time] if time is not None else None
    return Segment(
        address=address,
        rows=frame.height,
        bytes=path.stat().st_size,
        start_at=times.min() if times is not None else None,
        end_at=times.max() if times is not None else None,
    ), path
