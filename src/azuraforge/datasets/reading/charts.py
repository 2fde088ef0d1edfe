"""Reduction of rows for a chart that preserves spikes. Runs only in child processes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl


def reduce_rows(frame: pl.DataFrame, columns: list[str], max_points: int) -> pl.DataFrame:
    """Return at most ``max_points`` rows: the first, the last, and each column's extremes in buckets of equal length.

    At least two rows are returned. If ``max_points`` is too small for the extremes of all columns, some of them are
    left out, evenly over the time.

    Example:
        >>> frame = pl.DataFrame({"y": [0.0] * 500 + [9.0] + [0.0] * 500})
        >>> reduce_rows(frame, ["y"], 10)["y"].max()
        9.0
    """
    if frame.height <= max_points:
        return frame
    buckets = max(1, (max_points - 2) // (2 * len(columns)))
    edges = np.linspace(0, frame.height, buckets + 1).astype(np.int64)
    keep = {0, frame.height - 1}
    for name in columns:
        values = frame[name].fill_null(float("nan")).to_numpy()
        for start, stop in pairwise(edges.tolist()):
            bucket = values[start:stop]
            known = np.flatnonzero(np.isfinite(bucket))
            if len(known):
                keep.add(int(start + known[np.argmin(bucket[known])]))
                keep.add(int(start + known[np.argmax(bucket[known])]))
    places = sorted(keep)
    if len(places) > max_points:
        chosen = np.linspace(0, len(places) - 1, max(max_points, 2)).astype(np.int64)
        places = [places[each] for each in chosen.tolist()]
    return frame[places]
