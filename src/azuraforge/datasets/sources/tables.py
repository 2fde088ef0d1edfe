"""Shared code of sources that read tables: options, formats, and roles of columns. Runs only in child processes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal, TypeVar

import orjson
import polars as pl
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from azuraforge.datasets.reading.decoding import decode, unpack
from azuraforge.datasets.reading.delimited import ROW, read_delimited, require_column
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.reading.limits import ASK_FOR_LESS, ReadingLimits
from azuraforge.datasets.reading.no_table import refuse_json, refuse_markup
from azuraforge.datasets.reading.parquet import describe, is_parquet, readable
from azuraforge.datasets.reading.times import check_zone
from azuraforge.errors import InvalidInput, InvalidValue
from azuraforge.plugins import Source, SourceFinding, SourceRead
from azuraforge.plugins.contract.shape import in_turkish

Column = Annotated[str, Field(min_length=1, max_length=200)]


def _known_zone(name: str) -> str:
    try:
        check_zone(name)
    except InvalidInput as error:
        raise InvalidValue("{reason}", reason=error) from None
    return name


class TableOptions(BaseModel):
    """The roles of a table's columns."""

    model_config = ConfigDict(extra="forbid")

    time: Column = Field(
        title="Time column",
        description="Column that contains the times",
        json_schema_extra=in_turkish("Zaman sütunu", "Zamanları içeren sütun"),
    )
    target: Column = Field(
        title="Target",
        description="Column to forecast",
        json_schema_extra=in_turkish("Hedef", "Tahmin edilecek sütun"),
    )
    series: Column | None = Field(
        default=None,
        title="Series column",
        description="Column that names the series of each row",
        json_schema_extra=in_turkish("Seri sütunu", "Her satırın serisini belirten sütun"),
    )
    features: list[Column] | None = Field(
        default=None,
        max_length=10_000,
        title="Inputs",
        description="Columns used as inputs. Empty: every other numeric column",
        json_schema_extra=in_turkish("Girdiler", "Girdi olarak kullanılan sütunlar. Boş: diğer bütün sayısal sütunlar"),
    )
    exclude: list[Column] = Field(
        default_factory=list,
        max_length=10_000,
        title="Excluded columns",
        description="Columns to leave out",
        json_schema_extra=in_turkish("Hariç tutulan sütunlar", "Hariç tutulacak sütunlar"),
    )
    unit: str = Field(
        default="",
        max_length=40,
        title="Unit",
        description="Unit of the target, such as °C",
        json_schema_extra=in_turkish("Birim", "Hedefin birimi, örneğin °C"),
    )
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="UTC",
        max_length=64,
        title="Time zone",
        description="Time zone of times without an offset, and of the calendar",
        json_schema_extra=in_turkish("Saat dilimi", "Saat farkı belirtilmemiş zamanların ve takvimin saat dilimi"),
    )


class FileTableOptions(TableOptions):
    """The format of a file's rows. Omitted options are detected."""

    format: Literal["auto", "csv", "json_lines", "parquet"] = Field(
        default="auto",
        title="Format",
        description="File format; auto detects it",
        json_schema_extra=in_turkish("Biçim", "Dosya biçimi; auto: otomatik belirlenir"),
    )
    separator: str | None = Field(
        default=None,
        min_length=1,
        max_length=1,
        title="Separator",
        description="Separator of CSV columns. Empty: detected",
        json_schema_extra=in_turkish("Ayırıcı", "CSV sütunlarının ayırıcısı. Boş: kendiliğinden bulunur"),
    )
    decimal: Literal[".", ","] | None = Field(
        default=None,
        title="Decimal mark",
        description="Decimal mark of CSV numbers. Empty: detected",
        json_schema_extra=in_turkish("Ondalık işareti", "CSV sayılarının ondalık işareti. Boş: kendiliğinden bulunur"),
    )
    encoding: str | None = Field(
        default=None,
        max_length=40,
        title="Encoding",
        description="Encoding of the file. Empty: UTF-8, UTF-16 or else Windows-1254",
        json_schema_extra=in_turkish("Kodlama", "Dosyanın kodlaması. Boş: UTF-8 ya da UTF-16, değilse Windows-1254"),
    )
    time_format: str | None = Field(
        default=None,
        max_length=100,
        title="Time format",
        description="Format of the times, such as %d/%m/%Y %H:%M. Empty: detected",
        json_schema_extra=in_turkish(
            "Zaman biçimi", "Zamanların biçimi, örneğin %d/%m/%Y %H:%M. Boş: kendiliğinden bulunur"
        ),
    )


OptionsT = TypeVar("OptionsT", bound=TableOptions)


class TableSource(Source[OptionsT]):
    """Base class of sources that read tables.

    Attributes:
        limits: size limits of one table; the platform sets them before ``read``.
        scratch: folder for temporary files; if None, the system's temporary folder.
    """

    limits: ReadingLimits = ReadingLimits()
    scratch: Path | None = None

    @contextmanager
    def temporary_file(self) -> Iterator[Path]:
        """Yield the path of a temporary file, which is removed after the block."""
        with TemporaryDirectory(prefix=".source-", dir=self.scratch) as folder:
            yield Path(folder) / "table"


def meaning_of(
    frame: pl.DataFrame,
    options: TableOptions,
    provenance: Mapping[str, object],
    cursor: Mapping[str, object],
    findings: Sequence[SourceFinding] = (),
) -> SourceRead:
    """Return a table as the result of a source, with the roles of its columns.

    Excluded columns are dropped unless they have a role.
    """
    features = None if options.features is None else tuple(dict.fromkeys(options.features))
    kept = {options.time, options.target, options.series, *(features or ())}
    written = options if isinstance(options, FileTableOptions) else None
    return SourceRead(
        frame.drop([name for name in options.exclude if name in frame.columns and name not in kept]),
        time=options.time,
        target=options.target,
        features=features,
        unit=options.unit,
        timezone=options.timezone,
        provenance=provenance,
        cursor=cursor,
        series=options.series,
        decimal=written.decimal if written else None,
        time_format=written.time_format if written else None,
        findings=findings,
    )


def read_table(
    path: Path, name: str, options: FileTableOptions, limits: ReadingLimits
) -> tuple[pl.DataFrame, list[SourceFinding]]:
    """Read a CSV, JSON lines or Parquet file; messages call it ``name``.

    Text columns stay text. Raises InvalidInput if the file cannot be read, is too large, or lacks a column that the
    options name.
    """
    findings: list[SourceFinding] = []
    if options.format == "parquet" or (options.format == "auto" and is_parquet(path)):
        frame = _parquet(path, name, limits)
    else:
        decoded = decode(unpack(path, name, limits), name, options.encoding)
        if decoded.assumed:
            findings.append(SourceFinding(**finding("encoding_assumed", encoding=decoded.encoding).model_dump()))
        refuse_markup(decoded.text, name)
        if options.format == "json_lines" or (options.format == "auto" and decoded.text.lstrip()[:1] == "{"):
            frame = _json_lines(decoded.text, name, limits)
            if frame.height <= 1 and options.time not in frame.columns:
                refuse_json(decoded.text, name)  # a server's error message is also a single object
        else:
            frame = read_delimited(decoded.text, name, options.separator, {}, limits).frame.drop(ROW)
    for option, column in (("time", options.time), ("target", options.target), ("series", options.series)):
        if column is not None:
            require_column(frame.columns, name, column, option)
    for column in options.features or ():
        require_column(frame.columns, name, column, "features")
    return frame, findings


def _parquet(path: Path, name: str, limits: ReadingLimits) -> pl.DataFrame:
    schema, rows = describe(path, name)
    limits.check_table(rows, len(schema), name, ASK_FOR_LESS)
    plain = [column for column, kind in schema.items() if not (kind.is_nested() or kind in (pl.Binary, pl.Object))]
    frame = readable(name, lambda: pl.read_parquet(path, columns=plain))
    limits.check_frame(frame, name, ASK_FOR_LESS)
    return frame


def _json_lines(text: str, name: str, limits: ReadingLimits) -> pl.DataFrame:
    """Read one object per line. The number of columns is checked before the table is built.

    Raises InvalidInput if a line is not a JSON object or the table is too large.
    """
    if re.match(r"\s*\{\s*[\r\n]", text):
        refuse_json(text, name)  # one object spans several lines
    columns: set[str] = set()
    rows = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        rows += 1
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            row = None
        if not isinstance(row, dict):
            raise InvalidInput(
                "a line of {name} is not a JSON object",
                where="{name}, line {line}",
                next_step='write one object per line, such as {{"time": "2024-05-01", "load": 41.5}}',
                code="not_json_lines",
                name=name,
                line=number,
            )
        columns.update(row)
        limits.check_table(rows, len(columns), name, ASK_FOR_LESS)
    if not rows:
        raise InvalidInput(
            "the file {name} has no rows", where="{name}", next_step="add a row", code="empty_file", name=name
        )
    try:
        frame = pl.read_ndjson(text.encode(), infer_schema_length=None)
    except pl.exceptions.PolarsError:
        raise InvalidInput(
            "a column of {name} contains values of different types",
            where="{name}",
            next_step="write numbers as numbers and times as text in every line",
            code="mixed_types",
            name=name,
        ) from None
    nested = [column for column, kind in frame.schema.items() if kind.is_nested()]
    empty = [pl.col(column).cast(pl.Float64) for column, kind in frame.schema.items() if kind == pl.Null]
    return frame.drop(nested).with_columns(empty)
