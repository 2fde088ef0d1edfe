"""Collectors of feeds: their runs are started and stopped."""

from __future__ import annotations

from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.errors import Conflict
from azuraforge.learners.feeds import store
from azuraforge.learners.feeds.events import FeedChanged
from azuraforge.learners.feeds.schemas import FeedOut
from azuraforge.learners.feeds.service import COLLECT, FeedService, no_source, refuse_closed
from azuraforge.learners.feeds.tables import Feed
from azuraforge.learners.feeds.trash import ACTIVE
from azuraforge.runs import reads as run_reads
from azuraforge.runs.schemas import RunDetail, RunRequest
from azuraforge.runs.service import RunService


class Collectors:
    """Service that starts and stops collectors. A feed has at most one that is queued or running."""

    def __init__(self, database: Database, feeds: FeedService, runs: RunService) -> None:
        self._database = database
        self._feeds = feeds
        self._runs = runs

    def start(
        self, project_id: str, name: str, person_id: str | None = None, *, unit: UnitOfWork | None = None
    ) -> RunDetail:
        """Start the collector of a feed and return its run.

        Raises InvalidInput if the feed has no source, and Conflict if it is closed or its collector is running.
        """
        request = RunRequest(kind=COLLECT, config={"feed": name})
        prepared = self._runs.prepare(project_id, request)

        def work(session: Session) -> str:
            feed = self._feeds.locked(session, name)
            refuse_closed(feed)
            self._refuse_second(session, feed)
            run_id = self._runs.add(session, request, prepared, person_id)
            store.change(session, feed, run_id=run_id, problem=None)
            body = FeedChanged(type="feed.started", feed_id=feed.id, name=feed.name, run_id=run_id)
            self._feeds.announce(session, feed, body)
            return run_id

        return self._runs.get(project_id, self._database.write(project_id, work, unit=unit))

    def stop(self, project_id: str, name: str, *, unit: UnitOfWork | None = None) -> FeedOut:
        """Stop the collector of a feed; no effect if it is not running."""

        def work(session: Session) -> str:
            feed = self._feeds.locked(session, name)
            if feed.run_id is not None and self._is_running(session, feed.run_id):
                self._runs.cancel_in(session, feed.run_id)
                body = FeedChanged(type="feed.stopped", feed_id=feed.id, name=feed.name, run_id=feed.run_id)
                self._feeds.announce(session, feed, body)
            return feed.id

        return self._feeds.get(project_id, self._database.write(project_id, work, unit=unit))

    def close(self, project_id: str, name: str, *, unit: UnitOfWork | None = None) -> FeedOut:
        """Number the waiting rows and end the feed, also its collector; no effect if it is closed."""

        def work(session: Session) -> str:
            feed = self._feeds.locked(session, name)
            if feed.closed_at is None:
                self._feeds.close_in(session, feed)
                if feed.run_id is not None and self._is_running(session, feed.run_id):
                    self._runs.cancel_in(session, feed.run_id)
            return feed.id

        return self._feeds.get(project_id, self._database.write(project_id, work, unit=unit))

    def _refuse_second(self, session: Session, feed: Feed) -> None:
        if feed.source is None:
            raise no_source(feed.name)
        if feed.run_id is not None and self._is_running(session, feed.run_id):
            raise Conflict(
                "the collector of the feed is already running",
                where="feed {feed}, run {run}",
                next_step="stop it first: azuraforge feeds stop {feed!r}",
                feed=feed.name,
                run=feed.run_id,
            )

    def _is_running(self, session: Session, run_id: str) -> bool:
        return any(run.state in ACTIVE for run in run_reads.runs(session, [run_id], ()))
