"""The canonical form of series data: fixed order of rows and columns, fixed types, and a fingerprint.

Runs only in child processes.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import orjson
import polars as pl

from azuraforge.datasets.schemas import Json
from azuraforge.datasets.segments import BLOCK_ROWS
from azuraforge.durable import sync
from azuraforge.errors import StorageError
from azuraforge.plugins.contract.dataset_schema import DatasetSchema

_FORMAT = "azuraforge dataset 2"


def canonical_frame(
    frame: pl.DataFrame, time: str, target: str, features: list[str], series: str | None = None
) -> pl.DataFrame:
    """Return time (UTC, microseconds), target and features sorted by name, as float64, in order of time.

    If there are several series, their names are the first column, and rows are sorted by series, then by time.
    """
    numbers = [target, *sorted(features)]
    names = [] if series is None else [pl.col(series).cast(pl.String)]
    return frame.select(
        *names, pl.col(time).cast(pl.Datetime("us", "UTC")), *(pl.col(name).cast(pl.Float64) for name in numbers)
    ).sort(*([] if series is None else [series]), time)


def fingerprint(frame: pl.DataFrame, schema: DatasetSchema, options: Json) -> str:
    """Return the SHA-256 over the schema, the options with which the rows were prepared, and every value.

    It does not depend on the file format: times are hashed as int64 microseconds, values as little-endian float64 with
    negative zero as zero and missing values as NaN, and series names as text with their numbers of rows. The order of
    rows and feature columns in the source does not matter either.

    Values are hashed in blocks, so that appending rows does not require reading earlier blocks (decision 0033).
    """
    return fingerprint_of(schema, options, frame.columns, frame.height, block_hashes(frame))


def fingerprint_of(
    schema: DatasetSchema, options: Json, columns: Sequence[str], rows: int, blocks: Sequence[str]
) -> str:
    """Return the fingerprint of ``rows`` rows, given the hashes of all their blocks."""
    header = {
        "format": _FORMAT,
        "schema": {**schema.to_json(), "features": sorted(schema.features)},
        "options": options,
        "columns": list(columns),
        "rows": rows,
    }
    digest = hashlib.sha256(orjson.dumps(header, option=orjson.OPT_SORT_KEYS))
    for block in blocks:
        digest.update(bytes.fromhex(block))
    return digest.hexdigest()


def block_hashes(frame: pl.DataFrame) -> tuple[str, ...]:
    """Return the SHA-256 of each block of ``BLOCK_ROWS`` rows in canonical form, counted from the first row."""
    return tuple(_block_hash(frame.slice(start, BLOCK_ROWS)) for start in range(0, frame.height, BLOCK_ROWS))


def _block_hash(frame: pl.DataFrame) -> str:
    digest = hashlib.sha256()
    for series in frame.iter_columns():
        if isinstance(series.dtype, pl.Datetime):
            digest.update(series.cast(pl.Int64).to_numpy().astype("<i8").tobytes())
        elif series.dtype == pl.String:
            runs = series.rle().struct
            digest.update(orjson.dumps([runs.field("value").to_list(), runs.field("len").to_list()]))
        else:
            values = series.fill_null(float("nan")).to_numpy() + 0.0  # -0.0 + 0.0 is 0.0
            digest.update(values.astype("<f8").tobytes())
    return digest.hexdigest()


def write_parquet(frame: pl.DataFrame, path: Path) -> str:
    """Write ``frame`` to ``path`` atomically; return the file's SHA-256. Raises StorageError if this fails."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    buffer = io.BytesIO()  # Polars' own writer hides the reason if a disk is full
    frame.write_parquet(buffer, compression="zstd", statistics=True, row_group_size=BLOCK_ROWS)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            sync(file.fileno())
        digest = file_sha256(temporary)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise StorageError(
            "the dataset cannot be written: {reason}",
            where="{place}",
            next_step="free some space or make the data home writable, then try again",
            reason=error.strerror or error,
            place=str(path.parent),
        ) from error
    return digest


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
