"""Parquet tables of encoded images, as written by Hugging Face: bytes or ``{bytes, path}``, and a label.

Runs only in child processes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson
import polars as pl

from azuraforge.datasets.images.canonical import Image
from azuraforge.datasets.images.encoded import Encoded, label_text, unique_parts
from azuraforge.datasets.reading.archives import MAX_UNPACKED_BYTES
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.reading.parquet import describe, readable
from azuraforge.datasets.schemas import Finding, ImageOptions
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message

_PART_COLUMNS = ("part", "split")
MAX_ROWS = 1_000_000


def read_table(
    path: Path, name: str, options: ImageOptions, findings: list[Finding], max_bytes: int = MAX_UNPACKED_BYTES
) -> list[Encoded]:
    """Return the rows as encoded images; the name of an image is its row's number, from 0.

    Class names come from the table's Hugging Face metadata if present, else from the label column. Raises InvalidInput
    if the table is damaged or too large, if it lacks a column or a column has an unusable type, or if an image or a
    label is missing.
    """
    schema, rows = describe(path, name)
    wanted = _columns(schema, name, options)
    if rows > MAX_ROWS:
        raise _too_large(
            Message(
                "the table {name} has {rows:,} rows; at most {most:,} are possible",
                {"name": name, "rows": rows, "most": MAX_ROWS},
            ),
            name,
        )
    frame = readable(name, lambda: pl.read_parquet(path, columns=wanted))
    described = readable(name, lambda: pl.read_parquet_metadata(path).get("huggingface"))
    if ignored := [column for column in schema if column not in wanted]:
        findings.append(finding("columns_ignored_text", count=len(ignored), columns=", ".join(ignored[:10])))
    images = _bytes_of(frame[options.image])
    # The file stores equal images once, but in memory each row would have a copy.
    if int(images.bin.size().sum()) > max_bytes:
        raise _too_large(
            Message("the images of the table {name} have more than {most:,} bytes", {"name": name, "most": max_bytes}),
            name,
        )
    if frame[options.label].dtype == pl.String and int(frame[options.label].str.len_bytes().sum()) > max_bytes:
        raise _too_large(
            Message("the labels of the table {name} have more than {most:,} bytes", {"name": name, "most": max_bytes}),
            name,
        )
    empty = images.is_null() | frame[options.label].is_null()
    if empty.any():
        row = int(empty.arg_true()[0])
        raise InvalidInput(
            "{count:,} [row has|rows have] no image or no label, the first is row {row}",
            where="{name}, row {row}",
            next_step="remove these rows",
            code="missing_target",
            row=row + 1,
            count=int(empty.sum()),
            name=name,
        )
    names = _class_names(described, options.label)
    column = next((column for column in _PART_COLUMNS if column in wanted), None)
    words = frame[column].cast(pl.String).to_list() if column else [None] * frame.height
    parts = unique_parts(words)
    digits = len(str(max(0, frame.height - 1)))
    return [
        Encoded(Image(_label(label, names), parts[word], str(row).zfill(digits)), _loader(images, row))
        for row, (label, word) in enumerate(zip(frame[options.label], words, strict=True))
    ]


def _loader(images: pl.Series, row: int) -> Callable[[], bytes]:
    return lambda: bytes(images[row])


def _too_large(problem: Message, name: str) -> InvalidInput:
    return InvalidInput(
        "{problem}",
        where="{place}",
        next_step="add only a part of the data",
        code="too_large",
        problem=problem,
        place=name,
    )


def _columns(schema: dict[str, pl.DataType], name: str, options: ImageOptions) -> list[str]:
    for option, column in (("image", options.image), ("label", options.label)):
        if column not in schema:
            raise InvalidInput(
                "the table {name} has no column {column!r}",
                where="option {option}",
                next_step="choose one of the columns: {known}",
                code="no_such_column",
                name=name,
                column=column,
                option=option,
                known=", ".join(list(schema)[:20]),
            )
    kind = schema[options.image]
    fields = {each.name: each.dtype for each in kind.fields} if isinstance(kind, pl.Struct) else {}
    if kind != pl.Binary and fields.get("bytes") != pl.Binary:
        raise _not_images(options.image, kind, name)
    if schema[options.label].is_nested():
        raise InvalidInput(
            "the column {label!r} must contain one class per row, but its type is {kind}",
            where="{name}, column {label!r}",
            next_step="specify the column of classes with the option label",
            code="nested_column",
            label=options.label,
            kind=schema[options.label],
            name=name,
        )
    return [options.image, options.label, *(each for each in _PART_COLUMNS if schema.get(each) == pl.String)][:3]


def _bytes_of(column: pl.Series) -> pl.Series:
    if isinstance(column.dtype, pl.Struct):
        column = column.struct.field("bytes")
    return column


def _not_images(column: str, kind: pl.DataType, name: str) -> InvalidInput:
    return InvalidInput(
        "the column {column!r} must contain encoded images, but its type is {kind}",
        where="{name}, column {column!r}",
        next_step="specify the column of encoded images with the option image",
        code="not_an_image",
        column=column,
        kind=kind,
        name=name,
    )


def _class_names(described: str | None, label: str) -> list[str] | None:
    """Return the class names by number, from the Hugging Face metadata; None if they have none."""
    try:
        names = orjson.loads(described or "{}")["info"]["features"][label]["names"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return [label_text(each) for each in names] if isinstance(names, list) else None


def _label(value: object, names: list[str] | None) -> str:
    if names and isinstance(value, int) and 0 <= value < len(names):
        return names[value]
    return label_text(value)
