"""The contract of a live source: a source that is polled for rows as they arrive, to fill a feed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from pydantic import JsonValue

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.source import OptionsT, Source, SourceRead

if TYPE_CHECKING:
    import polars as pl
    from websockets.sync.client import ClientConnection

#: Most polls of ``LiveSource.read``.
_MOST_POLLS = 10_000


@dataclass(frozen=True)
class FeedRow:
    """One row of a feed.

    Attributes:
        at: event time; a time without a zone is UTC.
        values: value by column: a number, the name of a class, or None if it is missing.
        key: name of the key; empty if the feed has no keys.
    """

    at: datetime
    values: Mapping[str, float | str | None]
    key: str = ""


@dataclass(frozen=True)
class Polled:
    """Rows that a live source returns for one poll.

    Attributes:
        rows: rows, or many rows as a Polars frame with the columns ``at``, ``key`` (if the feed has keys) and those of
            the feed. Rows may be late, repeated or in any order: the platform orders them and drops repeated ones.
        cursor: JSON position after these rows, committed in one transaction with them.
        closed: whether the source has no more rows, so that the feed ends.
        watermark: time up to which no more rows will come; None if the source does not know.
        wait_seconds: time until the next poll; None for the interval of the feed.
        refused: errors of rows that the source could not read; they are counted, and the first one is shown.
    """

    rows: Sequence[FeedRow] | pl.DataFrame
    cursor: Mapping[str, object] = field(default_factory=dict)
    closed: bool = False
    watermark: datetime | None = None
    wait_seconds: float | None = None
    refused: Sequence[InvalidInput] = ()


class LiveSource(Source[OptionsT]):
    """Base class of sources that a feed polls. One instance is polled repeatedly, and may keep a connection open.

    Attributes:
        historical: whether its rows belong to the past, so that their times are not compared with the clock.
    """

    historical: ClassVar[bool] = False

    @abstractmethod
    def poll(self, options: OptionsT, cursor: Mapping[str, JsonValue] | None) -> Polled:
        """Return the rows after ``cursor``; there may be none. A poll should take a few seconds at most.

        It is called again with the same cursor if the rows could not be committed.

        Args:
            options: validated options of the source.
            cursor: cursor of the last poll whose rows were committed; None at the beginning.

        Raises ``UserError`` if the options or the data are wrong, which ends the collector, and ``TransientError`` if
        the source is unavailable, after which the platform polls again; each with one clear sentence.
        """

    def close(self) -> None:
        """Close connections. Called once, when polling ends."""

    def websocket(
        self, url: str, *, headers: Mapping[str, str] | None = None, timeout_seconds: float = 20.0
    ) -> AbstractContextManager[ClientConnection]:
        """Open a WebSocket to an address that ``outgoing`` allows; close it, or use it in a ``with`` block.

        Raises InvalidInput if ``outgoing`` does not allow the address, and TransientError if the connection fails.
        """
        from azuraforge.outgoing.websocket import open_websocket

        return open_websocket(self.outgoing, url, headers=headers, timeout_seconds=timeout_seconds)

    def read(self, options: OptionsT) -> SourceRead:
        """Return all rows until the source closes or has no rows, as the rows of a dataset.

        The first column is the target. Raises InvalidInput if there are no rows.
        """
        frames: list[pl.DataFrame] = []
        cursor: Mapping[str, JsonValue] | None = None
        try:
            for _ in range(_MOST_POLLS):
                polled = self.poll(options, cursor)
                found = framed(polled.rows)
                cursor = dict(polled.cursor)  # type: ignore[arg-type]
                if found.height:
                    frames.append(found)
                if polled.closed or not found.height:
                    break
        finally:
            self.close()
        if not frames:
            raise InvalidInput(
                "the source {source} has no rows",
                where="source {source}",
                next_step="check its options",
                code="no_rows",
                source=self.name,
            )
        import polars as pl

        frame = pl.concat(frames, how="diagonal_relaxed")
        target = next((name for name in frame.columns if name not in ("at", "key")), "")
        series = "key" if "key" in frame.columns else None
        return SourceRead(frame=frame, time="at", target=target, features=None, series=series)


def framed(rows: Sequence[FeedRow] | pl.DataFrame) -> pl.DataFrame:
    """Return rows as a frame with the columns ``at``, ``key`` (if a row has one) and those of the rows."""
    import polars as pl

    if isinstance(rows, pl.DataFrame):
        return rows
    names = list(dict.fromkeys(name for row in rows for name in row.values))
    columns: dict[str, list[object]] = {"at": [row.at for row in rows]}
    if any(row.key for row in rows):
        columns["key"] = [row.key for row in rows]
    return pl.DataFrame(columns | {name: [row.values.get(name) for row in rows] for name in names}, strict=False)
