"""Feeds as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from azuraforge.database import Session
from azuraforge.events.service import EventLog
from azuraforge.learners.feeds import store
from azuraforge.learners.feeds.events import feed_stream
from azuraforge.learners.feeds.schemas import FeedOut, FeedState
from azuraforge.learners.feeds.tables import Feed
from azuraforge.learners.feeds.trash import ACTIVE
from azuraforge.messages import LANGUAGES
from azuraforge.messages.stored import in_language, stored_sentence
from azuraforge.runs import reads as run_reads
from azuraforge.runs.reads import RunRow

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def shown(session: Session, feeds: Sequence[Feed], events: EventLog) -> list[FeedOut]:
    """Return feeds with their states, in one statement per kind of row."""
    run_ids = [feed.run_id for feed in feeds if feed.run_id is not None]
    collectors = {run.id: run for run in run_reads.runs(session, run_ids, ())} if run_ids else {}
    sizes = store.own_bytes(session, [feed.id for feed in feeds]) if feeds else {}
    present = store.clock(session)
    return [_shown(session, feed, collectors.get(feed.run_id or ""), sizes, present, events) for feed in feeds]


def state_of(feed: Feed, state: str | None) -> FeedState:
    """Return the state of a feed; ``state`` is that of its collector, None if it has none."""
    if feed.closed_at is not None:
        return "closed"
    if feed.source is None:
        return "open"
    if state in ("failed", "quarantined"):
        return "error"
    if state == "running":
        return "error" if feed.troubled else "online"
    return "offline"


def _shown(
    session: Session,
    feed: Feed,
    collector: RunRow | None,
    sizes: Mapping[str, int],
    present: datetime,
    events: EventLog,
) -> FeedOut:
    watermark = None if feed.watermark_us is None else _EPOCH + timedelta(microseconds=feed.watermark_us)
    lag = None
    if watermark is not None and not feed.historical and feed.closed_at is None:
        lag = max((present - watermark).total_seconds(), 0.0)
    failed = None if collector is None else stored_sentence(collector.error)
    problem = feed.problem if failed is None else failed
    return FeedOut(
        id=feed.id,
        name=feed.name,
        columns=list(feed.columns),
        keys=feed.keys,
        interval_seconds=None if feed.interval_us is None else feed.interval_us / 1e6,
        grace_seconds=feed.grace_us / 1e6,
        fill=feed.fill,
        source=feed.source,
        options=feed.options,
        every_seconds=feed.every_seconds,
        historical=feed.historical,
        state=state_of(feed, None if collector is None else collector.state),
        run_id=feed.run_id,
        collecting=collector is not None and collector.state in ACTIVE,
        rows=feed.last_seq,
        sealed_rows=feed.sealed_seq,
        held_rows=feed.n_held,
        duplicates=feed.duplicates,
        refused=feed.refused,
        problem=None if problem is None else {each: in_language(problem, each) for each in LANGUAGES},
        watermark=watermark,
        received_at=feed.received_at,
        polled_at=feed.polled_at,
        lag_seconds=lag,
        bytes=sizes.get(feed.id, 0),
        last_event_seq=events.last_seq_in(session, feed_stream(feed.id)),
        created_at=feed.created_at,
        closed_at=feed.closed_at,
        deleted_at=feed.deleted_at,
        deleted_by=feed.deleted_by,
    )
