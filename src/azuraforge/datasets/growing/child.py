"""Entry points in child processes that add rows: from a file, as JSON, or from a source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import polars as pl

from azuraforge.datasets.child import Asked, opened_source, plain
from azuraforge.datasets.growing import joining
from azuraforge.datasets.growing.grow import grown, unchanged
from azuraforge.datasets.growing.messages import AppendInput, Grown, RefreshInput, Stored
from azuraforge.datasets.reading.decoding import decode, unpack
from azuraforge.datasets.reading.delimited import RawTable, read_delimited, table_of
from azuraforge.datasets.reading.findings import finding, remarks
from azuraforge.datasets.reading.limits import ASK_FOR_LESS, ReadingLimits
from azuraforge.datasets.reading.parquet import is_parquet, read_parquet
from azuraforge.datasets.reading.sheets import read_sheet
from azuraforge.datasets.reading.workbooks import is_workbook, refuse_sheet
from azuraforge.datasets.schemas import FileOptions, Finding, Json
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.plugins import SourceRead
from azuraforge.plugins.discovery.describing import parse_config
from azuraforge.plugins.discovery.discretion import no_secret_leaves, refuse_secrets

if TYPE_CHECKING:
    from azuraforge.processes.child import Child


def append(child: Asked) -> Json:
    """Return the next version, with the rows of a file or rows as JSON added. ``AppendInput`` → ``Grown``.

    Raises InvalidInput if the rows cannot be added.
    """
    asked = AppendInput.model_validate(child.payload)
    stored, given, findings = asked.stored, asked.options, list[Finding]()
    joining.check_meaning(stored, given.unit, given.timezone, asked.name)
    options = joining.options_of(stored, **_written(stored, given.model_dump(exclude_none=True)))
    if asked.is_json:
        table = _json_rows(asked.path, asked.name, stored, asked.limits)
    else:
        refuse_sheet(asked.path, asked.name, given.sheet)
        table = _file(asked.path, asked.name, stored, options, asked.limits, findings)
    return grown(stored, table, options, asked.folder, asked.limits, findings).model_dump(mode="json")


def refresh(child: Child) -> Grown:
    """Read the rows after a source's cursor; write segments to the child's outputs. ``RefreshInput`` → ``Grown``.

    Raises InvalidInput if the result of the plugin cannot be used, or if the rows cannot be added.
    """
    asked = child.asked(RefreshInput)
    stored, name = asked.stored, asked.source
    source = opened_source(name, asked.access, asked.secrets, child.outputs)
    with no_secret_leaves(asked.secrets.values(), f"source {name}"):
        news = source.read_since(parse_config(source.Options, asked.options, name), asked.cursor)
        read_texts = [] if news.read is None else [news.read.provenance, news.read.findings]
        refuse_secrets(asked.secrets.values(), [news.cursor, news.findings, *read_texts], name)
    where = Message("source {source}", {"source": name})
    cursor = plain(news.cursor, where)
    findings = remarks(news.findings)
    if news.read is None or not news.read.frame.height:
        return unchanged(stored, 0, findings, cursor)
    read = news.read
    if not isinstance(read, SourceRead) or not isinstance(read.frame, pl.DataFrame):
        raise InvalidInput(
            "the source {name} returned no Polars data frame",
            where="{place}",
            next_step="correct the plugin: read must return a SourceRead whose frame is a Polars data frame",
            name=name,
            place=where,
        )
    joining.check_meaning(stored, read.unit, read.timezone, where)
    asked.access.limits.check_frame(read.frame, where, ASK_FOR_LESS)
    options = joining.options_of(stored, decimal=read.decimal, time_format=read.time_format)
    findings.extend(remarks(read.findings))
    provenance = plain(read.provenance, where)
    provenance.pop("name", None)
    table = table_of(read.frame, name)
    found = grown(stored, table, options, child.outputs, asked.access.limits, findings, provenance)
    return found.model_copy(update={"cursor": cursor})


def _written(stored: Stored, given: dict[str, object]) -> dict[str, object]:
    """Return the format of the rows: the requested one, else that of the dataset's first file."""
    known = stored.provenance.get("reading")
    before = {key: value for key, value in known.items() if value is not None} if isinstance(known, dict) else {}
    return {**before, **{key: value for key, value in given.items() if key not in ("unit", "timezone")}}


def _file(
    path: Path, name: str, stored: Stored, options: FileOptions, limits: ReadingLimits, findings: list[Finding]
) -> RawTable:
    if is_parquet(path):
        return read_parquet(path, name, options.model_copy(update={"features": None}), limits, [])
    if is_workbook(path):
        table = read_sheet(path, name, options, limits, findings)
        joining.check_columns(table, stored)
        return table
    decoded = decode(unpack(path, name, limits), name, options.encoding)
    if decoded.assumed:
        findings.append(finding("encoding_assumed", encoding=decoded.encoding))
    table = read_delimited(decoded.text, name, options.separator, {}, limits)
    joining.check_columns(table, stored)
    return table


def _json_rows(path: Path, name: str, stored: Stored, limits: ReadingLimits) -> RawTable:
    """Read rows given as JSON objects.

    Raises InvalidInput if a row has a column that the dataset lacks, or if a column mixes types.
    """
    rows = orjson.loads(path.read_bytes())
    meaning = stored.meaning
    known = {each for each in (meaning.series, meaning.time, meaning.target, *meaning.numbers) if each is not None}
    limits.check_table(len(rows), len(known), name)
    for number, row in enumerate(rows, 1):
        if other := [key for key in row if key not in known]:
            raise InvalidInput(
                "dataset {dataset!r} has no column {column!r}",
                where="{file}, row {row}",
                next_step="use the dataset's columns: {known}",
                code="other_columns",
                dataset=stored.name,
                column=other[0],
                file=name,
                row=number,
                known=", ".join(sorted(known)[:8]),
            )
    columns = {name: [_number(row.get(name)) for row in rows] for name in known if any(name in row for row in rows)}
    try:
        frame = pl.DataFrame(columns, strict=True)
    except (TypeError, pl.exceptions.PolarsError):
        raise InvalidInput(
            "a column of the rows contains values of different types",
            where="{place}",
            next_step="send numbers as numbers and times as text in every row",
            code="mixed_types",
            place=name,
        ) from None
    return table_of(frame, name)


def _number(value: object) -> object:
    """Convert whole numbers below 2**53 to float, so that a column can mix integers and floats.

    Larger integers, such as epochs in microseconds, stay exact.
    """
    return float(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53 else value
