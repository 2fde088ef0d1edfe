"""Reading a dataset version in a child."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from azuraforge.pipelines.shapes import DatasetFile

if TYPE_CHECKING:
    import polars as pl


def read_dataset(dataset: DatasetFile) -> pl.DataFrame:
    """Return a dataset version's rows, once the fingerprint has been checked.

    Raises StorageError where the rows are not the ones that were stored.
    """
    from azuraforge.datasets.loading import load_version  # it loads Polars, which costs a child 0.15 s

    return load_version([Path(each) for each in dataset.paths], dataset.meaning, dataset.options, dataset.fingerprint)
