"""Batch prediction by a classifier: the class and the probabilities of every image of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from azuraforge.plugins.contract.arrays import Indices
from azuraforge.plugins.contract.batch import Batch, BatchRange, LoadedVersion
from azuraforge.plugins.kinds.classify.parts import image_part, learned_images
from azuraforge.plugins.kinds.classify.predictions import classify_checked
from azuraforge.plugins.vision.config import ImageTable, content_hashes

if TYPE_CHECKING:
    import polars as pl

#: Number of images per call of ``predict``; progress is reported between calls.
_AT_ONCE = 512


class ImageBatch(Batch[ImageTable]):
    """Batch prediction by classifiers, with one row per image."""

    def origins(self, version: LoadedVersion, table: ImageTable, rows: BatchRange) -> tuple[Indices, int]:
        """Return the indices of all images and 0, because images have no time by which ``rows`` could select."""
        return np.arange(len(table), dtype=np.int64), 0

    def predict(
        self, version: LoadedVersion, table: ImageTable, origins: Indices, learned_until: str | None
    ) -> pl.DataFrame:
        """Return one row per image, in order of ``origins``.

        Columns: ``name``, ``answer`` (predicted class), ``probability`` of that class, ``actual`` (label; null if
        unknown), ``learned`` (whether the version learned from the image; null if unknown), and ``p_CLASS`` for each
        class.
        """
        import polars as pl

        learned = learned_images(version.folder)
        labels, parts = table.labels, []
        for start in range(0, len(origins), _AT_ONCE):
            version.progress(start, len(origins))
            part = image_part(table, origins[start : start + _AT_ONCE], None)
            made = classify_checked(version.name, version.answer, part)
            best = made.probabilities.argmax(axis=1)
            truth = labels[origins[start : start + _AT_ONCE]]
            seen = content_hashes([image.tobytes() for image in part.pixels])
            columns: dict[str, object] = {  # Polars takes lists and arrays alike
                "name": list(part.names),
                "answer": [part.schema.classes[index] for index in best],
                "probability": made.probabilities[np.arange(len(part)), best],
                "actual": [part.schema.classes[index] if index >= 0 else None for index in truth],
                "learned": [None] * len(part) if learned is None else np.isin(seen, learned),
            }
            columns |= {f"p_{name}": made.probabilities[:, index] for index, name in enumerate(part.schema.classes)}
            parts.append(pl.DataFrame(columns, schema_overrides={"learned": pl.Boolean, "actual": pl.String}))
        version.progress(len(origins), len(origins))
        return pl.concat(parts)

    def scores(self, frame: pl.DataFrame) -> dict[str, float | None] | None:
        """Return ``rows``, ``accuracy``, and ``majority``: the accuracy of always predicting the most frequent class.

        Only labelled images that the version is known not to have learned from count; returns None if there are none.
        """
        import polars as pl

        fair = frame.filter(pl.col("actual").is_not_null(), ~pl.col("learned"))
        if fair.is_empty():
            return None
        counts: Mapping[str, int] = dict(fair["actual"].value_counts(sort=True).iter_rows())
        accuracy = float((fair["answer"] == fair["actual"]).mean())  # type: ignore[arg-type]  # a share, not empty
        return {"rows": fair.height, "accuracy": accuracy, "majority": max(counts.values()) / fair.height}
