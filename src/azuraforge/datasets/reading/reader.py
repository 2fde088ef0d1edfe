"""Reading of series from files and sources into a canonical frame with its schema and findings.

Runs only in child processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from azuraforge.datasets.reading import cleaning, inspection, panels
from azuraforge.datasets.reading.availability import check_stated, report_availability
from azuraforge.datasets.reading.canonical import canonical_frame, file_sha256
from azuraforge.datasets.reading.decoding import decode, unpack
from azuraforge.datasets.reading.delimited import ROW, RawTable, read_delimited, table_of
from azuraforge.datasets.reading.findings import finding, remarks
from azuraforge.datasets.reading.foreknowledge import report_foreknowledge
from azuraforge.datasets.reading.frequency import Rhythm, find_rhythm
from azuraforge.datasets.reading.groups import check_groups, read_groups
from azuraforge.datasets.reading.incumbent import incumbent_of, read_incumbent, with_incumbent
from azuraforge.datasets.reading.limits import ASK_FOR_LESS, Budget, ReadingLimits, Text
from azuraforge.datasets.reading.parquet import is_parquet, read_parquet
from azuraforge.datasets.reading.prepared import Prepared, prepared_series
from azuraforge.datasets.reading.sheets import read_sheet
from azuraforge.datasets.reading.times import check_zone, parse_times
from azuraforge.datasets.reading.workbooks import is_workbook, refuse_sheet
from azuraforge.datasets.schemas import CleaningOptions, FileOptions, Finding, Json
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.plugins import SourceRead
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.groups import total_names

_DEFAULT = ReadingLimits()
_NAMED_TOTALS = 8


@dataclass(frozen=True)
class ReadFile:
    """A prepared file, its SHA-256, and facts about it such as its format and encoding."""

    prepared: Prepared
    file_sha256: str
    facts: Json


def read_file(path: Path, name: str, options: FileOptions, limits: ReadingLimits = _DEFAULT) -> ReadFile:
    """Read and prepare a CSV, Parquet or Excel file; messages call it ``name``.

    Raises InvalidInput if the file cannot be used.
    """
    findings: list[Finding] = []
    refuse_sheet(path, name, options.sheet)
    if is_parquet(path):
        table = read_parquet(path, name, options, limits, findings)
        facts: Json = {"format": "parquet"}
    elif is_workbook(path):
        table = read_sheet(path, name, options, limits, findings)
        facts = {"format": "xlsx"}
    else:
        table, facts = _read_text(path, name, options, limits, findings)
    written = options.model_dump(mode="json", include={"separator", "decimal", "encoding", "time_format", "sheet"})
    prepared = _prepare(table, options, findings, limits)
    reading: Json = {key: value for key, value in written.items() if value is not None}
    return ReadFile(prepared, file_sha256(path), {"file": name, **facts, "reading": reading})


def prepare_source(
    read: SourceRead, source: str, options: CleaningOptions, limits: ReadingLimits = _DEFAULT
) -> Prepared:
    """Prepare the result of a source. Raises InvalidInput if it has no rows or time column, or if it cannot be used."""
    if read.time is None:
        raise InvalidInput(
            "the source {source} does not specify its time column",
            where="source {source}",
            next_step="correct the plugin: a SourceRead must specify its time column",
            source=source,
        )
    frame = read.frame
    limits.check_frame(frame, Message("source {source}", {"source": source}), ASK_FOR_LESS)
    table = table_of(frame, source)
    asked = FileOptions(
        **options.model_dump(include=set(CleaningOptions.model_fields)),
        time=read.time,
        target=read.target,
        series=read.series,
        features=None if read.features is None else list(read.features),
        timezone=read.timezone,
        unit=read.unit,
        decimal=read.decimal,
        time_format=read.time_format,
    )
    if not frame.height:
        raise InvalidInput(
            "the source {source} returned no rows",
            where="source {source}",
            next_step="widen the range in the source's options",
            source=source,
        )
    return _prepare(table, asked, remarks(read.findings), limits)


def _read_text(
    path: Path, name: str, options: FileOptions, limits: ReadingLimits, findings: list[Finding]
) -> tuple[RawTable, Json]:
    """Read a table of text; return it with facts about the file. The text itself is not kept in memory."""
    decoded = decode(unpack(path, name, limits), name, options.encoding)
    if decoded.assumed:
        findings.append(finding("encoding_assumed", encoding=decoded.encoding))
    table = read_delimited(decoded.text, name, options.separator, _needed(options), limits)
    return table, {"format": "csv", "encoding": decoded.encoding, "separator": table.separator}


def _needed(options: FileOptions) -> dict[str, str]:
    named = {"time": options.time, "target": options.target}
    if options.series is not None:
        named["series"] = options.series
    for option in ("incumbent", "incumbent_made_at"):
        if (column := getattr(options, option)) is not None:
            named[option] = column
    return named | {f"groups[{place}]": name for place, name in enumerate(options.groups)}


def _prepare(
    table: RawTable, options: FileOptions, findings: list[Finding], limits: ReadingLimits = _DEFAULT
) -> Prepared:
    time, target = options.time, options.target
    check_zone(options.timezone)
    check_groups(options)
    check_stated(options.available_after, [*table.frame.columns[1:], *table.unread], (time, target, options.series))
    incumbent = incumbent_of(options)
    exclude = options.exclude if options.series is None else [*options.exclude, options.series, *options.groups]
    if incumbent is not None:
        exclude = [*exclude, incumbent.forecast, incumbent.made_at]
    frame, features = inspection.numbers(table, time, target, options.features, exclude, options.decimal, findings)
    times = parse_times(table, time, options.timezone, options.time_format, options.series)
    findings.extend(times.findings)
    forecasts: pl.DataFrame | None = None
    if incumbent is not None:
        keys = times.utc.alias(time).to_frame()
        if options.series is not None:
            keys = keys.with_columns(panels.names_of(table, options.series).alias(options.series))
        forecasts = read_incumbent(table, keys, incumbent, options, findings)
    frame = frame.with_columns(times.utc.alias(time)).select(ROW, time, target, *features)
    frame = cleaning.take_as_missing(frame, options.missing_values, findings)
    if options.series is not None:
        return _prepare_panel(table, frame, features, options, findings, limits, forecasts)
    frame = cleaning.sort_rows(frame, time, table, findings)
    frame = cleaning.reduce_duplicates(frame, time, options.duplicates, table, findings)
    frame = cleaning.settle_target(frame, time, target, options, table, findings)
    frame, features = cleaning.settle_features(frame, time, target, features, table, findings)
    inspection.refuse_unlearnable(frame, target, table.name)
    inspection.report_suspicious_zeros(frame, time, [target, *features], findings)
    if options.features is None:
        frame, features = inspection.ignore_useless(frame, time, target, features, findings)
    zone = options.timezone or "UTC"
    rhythm = find_rhythm(frame[time], zone, options.frequency)
    budget = Budget(limits)
    frame, regular = cleaning.settle_gaps(frame.drop(ROW), time, target, rhythm, options.gaps, findings, budget)
    season = options.season or rhythm.season
    findings.append(_rhythm_finding(rhythm, season, frame[time]))
    schema = _schema(options, features, rhythm, season, regular=regular)
    canonical = with_incumbent(canonical_frame(frame, time, target, features), schema, forecasts)
    return _finished(canonical, schema, options, findings, table.name)


def _prepare_panel(
    table: RawTable,
    frame: pl.DataFrame,
    features: list[str],
    options: FileOptions,
    findings: list[Finding],
    limits: ReadingLimits,
    forecasts: pl.DataFrame | None,
) -> Prepared:
    """Prepare several series, each like ``_prepare``; a feature is kept if it is useful in at least one series."""
    time, target, column = options.time, options.target, str(options.series)
    if column in (time, target):
        raise InvalidInput(
            "{column!r} cannot also be the series column",
            where="option series",
            next_step="choose a column that is neither the time nor the target",
            column=column,
        )
    budget = Budget(limits)
    columns = panels.Columns(column, time, target, options.timezone or "UTC", options.frequency)

    def settle(rows: pl.DataFrame, given: list[str], found: list[Finding], usual: Rhythm | None) -> panels.Settled:
        rows = cleaning.sort_rows(rows, time, table, found)
        rows = cleaning.reduce_duplicates(rows, time, options.duplicates, table, found)
        if not rows[target].is_finite().fill_null(False).any():
            raise InvalidInput(
                "the target {target!r} has no values",
                where="{place}",
                next_step="choose another target",
                code="no_target",
                target=target,
                place=table.name,
            )
        rows = cleaning.settle_target(rows, time, target, options, table, found)
        rows, kept = cleaning.settle_features(rows, time, target, given, table, found)
        rhythm = panels.rhythm_of(rows[time], columns, usual)
        rows, regular = cleaning.settle_gaps(rows.drop(ROW), time, target, rhythm, options.gaps, found, budget)
        return panels.Settled(rows, kept, rhythm, regular)

    names = panels.names_of(table, column)
    named = frame.with_columns(names.alias(column))
    settled = panels.settle_panel(named, columns, features, settle, findings)
    whole, features, rhythm = settled.frame, settled.features, settled.rhythm
    inspection.report_suspicious_zeros(whole, time, [target, *features], findings)
    if options.features is None:
        features = panels.revealing(whole, columns, features, findings)
    season = options.season or rhythm.season
    one = whole.filter(pl.col(column) == settled.names[0])
    findings.append(_rhythm_finding(rhythm, season, one[time]))
    schema = _schema(options, features, rhythm, season, regular=settled.regular, names=settled.names)
    if groups := read_groups(table, names, settled.names, options):
        schema = schema.model_copy(update={"groups": groups})
        sums = {"columns": ", ".join(groups), "totals": ", ".join(total_names(groups)[:_NAMED_TOTALS])}
        findings.append(finding("groups_declared", count=len(total_names(groups)), **sums))
    canonical = with_incumbent(canonical_frame(whole, time, target, features, column), schema, forecasts)
    return _finished(canonical, schema, options, findings, table.name)


def _schema(
    options: FileOptions,
    features: list[str],
    rhythm: Rhythm,
    season: int,
    *,
    regular: bool,
    names: list[str] | None = None,
) -> DatasetSchema:
    zone = options.timezone or "UTC"
    return DatasetSchema(
        time=options.time,
        target=options.target,
        unit=options.unit,
        features=tuple(sorted(features)),
        frequency=rhythm.frequency if regular else None,
        season=season,
        timezone=zone,
        available_after={name: text for name, text in sorted(options.available_after.items()) if name in features},
        rhythm_timezone=rhythm.zone if rhythm.zone != zone else None,
        month_end=rhythm.month_end and regular,
        series=options.series,
        series_names=None if names is None else tuple(names),
        incumbent=incumbent_of(options),
    )


def _finished(
    frame: pl.DataFrame, schema: DatasetSchema, options: FileOptions, findings: list[Finding], name: Text
) -> Prepared:
    report_availability(frame, schema, findings)
    report_foreknowledge(frame, schema, findings)
    if options.strict:
        refuse_warnings(findings, name)
    shaping: Json = options.model_dump(mode="json", include={"duplicates", "missing", "gaps", "missing_values"})
    return prepared_series(frame, schema, shaping, findings)


def _rhythm_finding(rhythm: Rhythm, season: int, times: pl.Series) -> Finding:
    if rhythm.kind == "regular":
        return finding("frequency_found", frequency=rhythm.frequency, season=season)
    if rhythm.kind == "irregular":
        steps = times.diff().drop_nulls()
        return finding("irregular", shortest=steps.min(), longest=steps.max())
    return finding(rhythm.kind, season=season)


def refuse_warnings(findings: list[Finding], name: Text) -> None:
    """Raise InvalidInput if ``findings`` contains a warning; the error contains all warnings as details."""
    warnings = [item for item in findings if item.severity == "warning"]
    if warnings:
        first = warnings[0]
        raise InvalidInput(
            # The template of each language formats its own text, and truncates the other to zero characters.
            "strict reading found {count} [problem|problems], the first: {english}{turkish:.0}",
            where="{place}",
            next_step="correct the file, or omit the option strict: the problem is then corrected and reported",
            code=first.code,
            details={"findings": [item.model_dump() for item in warnings]},
            count=len(warnings),
            english=first.text["en"],
            turkish=first.text["tr"],
            place=first.where or name,
        )
