"""Some pictures of an image dataset, for people to look at. Runs in children only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from azuraforge.datasets.images.canonical import class_counts
from azuraforge.plugins.vision.png import png_base64

#: Of all classes together: an answer stays small however many classes there are.
MAX_PICTURES = 400


def samples(path: Path, schema: dict[str, Any], per_class: int) -> dict[str, Any]:
    """Each class with its counts and at most ``per_class`` pictures, spread evenly over its rows."""
    frame = pl.read_parquet(path, columns=["label", "part", "name"]).with_row_index("row")
    height, width, channels = schema["height"], schema["width"], schema["channels"]
    counts = class_counts(frame)
    each = max(1, min(per_class, MAX_PICTURES // len(counts)))
    chosen: dict[str, pl.DataFrame] = {}
    for label in sorted(counts):
        rows = frame.filter(pl.col("label") == label)
        spread = np.unique(np.linspace(0, rows.height - 1, num=min(each, rows.height)).astype(np.int64))
        chosen[label] = rows[spread]
    wanted = pl.concat(list(chosen.values()))["row"].sort()
    images = pl.scan_parquet(path).select("image").with_row_index("row").filter(pl.col("row").is_in(wanted.implode()))
    pixels = dict(images.collect().select("row", "image").iter_rows())
    return {
        "height": height,
        "width": width,
        "channels": channels,
        "total": frame.height,
        "classes": [
            {
                "name": label,
                "counts": counts[label],
                "pictures": [
                    {
                        "name": name,
                        "part": part,
                        "png": png_base64(np.frombuffer(pixels[row], np.uint8).reshape(height, width, channels)),
                    }
                    for row, part, name in rows.select("row", "part", "name").iter_rows()
                ],
            }
            for label, rows in chosen.items()
        ],
    }
