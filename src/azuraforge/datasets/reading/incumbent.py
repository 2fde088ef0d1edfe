"""The incumbent forecast in a file: its values and the times at which they were made. Runs only in child processes."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from azuraforge.datasets.reading.delimited import ROW, RawTable
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.reading.numeric import find_decimal, to_numbers
from azuraforge.datasets.reading.times import parse_times
from azuraforge.datasets.schemas import FileOptions, Finding
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.plugins.contract.dataset_schema import DatasetSchema, IncumbentColumns


def incumbent_of(options: FileOptions) -> IncumbentColumns | None:
    """Return the columns of the incumbent; None if the options name none.

    Raises InvalidInput if only one of the two columns is named, or if a column already has another role.
    """
    if options.incumbent is None and options.incumbent_made_at is None:
        return None
    if options.incumbent is None or options.incumbent_made_at is None:
        missing = "incumbent" if options.incumbent is None else "incumbent_made_at"
        raise InvalidInput(
            "an incumbent forecast needs two columns: the forecasts and the time at which each was made",
            where="option {missing}",
            next_step="specify the column; a forecast is used only at origins at or after the time it was made",
            missing=missing,
        )
    roles = {options.time: Message("time"), options.target: Message("target"), str(options.series): Message("series")}
    roles |= dict.fromkeys(options.features or (), Message("feature"))
    for name in (options.incumbent, options.incumbent_made_at):
        if name in roles:
            raise InvalidInput(
                "{column!r} is already used as {role} and cannot be a column of the incumbent",
                where="option incumbent",
                next_step="choose another column",
                column=name,
                role=roles[name],
            )
        roles[name] = Message("another column of the incumbent")
    return IncumbentColumns(forecast=options.incumbent, made_at=options.incumbent_made_at)


def read_incumbent(
    table: RawTable, keys: pl.DataFrame, columns: IncumbentColumns, options: FileOptions, findings: list[Finding]
) -> pl.DataFrame:
    """Return the rows with an incumbent forecast: ``keys``, the forecast, and its creation time (epoch microseconds).

    If there are several forecasts for one target, the last of them in the file is returned.

    Args:
        table: the rows in the order of ``keys``.
        keys: time of each row, and the name of its series if there are several.
        columns: the columns of the incumbent.
        options: the options for reading the table.
        findings: receives the number of rows with a forecast.

    Raises InvalidInput if a forecast or its creation time cannot be read, or a creation time is missing.
    """
    found = all_forecasts(table, keys, columns, options)
    findings.append(finding("incumbent_read", count=found.height, column=columns.forecast, of=table.frame.height))
    return found.drop(ROW).unique(keys.columns, keep="last", maintain_order=True)


def all_forecasts(table: RawTable, keys: pl.DataFrame, columns: IncumbentColumns, options: FileOptions) -> pl.DataFrame:
    """Return every row with an incumbent forecast, in the columns of ``read_incumbent`` and ``ROW``.

    Raises the errors of ``read_incumbent``.
    """
    table.require(columns.forecast, "incumbent")
    table.require(columns.made_at, "incumbent_made_at")
    values = _numbers(table, columns.forecast, options)
    moments = table.frame[columns.made_at]
    if moments.dtype == pl.String:
        moments = moments.set(moments.str.strip_chars() == "", None)
    known = values.is_finite().fill_null(False)
    _refuse(
        table,
        columns.forecast,
        known & moments.is_null(),
        Message("the incumbent forecast has no time at which it was made"),
    )
    there = table.frame.with_columns(moments.alias(columns.made_at)).filter(known)
    made = parse_times(replace(table, frame=there), columns.made_at, options.timezone, options.time_format).utc
    return keys.filter(known).with_columns(
        values.filter(known).alias(columns.forecast),
        made.dt.epoch("us").cast(pl.Float64).alias(columns.made_at),
        there[ROW],
    )


def with_incumbent(frame: pl.DataFrame, schema: DatasetSchema, forecasts: pl.DataFrame | None) -> pl.DataFrame:
    """Return canonical rows with the columns of the incumbent, null in rows without a forecast."""
    if not schema.incumbent_columns:
        return frame
    key = [name for name in (schema.series, schema.time) if name is not None]
    missing = [pl.lit(None, pl.Float64).alias(name) for name in schema.incumbent_columns]
    joined = (
        frame.with_columns(missing)
        if forecasts is None
        else frame.join(forecasts, on=key, how="left", maintain_order="left")
    )
    return joined.select(*key, schema.target, *schema.numbers)


def _numbers(table: RawTable, column: str, options: FileOptions) -> pl.Series:
    series = table.frame[column]
    if series.dtype != pl.String:
        return series.cast(pl.Float64)
    text = series.str.strip_chars()
    empty = text.is_null() | text.str.to_lowercase().is_in(["", "na", "nan", "null", "none", "-"])
    text = text.set(empty.fill_null(True), None)
    where = Message("{file}, column {column!r}", {"file": table.name, "column": column})
    decimal = options.decimal or find_decimal(text.alias(column).to_frame(), [], column, where)
    values = to_numbers(text, decimal or ".")
    _refuse(table, column, ~empty.fill_null(True) & values.is_null(), Message("the incumbent forecast is not a number"))
    return values


def _refuse(table: RawTable, column: str, wrong: pl.Series, problem: Message) -> None:
    rows = wrong.arg_true()
    if len(rows):
        raise InvalidInput(
            "{problem}",
            where="{place}",
            next_step="correct the row, or leave both cells empty",
            code="bad_incumbent",
            details={"count": len(rows)},
            problem=problem,
            place=table.place(int(table.frame[ROW][int(rows[0])]), column),
        )
