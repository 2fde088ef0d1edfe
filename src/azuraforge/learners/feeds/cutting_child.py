"""Entry point of the child process that writes rows of a feed as a table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from pydantic import JsonValue

from azuraforge.datasets.child import Asked
from azuraforge.errors import InvalidInput
from azuraforge.learners.feeds import segment
from azuraforge.learners.feeds.cutting import FILE, CutInput, CutResult
from azuraforge.plugins.contract.rows import RowKind, Span

_OWN = (RowKind.ROW, RowKind.LATE, RowKind.REVISION)


def cut(child: Asked) -> Mapping[str, JsonValue]:
    """Write the rows of a range as a Parquet file. ``CutInput`` → ``CutResult``.

    Of several values for a key and time, the last one is kept; arrived values replace filled ones.

    Raises InvalidInput if the range has no rows, and StorageError if a segment is missing or has changed.
    """
    asked = CutInput.model_validate(child.payload)
    frames = [_frame(segment.read(path), asked) for path in asked.files]
    frame = pl.concat([each for each in frames if each.height]) if any(each.height for each in frames) else None
    if frame is None:
        raise InvalidInput(
            "the range of feed {feed!r} has no rows",
            where="feed {feed}",
            next_step="choose another range: azuraforge feeds rows {feed!r}",
            code="no_rows",
            feed=asked.feed.feed,
        )
    frame = frame.sort("at", "key", "own", "seq").unique(["at", "key"], keep="last", maintain_order=True)
    frame = frame.drop("own", "seq") if asked.feed.keys != ("",) else frame.drop("own", "seq", "key")
    frame.write_parquet(asked.folder / FILE)
    return CutResult(rows=frame.height).model_dump(mode="json")


def _frame(span: Span, asked: CutInput) -> pl.DataFrame:
    own = np.isin(span.kind, _OWN)
    here = (own | (span.kind == RowKind.FILLED) if asked.filled else own) & (span.seq <= asked.last_seq)
    if asked.start_us is not None:
        here &= span.at >= asked.start_us
    if asked.end_us is not None:
        here &= span.at <= asked.end_us
    keys = np.array(span.keys, dtype=object)[span.key[here]]
    columns: dict[str, pl.Series] = {
        "at": pl.Series(span.at[here]).cast(pl.Datetime("us", "UTC")),
        "key": pl.Series(keys.tolist(), dtype=pl.String),
    }
    for column in asked.columns:
        values = np.ascontiguousarray(span.values[here, span.columns.index(column.name)])
        columns[column.name] = pl.Series(values).fill_nan(None)
    return pl.DataFrame({**columns, "own": pl.Series(own[here]), "seq": pl.Series(span.seq[here])})
