"""Service for learners: their creation, start and stop."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue
from sqlalchemy.exc import IntegrityError

from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.learners.feeds import store as feed_store
from azuraforge.learners.feeds.service import unknown as unknown_feed
from azuraforge.learners.feeds.tables import Feed
from azuraforge.learners.feeds.trash import ACTIVE
from azuraforge.learners.learning import store
from azuraforge.learners.learning.handler import LEARN
from azuraforge.learners.learning.tables import Learner, LearnerFact
from azuraforge.learners.loop.plan import Plan
from azuraforge.plugins.discovery.catalogue import Catalogue
from azuraforge.plugins.kinds.online.kinds import ONLINE_KINDS
from azuraforge.runs import reads as run_reads
from azuraforge.runs.schemas import RunRequest
from azuraforge.runs.service import RunService


class LearnerService:
    """Service for learners. Methods for one learner take its id or name and raise NotFound if it does not exist."""

    def __init__(self, database: Database, catalogue: Catalogue, runs: RunService) -> None:
        self._database = database
        self._catalogue = catalogue
        self._runs = runs

    def create(
        self,
        project_id: str,
        name: str,
        feed: str,
        plugin: str,
        config: Mapping[str, JsonValue],
        settings: Mapping[str, object],
        person_id: str | None = None,
        *,
        unit: UnitOfWork | None = None,
    ) -> str:
        """Check the request, create a learner, and return its id. ``settings`` are fields of ``Plan``.

        Raises InvalidInput if the request is not valid, NotFound if the feed or the plugin does not exist, and Conflict
        if the name is taken.
        """
        checked = self._catalogue.validate("learner", plugin, config)
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
            found = feed_store.find(session, feed)
            if found is None:
                raise unknown_feed(feed)
            plan = planned(task, found, settings)
            plan.check(kind)
            learner = Learner(
                project_id=project_id,
                name=name,
                created_by=person_id,
                feed_id=found.id,
                plugin=plugin,
                config=checked,
                plan=plan,
            )
            session.add(learner)
            session.flush()
            return learner.id

        try:
            return self._database.write(project_id, work, unit=unit)
        except IntegrityError:
            raise Conflict(
                "a learner named {name!r} already exists", where="name", next_step="choose another name", name=name
            ) from None

    def get(self, project_id: str, name: str) -> Learner:
        """Return a learner."""
        with self._database.read(project_id) as session:
            return _found(session, name)

    def start(self, project_id: str, name: str, person_id: str | None = None, *, unit: UnitOfWork | None = None) -> str:
        """Start a learner from its last state and return the id of its run.

        Raises Conflict if it is running, or has learned everything of a closed feed.
        """
        request = RunRequest(kind=LEARN, config={"learner": name})
        prepared = self._runs.prepare(project_id, request)

        def work(session: Session) -> str:
            learner = _locked(session, name)
            if learner.ended:
                raise Conflict(
                    "the learner has learned every row of its feed, which is closed",
                    where="learner {learner}",
                    next_step="create another learner",
                    learner=learner.name,
                )
            others = [] if learner.run_id is None else run_reads.runs(session, [learner.run_id], ())
            if any(run.id == learner.run_id and run.state in ACTIVE for run in others):
                raise Conflict(
                    "the learner is already running",
                    where="learner {learner}, run {run}",
                    next_step="stop it first: azuraforge learners stop {learner!r}",
                    learner=learner.name,
                    run=learner.run_id,
                )
            run_id = self._runs.add(session, request, prepared, person_id)
            learner.run_id, learner.active, learner.problem = run_id, True, None
            return run_id

        return self._database.write(project_id, work, unit=unit)

    def stop(self, project_id: str, name: str, *, unit: UnitOfWork | None = None) -> None:
        """Stop a learner after the newest row, with a state and an archive; no effect if it is not running."""

        def work(session: Session) -> None:
            _locked(session, name).active = False

        self._database.write(project_id, work, unit=unit)

    def command(
        self,
        project_id: str,
        name: str,
        action: str,
        body: Mapping[str, JsonValue],
        person_id: str | None = None,
        *,
        unit: UnitOfWork | None = None,
    ) -> int:
        """Send a command to a learner, which is recorded as a fact, and return the fact's number."""

        def work(session: Session) -> int:
            learner = _locked(session, name)
            learner.n_facts += 1
            session.add(
                LearnerFact(
                    project_id=project_id,
                    learner_id=learner.id,
                    number=learner.n_facts,
                    kind="command",
                    name=action,
                    body=dict(body),
                    created_by=person_id,
                )
            )
            return learner.n_facts

        return self._database.write(project_id, work, unit=unit)


def planned(task: str, feed: Feed, settings: Mapping[str, object]) -> Plan:
    """Return the plan of a learner of a feed. Raises InvalidInput if a setting is not valid."""
    target = settings.get("target")
    column = target.get("column") if isinstance(target, Mapping) else None
    classes = next((each.classes for each in feed.columns if each.name == column and each.classes), ())
    fields = {**settings, "task": task, "columns": tuple(each.name for each in feed.columns), "classes": classes}
    return Plan.model_validate(fields)


def _found(session: Session, name: str) -> Learner:
    found = store.find(session, name)
    if found is None:
        raise NotFound("learner {name!r} does not exist", next_step="run azuraforge learners list", name=name)
    return found


def _locked(session: Session, name: str) -> Learner:
    found = store.locked(session, _found(session, name).id)
    assert found is not None
    return found
