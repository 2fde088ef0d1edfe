"""Addition of incumbent forecasts from a separate file to a dataset. Runs only in child processes."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from azuraforge.datasets.child import Asked
from azuraforge.datasets.growing.forecast_rows import against_rows, keys_of, named, without_row
from azuraforge.datasets.growing.messages import IncumbentGrown, IncumbentInput
from azuraforge.datasets.loading import load_incumbent, load_version
from azuraforge.datasets.messages import ReadResult
from azuraforge.datasets.reading.canonical import file_sha256, fingerprint_of
from azuraforge.datasets.reading.decoding import decode, unpack
from azuraforge.datasets.reading.delimited import ROW, RawTable, read_delimited
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.reading.incumbent import all_forecasts
from azuraforge.datasets.reading.panels import names_of
from azuraforge.datasets.reading.parquet import is_parquet, read_parquet
from azuraforge.datasets.reading.sheets import read_sheet
from azuraforge.datasets.reading.times import parse_times
from azuraforge.datasets.reading.workbooks import is_workbook, refuse_sheet
from azuraforge.datasets.schemas import FileOptions, Finding, Json
from azuraforge.datasets.segment_files import write_segment
from azuraforge.datasets.segments import Growth
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.dataset_schema import IncumbentColumns

_KEY = ["series", "at", "made_at"]
_MOMENT = pl.Datetime("us", "UTC")
_CODES = (
    "incumbent_file_read",
    "incumbent_missing",
    "incumbent_no_row",
    "incumbent_ahead",
    "incumbent_made_late",
    "incumbent_other_series",
    "incumbent_revised",
)


def state(child: Asked) -> Json:
    """Return the next version, with the forecasts of a file added. ``IncumbentInput`` → ``IncumbentGrown``."""
    return stated(IncumbentInput.model_validate(child.payload)).model_dump(mode="json")


def stated(asked: IncumbentInput) -> IncumbentGrown:
    """Return the next version: the same rows, with the stored incumbent forecasts and those of the file.

    Raises InvalidInput if columns are missing or cannot be read, if two forecasts for one time were made at the same
    time, if no forecast belongs to the dataset, or if a stored forecast is changed although revisions are refused.
    """
    findings: list[Finding] = []
    columns = _columns(asked)
    came = _own(_read(asked, columns, findings), asked, findings)
    known = came.clear()
    if asked.stored.present is not None and asked.stored.incumbent is not None and not asked.options.replace:
        known = load_incumbent(asked.stored.present, asked.stored.incumbent.address)
    both = known.join(came, on=_KEY, how="inner", suffix="_now", nulls_equal=True)
    changed = both.filter(pl.col("forecast") != pl.col("forecast_now")).sort("at", "made_at")
    if changed.height:
        _decide(changed, asked, findings)
    now = pl.concat([came, known]).unique(_KEY, keep="first", maintain_order=True).sort(_KEY)
    added = now.height - known.height
    _report(now, asked, findings)
    counts = {"forecasts": now.height, "added": added, "revised": changed.height}
    return _grown(asked, columns, now, findings, {**counts, "repeated": both.height - changed.height})


def _columns(asked: IncumbentInput) -> IncumbentColumns:
    meaning, given = asked.stored.meaning, asked.options
    before = meaning.incumbent
    if before is not None and before.file is None:
        raise InvalidInput(
            "dataset {dataset!r} already has an incumbent in its column {forecast!r}",
            where="{place}",
            next_step="add the dataset under another name without that column, then add the file of forecasts",
            code="incumbent_in_columns",
            dataset=asked.stored.name,
            forecast=before.forecast,
            place=asked.name,
        )
    forecast = given.forecast or (before.forecast if before is not None else None)
    made_at = given.made_at or (before.made_at if before is not None else None)
    if forecast is None or made_at is None:
        raise InvalidInput(
            "a file of incumbent forecasts needs two columns: the forecasts and the time at which each was made",
            where="option {option}",
            next_step="specify the column; a forecast is used only from the time at which it was made",
            option="forecast" if forecast is None else "made_at",
        )
    time = given.time or (before.time if before is not None else None) or meaning.time
    series = given.series or (before.series if before is not None else None) or meaning.series
    if series is not None and meaning.series is None:
        raise InvalidInput(
            "dataset {dataset!r} contains only one series",
            where="option series",
            next_step="omit the option series",
            dataset=asked.stored.name,
        )
    if len({forecast, made_at, time, series}) < 4:
        raise InvalidInput(
            "one column of the file is specified for two roles",
            where="{forecast}, {made_at}, {time}, {series}",
            next_step="choose different columns for forecast, made_at, time and series",
            forecast=forecast,
            made_at=made_at,
            time=time,
            series=series,
        )
    return IncumbentColumns(forecast=forecast, made_at=made_at, time=time, series=series, file_name=asked.name)


def _read(asked: IncumbentInput, columns: IncumbentColumns, findings: list[Finding]) -> pl.DataFrame:
    """Return ``series``, ``at``, ``forecast``, ``made_at`` and ``ROW``, the row of the file."""
    given, meaning = asked.options, asked.stored.meaning
    time = str(columns.time)
    options = FileOptions(
        time=time,
        target=columns.forecast,
        series=columns.series,
        timezone=meaning.timezone,
        incumbent_made_at=columns.made_at,
        **given.model_dump(include={"separator", "decimal", "encoding", "time_format", "sheet"}),
    )
    table = _table(asked.path, asked, options, findings)
    for column, option in ((time, "time"), (columns.forecast, "forecast"), (columns.made_at, "made_at")):
        table.require(column, option)
    keys = parse_times(table, time, options.timezone, options.time_format, options.series).utc.alias("at").to_frame()
    names = pl.Series("series", [None] * keys.height, pl.String)
    if columns.series is not None:
        names = names_of(table, columns.series).alias("series")
    found = all_forecasts(table, keys.with_columns(names), columns, options)
    return found.select(
        "series",
        pl.col("at").cast(_MOMENT),
        pl.col(columns.forecast).alias("forecast"),
        pl.col(columns.made_at).cast(pl.Int64).cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("made_at"),
        ROW,
    )


def _table(path: Path, asked: IncumbentInput, options: FileOptions, findings: list[Finding]) -> RawTable:
    refuse_sheet(path, asked.name, options.sheet)
    if is_parquet(path):
        return read_parquet(path, asked.name, options, asked.limits, [])
    if is_workbook(path):
        return read_sheet(path, asked.name, options, asked.limits, findings)
    decoded = decode(unpack(path, asked.name, asked.limits), asked.name, options.encoding)
    return read_delimited(decoded.text, asked.name, options.separator, {}, asked.limits)


def _own(found: pl.DataFrame, asked: IncumbentInput, findings: list[Finding]) -> pl.DataFrame:
    """Return the forecasts for the dataset's series, without repetitions.

    Raises InvalidInput if there are none, or if two forecasts for one time were made at the same time.
    """
    meaning = asked.stored.meaning
    if meaning.series is not None:
        foreign = found.filter(~pl.col("series").is_in(list(meaning.forecast_names)))
        if foreign.height:
            findings.append(finding("incumbent_other_series", count=foreign.height, names=foreign["series"][0]))
        found = found.join(foreign, on=ROW, how="anti")
    if not found.height:
        raise InvalidInput(
            "the file has no forecasts for dataset {dataset!r}",
            where="{place}",
            next_step="check the columns and the names of the series",
            code="no_forecasts",
            dataset=asked.stored.name,
            place=asked.name,
        )
    once = found.unique([*_KEY, "forecast"], keep="first", maintain_order=True)
    twice = once.filter(pl.struct(_KEY).is_duplicated())
    if twice.height:
        raise InvalidInput(
            "two forecasts for {at} were made at {made_at}: {forecast:g} and another value",
            where="{place}",
            next_step="keep only the forecast that was in use",
            code="two_forecasts",
            at=named(twice),
            made_at=twice["made_at"][0].isoformat(),
            forecast=twice["forecast"][0],
            place=asked.name,
        )
    return once.drop(ROW)


def _decide(changed: pl.DataFrame, asked: IncumbentInput, findings: list[Finding]) -> None:
    """Report changes of stored forecasts. Raises InvalidInput if the dataset's policy refuses them."""
    old, new = (f"{changed[name][0]:g}" for name in ("forecast", "forecast_now"))
    made_at = changed["made_at"][0].isoformat()
    if asked.stored.revisions == "refuse":
        raise InvalidInput(
            "{count} [forecast was|forecasts were] changed afterwards: the one for {at}, made at {made_at}, "
            "was {old} and is now {new}",
            where="{place}",
            next_step="add a later forecast with its own time, or let the dataset accept revisions: azuraforge "
            "datasets revisions {dataset} accept",
            code="incumbent_revised",
            details={"count": changed.height},
            count=changed.height,
            at=named(changed),
            made_at=made_at,
            old=old,
            new=new,
            place=asked.name,
            dataset=asked.stored.name,
        )
    facts = {"first": named(changed), "made_at": made_at, "old": old, "new": new}
    findings.append(finding("incumbent_revised", count=changed.height, **facts))


def _report(now: pl.DataFrame, asked: IncumbentInput, findings: list[Finding]) -> None:
    """Report unused forecasts, and rows without a forecast. Raises InvalidInput if no forecast can be used."""
    stored, meaning = asked.stored, asked.stored.meaning
    frame = load_version(stored.paths, meaning, stored.options, stored.fingerprint)
    rows = keys_of(frame, meaning)
    findings.append(finding("incumbent_file_read", count=now.height, of=now.select("series", "at").n_unique()))
    late = now.filter(pl.col("made_at") >= pl.col("at"))
    if late.height:
        findings.append(finding("incumbent_made_late", count=late.height, first=named(late)))
    nowhere = without_row(now, rows, meaning, stored.end_at)
    if nowhere.height + late.height >= now.height:
        raise InvalidInput(
            "no forecast can be used: each is for a time without a row in dataset {dataset!r}, or was made too late; "
            "the first is for {at}",
            where="{place}",
            next_step="check the time columns, their format and time zone",
            code="no_forecasts",
            dataset=stored.name,
            at=named(nowhere if nowhere.height else late),
            place=asked.name,
        )
    findings.extend(against_rows(now, rows, meaning, stored.end_at))


def _grown(
    asked: IncumbentInput,
    columns: IncumbentColumns,
    now: pl.DataFrame,
    findings: list[Finding],
    counts: dict[str, int],
) -> IncumbentGrown:
    stored = asked.stored
    kept = tuple(each for each in stored.carried if each.code not in _CODES)
    segment, path, meaning, fingerprint, made = stored.incumbent, None, stored.meaning, stored.fingerprint, {}
    if segment is None or counts["added"] or counts["revised"] or asked.options.replace:
        segment, path = write_segment(now, "at", asked.folder)
        segment = segment.model_copy(update={"holds": "incumbent"})
        columns = columns.model_copy(update={"file": segment.address})
        meaning = meaning.model_copy(update={"incumbent": columns})
        names = [] if meaning.series is None else [meaning.series]
        order = [*names, str(meaning.time), meaning.target, *meaning.numbers]
        fingerprint = fingerprint_of(meaning, stored.options, order, stored.rows, stored.blocks)
        made = {segment.address: path}
    file: Json = {"file": asked.name, "sha256": file_sha256(asked.path), "forecasts": now.height}
    read = ReadResult(
        segments=stored.segments,
        incumbent=segment,
        made=made,
        blocks=stored.blocks,
        fingerprint=fingerprint,
        file_sha256=None,
        columns=meaning,
        options=stored.options,
        rows=stored.rows,
        start_at=stored.start_at,
        end_at=stored.end_at,
        provenance={**stored.provenance, "incumbent": file} if made else stored.provenance,
        findings=(*kept, *findings),
    )
    growth = Growth(
        previous_version=stored.version,
        rows_added=0,
        rows_revised=0,
        rows_repeated=0,
        carried_findings=len(kept) + len(findings),
    )
    return IncumbentGrown(
        read=read,
        growth=growth,
        own=tuple(findings),
        forecasts=counts["forecasts"],
        added=counts["added"],
        revised=counts["revised"],
        repeated=counts["repeated"],
    )
