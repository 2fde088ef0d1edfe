"""Conversion of the time column to UTC, from ISO 8601, epochs, and common local formats.

Runs only in child processes.
"""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass

import polars as pl

from azuraforge.datasets.reading.delimited import ROW, RawTable
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.schemas import Finding
from azuraforge.errors import InvalidInput

_UTC = "UTC"
_SAMPLE = 2000
_FIRST_YEAR, _LAST_YEAR = 1000, 9000
_CLOCKS = ("%H:%M:%S%.f", "%H:%M")
_OFFSET = r"([+-]\d{2}:?\d{2}|[+-]\d{2}|Z)$"
_LOCAL_DATE = r"^(\d{1,2})([./-])(\d{1,2})[./-](\d{4}|\d{2})\b"
#: Epochs with fewer digits than the first number count units of so many microseconds; longer ones, nanoseconds.
_EPOCH_UNITS = ((11, 1_000_000), (14, 1_000), (17, 1))


@dataclass(frozen=True)
class Times:
    """UTC times in the table's order, and findings about the assumptions made to read them."""

    utc: pl.Series
    findings: list[Finding]


def parse_times(
    table: RawTable, column: str, timezone: str | None, time_format: str | None, series: str | None = None
) -> Times:
    """Read times like ``read_times``, and check the years.

    Raises the errors of ``read_times``, and InvalidInput for a year outside 1000–9000.
    """
    times = read_times(table, column, timezone, time_format, series)
    years = times.utc.dt.year()
    _refuse_unparsed(table, column, (years < _FIRST_YEAR) | (years > _LAST_YEAR))
    return times


def read_times(
    table: RawTable, column: str, timezone: str | None, time_format: str | None, of_series: str | None = None
) -> Times:
    """Return the times of ``column``, which must exist, as ``Datetime("us", "UTC")``.

    ``time_format`` is detected if it is None. Times without an offset are local times of ``timezone``, or UTC if it is
    None. The hour that repeats when clocks are set back may occur twice in each series of the column ``of_series``.

    Raises InvalidInput if the time zone does not exist, if a time is missing, cannot be read or was skipped when clocks
    were set forward, or if day and month are ambiguous.
    """
    check_zone(timezone)
    series = table.frame[column]
    if series.dtype == pl.String:
        lowered = series.str.to_lowercase()
        series = series.set(lowered.is_in(["na", "nan", "null", "none", "nat", "-"]), None)
    _refuse_missing(table, column, series)
    findings: list[Finding] = []
    if isinstance(series.dtype, pl.Datetime):
        parsed = series.cast(pl.Datetime("us", series.dtype.time_zone))
    elif series.dtype == pl.Date:
        parsed = series.cast(pl.Datetime("us"))
    elif series.dtype.is_numeric():
        return Times(_from_number(table, column, series.cast(pl.Float64)), findings)
    elif series.dtype == pl.String:
        number = _whole_number(series)
        if number is not None and not time_format:
            return Times(_from_number(table, column, number), findings)
        parsed, findings = _from_text(table, column, series, time_format)
    else:
        raise InvalidInput(
            "the column {column!r} must contain times, but its type is {kind}",
            where="option time",
            next_step="choose another column",
            column=column,
            kind=series.dtype,
        )
    if isinstance(parsed.dtype, pl.Datetime) and parsed.dtype.time_zone is not None:
        return Times(parsed.dt.convert_time_zone(_UTC), findings)
    if timezone is None:
        findings.append(finding("timezone_assumed"))
        return Times(parsed.dt.replace_time_zone(_UTC), findings)
    return Times(_localise(table, column, parsed, timezone, of_series), findings)


def check_zone(timezone: str | None) -> None:
    """Raise InvalidInput if the time zone is not in the IANA database."""
    if timezone is not None and timezone not in zoneinfo.available_timezones():
        raise InvalidInput(
            "the time zone {timezone!r} is unknown",
            where="option timezone",
            next_step="use an IANA name such as Europe/Istanbul or UTC",
            code="no_such_timezone",
            timezone=timezone,
        )


def _refuse_missing(table: RawTable, column: str, series: pl.Series) -> None:
    empty = series.is_null().arg_true()
    if len(empty):
        row = int(table.frame[ROW][int(empty[0])])
        raise InvalidInput(
            "the time is empty in {count:,} [row|rows]",
            where="{place}",
            next_step="delete the row, which looks like a second header line, or fill in the time"
            if row == 0
            else "fill in the time or delete the row",
            code="missing_time",
            count=len(empty),
            place=table.place(row, column),
        )


def _whole_number(series: pl.Series) -> pl.Series | None:
    """Return the column as numbers if it contains numbers only, such as epochs, years or 20240131; else None."""
    head = series.head(_SAMPLE)
    if not head.str.contains(r"^-?\d+(\.\d+)?$").all():
        return None
    return series.cast(pl.Float64, strict=False)


def _from_number(table: RawTable, column: str, numbers: pl.Series) -> pl.Series:
    _refuse_unparsed(table, column, numbers.is_finite().fill_null(False).not_())
    whole = numbers.cast(pl.Int64, strict=False)
    _refuse_unparsed(table, column, whole.is_null())
    low, high = int(whole.to_numpy().min()), int(whole.to_numpy().max())
    if low >= 1500 and high <= 2200 and (numbers == whole.cast(pl.Float64)).all():
        return _stamp(table, column, whole.cast(pl.String) + "-01-01", "%Y-%m-%d")
    if low >= 15_000_101 and high <= 22_001_231:
        return _stamp(table, column, whole.cast(pl.String), "%Y%m%d")
    if low >= 150_001_010_000 and high <= 220_012_312_359 and len(str(low)) == 12:
        return _stamp(table, column, whole.cast(pl.String), "%Y%m%d%H%M")
    if low >= 15_000_101_000_000 and high <= 22_001_231_235_959 and len(str(low)) == 14:
        return _stamp(table, column, whole.cast(pl.String), "%Y%m%d%H%M%S")
    digits = len(str(abs(high)))
    if digits < 9:
        raise InvalidInput(
            "the numbers in {column!r} ({low} … {high}) are not times in a known format",
            where="{place}",
            next_step="use a column with dates, or seconds, milliseconds or microseconds since 1970",
            code="bad_time",
            column=column,
            low=low,
            high=high,
            place=table.place(int(table.frame[ROW][0]), column),
        )
    scale = next((scale for limit, scale in _EPOCH_UNITS if digits < limit), None)
    if scale is None:
        micros = whole // 1000
    elif scale == 1:
        micros = whole
    else:  # keep fractions of seconds
        micros = whole * scale + ((numbers - whole.cast(pl.Float64)) * scale).round().cast(pl.Int64)
    return micros.cast(pl.Datetime("us")).dt.replace_time_zone(_UTC)


def _stamp(table: RawTable, column: str, text: pl.Series, time_format: str) -> pl.Series:
    if "%H" not in time_format:
        text, time_format = text + " 00:00", time_format + " %H:%M"
    parsed = text.str.to_datetime(time_format, time_unit="us", strict=False)
    _refuse_unparsed(table, column, parsed.is_null())
    return parsed.dt.replace_time_zone(_UTC)


def _from_text(
    table: RawTable, column: str, series: pl.Series, time_format: str | None
) -> tuple[pl.Series, list[Finding]]:
    findings: list[Finding] = []
    offsets = _offsets(series)
    text = series
    if time_format is None:
        time_format, findings = _find_format(table, column, series, bool(offsets))
    if time_format is None:
        sample = series[0]
        raise InvalidInput(
            "{sample!r} is not a time in a known format",
            where="{place}",
            next_step="specify the format with the option time_format, such as %d.%m.%Y %H:%M",
            code="bad_time",
            sample=sample,
            place=table.place(int(table.frame[ROW][0]), column),
        )
    if offsets and "%#z" in time_format:
        text = series.str.replace(r"([+-]\d{2})$", "${1}:00")
    parsed = _try(text, time_format)
    if parsed is None:
        raise InvalidInput(
            "{time_format!r} is not a time format",
            where="option time_format",
            next_step="use the codes of strftime, such as %d.%m.%Y",
            time_format=time_format,
        )
    _refuse_unparsed(table, column, parsed.is_null(), series)
    if len(offsets) > 1:
        findings.append(finding("offsets_vary", count=len(offsets), offsets=", ".join(offsets)))
    return parsed, findings


def _offsets(series: pl.Series) -> list[str]:
    """Return the distinct UTC offsets of the times; empty if some times have none."""
    timed = series.str.contains(r"\d:\d{2}.*" + _OFFSET)
    if not timed.head(_SAMPLE).all():
        return []
    return sorted(series.str.extract(_OFFSET, 1).drop_nulls().unique().to_list())


def _find_format(
    table: RawTable, column: str, series: pl.Series, with_offset: bool
) -> tuple[str | None, list[Finding]]:
    date, findings = _find_date(table, column, series)
    sample = series.head(_SAMPLE)
    if with_offset:
        sample = sample.str.replace(r"([+-]\d{2})$", "${1}:00")
    ends = ("%#z", " %#z") if with_offset else ("",)
    candidates = [f"{date}{join}{clock}{end}" for join in ("T", " ", ", ") for clock in _CLOCKS for end in ends]
    candidates += [f"{date}{join}{clock} %p" for join in (" ", ", ") for clock in ("%I:%M:%S", "%I:%M")]
    candidates += [date, "%Y-%m", "%Y/%m", "%m/%Y", "%Y%m%dT%H%M%S", "%b %d, %Y", "%d %b %Y", "%d-%b-%Y", "%B %d, %Y"]
    scores = [
        (parsed.null_count(), index)
        for index, item in enumerate(candidates)
        if (parsed := _try(sample, item)) is not None
    ]
    missed, index = min(scores)
    return (candidates[index] if missed < len(sample) / 2 else None), findings


def _find_date(table: RawTable, column: str, series: pl.Series) -> tuple[str, list[Finding]]:
    """Return the format of the date, and findings.

    Raises InvalidInput if no value shows whether the day or the month comes first.
    """
    fields = series.str.extract_groups(_LOCAL_DATE).struct.unnest()
    first, sign, second, year = (fields[name] for name in fields.columns)
    if first.null_count() > len(first) / 2:
        return ("%Y/%m/%d" if series.head(1).str.contains(r"^\d{4}/")[0] else "%Y-%m-%d"), []
    separator = sign.drop_nulls()[0]
    year_sign = "%y" if (year.drop_nulls().str.len_chars() == 2).all() else "%Y"
    day_first = separator == "." or bool((first.cast(pl.Int32) > 12).any())
    month_first = separator != "." and bool((second.cast(pl.Int32) > 12).any())
    if day_first == month_first:
        raise InvalidInput(
            "{sample!r} does not show which number is the day and which is the month",
            where="{place}",
            next_step=(
                "specify the order with the option time_format: %d{separator}%m{separator}{year} or "
                "%m{separator}%d{separator}{year}"
            ),
            code="ambiguous_date",
            sample=series[0],
            place=table.place(int(table.frame[ROW][0]), column),
            separator=separator,
            year=year_sign,
        )
    order = ("%d", "%m") if day_first else ("%m", "%d")
    date = separator.join([*order, year_sign])
    return date, [finding("day_first", format=date)] if day_first else []


def _try(series: pl.Series, time_format: str) -> pl.Series | None:
    """Parse times; unreadable values become null. Return None if the format is invalid."""
    if not any(sign in time_format for sign in ("%H", "%I", "%T", "%R", "%X", "%s", "%c")):
        series, time_format = series + " 00:00", time_format + " %H:%M"
    if "%d" not in time_format and "%s" not in time_format and "%j" not in time_format:
        series, time_format = series + " 01", time_format + " %d"
    try:
        return series.str.to_datetime(time_format, time_unit="us", strict=False)
    except pl.exceptions.PolarsError:
        return None


def _refuse_unparsed(table: RawTable, column: str, bad: pl.Series, series: pl.Series | None = None) -> None:
    rows = bad.arg_true()
    if len(rows):
        index = int(rows[0])
        value = (series if series is not None else table.frame[column])[index]
        raise InvalidInput(
            "{value!r} does not have the time format of the other rows",
            where="{place}",
            next_step="correct or delete the row, or set the option time_format",
            code="bad_time",
            details={"count": len(rows)},
            value=value,
            place=table.place(int(table.frame[ROW][index]), column),
        )


def _localise(table: RawTable, column: str, naive: pl.Series, timezone: str, series: str | None = None) -> pl.Series:
    """Convert local times to UTC. In a repeated hour, the first of two equal times of a series is the earlier."""
    mine = pl.lit("") if series is None else table.frame[series].cast(pl.String)
    first = pl.int_range(pl.len()).over("t", "series") == 0
    frame = naive.to_frame("t").with_columns(mine.alias("series"))
    frame = frame.with_columns(ambiguous=pl.when(first).then(pl.lit("earliest")).otherwise(pl.lit("latest")))
    local = frame.select(
        pl.col("t").dt.replace_time_zone(timezone, ambiguous=pl.col("ambiguous"), non_existent="null")
    ).to_series()
    rows = local.is_null().arg_true()
    if len(rows):
        index = int(rows[0])
        raise InvalidInput(
            "{time} does not exist in {timezone}: it was skipped when clocks were set forward",
            where="{place}",
            next_step="check the option timezone; if the times are UTC, omit the option",
            code="bad_time",
            time=naive[index],
            timezone=timezone,
            place=table.place(int(table.frame[ROW][index]), column),
        )
    return local.dt.convert_time_zone(_UTC)
