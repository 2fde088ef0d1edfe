"""Stored versions, read and verified. Runs in children only."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from azuraforge.datasets.kinds import KINDS
from azuraforge.datasets.schemas import Json
from azuraforge.errors import StorageError
from azuraforge.plugins.contract.dataset_schema import DatasetSchema


def load_version(path: Path, schema: DatasetSchema, options: Json, expected: str) -> pl.DataFrame:
    """Return a version's rows.

    Raises StorageError if they cannot be read or are not the ones that were stored.
    """
    try:
        frame = pl.read_parquet(path)
        found = KINDS[schema.kind].fingerprint(frame, schema, options)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise StorageError(
            f"the rows of the dataset cannot be read: {str(error).splitlines()[0]}",
            where=str(path),
            next_step="add the dataset again from its file or source",
        ) from error
    if found != expected:
        raise StorageError(
            "the rows of the dataset are not the ones that were stored",
            where=str(path),
            next_step="add the dataset again from its file or source",
        )
    return frame
