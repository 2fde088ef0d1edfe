"""Comparison of arriving rows with a stored version: repeated rows, changed rows, new rows.

Runs only in child processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from azuraforge.datasets.growing.messages import Stored
from azuraforge.datasets.reading import cleaning, inspection, panels
from azuraforge.datasets.reading.canonical import canonical_frame
from azuraforge.datasets.reading.delimited import ROW, RawTable
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.reading.frequency import step_of
from azuraforge.datasets.reading.incumbent import read_incumbent, with_incumbent
from azuraforge.datasets.reading.limits import Text
from azuraforge.datasets.reading.times import parse_times
from azuraforge.datasets.schemas import FileOptions, Finding
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message

#: How far in the future a row may lie, since clocks differ; at least one step of the series.
_TOLERANCE = timedelta(hours=1)
#: The same for a series without a frequency.
_TOLERANCE_IRREGULAR = timedelta(days=1)


@dataclass(frozen=True)
class Arrived:
    """Rows of the new table in canonical columns.

    Attributes:
        fresh: rows after the end of their series, with ``ROW``, the row of the table.
        past: rows between the start of the dataset and the end of their series, with ``ROW``.
        findings: findings from reading and cleaning the rows.
        incumbent: incumbent forecasts in the table; None if the dataset or the table has no columns for them.
    """

    fresh: pl.DataFrame
    past: pl.DataFrame
    findings: list[Finding]
    incumbent: pl.DataFrame | None = None


def options_of(stored: Stored, **asked: object) -> FileOptions:
    """Return the options with which the stored rows were read; ``asked`` overrides the format for the new rows."""
    meaning = stored.meaning
    return FileOptions.model_validate(
        {
            **stored.options,
            "time": meaning.time,
            "target": meaning.target,
            "series": meaning.series,
            "features": list(meaning.features),
            "timezone": meaning.timezone,
            "unit": meaning.unit,
            **dict(zip(("incumbent", "incumbent_made_at"), meaning.incumbent_columns or (None, None), strict=True)),
            **asked,
        }
    )


def check_columns(table: RawTable, stored: Stored) -> None:
    """Raise InvalidInput if the table lacks a column of the dataset."""
    meaning = stored.meaning
    wanted = [name for name in (meaning.series, meaning.time, meaning.target, *meaning.features) if name is not None]
    there = {*table.frame.columns, *table.unread}
    missing = [name for name in wanted if name not in there]
    if missing:
        shown = ", ".join(repr(name) for name in missing[:8])
        raise InvalidInput(
            "the new rows lack columns of dataset {dataset!r}: {columns}",
            where="{place}",
            next_step="send rows with the dataset's columns, or add them as a dataset with another name",
            code="other_columns",
            details={"columns": missing[:200]},
            dataset=stored.name,
            columns=shown,
            place=table.name,
        )


def check_meaning(stored: Stored, unit: str | None, timezone: str | None, where: Text) -> None:
    """Raise InvalidInput if a stated unit or time zone differs from the dataset's; None means not stated."""
    meaning = stored.meaning
    for what, stated, known in (("unit", unit, meaning.unit), ("time zone", timezone, meaning.timezone)):
        if stated is not None and stated != known:
            raise InvalidInput(
                "the unit of the new rows is {stated!r}; that of dataset {dataset!r} is {known}"
                if what == "unit"
                else "the time zone of the new rows is {stated!r}; that of dataset {dataset!r} is {known}",
                where="{place}",
                next_step="convert the rows, or add them as a dataset with another name",
                code="other_unit" if what == "unit" else "other_timezone",
                stated=stated,
                dataset=stored.name,
                known=known or Message("none"),
                place=where,
            )


def arrived(table: RawTable, stored: Stored, options: FileOptions, now: datetime | None = None) -> Arrived:
    """Read the table's rows, and split them into new rows and rows of the past.

    With several series, all rows are in ``fresh``, and ``parted`` splits them by the end of each series. Rows before
    the start of the dataset are counted and skipped. Raises InvalidInput if rows cannot be read, have other columns, or
    lie in the future.
    """
    meaning, findings = stored.meaning, list[Finding]()
    time, target, features = str(meaning.time), meaning.target, list(meaning.features)
    check_columns(table, stored)
    frame, _ = inspection.numbers(table, time, target, features, [], options.decimal, findings)
    times = parse_times(table, time, options.timezone, options.time_format, options.series)
    findings.extend(times.findings)
    present = _incumbent(table, times.utc.alias(time), stored, options, findings)
    frame = frame.with_columns(times.utc.alias(time)).select(ROW, time, target, *features)
    replaced = {name: values for name, values in options.missing_values.items() if name in frame.columns}
    frame = cleaning.take_as_missing(frame, replaced, findings)
    _refuse_future(frame, table, stored, now or datetime.now(UTC))
    before = frame[time] < stored.start_at
    if early := int(before.sum()):
        findings.append(finding("rows_before_start", count=early, start=stored.start_at.isoformat()))
    if meaning.series is not None:
        frame = frame.with_columns(panels.names_of(table, meaning.series).alias(meaning.series))
    frame = frame.filter(~before)
    if meaning.series is None:
        frame = cleaning.sort_rows(frame, time, table, findings)
        frame = cleaning.reduce_duplicates(frame, time, options.duplicates, table, findings)
        past = pl.col(time) <= stored.end_at
        return Arrived(frame.filter(~past), frame.filter(past), findings, present)
    parts = [
        cleaning.reduce_duplicates(
            cleaning.sort_rows(each, time, table, findings), time, options.duplicates, table, findings
        )
        for each in frame.partition_by(meaning.series, maintain_order=True)
    ]
    whole = pl.concat(parts) if parts else frame
    return Arrived(whole, whole.clear(), findings, present)  # ``parted`` splits by the end of each series


def parted(found: Arrived, ends: pl.DataFrame, time: str, series: str) -> Arrived:
    """Split the rows of several series by the end of each series, which ``ends`` contains in the column ``end``."""
    joined = found.fresh.join(ends, on=series, how="left", maintain_order="left")
    past = (pl.col(time) <= pl.col("end")).fill_null(False)
    fresh, past_rows = joined.filter(~past).drop("end"), joined.filter(past).drop("end")
    return Arrived(fresh, past_rows, found.findings, found.incumbent)


def canonical(frame: pl.DataFrame, stored: Stored, incumbent: pl.DataFrame | None) -> pl.DataFrame:
    """Return rows in the columns, types and order of the stored rows, with the forecasts of ``incumbent``."""
    meaning = stored.meaning
    rows = canonical_frame(frame, str(meaning.time), meaning.target, list(meaning.features), meaning.series)
    return with_incumbent(rows, meaning, incumbent)


def _incumbent(
    table: RawTable, times: pl.Series, stored: Stored, options: FileOptions, findings: list[Finding]
) -> pl.DataFrame | None:
    """Return the incumbent forecasts in new rows; None if the rows have no columns for them."""
    meaning = stored.meaning
    if meaning.incumbent is None or meaning.incumbent.file is not None:
        return None
    if not set(meaning.incumbent_columns) <= set(table.frame.columns):
        return None
    keys = times.to_frame()
    if meaning.series is not None:
        keys = keys.with_columns(panels.names_of(table, meaning.series).alias(meaning.series))
    return read_incumbent(table, keys, meaning.incumbent, options, findings)


def _refuse_future(frame: pl.DataFrame, table: RawTable, stored: Stored, now: datetime) -> None:
    time, frequency = str(stored.meaning.time), stored.meaning.frequency
    step = _TOLERANCE_IRREGULAR if frequency is None else max(_TOLERANCE, step_of(frequency))
    if stored.end_at > now + step:
        return  # the dataset's clock differs from this machine's: its end is already in the future
    late = frame.filter(pl.col(time) > now + step)
    if late.height:
        raise InvalidInput(
            "{count:,} [row is|rows are] in the future, the first at {time}",
            where="{place}",
            next_step="check the time zone and this machine's clock",
            code="future_rows",
            details={"count": late.height},
            count=late.height,
            time=late[time][0].isoformat(),
            place=table.place(int(late[ROW][0]), time),
        )
