"""Service for learners: their creation, start and stop, commands and reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from azuraforge.bounds import Moment
from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.events.service import EventLog
from azuraforge.learners.feeds import store as feed_store
from azuraforge.learners.feeds.service import unknown as unknown_feed
from azuraforge.learners.feeds.tables import Feed
from azuraforge.learners.feeds.trash import ACTIVE
from azuraforge.learners.learning import showing, store
from azuraforge.learners.learning.copying import copied
from azuraforge.learners.learning.events import LearnerChanged, learner_stream
from azuraforge.learners.learning.files import StateFiles
from azuraforge.learners.learning.schemas import (
    CommandRequest,
    CopyRequest,
    FactOut,
    LearnerAnswers,
    LearnerHours,
    LearnerOut,
    LearnerPage,
    LearnerRequest,
    LearnerScores,
    LearnerTimeline,
)
from azuraforge.learners.learning.tables import Learner, LearnerFact
from azuraforge.learners.learning.trash import LearnerTrash
from azuraforge.learners.loop.plan import Plan
from azuraforge.paging import PAGE, Order
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.projects.quotas.service import ChecksQuota
from azuraforge.runs import reads as run_reads
from azuraforge.runs.schemas import RunDetail, RunRequest
from azuraforge.runs.service import RunService

#: Kind of the run that executes a learner.
LEARN = "learn"
#: Number of learners of a project, without those in the trash.
MOST_LEARNERS = 1000
_NEWEST: Order[tuple[datetime, str]] = Order("learners", tuple[Moment, str])


class LearnerService:
    """Service for learners. Methods for one learner take its id or name and raise NotFound if it does not exist."""

    def __init__(
        self,
        database: Database,
        events: EventLog,
        catalogue: Catalogue,
        runs: RunService,
        files: StateFiles,
        check_quota: ChecksQuota,
    ) -> None:
        self._database = database
        self._events = events
        self._catalogue = catalogue
        self._runs = runs
        self._check_quota = check_quota
        #: Bin of deleted learners.
        self.trash = LearnerTrash(database, events, files)

    def create(
        self, project_id: str, request: LearnerRequest, person_id: str | None = None, *, unit: UnitOfWork | None = None
    ) -> LearnerOut:
        """Check the request and create a learner, which is started by ``start``.

        Raises InvalidInput if the request is not valid, NotFound if the feed or the plugin does not exist, and Conflict
        if the name is taken.
        """
        from azuraforge.plugins.kinds.online.kinds import ONLINE_KINDS  # the API process starts without NumPy

        plugin = request.plugin
        checked = self._catalogue.validate("learner", plugin, request.config)
        task = self._catalogue.get("learner", plugin).task or ""
        if task not in ONLINE_KINDS:
            raise InvalidInput(
                "the learner {plugin} has the task kind {task}, which is not one of learners",
                where="plugin",
                next_step="choose one of azuraforge plugins list --kind learner",
                plugin=plugin,
                task=task,
            )
        kind = ONLINE_KINDS[task]()

        def work(session: Session) -> str:
            found = feed_store.find(session, request.feed)
            if found is None:
                raise unknown_feed(request.feed)
            self._refuse_more(session)
            plan = planned(task, found, request)
            plan.check(kind)
            learner = Learner(
                project_id=project_id,
                name=request.name,
                created_by=person_id,
                feed_id=found.id,
                plugin=plugin,
                config=checked,
                plan=plan,
                retention=request.retention,
                timeout_seconds=request.timeout_seconds,
                memory_limit_bytes=request.memory_limit_bytes,
            )
            session.add(learner)
            session.flush()
            self._announce(session, learner, "created")
            return learner.id

        return self.get(project_id, self._made(project_id, request.name, work, unit))

    def list(self, project_id: str, *, limit: int = PAGE, after: str | None = None) -> LearnerPage:
        """Return a page of learners, newest first."""
        key = _NEWEST.read(after)
        with self._database.read(project_id) as session:
            found = store.page(session, limit + 1, key)
            page, following = _NEWEST.cut(found, limit, lambda learner: (learner.created_at, learner.id))
            return LearnerPage(items=showing.shown(session, page, self._events), next=following)

    def get(self, project_id: str, name: str) -> LearnerOut:
        """Return a learner; one in the trash by its id."""
        with self._database.read(project_id) as session:
            return showing.shown(session, [_found(session, name, trash=True)], self._events)[0]

    def scores(self, project_id: str, name: str) -> LearnerScores:
        """Return the scores of a learner and its baselines since the start."""
        from azuraforge.learners.learning.scores import scores_of

        with self._database.read(project_id) as session:
            learner = _found(session, name)
            return scores_of(learner, store.hours(session, learner.id))

    def hours(self, project_id: str, name: str, last: int) -> LearnerHours:
        """Return the ranking metric of the newest hours."""
        from azuraforge.learners.learning.scores import hours_of

        with self._database.read(project_id) as session:
            learner = _found(session, name)
            return hours_of(learner, store.hours(session, learner.id)[-last:])

    def timeline(self, project_id: str, name: str, limit: int) -> LearnerTimeline:
        """Return the newest states, notices and facts of a learner."""
        with self._database.read(project_id) as session:
            return showing.timeline(session, _found(session, name), limit)

    def answers(self, project_id: str, name: str, last: int, after: int | None = None) -> LearnerAnswers:
        """Return the answers of the newest rows, or of those after a row, with their outcomes."""
        from azuraforge.learners.learning import reading

        with self._database.read(project_id) as session:
            learner = _found(session, name)
            if after is None:
                return reading.newest_answers(session, learner, last)
            return reading.answers_after(session, learner, after, last)

    def start(
        self, project_id: str, name: str, person_id: str | None = None, *, unit: UnitOfWork | None = None
    ) -> RunDetail:
        """Start a learner from its last state and return its run.

        Raises Conflict if it is running, or has learned everything of a closed feed.
        """
        with self._database.read(project_id) as session:
            learner_id = _found(session, name).id
        request = RunRequest(kind=LEARN, config={"learner": learner_id})
        prepared = self._runs.prepare(project_id, request)

        def work(session: Session) -> str:
            learner = _locked(session, learner_id)
            self._check_quota(session, "stored_bytes", 0)
            if learner.ended:
                raise Conflict(
                    "the learner has learned every row of its feed, which is closed",
                    where="learner {learner}",
                    next_step="create another learner",
                    learner=learner.name,
                )
            if learner.run_id is not None and self._state(session, learner.run_id) in ACTIVE:
                raise Conflict(
                    "the learner is already running",
                    where="learner {learner}, run {run}",
                    next_step="stop it first: azuraforge learners stop {learner!r}",
                    learner=learner.name,
                    run=learner.run_id,
                )
            run_id = self._runs.add(session, request, prepared, person_id)
            learner.run_id, learner.active = run_id, True
            self._announce(session, learner, "started")
            return run_id

        return self._runs.get(project_id, self._database.write(project_id, work, unit=unit))

    def copy(
        self,
        project_id: str,
        name: str,
        request: CopyRequest,
        person_id: str | None = None,
        *,
        unit: UnitOfWork | None = None,
    ) -> LearnerOut:
        """Create a learner that continues from a saved state of another one.

        Raises NotFound if the state does not exist, and Conflict if the name is taken.
        """
        with self._database.read(project_id) as session:
            source_id = _found(session, name).id

        def work(session: Session) -> str:
            self._refuse_more(session)
            made = copied(session, _locked(session, source_id), request, person_id)
            self._announce(session, made, "created")
            return made.id

        return self.get(project_id, self._made(project_id, request.name, work, unit))

    def stop(self, project_id: str, name: str, *, unit: UnitOfWork | None = None) -> LearnerOut:
        """Stop a learner after the newest row, with a state and an archive; no effect if it is not running."""

        def work(session: Session) -> str:
            learner = _locked(session, name)
            if learner.active:
                learner.active = False
                run_id = learner.run_id
                if run_id is not None and self._state(session, run_id) == "queued":
                    self._runs.cancel_in(session, run_id)  # it has nothing to save
                self._announce(session, learner, "stopped")
            return learner.id

        return self.get(project_id, self._database.write(project_id, work, unit=unit))

    def command(
        self,
        project_id: str,
        name: str,
        request: CommandRequest,
        person_id: str | None = None,
        *,
        unit: UnitOfWork | None = None,
    ) -> FactOut:
        """Send a command to a learner, which is recorded as a fact; the response is a notice of the timeline."""

        def work(session: Session) -> FactOut:
            learner = _locked(session, name)
            learner.n_facts += 1
            fact = LearnerFact(
                project_id=project_id,
                learner_id=learner.id,
                number=learner.n_facts,
                kind="command",
                name=request.action,
                body=dict(request.body),
                created_by=person_id,
            )
            session.add(fact)
            session.flush()
            return showing.fact_out(fact)

        return self._database.write(project_id, work, unit=unit)

    def _refuse_more(self, session: Session) -> None:
        self._check_quota(session, "stored_bytes", 0)
        if store.count(session) >= MOST_LEARNERS:
            raise Conflict(
                "a project can have at most {most:,} learners",
                next_step="delete one with azuraforge learners delete NAME",
                most=MOST_LEARNERS,
            )

    def _made(self, project_id: str, name: str, work: Callable[[Session], str], unit: UnitOfWork | None) -> str:
        try:
            return self._database.write(project_id, work, unit=unit)
        except IntegrityError:
            raise Conflict(
                "a learner named {name!r} already exists", where="name", next_step="choose another name", name=name
            ) from None

    def _state(self, session: Session, run_id: str) -> str | None:
        return next((run.state for run in run_reads.runs(session, [run_id], ()) if run.id == run_id), None)

    def _announce(self, session: Session, learner: Learner, what: str) -> None:
        fields = {"type": f"learner.{what}", "learner_id": learner.id, "name": learner.name, "run_id": learner.run_id}
        body = LearnerChanged.model_validate(fields)
        for stream in (learner_stream(learner.id), "project"):
            self._events.append(session, stream, body)


def planned(task: str, feed: Feed, request: LearnerRequest) -> Plan:
    """Return the plan of a learner of a feed."""
    classes = next((each.classes for each in feed.columns if each.name == request.target.column and each.classes), ())
    return Plan(
        task=task,
        target=request.target,
        columns=tuple(each.name for each in feed.columns),
        classes=classes,
        keys=tuple(request.keys),
        inputs=tuple(request.inputs),
        features=tuple(request.features),
        seed=request.seed,
        buffer=request.buffer,
        state_every_seconds=request.state_every_seconds,
        archive_every_seconds=request.archive_every_seconds,
        state_rows=request.state_rows,
        drift=request.drift,
        suspicious_above=request.suspicious_above,
        accuracy_below=request.accuracy_below,
    )


def _found(session: Session, name: str, *, trash: bool = False) -> Learner:
    found = store.find(session, name, trash=trash)
    if found is None:
        raise NotFound("learner {name!r} does not exist", next_step="run azuraforge learners list", name=name)
    return found


def _locked(session: Session, name: str) -> Learner:
    found = store.locked(session, _found(session, name).id)
    assert found is not None
    return found
