"""Reader of a dataset version's rows in a child process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from azuraforge.pipelines.shapes import DatasetFile

if TYPE_CHECKING:
    import polars as pl


def read_dataset(dataset: DatasetFile) -> pl.DataFrame:
    """Return a dataset version's rows after checking their fingerprint.

    Raises StorageError if the rows differ from those that were stored.
    """
    from azuraforge.datasets.loading import load_version  # imports Polars, which costs a child 0.15 s

    return load_version([Path(each) for each in dataset.paths], dataset.meaning, dataset.options, dataset.fingerprint)


def read_present_forecasts(dataset: DatasetFile, frame: pl.DataFrame) -> pl.DataFrame | None:
    """Return the incumbent forecasts of a dataset version whose rows are ``frame``; None if it has none.

    Raises StorageError if the forecasts differ from those that were stored.
    """
    from azuraforge.datasets.loading import present_forecasts

    columns = dataset.meaning.incumbent
    has_file = columns is not None and columns.file is not None and dataset.incumbent is not None
    file = (Path(str(dataset.incumbent)), str(columns.file)) if has_file and columns is not None else None
    return present_forecasts(frame, dataset.meaning, file)
