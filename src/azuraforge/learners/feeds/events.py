"""Events of feeds, which are appended to the stream ``feed/<id>`` and, except those of rows, to the project's."""

from __future__ import annotations

from typing import Literal

from azuraforge.events.body import EventBody


class FeedChanged(EventBody):
    """Event of a feed that was created, closed, deleted or restored, or whose collector was started or stopped."""

    type: Literal["feed.created", "feed.started", "feed.stopped", "feed.closed", "feed.deleted", "feed.restored"]
    feed_id: str
    name: str
    run_id: str | None = None
    by: str | None = None


class FeedRowsAdded(EventBody):
    """Event of rows that were appended to the log."""

    type: Literal["feed.rows"] = "feed.rows"
    feed_id: str
    first_seq: int
    last_seq: int


class FeedRowsRefused(EventBody):
    """Event of rows from a source that cannot be used; ``problem`` describes the first one."""

    type: Literal["feed.refused"] = "feed.refused"
    feed_id: str
    rows: int
    problem: str


class FeedTroubled(EventBody):
    """Event of a source that could not be polled; the collector tries again."""

    type: Literal["feed.trouble"] = "feed.trouble"
    feed_id: str
    problem: str


EVENTS: tuple[type[EventBody], ...] = (FeedChanged, FeedRowsAdded, FeedRowsRefused, FeedTroubled)


def feed_stream(feed_id: str) -> str:
    """Return the name of a feed's event stream."""
    return f"feed/{feed_id}"
