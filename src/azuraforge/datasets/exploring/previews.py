"""Preview of a file that is not stored: its columns, detected options, and the version that it would become.

Runs only in child processes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import polars as pl

from azuraforge.datasets.exploring.contents import same_images
from azuraforge.datasets.exploring.messages import Previewed, PreviewInput
from azuraforge.datasets.exploring.remedies import remedies
from azuraforge.datasets.exploring.schemas import ColumnPreview, DatasetPreviewOut, PreparedPreview
from azuraforge.datasets.images.samples import samples
from azuraforge.datasets.kinds import KINDS
from azuraforge.datasets.reading.charts import reduce_rows
from azuraforge.datasets.reading.decoding import decode, unpack
from azuraforge.datasets.reading.delimited import ROW, RawTable, read_delimited
from azuraforge.datasets.reading.numeric import Decimal, to_numbers, without_missing
from azuraforge.datasets.reading.parquet import is_parquet, read_parquet
from azuraforge.datasets.reading.prepared import Prepared
from azuraforge.datasets.reading.sheets import read_plain_sheet
from azuraforge.datasets.reading.times import read_times
from azuraforge.datasets.reading.workbooks import is_workbook, sheet_names
from azuraforge.datasets.schemas import FileOptions, Finding, Json, RowsOut
from azuraforge.datasets.segment_files import write_segment
from azuraforge.errors import InvalidInput

FIRST_ROWS, SHOWN_COLUMNS, CHART_POINTS, SAMPLE_ROWS = 20, 200, 800, 2000
#: Share of the values that must be numbers for a column of text to count as numeric.
_MOSTLY = 0.8
_TIME_NAMES = ("time", "date", "day", "month", "year", "timestamp", "tarih", "zaman", "saat", "gun", "gün", "ay", "yil")
_TARGET_NAMES = (
    "target",
    "value",
    "y",
    "sales",
    "load",
    "demand",
    "hedef",
    "deger",
    "değer",
    "satis",
    "satış",
    "talep",
)


def preview(asked: PreviewInput) -> Previewed:
    """Return the preview of a file; a file that cannot be added with the options is no error, but has a problem.

    Raises InvalidInput if the file cannot be read as a table or as images at all.
    """
    if asked.kind == "images":
        return _images(asked)
    sheets = list(sheet_names(asked.path)) if is_workbook(asked.path) else []
    options = dict(asked.options)
    table, facts = _raw(asked, options, sheets)
    frame = table.frame.drop(ROW)
    unreadable = [ColumnPreview(name=name, type="unreadable", missing=0, distinct=0) for name in table.unread]
    decimal = options.get("decimal")
    shown = frame.columns[:SHOWN_COLUMNS]
    columns = [_described(table, name, "," if decimal == "," else ".") for name in shown]
    _fill_in(options, table, columns)
    first = [
        [None if cell is None else _text(cell)[:200] for cell in row]
        for row in frame.select(shown).head(FIRST_ROWS).rows()
    ]
    out = DatasetPreviewOut(
        file=asked.name,
        bytes=asked.path.stat().st_size,
        kind="series",
        facts=facts,
        sheets=sheets,
        rows=frame.height,
        columns=[*columns, *unreadable][:SHOWN_COLUMNS],
        column_count=frame.width + len(unreadable),
        first=first,
        options=options,
        prepared=None,
        problem=None,
        remedies=[],
    )
    del table, frame  # the file is read again below: both tables do not need to fit into memory
    if not options.get("time") or not options.get("target"):
        return Previewed(preview=out.model_dump(mode="json"))
    return _prepared(asked, options, out)


def _prepared(asked: PreviewInput, options: Json, out: DatasetPreviewOut) -> Previewed:
    """Return the preview with the version that the options create, or with the error and its remedies."""
    try:
        prepared = KINDS[asked.kind].read(asked.path, asked.name, options, asked.limits).prepared
    except InvalidInput as error:
        found = out.model_copy(update={"remedies": remedies([error.error_code])})
        return Previewed(preview=found.model_dump(mode="json"), error=error.to_dict())
    codes = [each.code for each in prepared.findings if each.severity == "warning" or each.code == "timezone_assumed"]
    update = {"prepared": _version(prepared), "remedies": remedies(codes)}
    return Previewed(preview=out.model_copy(update=update).model_dump(mode="json"))


def _version(prepared: Prepared) -> PreparedPreview:
    schema, frame = prepared.schema, prepared.frame
    time = str(schema.time)
    one = frame if schema.series is None else frame.filter(pl.col(schema.series) == (schema.series_names or ("",))[0])
    drawn = reduce_rows(one, [schema.target], CHART_POINTS)
    chart = RowsOut(
        times=drawn[time].to_list(), columns={schema.target: _numbers(drawn[schema.target])}, total_rows=one.height
    )
    ends = (frame[time].min(), frame[time].max())
    start, end = (each if isinstance(each, datetime) else None for each in ends)
    return PreparedPreview(
        rows=frame.height,
        start=start,
        end=end,
        dataset_schema=schema,
        findings=prepared.findings,
        chart=chart,
        images=None,
        repeated_images=0,
        same_images=[],
        fingerprint=prepared.fingerprint,
    )


def _images(asked: PreviewInput) -> Previewed:
    out = DatasetPreviewOut(
        file=asked.name,
        bytes=asked.path.stat().st_size,
        kind="images",
        facts={},
        sheets=[],
        rows=None,
        columns=[],
        column_count=0,
        first=[],
        options=asked.options,
        prepared=None,
        problem=None,
        remedies=[],
    )
    try:
        read = KINDS["images"].read(asked.path, asked.name, asked.options, asked.limits)
    except InvalidInput as error:
        found = out.model_copy(update={"remedies": remedies([error.error_code])})
        return Previewed(preview=found.model_dump(mode="json"), error=error.to_dict())
    prepared = read.prepared
    size = prepared.schema.size
    assert size is not None
    _, path = write_segment(prepared.frame, None, asked.folder)
    repeated, same = same_images(path, size)
    version = PreparedPreview(
        rows=prepared.frame.height,
        start=None,
        end=None,
        dataset_schema=prepared.schema,
        findings=prepared.findings,
        chart=None,
        images=samples(path, size, 6),
        repeated_images=repeated,
        same_images=same,
        fingerprint=prepared.fingerprint,
    )
    update = {"facts": read.facts, "prepared": version, "remedies": remedies([e.code for e in prepared.findings])}
    return Previewed(preview=out.model_copy(update=update).model_dump(mode="json"))


def _raw(asked: PreviewInput, options: Json, sheets: list[str]) -> tuple[RawTable, Json]:
    """Return the table of the file before any column is chosen, with facts about the file."""

    def text(option: str) -> str | None:
        value = options.get(option)
        return str(value) if value else None

    path, name, limits = asked.path, asked.name, asked.limits
    if is_parquet(path):
        findings: list[Finding] = []
        return read_parquet(path, name, FileOptions(time="", target=""), limits, findings), {"format": "parquet"}
    if sheets:
        return read_plain_sheet(path, name, limits, asked=text("sheet"), times=_TIME_NAMES, below_titles=True), {
            "format": "xlsx"
        }
    decoded = decode(unpack(path, name, limits), name, text("encoding"))
    table = read_delimited(decoded.text, name, text("separator"), {}, limits)
    return table, {"format": "csv", "encoding": decoded.encoding, "separator": table.separator}


def _described(table: RawTable, name: str, decimal: Decimal) -> ColumnPreview:
    series = table.frame[name]
    values = without_missing(series) if series.dtype == pl.String else series
    known = values.drop_nulls()
    found = ColumnPreview(name=name, type="text", missing=values.null_count(), distinct=known.n_unique())
    if known.is_empty():
        return found.model_copy(update={"type": "empty"})
    if _is_time(table, name):
        ends = (known[0], known[-1]) if known.dtype == pl.String else (known.min(), known.max())
        return found.model_copy(update={"type": "time", "lowest": _text(ends[0]), "highest": _text(ends[1])})
    numbers = known.cast(pl.Float64) if known.dtype.is_numeric() else None
    if known.dtype == pl.String:
        read = to_numbers(known, decimal).drop_nulls()
        numbers = read if len(read) >= _MOSTLY * len(known) else None
    if numbers is None:
        return found
    array = numbers.to_numpy()
    ends = (f"{array.min():g}", f"{array.max():g}")
    return found.model_copy(update={"type": "number", "lowest": ends[0], "highest": ends[1]})


def _is_time(table: RawTable, name: str) -> bool:
    """Return whether the first values of a column are times. A column of numbers needs a name such as ``year``."""
    series = table.frame[name]
    if isinstance(series.dtype, pl.Datetime | pl.Date):
        return True
    if series.dtype not in (pl.String,) and not series.dtype.is_numeric():
        return False
    sample = table.frame.filter(pl.col(name).is_not_null()).head(SAMPLE_ROWS)
    plain = sample[name]
    numeric = plain.dtype.is_numeric() or plain.str.strip_chars().cast(pl.Float64, strict=False).is_not_null().all()
    if numeric and not any(each in name.lower() for each in _TIME_NAMES):
        return False
    try:
        read_times(replace(table, frame=sample), name, None, None)
    except InvalidInput as error:
        return error.error_code == "ambiguous_date"
    return True


def _fill_in(options: Json, table: RawTable, columns: list[ColumnPreview]) -> None:
    """Add the detected time, series and target column to ``options``, unless they are chosen."""
    names = {each.name for each in columns}
    times = [each.name for each in columns if each.type == "time"]
    if options.get("time") not in names:
        options["time"] = _best(times, _TIME_NAMES, first=True)
    time = options["time"]
    rest = [each for each in columns if each.name != time]
    if "series" not in options and isinstance(time, str) and table.frame[time].is_duplicated().any():
        keys = [each.name for each in rest if each.type == "text" and 1 < each.distinct <= table.frame.height // 4]
        unique = [name for name in keys if not table.frame.select(time, name).is_duplicated().any()]
        options["series"] = unique[0] if unique else None
    if options.get("target") not in names:
        numbers = [each.name for each in rest if each.type == "number" and each.distinct > 1]
        options["target"] = _best(numbers, _TARGET_NAMES, first=False)
    for option in ("time", "target", "series"):
        if options.get(option) is None:
            options.pop(option, None)


def _best(names: list[str], known: tuple[str, ...], *, first: bool) -> str | None:
    """Return the first name that equals or contains a known one; else the first or the last name, or None."""
    for fits in (lambda name, word: name.lower() == word, lambda name, word: len(word) > 2 and word in name.lower()):
        found = next((name for name in names for word in known if fits(name, word)), None)
        if found is not None:
            return found
    if not names:
        return None
    return names[0] if first else names[-1]


def _numbers(series: pl.Series) -> list[float | None]:
    return [value if value is not None and value == value else None for value in series.to_list()]


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
