"""Entry point that reads the beginning of a table in a child process: the only code that parses tables of runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Protocol

import polars as pl

from azuraforge.errors import InvalidInput
from azuraforge.runs.files.messages import TableInput, TableResult

MOST_ROWS, MOST_COLUMNS, MOST_CHARACTERS = 200, 200, 500
#: Part of a text table that is read.
_HEAD_BYTES = 4 * 1024 * 1024


class Asked(Protocol):
    """Protocol of the child process connection that this entry point uses."""

    @property
    def payload(self) -> Mapping[str, object]: ...


def table(child: Asked) -> dict[str, object]:
    """Read the first rows. ``TableInput`` → ``TableResult``. Raises InvalidInput if the file is damaged."""
    asked = TableInput.model_validate(child.payload)
    try:
        found = _parquet(asked.path) if asked.parquet else _delimited(asked.path, asked.separator)
    except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as error:
        raise InvalidInput(
            "the table cannot be read: {reason}",
            where="preview",
            next_step="download the file and check it",
            code="unreadable_table",
            reason=str(error).splitlines()[0][:200] if str(error) else type(error).__name__,
        ) from error
    return found.model_dump(mode="json")


def _parquet(path: Path) -> TableResult:
    lazy = pl.scan_parquet(path)
    names = lazy.collect_schema().names()
    total = int(lazy.select(pl.len()).collect().item())
    frame = lazy.select(names[:MOST_COLUMNS]).head(MOST_ROWS).collect()
    return _result(frame, total, len(names) > MOST_COLUMNS)


def _delimited(path: Path, separator: str) -> TableResult:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        rest = bool(file.read(1))
    if rest:
        head = head[: head.rfind(b"\n") + 1] or head
    frame = pl.read_csv(
        BytesIO(head),
        separator=separator,
        n_rows=MOST_ROWS + 1,
        infer_schema=False,
        truncate_ragged_lines=True,
        encoding="utf8-lossy",
    )
    more = rest or frame.height > MOST_ROWS
    wide = frame.width > MOST_COLUMNS
    return _result(frame.head(MOST_ROWS)[:, :MOST_COLUMNS], None if more else frame.height, wide or more)


def _result(frame: pl.DataFrame, total: int | None, more: bool) -> TableResult:
    rows = [[_shown(value) for value in row] for row in frame.iter_rows()]
    return TableResult(
        columns=frame.columns,
        rows=rows,
        total_rows=total,
        truncated=more or (total is not None and total > len(rows)),
    )


def _shown(value: object) -> str | None:
    if value is None:
        return None
    text = value.isoformat() if isinstance(value, datetime | date) else str(value)
    return text[:MOST_CHARACTERS]
