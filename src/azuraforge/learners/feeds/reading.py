"""Reading of a feed's log: segments from disk, and rows that are not sealed yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from azuraforge.database import Session
from azuraforge.learners.feeds import segment, store
from azuraforge.learners.feeds.files import folder_of
from azuraforge.learners.feeds.sequencing import Place, Values
from azuraforge.learners.feeds.shapes import FeedColumn
from azuraforge.learners.feeds.store import StoredRows
from azuraforge.plugins.contract.rows import RowKind, Span

_WITH_VALUES = (RowKind.ROW, RowKind.LATE, RowKind.REVISION)


@dataclass(frozen=True)
class FeedInfo:
    """State of a feed for those that read it. Times are in microseconds since 1970 UTC."""

    id: str
    name: str
    columns: tuple[FeedColumn, ...]
    keys: tuple[str, ...]
    interval: int | None
    closed: bool
    last_seq: int
    watermark: int | None


class FeedReader:
    """Reader of the logs of all projects. ``artifacts`` is the folder of the artifact store."""

    def __init__(self, artifacts: Path) -> None:
        self._artifacts = artifacts

    def folder(self, project_id: str) -> Path:
        """Return the folder of a project's segments."""
        return folder_of(self._artifacts, project_id)

    def info(self, session: Session, name_or_id: str) -> FeedInfo | None:
        """Return the state of a feed that is not in the trash; None if it does not exist."""
        feed = store.find(session, name_or_id)
        if feed is None:
            return None
        return FeedInfo(
            feed.id,
            feed.name,
            feed.columns,
            tuple(feed.keys) or ("",),
            feed.interval_us,
            feed.closed_at is not None,
            feed.last_seq,
            feed.watermark_us,
        )

    def spans(self, session: Session, feed_id: str, after_seq: int, most_rows: int) -> list[Path | Span]:
        """Return at most about ``most_rows`` rows after the number ``after_seq``, in order.

        A path is a segment (``segment.read``) that may also contain rows up to ``after_seq``.
        """
        found: list[Path | Span] = []
        for each in store.rows(session, feed_id, after_seq + 1, after_seq + most_rows):
            if each.address is not None:
                found.append(segment.path_of(self.folder(session.project_id), each.address))
            else:
                span = _after(_decoded(each), after_seq)
                if len(span):
                    found.append(span)
            after_seq = max(after_seq, each.last_seq)
        return found

    def read(self, session: Session, feed_id: str, first_seq: int, last_seq: int) -> Iterator[Span]:
        """Yield the rows with numbers from ``first_seq`` to ``last_seq``, in order."""
        after = first_seq - 1
        for each in store.rows(session, feed_id, first_seq, last_seq):
            span = _until(_after(self._opened(session.project_id, each), after), last_seq)
            after = max(after, each.last_seq)
            if len(span):
                yield span

    def known(self, session: Session, feed_id: str, places: Sequence[Place]) -> dict[Place, Values]:
        """Return the newest values at each of the places (time and key) that have a row."""
        wanted = set(places)
        first, last = min(at for at, _ in wanted), max(at for at, _ in wanted)
        found: dict[Place, Values] = {}
        for each in store.rows_between(session, feed_id, first, last):
            span = self._opened(session.project_id, each)
            here = (span.at >= first) & (span.at <= last) & np.isin(span.kind, _WITH_VALUES)
            for row in np.flatnonzero(here).tolist():
                place = int(span.at[row]), int(span.key[row])
                if place in wanted:
                    found[place] = span.values[row]
        return found

    def _opened(self, project_id: str, stored: StoredRows) -> Span:
        if stored.address is not None:
            return segment.read(segment.path_of(self.folder(project_id), stored.address))
        return _decoded(stored)


def _decoded(stored: StoredRows) -> Span:
    assert stored.content is not None
    return segment.decode(stored.content)


def _after(span: Span, seq: int) -> Span:
    return span.cut(int(np.searchsorted(span.seq, seq, side="right")), len(span))


def _until(span: Span, seq: int) -> Span:
    return span.cut(0, int(np.searchsorted(span.seq, seq, side="right")))
