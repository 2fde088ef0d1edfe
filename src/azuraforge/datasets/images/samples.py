"""Sample images of an image dataset. Runs only in child processes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from azuraforge.datasets.images.canonical import class_counts
from azuraforge.datasets.schemas import ClassOut, ImageOut, ImagesOut
from azuraforge.plugins.vision.png import png_base64

#: Maximum number of images over all classes, so that the response for many classes stays small; each class has at
#: least one.
MAX_IMAGES = 400


def samples(path: Path, size: tuple[int, int, int], per_class: int) -> ImagesOut:
    """Return each class with its counts and at most ``per_class`` images, spread evenly over its rows.

    With many classes, fewer images of each are returned, but at least one.
    """
    frame = pl.read_parquet(path, columns=["label", "part", "name"]).with_row_index("row")
    counts = class_counts(frame)
    each = max(1, min(per_class, MAX_IMAGES // len(counts)))
    chosen: dict[str, pl.DataFrame] = {}
    for label in sorted(counts):
        rows = frame.filter(pl.col("label") == label)
        if len(chosen) == MAX_IMAGES:  # more classes than images: the rest are listed without one
            chosen[label] = rows.clear()
            continue
        spread = np.unique(np.linspace(0, rows.height - 1, num=min(each, rows.height)).astype(np.int64))
        chosen[label] = rows[spread]
    wanted = pl.concat(list(chosen.values()))["row"].sort()
    images = pl.scan_parquet(path).select("image").with_row_index("row").filter(pl.col("row").is_in(wanted.implode()))
    pixels = dict(images.collect().select("row", "image").iter_rows())
    height, width, channels = size

    def shown(rows: pl.DataFrame) -> list[ImageOut]:
        return [
            ImageOut(name=name, part=part, png=png_base64(np.frombuffer(pixels[row], np.uint8).reshape(size)))
            for row, part, name in rows.select("row", "part", "name").iter_rows()
        ]

    return ImagesOut(
        height=height,
        width=width,
        channels=channels,
        total=frame.height,
        classes=[ClassOut(name=label, counts=counts[label], images=shown(rows)) for label, rows in chosen.items()],
    )
