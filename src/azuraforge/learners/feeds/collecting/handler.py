"""Runs of the kind ``collect``: a child polls the source, and its rows are committed together with the cursor."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError

from azuraforge.database import Database, Session
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import Conflict, InvalidInput
from azuraforge.learners.feeds import store
from azuraforge.learners.feeds.collecting.messages import (
    CollectInput,
    CollectResult,
    PolledBatch,
    PollReply,
    PollTrouble,
    unpacked,
)
from azuraforge.learners.feeds.collecting.summaries import CollectSummary
from azuraforge.learners.feeds.events import FeedRowsRefused, FeedTroubled, feed_stream
from azuraforge.learners.feeds.meaning import meaning_of, moment_of
from azuraforge.learners.feeds.service import COLLECT, REPLAY, FeedService, no_source
from azuraforge.learners.feeds.sources.stored_version import StoredVersion
from azuraforge.learners.feeds.tables import Feed
from azuraforge.learners.feeds.trash import ACTIVE
from azuraforge.messages.stored import in_language, text_from_json
from azuraforge.runs import reads as run_reads
from azuraforge.runs.handlers import Finish, Handler, Job, MessageKind, PreparedRun, Received
from azuraforge.runs.schemas import RunRequest

POLL = "azuraforge.learners.feeds.collecting.polling:collect"


class CollectConfig(BaseModel):
    """Config of a collector: the feed that it fills."""

    model_config = ConfigDict(extra="forbid")

    feed: str


class CollectHandler(Handler):
    """Handler of collectors. A feed has one at a time: the run whose id is in the feed's row."""

    kind = COLLECT
    summary = CollectSummary

    def __init__(self, database: Database, feeds: FeedService, datasets: DatasetService) -> None:
        self._database = database
        self._feeds = feeds
        self._datasets = datasets
        self.messages = (
            MessageKind("polled", PolledBatch, self._polled),
            MessageKind("trouble", PollTrouble, self._troubled),
        )

    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        """Check the request. Raises InvalidInput if it names no feed, or a feed without a source."""
        try:
            config = CollectConfig.model_validate(request.config)
        except ValidationError:
            raise InvalidInput(
                "a collector needs the name of a feed and nothing else",
                where="config",
                next_step="start it with azuraforge feeds start NAME",
            ) from None
        feed = self._feeds.get(project_id, config.feed)
        if feed.source is None:
            raise no_source(feed.name)
        return PreparedRun(
            name=request.name or f"collect {feed.name}",
            plugin=feed.source,
            config={"feed": feed.id},
            standing=feed.source != REPLAY or feed.options.get("speed") is not None,
        )

    def execute(self, job: Job) -> Finish:
        """Poll the source in a child until it ends or the run is cancelled."""
        run = job.run
        feed_id = CollectConfig.model_validate(run.config).feed
        feed = self._database.write(run.project_id, lambda session: self._adopted(session, feed_id, run.id))
        wanted, source, name = self._input(run.project_id, feed), str(feed.source), feed.name
        secrets = self._datasets.granted(run.project_id, source, wanted.options, run=run.id, feed=name)
        found = job.phase("poll", POLL, wanted, share=1.0, result=CollectResult, secrets=secrets).value
        summary = CollectSummary(feed=name, rows=found.rows, refused=found.refused, closed=found.closed)
        return Finish(summary)

    def _adopted(self, session: Session, feed_id: str, run_id: str) -> Feed:
        """Make a run the collector of its feed, unless another one is; return the feed."""
        feed = self._feeds.locked(session, feed_id)
        if feed.run_id != run_id:
            others = [] if feed.run_id is None else run_reads.runs(session, [feed.run_id], ())
            if any(run.id == feed.run_id and run.state in ACTIVE for run in others):
                raise other_collector().at("feed {feed}", feed=feed.name)
            store.change(session, feed, run_id=run_id, problem=None)
        session.expunge(feed)
        return feed

    def _input(self, project_id: str, feed: Feed) -> CollectInput:
        version = None
        dataset = feed.options.get("dataset") if feed.source == REPLAY else None
        if isinstance(dataset, str):
            number = feed.options.get("version")
            found = self._datasets.get(project_id, dataset, number if isinstance(number, int) else None)
            version = StoredVersion(
                name=found.name,
                version=found.version,
                paths=found.paths,
                meaning=found.schema,
                options=found.options,
                fingerprint=found.fingerprint,
            )
        return CollectInput(
            feed=meaning_of(feed),
            source=str(feed.source),
            options=feed.options,
            cursor=feed.cursor,
            every_seconds=feed.every_seconds,
            historical=feed.historical,
            access=self._datasets.source_access(),
            version=version,
        )

    def _polled(self, received: Received, batch: PolledBatch) -> PollReply:
        """Append the rows of a poll and store the cursor, in the fenced transaction of the run."""
        session = received.session
        feed = self._own(session, received.run_id)
        if feed.closed_at is not None:
            return PollReply(stop=True)
        present = store.clock(session)
        log = self._feeds.log
        if batch.rows is not None:
            log.append(session, feed, unpacked(batch.rows))
            feed.received_at = present
        if batch.watermark_us is not None:
            log.advance(session, feed, moment_of(batch.watermark_us), present)
        if batch.refused:
            problem = text_from_json(batch.problem)
            refused = FeedRowsRefused(feed_id=feed.id, rows=batch.refused, problem=in_language(problem, "en"))
            received.events.append(session, feed_stream(feed.id), refused)
            feed.problem, feed.refused = problem, feed.refused + batch.refused
        store.change(session, feed, cursor=batch.cursor, polled_at=present, troubled=False)
        if batch.closed:
            self._feeds.close_in(session, feed)
        return PollReply()

    def _troubled(self, received: Received, trouble: PollTrouble) -> PollReply:
        feed = self._own(received.session, received.run_id)
        problem = text_from_json(trouble.problem)
        if not feed.troubled:
            body = FeedTroubled(feed_id=feed.id, problem=in_language(problem, "en"))
            received.events.append(received.session, feed_stream(feed.id), body)
        store.change(received.session, feed, troubled=True, problem=problem)
        return PollReply(stop=feed.closed_at is not None)

    def _own(self, session: Session, run_id: str) -> Feed:
        feed = store.of_run(session, run_id)
        if feed is None:
            raise other_collector()
        return feed


def other_collector() -> Conflict:
    """Return the error of a run that is no longer the collector of its feed."""
    return Conflict(
        "another run collects this feed",
        next_step="start collectors with azuraforge feeds start NAME",
        code="other_collector",
    )
