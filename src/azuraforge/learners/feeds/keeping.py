"""The loop that releases rows which have waited long enough and seals rows into segments.

Several loops may run, in any number of processes: each step locks the feed and looks again.
"""

from __future__ import annotations

import random
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Database, Session
from azuraforge.learners.feeds import store
from azuraforge.learners.feeds.files import SEGMENT_ROWS, path_of
from azuraforge.learners.feeds.service import FeedService
from azuraforge.learners.feeds.tables import Feed, FeedSegment
from azuraforge.projects.keeping import hold
from azuraforge.telemetry import logger

if TYPE_CHECKING:
    from azuraforge.plugins.contract.rows import Span

#: Interval between rounds while a feed has work, and while none has.
_BUSY_SECONDS, _IDLE_SECONDS = 0.2, 1.0
_AT_ONCE = 200

log = logger("feeds")


class FeedKeeper:
    """Background loop of feeds."""

    def __init__(self, database: Database, feeds: FeedService) -> None:
        self._database = database
        self._feeds = feeds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="feeds", daemon=True)

    def start(self) -> None:
        """Start the loop."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the loop after the current step, and wait up to 10 seconds for its end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def round(self) -> int:
        """Work on each feed with work; return the number of these feeds."""
        with self._database.read_system() as session:
            found = store.unkept(session, _AT_ONCE)
        random.shuffle(found)  # so that several processes do not work on the same feed
        for key in found:
            if self._stopping.is_set():
                break
            try:
                self.keep(key.project_id, key.feed_id)
            except Exception as error:  # an error of one feed must not delay the others
                log.warning("feed_waits", project_id=key.project_id, feed_id=key.feed_id, reason=str(error))
        return len(found)

    def keep(self, project_id: str, feed_id: str) -> None:
        """Release the rows of a feed that are due, and seal those that fill a segment."""
        self._database.write(project_id, lambda session: self._release(session, feed_id))
        while not self._stopping.is_set() and self._seal(project_id, feed_id):
            pass

    def _release(self, session: Session, feed_id: str) -> None:
        feed = store.lock(session, feed_id)
        if feed is None or feed.due_at is None:
            return
        present = store.clock(session)
        if feed.due_at <= present:
            self._feeds.log.expire(session, feed, present)

    def _seal(self, project_id: str, feed_id: str) -> bool:
        """Write the next segment, then record it in a transaction; return whether there was one.

        The file is written first. If the process dies before the commit, the next round writes the same file.
        """
        from azuraforge.learners.feeds import segment

        with self._database.read(project_id) as session:
            feed = store.find(session, feed_id, trash=True)
            ends = None if feed is None else _segment_of(feed)
            if ends is None:
                return False
            span = segment.joined(list(self._feeds.reader.read(session, feed_id, *ends)))
        folder = self._feeds.reader.folder(project_id)
        address = segment.write(span, folder)
        crashpoint("feed_segment_before_commit")
        return self._database.write(project_id, lambda session: self._record(session, feed_id, span, address, folder))

    def _record(self, session: Session, feed_id: str, span: Span, address: str, folder: Path) -> bool:
        from azuraforge.learners.feeds import segment

        feed = store.lock(session, feed_id)  # before the project, as writers of rows do
        if feed is None:
            return False
        hold(session)
        first, last = int(span.seq[0]), int(span.seq[-1])
        if feed.sealed_seq + 1 != first:
            return True  # another process has sealed these rows
        path = path_of(folder, address)
        if not path.exists():  # removed as unused before this transaction began
            segment.write(span, folder)
        store.seal(
            session,
            FeedSegment(
                project_id=feed.project_id,
                feed_id=feed.id,
                first_seq=first,
                last_seq=last,
                first_us=int(span.at.min()),
                last_us=int(span.at.max()),
                address=address,
                bytes=path.stat().st_size,
            ),
        )
        feed.sealed_seq = last
        store.change(session, feed, unkept=feed.due_at is not None or _segment_of(feed) is not None)
        return True

    def _loop(self) -> None:
        while not self._stopping.is_set():
            found = 0
            try:
                found = self.round()
            except Exception as error:
                log.warning("feeds_wait", reason=str(error))
            self._stopping.wait(_BUSY_SECONDS if found else _IDLE_SECONDS)


def _segment_of(feed: Feed) -> tuple[int, int] | None:
    """Return the first and the last number of the next segment; None if its rows are not complete."""
    first = feed.sealed_seq + 1
    last = feed.sealed_seq // SEGMENT_ROWS * SEGMENT_ROWS + SEGMENT_ROWS
    if last <= feed.last_seq:
        return first, last
    return (first, feed.last_seq) if feed.closed_at is not None and feed.last_seq >= first else None
