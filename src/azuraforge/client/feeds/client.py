"""Client for feeds: create them, post and read rows, start and stop collectors, cut datasets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from azuraforge.client.datasets import DatasetVersion
from azuraforge.client.feeds.shapes import Feed, FeedChart, FeedRowsOut, FeedRowsTaken
from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.run import Run
from azuraforge.client.starting import START_SECONDS

FeedList: TypeAlias = list[Feed]
#: Most rows of one request; ``Feeds.post`` sends more rows in several requests.
_MOST_ROWS = 20_000
_CUT_SECONDS = 900.0


class Feeds:
    """Methods of ``client.feeds``. A feed is given by its id or name.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(
        self,
        name: str,
        columns: Sequence[str] | Mapping[str, Sequence[str] | None] = (),
        *,
        keys: Iterable[str] = (),
        interval_seconds: float | None = None,
        grace_seconds: float = 0.0,
        fill: int = 0,
        source: str | None = None,
        options: Mapping[str, object] | None = None,
        every_seconds: float = 10.0,
        historical: bool = False,
    ) -> Feed:
        """Create a feed.

        Args:
            columns: names of the columns, or a mapping from each name to its classes (None: numbers). May be empty if
                the source is a replay of a dataset.
            keys: names of the keys, such as sensors; empty for one series.
            interval_seconds: distance of consecutive times; None if times are irregular.
            grace_seconds: how long rows wait for missing earlier rows and other keys.
            fill: longest outage, in intervals, that is filled with a straight line.
            source: source that the collector polls; None if rows are posted.
            options: options of the source.
            every_seconds: interval between two polls of a source that sets none.
            historical: whether the rows belong to the past, so that times are not compared with the clock.

        Example::

            client.feeds.create("prices", ["price", "volume"], interval_seconds=60)
            client.feeds.post("prices", [{"at": "2024-05-01T10:00:00Z", "values": {"price": 41.5, "volume": 7}}])
        """
        named = columns.items() if isinstance(columns, Mapping) else [(each, None) for each in columns]
        body = {
            "name": name,
            "columns": [
                {"name": each, "classes": None if classes is None else list(classes)} for each, classes in named
            ],
            "keys": list(keys),
            "interval_seconds": interval_seconds,
            "grace_seconds": grace_seconds,
            "fill": fill,
            "source": source,
            "options": dict(options or {}),
            "every_seconds": every_seconds,
            "historical": historical,
        }
        return Feed.from_json(self._connection.post("/feeds", body, timeout_seconds=START_SECONDS))

    def list(self, *, limit: int | None = None) -> FeedList:
        """Return the feeds, newest first; at most ``limit`` of them (None: all)."""
        return listed(self._connection, "/feeds", Feed, limit)

    def get(self, feed: str) -> Feed:
        """Return one feed with its state."""
        return Feed.from_json(self._connection.get(f"/feeds/{segment(feed)}"))

    def post(
        self, feed: str, rows: Iterable[Mapping[str, object]], *, watermark: datetime | None = None
    ) -> FeedRowsTaken:
        """Append rows, and return the result; repeating the request has no effect.

        Args:
            rows: each with ``at`` (a time with its zone), ``values`` by column, and ``key`` if the feed has keys.
            watermark: time up to which no more rows will come.
        """
        found = [_row(row) for row in rows]
        pieces = [found[start : start + _MOST_ROWS] for start in range(0, len(found), _MOST_ROWS)] or [[]]
        taken: list[FeedRowsTaken] = []
        for number, piece in enumerate(pieces, 1):
            end = watermark.isoformat() if watermark is not None and number == len(pieces) else None
            body = {"rows": piece, "watermark": end}
            answer = self._connection.post(f"/feeds/{segment(feed)}/rows", body, timeout_seconds=START_SECONDS)
            taken.append(FeedRowsTaken.from_json(answer))
        return FeedRowsTaken(
            received=sum(each.received for each in taken),
            numbered=sum(each.numbered for each in taken),
            duplicates=sum(each.duplicates for each in taken),
            held=taken[-1].held,
            last_seq=taken[-1].last_seq,
        )

    def rows(
        self,
        feed: str,
        *,
        after: int | None = None,
        limit: int = 100,
        last: int | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> FeedRowsOut:
        """Return rows of the log by number.

        Args:
            after: number after which the rows start; ``next`` of the result continues.
            limit: maximum number of rows.
            last: return the newest rows instead.
            start: only rows at or after this time.
            end: only rows at or before this time.
        """
        found = self._connection.get(
            f"/feeds/{segment(feed)}/rows",
            after=after,
            limit=limit,
            last=last,
            start=None if start is None else start.isoformat(),
            end=None if end is None else end.isoformat(),
        )
        return FeedRowsOut.from_json(found)

    def chart(
        self,
        feed: str,
        *,
        column: str | None = None,
        key: str | None = None,
        last: int = 10_000,
        max_points: int = 1000,
    ) -> FeedChart:
        """Return a column of one key over the newest ``last`` rows, reduced without losing spikes."""
        path = f"/feeds/{segment(feed)}/chart"
        found = self._connection.get(path, column=column, key=key, last=last, max_points=max_points)
        return FeedChart.from_json(found)

    def start(self, feed: str) -> Run:
        """Start the collector of a feed, which polls its source, and return the run."""
        return Run.from_json(self._connection.post(f"/feeds/{segment(feed)}/start", timeout_seconds=START_SECONDS))

    def stop(self, feed: str) -> Feed:
        """Stop the collector of a feed. It continues from the same position when it is started again."""
        return self._change(feed, "stop")

    def close(self, feed: str) -> Feed:
        """End a feed: rows that wait are numbered, and no more rows are taken."""
        return self._change(feed, "close")

    def cut(
        self,
        feed: str,
        dataset: str | None = None,
        *,
        target: str | None = None,
        columns: Sequence[str] | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        last_seq: int | None = None,
        filled: bool = False,
        gaps: Literal["auto", "forward_fill", "keep", "error"] = "auto",
        missing: Literal["error", "forward_fill", "drop"] = "drop",
    ) -> DatasetVersion:
        """Make a dataset version of the rows of a range; revisions replace the values that they revise.

        Args:
            dataset: name of the dataset; None: the feed's name.
            target: column to predict; None: the first one.
            columns: columns of the dataset; None: all.
            start: first time; None: the first row.
            end: last time; None: the last row.
            last_seq: number of the last row of the log to read; None: the last.
            filled: whether to include values that were filled in.
            gaps: action for missing rows of a regular series.
            missing: action for rows whose target is missing.
        """
        body = {
            "dataset": dataset,
            "target": target,
            "columns": None if columns is None else list(columns),
            "start": None if start is None else start.isoformat(),
            "end": None if end is None else end.isoformat(),
            "last_seq": last_seq,
            "filled": filled,
            "gaps": gaps,
            "missing": missing,
        }
        answer = self._connection.post(f"/feeds/{segment(feed)}/cut", body, timeout_seconds=_CUT_SECONDS)
        return DatasetVersion.from_json(answer)

    def delete(self, feed: str) -> None:
        """Move a feed to the trash. Its collector must be stopped."""
        self._connection.delete(f"/feeds/{segment(feed)}")

    def restore(self, feed: str) -> Feed:
        """Restore a feed from the trash, by its id or its former name. Raises ApiError if the name is taken."""
        return self._change(feed, "restore")

    def _change(self, feed: str, what: str) -> Feed:
        return Feed.from_json(self._connection.post(f"/feeds/{segment(feed)}/{what}"))


def _row(row: Mapping[str, object]) -> dict[str, object]:
    """Return a row as JSON; a time without a zone is UTC."""
    at = row.get("at")
    if not isinstance(at, datetime):
        return dict(row)
    return {**row, "at": (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).isoformat()}
