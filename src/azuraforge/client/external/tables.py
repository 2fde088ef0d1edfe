"""Tables of external runs, written as CSV or Parquet."""

from __future__ import annotations

import csv
import importlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from azuraforge.client.errors import InvalidArgument


def writer(rows: object, name: str) -> Callable[[Path], None]:
    """Return a function that writes a table to a path, as Parquet if ``name`` ends in ``.parquet``, else as CSV.

    Raises InvalidArgument if ``rows`` is not a table, or if no installed package writes Parquet.
    """
    parquet = name.lower().endswith(".parquet")
    frame: Any = rows
    if hasattr(rows, "write_csv") and hasattr(rows, "write_parquet"):  # polars
        return lambda path: _tried(lambda: frame.write_parquet(path) if parquet else frame.write_csv(path), name)
    if hasattr(rows, "to_csv") and hasattr(rows, "to_parquet"):  # pandas
        return lambda path: _write_pandas(frame, path, parquet, name)
    columns = _columns(rows, name)
    if parquet:
        polars = _polars(name)
        plain = {column: [_plain(value) for value in values] for column, values in columns.items()}
        made = _tried(lambda: polars.DataFrame(plain, strict=False), name)
        return lambda path: _tried(lambda: made.write_parquet(path), name)
    return lambda path: _write_csv(columns, path)


def _write_pandas(frame: Any, path: Path, parquet: bool, name: str) -> None:
    named = type(frame.index).__name__ != "RangeIndex"  # an index that only counts the rows is omitted
    _tried(lambda: frame.to_parquet(path, index=named) if parquet else frame.to_csv(path, index=named), name)


def _columns(rows: object, name: str) -> dict[str, list[object]]:
    """Return the table's columns; a row without a value of a column has None there."""
    if isinstance(rows, Mapping):
        columns = {str(column): _values(values, str(column), name) for column, values in rows.items()}
        lengths = {column: len(values) for column, values in columns.items()}
        if len(set(lengths.values())) > 1:
            raise InvalidArgument(
                "the columns have different lengths: {lengths}",
                where="table {name!r}",
                next_step="give every column one value for each row",
                lengths=", ".join(f"{column}: {length}" for column, length in list(lengths.items())[:6]),
                name=name,
            )
        return columns
    listed = list(rows) if isinstance(rows, Iterable) and not isinstance(rows, str | bytes) else [rows]
    found = [row for row in listed if isinstance(row, Mapping)]
    if len(found) < len(listed):
        wrong = next(row for row in listed if not isinstance(row, Mapping))
        raise InvalidArgument(
            "{kind} is not a row of a table",
            where="table {name!r}",
            next_step="pass dicts, one for each row; a mapping from columns to values; or a data frame",
            kind=type(wrong).__name__,
            name=name,
        )
    names = dict.fromkeys(str(column) for row in found for column in row)
    texts = [{str(column): value for column, value in row.items()} for row in found]
    return {column: [row.get(column) for row in texts] for column in names}


def _values(values: object, column: str, name: str) -> list[object]:
    listed = _plain(values)
    if not isinstance(listed, Sequence) or isinstance(listed, str | bytes):
        raise InvalidArgument(
            "the column {column!r} is not a list of values",
            where="table {name!r}",
            next_step="pass a list, or dicts, one for each row",
            column=column,
            name=name,
        )
    return list(listed)


def _write_csv(columns: Mapping[str, Sequence[object]], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
        lines = csv.writer(file)
        lines.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            lines.writerow([_text(value) for value in row])


def _text(value: object) -> str:
    """Return a value as CSV; missing values and NaN are empty, lists and dicts are JSON."""
    plain = _plain(value)
    if plain is None or (isinstance(plain, float) and math.isnan(plain)):
        return ""
    if isinstance(plain, list | dict):
        return json.dumps(plain, default=str, ensure_ascii=False)
    return str(plain)


def _plain(value: Any) -> Any:
    """Return a NumPy scalar or array as Python values."""
    method = getattr(value, "tolist", None)
    return method() if callable(method) else value


def _polars(name: str) -> Any:
    try:
        return importlib.import_module("polars")
    except ImportError:
        raise _unwritable("polars is not installed", name) from None


def _tried(work: Callable[[], Any], name: str) -> Any:
    try:
        return work()
    except OSError:
        raise
    except Exception as error:  # each library has errors of its own
        raise _unwritable(" ".join(str(error).split())[:200] or type(error).__name__, name) from error


def _unwritable(reason: str, name: str) -> InvalidArgument:
    return InvalidArgument(
        "the table cannot be written: {reason}",
        where="table {name!r}",
        next_step="give each column values of one type; a name that ends in .csv accepts any values",
        reason=reason,
        name=name,
    )
