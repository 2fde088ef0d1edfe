"""Rows of a feed for people: pages by number, and charts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import numpy as np

from azuraforge.database import Session
from azuraforge.errors import InvalidInput
from azuraforge.learners.feeds.arriving import unknown_key
from azuraforge.learners.feeds.meaning import meaning_of, microseconds, moment_of
from azuraforge.learners.feeds.reading import FeedReader
from azuraforge.learners.feeds.schemas import FeedChart, FeedRowKind, FeedRowOut, FeedRowsOut
from azuraforge.learners.feeds.shapes import FeedColumn
from azuraforge.learners.feeds.tables import Feed
from azuraforge.plugins.contract.rows import RowKind, Span

#: Rows that are searched for times in a range by one request; the answer then says where to continue.
_SEARCHED = 100_000
_KINDS: dict[int, FeedRowKind] = {
    RowKind.ROW: "row",
    RowKind.REVISION: "revision",
    RowKind.TICK: "tick",
    RowKind.FILLED: "filled",
    RowKind.LATE: "late",
    RowKind.GAP: "gap",
}


def rows(
    session: Session,
    feed: Feed,
    reader: FeedReader,
    *,
    after: int | None,
    limit: int,
    last: int | None,
    start: datetime | None,
    end: datetime | None,
) -> FeedRowsOut:
    """Return rows by number; see ``FeedService.rows``."""
    if last is not None:
        after, limit = max(feed.last_seq - last, 0), last
    first = (after or 0) + 1
    low = None if start is None else microseconds(start)
    high = None if end is None else microseconds(end)
    searched = limit if low is None and high is None else _SEARCHED
    until = min(first + searched - 1, feed.last_seq)
    found: list[FeedRowOut] = []
    reached = first - 1
    for span in reader.read(session, feed.id, first, until):
        for row in range(len(span)):
            at = int(span.at[row])
            reached = int(span.seq[row])
            if (low is None or at >= low) and (high is None or at <= high):
                found.append(_row(span, row, feed.columns))
                if len(found) == limit:
                    break
        if len(found) == limit:
            break
    return FeedRowsOut(rows=found, next=reached if reached < feed.last_seq else None, last_seq=feed.last_seq)


def chart(
    session: Session, feed: Feed, reader: FeedReader, column: str | None, key: str | None, last: int, max_points: int
) -> FeedChart:
    """Return a column of one key over the newest ``last`` rows; see ``FeedService.chart``."""
    meaning = meaning_of(feed)
    name = meaning.names[0] if column is None else column
    if name not in meaning.names:
        raise InvalidInput(
            "feed {feed!r} has no column {column!r}",
            where="column",
            next_step="use one of its columns: {known}",
            code="other_columns",
            feed=feed.name,
            column=name,
            known=", ".join(meaning.names[:8]),
        )
    chosen = meaning.keys[0] if key is None else key
    if chosen not in meaning.keys:
        raise unknown_key(chosen, meaning)
    place, index = meaning.names.index(name), meaning.keys.index(chosen)
    points: dict[int, float] = {}
    for span in reader.read(session, feed.id, max(feed.last_seq - last, 0) + 1, feed.last_seq):
        here = (span.key == index) & (span.kind != RowKind.TICK)
        points.update(zip(span.at[here].tolist(), span.values[here, place].tolist(), strict=True))
    times = np.array(sorted(points), np.int64)
    values = np.array([points[at] for at in times.tolist()], np.float64)
    kept = _reduced(values, max_points)
    return FeedChart(
        column=name,
        key=chosen,
        times=[moment_of(at) for at in times[kept].tolist()],
        values=[None if np.isnan(value) else value for value in values[kept].tolist()],
        total_rows=len(times),
    )


def _row(span: Span, row: int, columns: Sequence[FeedColumn]) -> FeedRowOut:
    key = int(span.key[row])
    values = span.values[row].tolist()
    return FeedRowOut(
        seq=int(span.seq[row]),
        at=moment_of(int(span.at[row])),
        key=None if key < 0 or span.keys == ("",) else span.keys[key],
        kind=_KINDS[int(span.kind[row])],
        received_at=moment_of(int(span.received[row])),
        values={column.name: shown_value(value, column) for column, value in zip(columns, values, strict=True)},
    )


def shown_value(value: float, column: FeedColumn) -> float | str | None:
    """Return a stored value as users write it: a number, the name of a class, or None if it is missing."""
    if np.isnan(value):
        return None
    return value if column.classes is None else column.classes[int(value)]


def _reduced(values: np.ndarray[tuple[int], np.dtype[np.float64]], most: int) -> list[int]:
    """Return the positions of the first, the last and the extreme values in buckets of equal length."""
    if len(values) <= most:
        return list(range(len(values)))
    edges = np.linspace(0, len(values), max((most - 2) // 2, 1) + 1).astype(np.int64).tolist()
    keep = {0, len(values) - 1}
    for start, stop in pairwise(edges):
        known = np.flatnonzero(np.isfinite(values[start:stop]))
        if len(known):
            keep |= {int(start + known[np.argmin(values[start:stop][known])])}
            keep |= {int(start + known[np.argmax(values[start:stop][known])])}
    return sorted(keep)
