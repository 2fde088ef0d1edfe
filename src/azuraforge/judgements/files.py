"""Files of a judgement read as tables: CSV, Parquet or Excel, read like datasets, with a limit on rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from azuraforge.datasets.reading.decoding import decode, unpack
from azuraforge.datasets.reading.delimited import ROW, RawTable, read_delimited
from azuraforge.datasets.reading.limits import ReadingLimits
from azuraforge.datasets.reading.numeric import find_decimal, to_numbers, without_missing
from azuraforge.datasets.reading.parquet import describe, is_parquet, read_parquet
from azuraforge.datasets.reading.sheets import read_plain_sheet
from azuraforge.datasets.reading.times import parse_times
from azuraforge.datasets.reading.workbooks import is_workbook, refuse_sheet
from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import InvalidInput
from azuraforge.judgements.options import Options
from azuraforge.messages import LANGUAGES, Message
from azuraforge.models.predictions.forecast_headings import heading
from azuraforge.plugins.contract.arrays import Floats, Indices

#: Recognized names of a column of times, in lower case.
TIMES = ("at", "time", "timestamp", "datetime", "date", "ds")
#: Maximum number of rows in one file.
MOST_ROWS = 1_000_000
#: Maximum absolute value; squared errors of larger values overflow when summed.
_LARGEST = 1e60
_LIMITS = ReadingLimits()
_PLACEHOLDER = FileOptions(time="at", target="actual")


def read_table(path: Path, sheet: str | None = None, option: str = "--sheet") -> RawTable:
    """Read a CSV, Parquet or Excel file.

    Args:
        path: path of the file.
        sheet: name of the workbook's sheet; if None, the sheet of the platform's forecasts, else the only visible one.
        option: name in messages of the option that selects the sheet.

    Raises InvalidInput if the file is not a table or has more than ``MOST_ROWS`` rows, or if the sheet cannot be
    selected.
    """
    try:
        return _read(path, sheet)
    except InvalidInput as error:
        if error.values.get("option") == "sheet":
            error.values["option"] = option
        raise


def _read(path: Path, sheet: str | None) -> RawTable:
    name = path.name
    if path.is_dir():
        raise InvalidInput(
            "{name} is a folder, not a file",
            where="{place}",
            next_step="choose a file with a table",
            name=name,
            place=str(path),
        )
    refuse_sheet(path, name, sheet)
    if is_parquet(path):
        _check_rows(describe(path, name)[1], name)
        return read_parquet(path, name, _PLACEHOLDER, _LIMITS, [])
    if is_workbook(path):
        table = read_plain_sheet(
            path,
            name,
            _LIMITS,
            asked=sheet,
            preferred=tuple(heading("forecast", language) for language in LANGUAGES),
            times=TIMES,
        )
        _check_rows(table.frame.height, name)
        return table
    text = decode(unpack(path, name, _LIMITS), name).text
    # This also counts line breaks in quotes, which are rare in files of predictions.
    _check_rows(text.count("\n") - 1, name)
    table = read_delimited(text, name, None, {}, _LIMITS)
    _check_rows(table.frame.height, name)
    return table


def columns_of(table: RawTable) -> list[str]:
    """Return the names of the file's columns, without the added column of row numbers."""
    return [name for name in table.frame.columns if name != ROW]


def times(table: RawTable, column: str, options: Options) -> Indices:
    """Return the column's times in microseconds since 1970 in UTC, ``(row,)``.

    Raises InvalidInput if a time cannot be read.
    """
    read = parse_times(table, column, options.timezone, options.time_format)
    return np.asarray(read.utc.cast(pl.Datetime("us", "UTC")).to_physical().to_numpy(), dtype=np.int64)


def is_numeric(table: RawTable, column: str) -> bool:
    """Return whether a column contains numbers, judging by its first 1,000 values."""
    series = table.frame[column]
    if series.dtype != pl.String:
        return bool(series.dtype.is_numeric())
    known = without_missing(series).drop_nulls().head(1000)
    return len(known) > 0 and any(to_numbers(known, sign).is_not_null().mean() or 0 for sign in (".", ","))


def is_time(table: RawTable, column: str) -> bool:
    """Return whether a column contains only times, judging by its first 1,000 values."""
    series = table.frame[column]
    if series.dtype.is_temporal():
        return True
    if series.dtype != pl.String or is_numeric(table, column):
        return False
    known = replace(table, frame=table.frame.filter(series.is_not_null()).head(1000))
    try:
        parse_times(known, column, None, None)
    except InvalidInput:
        return False
    return known.frame.height > 0


def numbers(table: RawTable, column: str, options: Options) -> Floats:
    """Return the column as numbers ``(row,)``, NaN for empty cells.

    Raises InvalidInput for text, for infinite or too large values, and if the decimal sign is ambiguous.
    """
    series = table.frame[column]
    if series.dtype == pl.String:
        series = without_missing(series)
        sign = options.decimal or find_decimal(
            table.frame, [column], column, Message("{file}, column {column!r}", {"file": table.name, "column": column})
        )
        parsed = to_numbers(series, sign)
        if len(bad := (parsed.is_null() & series.is_not_null()).arg_true()):
            raise _bad_value(
                Message("{value!r} is not a number", {"value": series[int(bad[0])]}), table, column, int(bad[0])
            )
        series = parsed
    elif not series.dtype.is_numeric() and series.dtype != pl.Null:
        raise InvalidInput(
            "the column {column!r} must be numeric, but its type is {kind}",
            where="{table}, column {column!r}",
            next_step="choose a numeric column",
            column=column,
            kind=series.dtype,
            table=table.name,
        )
    values = np.array(series.cast(pl.Float64).to_numpy(), dtype=np.float64)
    if len(infinite := np.flatnonzero(np.isinf(values))):
        raise _bad_value(
            Message("{value!r} is infinite", {"value": table.frame[column][int(infinite[0])]}),
            table,
            column,
            int(infinite[0]),
        )
    if len(huge := np.flatnonzero(np.abs(values) > _LARGEST)):
        raise _bad_value(
            Message("{value:g} is too large; the maximum is {most:g}", {"value": values[huge[0]], "most": _LARGEST}),
            table,
            column,
            int(huge[0]),
        )
    return values


def words(table: RawTable, column: str) -> pl.Series:
    """Return the column as text, null for empty cells; whole numbers have no decimal point."""
    series = table.frame[column]
    if series.dtype.is_float() and (series.drop_nulls() == series.drop_nulls().round()).all():
        series = series.cast(pl.Int64)
    text = series.cast(pl.String).str.strip_chars().replace("", None)
    # pandas writes 1 as 1.0 if the column has missing values.
    return text.str.replace(r"^(-?\d+)\.0$", "${1}")


def _check_rows(rows: int, name: str) -> None:
    if rows > MOST_ROWS:
        raise InvalidInput(
            "the file {name} has {rows:,} rows; at most {most:,} can be judged together",
            where="{name}",
            next_step="judge only a part of the file, such as the newest rows",
            code="too_large",
            name=name,
            rows=rows,
            most=MOST_ROWS,
        )


def _bad_value(problem: Message, table: RawTable, column: str, index: int) -> InvalidInput:
    row = int(table.frame[ROW][index])
    return InvalidInput(
        "{problem}",
        where="{place}",
        next_step="correct the value, or leave it empty if there is none",
        problem=problem,
        place=table.place(row, column),
    )
