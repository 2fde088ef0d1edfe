"""Service for feeds: their settings, arriving rows and reads.

The modules that need NumPy are imported when the first row arrives or is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from azuraforge.bounds import Moment
from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.events.service import EventLog
from azuraforge.learners.feeds import showing, store
from azuraforge.learners.feeds.events import FeedChanged, feed_stream
from azuraforge.learners.feeds.schemas import (
    FeedChart,
    FeedOut,
    FeedPage,
    FeedRequest,
    FeedRowsIn,
    FeedRowsOut,
    FeedRowsTaken,
)
from azuraforge.learners.feeds.shapes import FeedColumn
from azuraforge.learners.feeds.tables import Feed
from azuraforge.learners.feeds.trash import FeedNeeds, FeedObjection, FeedTrash
from azuraforge.paging import PAGE, Order
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.projects.quotas.service import ChecksQuota

if TYPE_CHECKING:
    from azuraforge.learners.feeds.log import FeedLog
    from azuraforge.learners.feeds.reading import FeedReader

#: Kind of the run that polls the source of a feed.
COLLECT = "collect"
REPLAY = "replay"
MOST_FEEDS = 1000
_NEWEST: Order[tuple[datetime, str]] = Order("feeds", tuple[Moment, str])


class FeedService:
    """Service for feeds. Methods for one feed take its id or name and raise NotFound if it does not exist."""

    def __init__(
        self,
        database: Database,
        events: EventLog,
        catalogue: Catalogue,
        datasets: DatasetService,
        artifacts: Path,
        *,
        objections: Sequence[FeedObjection] = (),
        needs: Sequence[FeedNeeds] = (),
        check_quota: ChecksQuota,
    ) -> None:
        self._database = database
        self._events = events
        self._catalogue = catalogue
        self._datasets = datasets
        self._artifacts = artifacts
        self._check_quota = check_quota
        #: Bin of deleted feeds.
        self.trash = FeedTrash(database, events, artifacts, objections, needs)

    @cached_property
    def reader(self) -> FeedReader:
        """Reader of the logs."""
        from azuraforge.learners.feeds.reading import FeedReader

        return FeedReader(self._artifacts)

    @cached_property
    def log(self) -> FeedLog:
        """Writer of the logs."""
        from azuraforge.learners.feeds.log import FeedLog

        return FeedLog(self._events, self.reader, self._check_quota)

    def create(
        self, project_id: str, request: FeedRequest, person_id: str | None = None, *, unit: UnitOfWork | None = None
    ) -> FeedOut:
        """Check the request and create a feed.

        Raises InvalidInput if the request is not valid, NotFound if its source or dataset does not exist, and Conflict
        if the name is taken.
        """
        columns, keys = self._columns(project_id, request)
        options = {}
        if request.source is not None:
            options = self._catalogue.validate("source", request.source, request.options)
        elif request.options:
            raise InvalidInput("options are only for a source", where="options", next_step="omit them, or set a source")

        def work(session: Session) -> str:
            if store.count(session) >= MOST_FEEDS:
                raise Conflict(
                    "a project can have at most {most:,} feeds",
                    next_step="delete one with azuraforge feeds delete NAME",
                    most=MOST_FEEDS,
                )
            feed = Feed(
                project_id=project_id,
                name=request.name,
                created_by=person_id,
                columns=tuple(columns),
                keys=sorted(keys),
                interval_us=None if request.interval_seconds is None else round(request.interval_seconds * 1e6),
                grace_us=round(request.grace_seconds * 1e6),
                fill=request.fill,
                source=request.source,
                options=options,
                every_seconds=request.every_seconds,
                historical=request.historical or request.source == REPLAY,
            )
            store.add(session, feed)
            self.announce(session, feed, FeedChanged(type="feed.created", feed_id=feed.id, name=feed.name))
            return feed.id

        try:
            feed_id = self._database.write(project_id, work, unit=unit)
        except IntegrityError:
            raise Conflict(
                "a feed named {name!r} already exists",
                where="name",
                next_step="choose another name",
                name=request.name,
            ) from None
        return self.get(project_id, feed_id)

    def list(self, project_id: str, *, limit: int = PAGE, after: str | None = None) -> FeedPage:
        """Return a page of feeds, newest first."""
        key = _NEWEST.read(after)
        with self._database.read(project_id) as session:
            found = store.page(session, limit + 1, key)
            page, following = _NEWEST.cut(found, limit, lambda feed: (feed.created_at, feed.id))
            return FeedPage(items=showing.shown(session, page, self._events), next=following)

    def get(self, project_id: str, name: str) -> FeedOut:
        """Return a feed; one in the trash by its id."""
        with self._database.read(project_id) as session:
            found = store.find(session, name, trash=True)
            if found is None:
                raise unknown(name)
            return showing.shown(session, [found], self._events)[0]

    def post(self, project_id: str, name: str, body: FeedRowsIn, *, unit: UnitOfWork | None = None) -> FeedRowsTaken:
        """Append posted rows to the log. Repeating the request has no effect.

        Raises InvalidInput if a row cannot be used, and Conflict if the feed is closed; then no row is stored.
        """
        from azuraforge.learners.feeds.arriving import arrived
        from azuraforge.learners.feeds.meaning import meaning_of

        def work(session: Session) -> FeedRowsTaken:
            feed = self.locked(session, name)
            refuse_closed(feed)
            present = store.clock(session)
            arrivals = arrived(body.rows, meaning_of(feed), None if feed.historical else present)
            before = feed.duplicates
            numbered = len(self.log.append(session, feed, arrivals))
            if body.watermark is not None:
                numbered += len(self.log.advance(session, feed, body.watermark, present))
            store.change(session, feed, received_at=present)
            return FeedRowsTaken(
                received=len(arrivals),
                numbered=numbered,
                duplicates=feed.duplicates - before,
                held=feed.n_held,
                last_seq=feed.last_seq,
            )

        return self._database.write(project_id, work, unit=unit, durable=True)

    def rows(
        self,
        project_id: str,
        name: str,
        *,
        after: int | None = None,
        limit: int = PAGE,
        last: int | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> FeedRowsOut:
        """Return rows by number: those after ``after``, or the newest ``last``; times from ``start`` to ``end``."""
        from azuraforge.learners.feeds import exploring

        with self._database.read(project_id) as session:
            feed = self._found(session, name)
            return exploring.rows(session, feed, self.reader, after=after, limit=limit, last=last, start=start, end=end)

    def chart(
        self, project_id: str, name: str, column: str | None, key: str | None, last: int, max_points: int
    ) -> FeedChart:
        """Return a column of one key over the newest ``last`` rows of the log, reduced to ``max_points`` points.

        Raises InvalidInput if the feed has no such column or key.
        """
        from azuraforge.learners.feeds import exploring

        with self._database.read(project_id) as session:
            feed = self._found(session, name)
            return exploring.chart(session, feed, self.reader, column, key, last, max_points)

    def close_in(self, session: Session, feed: Feed) -> None:
        """Close a locked feed in the caller's transaction."""
        self.log.close(session, feed, store.clock(session))
        self.announce(session, feed, FeedChanged(type="feed.closed", feed_id=feed.id, name=feed.name))

    def announce(self, session: Session, feed: Feed, body: FeedChanged) -> None:
        """Append an event to the feed's stream and to the project's."""
        for stream in (feed_stream(feed.id), "project"):
            self._events.append(session, stream, body)

    def locked(self, session: Session, name: str) -> Feed:
        """Lock and return a feed that is not in the trash. Raises NotFound if there is none."""
        feed = store.lock(session, self._found(session, name).id)
        if feed is None or feed.deleted_at is not None:
            raise unknown(name)
        return feed

    def _found(self, session: Session, name: str) -> Feed:
        found = store.find(session, name)
        if found is None:
            raise unknown(name)
        return found

    def _columns(self, project_id: str, request: FeedRequest) -> tuple[Sequence[FeedColumn], Sequence[str]]:
        columns, keys = request.columns, request.keys
        dataset = request.options.get("dataset") if request.source == REPLAY else None
        if isinstance(dataset, str):
            version = request.options.get("version")
            schema = self._datasets.get(project_id, dataset, version if isinstance(version, int) else None).schema
            columns = columns or [FeedColumn(name=name) for name in (schema.target, *schema.features)]
            keys = list(keys or schema.series_names or ())
        if not columns:
            raise InvalidInput(
                "the feed has no columns", where="columns", next_step="name at least one column, such as price"
            )
        for what, names in (("columns", [each.name for each in columns]), ("keys", list(keys))):
            if repeated := next((name for name in names if names.count(name) > 1), None):
                raise InvalidInput(
                    "{name!r} occurs twice", where="{place}", place=what, next_step="use each name once", name=repeated
                )
        return columns, keys


def unknown(name: str) -> NotFound:
    """Return the error for a feed that does not exist."""
    return NotFound("feed {name!r} does not exist", next_step="run azuraforge feeds list", name=name)


def refuse_closed(feed: Feed) -> None:
    """Raise Conflict if the feed is closed."""
    if feed.closed_at is not None:
        raise Conflict(
            "the feed is closed and takes no more rows",
            where="feed {feed}",
            next_step="create another feed",
            feed=feed.name,
        )


def no_source(name: str) -> InvalidInput:
    """Return the error for a feed that has no source."""
    return InvalidInput(
        "the feed has no source to collect from",
        where="feed {feed}",
        next_step="post rows, or create a feed with a source",
        code="no_source",
        feed=name,
    )
