"""Construction of the version that new rows create: its segments and fingerprint. Runs only in child processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from azuraforge.datasets.growing.messages import Stored
from azuraforge.datasets.loading import changed_rows, in_order, load_version, read_tail
from azuraforge.datasets.reading.canonical import block_hashes, fingerprint_of
from azuraforge.datasets.segment_files import write_segment
from azuraforge.datasets.segments import BLOCK_ROWS, MOST_SEGMENTS, Segment
from azuraforge.plugins.contract.dataset_schema import DatasetSchema

#: A segment is merged with all newer ones if it has at most this many times their total number of rows.
_MERGED_FACTOR = 2


@dataclass
class Built:
    """The rows of a new version: its segments, the new segments' files by address, and its fingerprint."""

    segments: list[Segment]
    made: dict[str, Path]
    blocks: tuple[str, ...] = ()
    fingerprint: str = ""
    rows: int = 0
    paths: list[Path] = field(default_factory=list)


def extended(stored: Stored, fresh: pl.DataFrame, folder: Path) -> Built:
    """Append new rows to the stored rows of one series. Only the last block is read, and no stored row is copied.

    Raises StorageError if the rows of the last block have changed since they were stored.
    """
    whole = stored.rows // BLOCK_ROWS
    tail = read_tail(stored.paths, stored.rows - whole * BLOCK_ROWS) if stored.rows % BLOCK_ROWS else fresh.clear()
    if block_hashes(tail) != stored.blocks[whole:]:
        raise changed_rows(stored.paths)
    segment, path = write_segment(fresh, stored.meaning.time, folder)
    built = Built([*stored.segments, segment], {segment.address: path}, paths=[*stored.paths, path])
    built.rows = stored.rows + fresh.height
    built.blocks = (*stored.blocks[:whole], *block_hashes(pl.concat([tail, fresh])))
    built.fingerprint = fingerprint_of(stored.meaning, stored.options, fresh.columns, built.rows, built.blocks)
    return built


def rebuilt(stored: Stored, meaning: DatasetSchema, changed: pl.DataFrame, added: pl.DataFrame, folder: Path) -> Built:
    """Replace the stored rows in ``changed``, and add the rows in ``added``, which may lie at any time.

    Segments without changes are shared with the stored version. All rows are read, since the fingerprint covers them
    in canonical order. Raises StorageError if a segment has changed since it was stored.
    """
    load_version(stored.paths, stored.meaning, stored.options, stored.fingerprint)  # raises if a segment has changed
    key = [name for name in (meaning.series, meaning.time) if name is not None]
    built = Built([], {})
    frames: list[pl.DataFrame] = []
    for segment, path in zip(stored.segments, stored.paths, strict=True):
        frame = pl.read_parquet(path)
        touched = frame.join(changed, on=key, how="semi")
        if touched.height:
            frame = frame.update(changed, on=key, how="left")
            segment, path = write_segment(frame, meaning.time, folder)
            built.made[segment.address] = path
        built.segments.append(segment)
        built.paths.append(path)
        frames.append(frame)
    if added.height:
        segment, path = write_segment(added, meaning.time, folder)
        built.made[segment.address] = path
        built.segments.append(segment)
        built.paths.append(path)
        frames.append(added)
    frame = in_order(pl.concat(frames), meaning, pieces=len(frames))
    built.rows, built.blocks = frame.height, block_hashes(frame)
    built.fingerprint = fingerprint_of(meaning, stored.options, frame.columns, built.rows, built.blocks)
    return built


def merged(built: Built, meaning: DatasetSchema, folder: Path) -> Built:
    """Merge the newest small segments of a version with more than ``MOST_SEGMENTS`` segments; else return it unchanged.

    Each row is rewritten only a few times, and a version has few files however often rows arrive.
    """
    if len(built.segments) <= MOST_SEGMENTS:
        return built
    first = _first_merged(built.segments)
    paths = built.paths[first:]
    frame = in_order(pl.concat([pl.read_parquet(path) for path in paths]), meaning)
    segment, path = write_segment(frame, meaning.time, folder)
    kept = built.segments[:first]
    made = {each.address: built.made[each.address] for each in kept if each.address in built.made}
    return Built(
        [*kept, segment],
        {**made, segment.address: path},
        built.blocks,
        built.fingerprint,
        built.rows,
        [*built.paths[:first], path],
    )


def _first_merged(segments: Sequence[Segment]) -> int:
    """Return the index of the first segment to merge with all later ones."""
    first, rows = len(segments) - 1, segments[-1].rows
    while first > 0 and segments[first - 1].rows <= _MERGED_FACTOR * rows:
        first -= 1
        rows += segments[first].rows
    return min(first, len(segments) - 2)
