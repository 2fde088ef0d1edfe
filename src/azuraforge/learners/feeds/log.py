"""The log of a feed: rows are numbered, stored and announced in a transaction that has locked the feed.

The lock makes the sequencer of a feed unique: posted rows, the collector and the release of waiting rows are serialised
by it, so that numbers have no gaps. The state of the sequencer is stored with the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from azuraforge.database import Session
from azuraforge.events.service import EventLog
from azuraforge.learners.feeds import segment, store
from azuraforge.learners.feeds.events import FeedRowsAdded, feed_stream
from azuraforge.learners.feeds.files import SEGMENT_ROWS
from azuraforge.learners.feeds.meaning import meaning_of, microseconds, moment_of
from azuraforge.learners.feeds.reading import FeedReader
from azuraforge.learners.feeds.sequencing import Arrivals, Position, Rules, Sequencer
from azuraforge.learners.feeds.tables import Feed, FeedTail
from azuraforge.plugins.contract.rows import Span
from azuraforge.projects.quotas.service import ChecksQuota


def rules_of(feed: Feed) -> Rules:
    """Return the rules of a feed's sequencer."""
    meaning = meaning_of(feed)
    return Rules(meaning.names, meaning.keys, feed.interval_us, feed.grace_us, feed.fill)


class FeedLog:
    """Writer of the logs of all projects."""

    def __init__(self, events: EventLog, reader: FeedReader, check_quota: ChecksQuota) -> None:
        self._events = events
        self._reader = reader
        self._check_quota = check_quota

    def append(self, session: Session, feed: Feed, arrivals: Arrivals) -> Span:
        """Sequence arrived rows and return those that were numbered. Raises QuotaExceeded if they do not fit."""
        return self._sequence(
            session,
            feed,
            lambda sequencer: sequencer.take(arrivals, lambda places: self._reader.known(session, feed.id, places)),
        )

    def advance(self, session: Session, feed: Feed, watermark: datetime, received: datetime) -> Span:
        """Release the rows up to a time, because the source has no more of them, and append a tick."""
        at = microseconds(watermark)
        arrived_at = at if feed.historical else microseconds(received)
        return self._sequence(session, feed, lambda sequencer: sequencer.advance(at, arrived_at))

    def expire(self, session: Session, feed: Feed, present: datetime) -> Span:
        """Release the rows that have waited for the feed's grace."""
        arrived_until = microseconds(present) - feed.grace_us
        return self._sequence(session, feed, lambda sequencer: sequencer.expire(arrived_until))

    def close(self, session: Session, feed: Feed, present: datetime) -> Span:
        """Release all rows and close the feed."""
        feed.closed_at = present
        return self._sequence(session, feed, lambda sequencer: sequencer.close())

    def _sequence(self, session: Session, feed: Feed, work: Callable[[Sequencer], Span]) -> Span:
        position = Position() if feed.position is None else Position.from_bytes(feed.position)
        sequencer = Sequencer(rules_of(feed), position)
        span = work(sequencer)
        if len(span):
            self._store(session, feed, span)
        since = None if feed.historical else position.waiting_since()
        due_at = None if since is None else moment_of(since) + timedelta(microseconds=feed.grace_us)
        unsealed = position.seq - feed.sealed_seq
        store.change(
            session,
            feed,
            position=position.to_bytes(),
            last_seq=position.seq,
            watermark_us=position.watermark,
            n_held=position.n_held,
            due_at=due_at,
            unkept=due_at is not None or unsealed >= SEGMENT_ROWS or (feed.closed_at is not None and unsealed > 0),
            duplicates=feed.duplicates + sequencer.duplicates,
        )
        return span

    def _store(self, session: Session, feed: Feed, span: Span) -> None:
        content = segment.encode(span)
        self._check_quota(session, "stored_bytes", len(content))
        first, last = int(span.seq[0]), int(span.seq[-1])
        store.add_tail(
            session,
            FeedTail(
                project_id=feed.project_id,
                feed_id=feed.id,
                first_seq=first,
                last_seq=last,
                first_us=int(span.at.min()),
                last_us=int(span.at.max()),
                rows=content,
            ),
        )
        added = FeedRowsAdded(feed_id=feed.id, first_seq=first, last_seq=last)
        self._events.append(session, feed_stream(feed.id), added)
