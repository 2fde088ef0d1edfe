"""Reading and verification of stored versions: the only code that opens their files.

Runs only in child processes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path

import polars as pl

from azuraforge.datasets.kinds import KINDS
from azuraforge.datasets.schemas import Json
from azuraforge.errors import StorageError
from azuraforge.plugins.contract.dataset_schema import DatasetSchema


def load_version(paths: Sequence[Path], schema: DatasetSchema, options: Json, expected: str) -> pl.DataFrame:
    """Return a version's rows in canonical order, verified against its fingerprint.

    Args:
        paths: the files of the version's segments, in their order.
        schema: the schema of the version.
        options: the options with which the rows were prepared.
        expected: the version's fingerprint.

    Raises StorageError if the files cannot be read or have changed since they were stored.
    """
    with _readable(paths):
        frame = in_order(pl.concat([pl.read_parquet(path) for path in paths]), schema, pieces=len(paths))
        found = KINDS[schema.kind].fingerprint(frame, schema, options)
    if found != expected:
        raise changed_rows(paths)
    return frame


def read_columns(paths: Sequence[Path], schema: DatasetSchema, columns: Sequence[str]) -> pl.DataFrame:
    """Return ``columns`` of a version in canonical order, without verifying the rows.

    Use it only for charts, or if the rows are verified separately. If there are several segments, ``columns`` must
    include the time column and the column of series names.

    Raises StorageError if the files cannot be read.
    """
    with _readable(paths):
        frames = [pl.read_parquet(path, columns=list(columns)) for path in paths]
        return in_order(pl.concat(frames), schema, pieces=len(paths))


def read_since(paths: Sequence[Path], schema: DatasetSchema, since: datetime) -> pl.DataFrame:
    """Return the rows at or after ``since``, in canonical order; earlier row groups are not read.

    Without ``paths``, the frame has no columns. Raises StorageError if the files cannot be read.
    """
    if not paths:
        return pl.DataFrame()
    with _readable(paths):
        found = pl.concat([pl.scan_parquet(path).filter(pl.col(str(schema.time)) >= since) for path in paths])
        return in_order(found.collect(), schema, pieces=len(paths))


def read_values(
    files: Sequence[tuple[Path, str]],
    schema: DatasetSchema,
    span: tuple[datetime, datetime] | None,
    series: Collection[str] | None,
) -> pl.DataFrame:
    """Return the rows, in no particular order, with only the columns that forecasts are compared with.

    These are the target and, if the schema has them, the series name, the time, and the incumbent forecast with the
    time at which it was made.

    Args:
        files: paths of the segments with their addresses; the bytes of each are verified.
        schema: the schema of the version.
        span: the first and the last time to read; if None, all rows.
        series: names of the series to read; if None, all series.

    Raises StorageError if a segment cannot be read or has changed since it was stored.
    """
    key = [name for name in (schema.series, schema.time) if name is not None]
    columns = [*key, schema.target, *schema.incumbent_columns]
    wanted = pl.lit(True) if span is None else pl.col(str(schema.time)).is_between(*span)
    if schema.series is not None and series is not None:
        wanted &= pl.col(schema.series).is_in(list(series))
    frames: list[pl.DataFrame] = []
    paths = [path for path, _ in files]
    with _readable(paths):
        for path, address in files:
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest() != address:
                raise changed_rows([path])
            frames.append(pl.read_parquet(BytesIO(content), columns=columns).filter(wanted))
        return pl.concat(frames)


def load_incumbent(path: Path, address: str) -> pl.DataFrame:
    """Return the incumbent forecasts of a separate file: ``series``, ``at``, ``forecast``, ``made_at``.

    Raises StorageError if the file cannot be read or has changed since it was stored.
    """
    with _readable([path]):
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != address:
            raise changed_rows([path])
        return pl.read_parquet(BytesIO(content))


def present_forecasts(frame: pl.DataFrame, schema: DatasetSchema, file: tuple[Path, str] | None) -> pl.DataFrame | None:
    """Return the incumbent forecasts in the columns of ``load_incumbent``; None if the dataset has none.

    Args:
        frame: the rows of the version, with the columns of its incumbent.
        schema: the schema of the version.
        file: path and address of the forecasts, if they were added as a separate file.

    Raises the errors of ``load_incumbent``.
    """
    if schema.incumbent is None:
        return None
    if file is not None:
        return load_incumbent(*file)
    forecast, made_at = (pl.col(name) for name in schema.incumbent_columns)
    series = pl.lit(None, pl.String) if schema.series is None else pl.col(schema.series).cast(pl.String)
    said = frame.filter(forecast.is_not_null() & made_at.is_not_null())
    return said.select(
        series.alias("series"),
        pl.col(str(schema.time)).cast(pl.Datetime("us", "UTC")).alias("at"),
        forecast.alias("forecast"),
        made_at.cast(pl.Int64).cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("made_at"),
    )


def read_tail(paths: Sequence[Path], rows: int) -> pl.DataFrame:
    """Return the last ``rows`` rows of segments that are sorted by time. Raises StorageError if they cannot be read."""
    parts: list[pl.DataFrame] = []
    with _readable(paths):
        for path in reversed(paths):
            if rows <= 0:
                break
            parts.append(pl.scan_parquet(path).tail(rows).collect())
            rows -= parts[-1].height
    return pl.concat(parts[::-1])


def in_order(frame: pl.DataFrame, schema: DatasetSchema, *, pieces: int = 2) -> pl.DataFrame:
    """Return rows in canonical order: by time, or by series and time if there are several series.

    ``pieces`` is the number of segments; the rows of a single segment are already in order.
    """
    if schema.time is None or pieces < 2:
        return frame
    if schema.series is None and frame[schema.time].is_sorted():
        return frame.rechunk()
    return frame.sort(*([] if schema.series is None else [schema.series]), schema.time)


def changed_rows(paths: Sequence[Path]) -> StorageError:
    """Return the error for stored rows that have changed."""
    return StorageError(
        "the rows of the dataset have changed since they were stored",
        where="{place}",
        next_step="add the dataset again from its file or source",
        place=", ".join(map(str, paths[:3])),
    )


@contextmanager
def _readable(paths: Sequence[Path]) -> Iterator[None]:
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        raise StorageError(
            "the rows of the dataset cannot be read: {reason}",
            where="{place}",
            next_step="add the dataset again from its file or source",
            reason=str(error).splitlines()[0],
            place=", ".join(map(str, paths[:3])),
        ) from error
