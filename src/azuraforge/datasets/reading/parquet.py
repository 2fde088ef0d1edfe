"""Parquet tables: the metadata are checked first, then only the needed columns are read.

Runs only in child processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import polars as pl

from azuraforge.datasets.reading.delimited import RawTable, table_of
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.reading.limits import ReadingLimits
from azuraforge.datasets.schemas import FileOptions, Finding
from azuraforge.errors import InvalidInput

T = TypeVar("T")


def is_parquet(path: Path) -> bool:
    """Return whether a file begins with the signature of Parquet; False if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except OSError:
        return False  # unpack() reports the error


def read_parquet(
    path: Path, name: str, options: FileOptions, limits: ReadingLimits, findings: list[Finding]
) -> RawTable:
    """Read the columns that contain numbers, text or times.

    A few bytes can encode any number of equal values, so rows and columns are counted in the file's metadata first.
    Lists, structures and raw bytes are not read, since the metadata do not state their size.

    Raises InvalidInput if the file is too large, damaged or empty, or if a requested column cannot be read.
    """
    schema, rows = describe(path, name)
    for role, column in _asked(options):
        if column in schema and not _is_plain(schema[column]):
            raise InvalidInput(
                "the column {column!r} must contain times, but its type is {kind}"
                if role == "time"
                else "the column {column!r} must contain names, but its type is {kind}"
                if role == "series"
                else "the column {column!r} must be numeric, but its type is {kind}",
                where="{name}, column {column!r}",
                next_step="choose another column",
                code="nested_column",
                column=column,
                kind=schema[column],
                name=name,
            )
    plain = [column for column, kind in schema.items() if _is_plain(kind)]
    limits.check_table(rows, len(schema), name)
    nested = tuple(column for column in schema if column not in plain)
    if ignored := [column for column in nested if column not in options.exclude]:
        findings.append(finding("columns_ignored_text", count=len(ignored), columns=", ".join(ignored)))
    frame = readable(name, lambda: pl.read_parquet(path, columns=plain))
    limits.check_frame(frame, name)
    if not frame.height:
        raise InvalidInput(
            "the file {name} has no rows", where="{name}", next_step="choose another file", code="empty_file", name=name
        )
    return replace(table_of(frame, name), unread=nested)


def describe(path: Path, name: str) -> tuple[dict[str, pl.DataType], int]:
    """Return the columns' types and the number of rows, from the file's metadata alone.

    Raises InvalidInput if the file is damaged.
    """

    def look() -> tuple[dict[str, pl.DataType], int]:
        schema = dict(pl.read_parquet_schema(path))
        return schema, int(pl.scan_parquet(path).select(pl.len()).collect().item())

    return readable(name, look)


def readable(name: str, read: Callable[[], T]) -> T:
    """Return the result of ``read``. Raises InvalidInput if ``read`` fails because the file ``name`` is damaged."""
    try:
        return read()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise InvalidInput(
            "the Parquet file {name} cannot be read: {reason}",
            where="{name}",
            next_step="create the file again; it may be incomplete or damaged",
            code="unreadable_file",
            name=name,
            reason=(str(error).splitlines() or [""])[0][:300],
        ) from error


def _asked(options: FileOptions) -> Iterator[tuple[str, str]]:
    """Yield the role and the name of each column that the options name."""
    yield "time", options.time
    yield "target", options.target
    if options.series is not None:
        yield "series", options.series
    for column in options.features or ():
        yield "feature", column


def _is_plain(kind: pl.DataType) -> bool:
    return not (kind.is_nested() or kind in (pl.Binary, pl.Object))
