"""Operations on runs: create, cancel, resume and read. The states of a run:

                  claim                          finish
    create ──► queued ──────────► running ───────────────► succeeded
                 ▲ │               │ │ │ │  user error, internal error, limit
                 │ │ cancel        │ │ │ └───────────────► failed ◄──┐ lease expired
                 │ │               │ │ │  third death      external ─┘ (reopened by its client)
                 │ │               │ │ └─────────────────► quarantined
                 │ │               │ │  cancel
                 │ └───────────────┼─┴───────────────────► cancelled
                 ├─────────────────┘                            │
                 │  child died, transient error, drained,       │
                 │  launcher died, lease expired                │
                 └──────────────── resume ◄─────────────────────┘ (failed, quarantined, cancelled)

``transitions.py`` records every arrow as an event on the run's stream and on the project's. ``lease.py`` determines
which worker may execute a run, and ``processes/failures.py`` how a failure changes the state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import IntegrityError

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Database, Session, UnitOfWork, after_commit, now, seconds_from_now
from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.events.service import EventLog
from azuraforge.messages import Message
from azuraforge.projects.keeping import hold
from azuraforge.runs import dependencies, lookup, shapes, store
from azuraforge.runs.artifacts import ArtifactStore
from azuraforge.runs.dispatch import RunDispatch
from azuraforge.runs.editing.service import RunEditing
from azuraforge.runs.external.service import ExternalRuns
from azuraforge.runs.handlers import Handler, PreparedRun, RunExtra, by_kind
from azuraforge.runs.limits import check_asked, checked_standing, hash_of
from azuraforge.runs.lookup import RunLookup
from azuraforge.runs.metrics.schemas import MetricsOut
from azuraforge.runs.schemas import ArtifactOut, FinishRequest, MetricPoints, RunDetail, RunOut, RunRequest
from azuraforge.runs.tables import Run
from azuraforge.runs.transitions import Transitions, check_resumable
from azuraforge.runs.trash import Needs, RunTrash
from azuraforge.settings import STANDING, Settings
from azuraforge.strict_json import JsonObject


@dataclass(frozen=True)
class ResumedRun:
    """Run that is about to be resumed. ``extra`` is the data that is specific to its kind."""

    id: str
    kind: str
    extra: JsonObject


#: Function that raises Conflict if a run may not be resumed. Higher packages supply these functions.
Objection = Callable[[Session, ResumedRun], None]

_EXTERNAL = "external"


class RunService:
    """Service for the runs of all projects; each method takes the id of the project.

    Args:
        needs: functions that return which deleted runs are still needed.
        objections: functions that raise Conflict if a run may not be resumed; ``admit`` does if a quota is used up.
    """

    def __init__(
        self,
        database: Database,
        events: EventLog,
        handlers: Iterable[Handler],
        artifacts: ArtifactStore,
        dispatch: RunDispatch,
        settings: Settings,
        *,
        needs: Sequence[Needs] = (),
        objections: Sequence[Objection] = (),
        admit: Callable[[Session], None] = lambda _: None,
    ) -> None:
        self._database = database
        self.lookup = RunLookup(database)
        self._events = events
        self._handlers = by_kind(handlers)
        self._artifacts, self._dispatch = artifacts, dispatch
        self._lease_seconds = settings.runs.lease_seconds
        self._limits = settings.runs
        self._transitions = Transitions(events, self._bring)
        self.trash = RunTrash(database, events, artifacts, settings.scratch, needs)
        self.editing = RunEditing(database, events, self.trash, self.cancel_in)
        self._objections, self._admit = objections, admit
        self.external = ExternalRuns(database, events, self._transitions, settings.runs.lease_seconds)

    def create(
        self, project_id: str, request: RunRequest, person_id: str | None = None, *, unit: UnitOfWork | None = None
    ) -> RunDetail:
        """Validate and queue a run; an external run starts immediately.

        A repeated request with the same ``idempotency_key`` returns the existing run. Raises UserError if the request
        is not valid, and Conflict if the key belongs to a different request.
        """
        request_hash = hash_of(request)
        if (known := self._known(project_id, request, request_hash)) is not None:
            return self.get(project_id, known)
        prepared = self.prepare(project_id, request)

        def work(session: Session) -> str:
            return self.add(session, request, prepared, person_id)

        try:
            run_id = self._database.write(project_id, work, unit=unit)
        except IntegrityError:  # another request has just used the key
            if (known := self._known(project_id, request, request_hash)) is None:
                raise
            run_id = known
        return self.get(project_id, run_id)

    def prepare(self, project_id: str, request: RunRequest) -> PreparedRun:
        """Validate a request without queueing it; may start child processes. Raises UserError if it is not valid."""
        check_asked(request, self._limits)
        if request.kind == _EXTERNAL:
            return PreparedRun(request.name or "external run", request.plugin, request.config, model=request.model)
        self.check_kind(request.kind)
        return checked_standing(request, self._handlers[request.kind].prepare(project_id, request))

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(self._handlers)

    def check_kind(self, kind: str) -> None:
        """Raise InvalidInput if no handler is registered for a kind of run."""
        if kind != _EXTERNAL and kind not in self._handlers:
            raise InvalidInput(
                "{kind!r} is not a kind of run",
                where="kind",
                next_step="choose one of: {value}",
                kind=kind,
                value=", ".join([*self._handlers, _EXTERNAL]),
            )

    def add(self, session: Session, request: RunRequest, prepared: PreparedRun, person_id: str | None) -> str:
        """Store a prepared run in the caller's transaction, queued or, if it is external, running; return its id.

        Raises IntegrityError if the request's idempotency key is taken, InvalidInput if a dependency is not allowed.
        """
        self._admit(session)
        needed = dependencies.needed_by(session, request)
        if request.parent is not None and store.get(session, request.parent) is None:
            raise InvalidInput(
                "run {run_id!r} does not exist",
                where="parent",
                next_step="name a run of this project, or leave the field out",
                run_id=request.parent,
            )
        row = self._row(session.project_id, request, prepared, person_id)
        row.request_hash = hash_of(request)
        session.add(row)
        session.flush()
        session.refresh(row)
        dependencies.link(session, row, needed)
        self._transitions.created(session, row, needed)
        if row.kind == _EXTERNAL:
            store.start_attempt(session, row.id, row.attempt, f"client:{person_id}")
        else:
            after_commit(session, lambda: self._bring(row))
        return row.id

    def named(self, project_id: str, run_ids: Iterable[str]) -> dict[str, RunOut]:
        """Return the runs with the given ids that exist, by id."""
        with self._database.read(project_id) as session:
            return {row.id: shapes.run_out(row) for row in store.named(session, list(run_ids))}

    def get(self, project_id: str, run_id: str) -> RunDetail:
        """Return a run with its details, but without the data of its metrics, figures and artifacts.

        Raises NotFound if the run does not exist. In the event loop, await ``lookup.get`` instead.
        """
        return self._database.follow_now(project_id, lookup.detail(run_id))

    def cancel(
        self, project_id: str, run_id: str, *, reason: Message | None = None, unit: UnitOfWork | None = None
    ) -> RunDetail:
        """Cancel a queued run, or request that a running run stop.

        ``reason``, if given, is noted in the run's report. Raises NotFound if the run does not exist, and Conflict if
        it has ended in another way.
        """

        self._database.write(project_id, lambda session: self.cancel_in(session, run_id, reason), unit=unit)
        return self.get(project_id, run_id)

    def cancel_in(self, session: Session, run_id: str, reason: Message | None = None) -> None:
        """Do what ``cancel`` does in the caller's transaction."""
        project_id = session.project_id
        run = self._locked(session, run_id)
        if run.state == "queued":
            self._transitions.cancelled_in_queue(session, run, reason)
        elif run.state == "running":
            if not run.cancel_requested:
                self._transitions.cancel_requested(session, run, reason)
            after_commit(session, lambda: self._dispatch.cancelled(project_id, run_id))
        elif run.state != "cancelled":
            raise Conflict(
                "the run has ended already: {state}",
                next_step="azuraforge runs show {run_id}",
                where="run {run_id}",
                code="ended",
                state=Message(f"state.{run.state}"),
                run_id=run_id,
            )

    def resume(self, project_id: str, run_id: str, *, unit: UnitOfWork | None = None) -> RunDetail:
        """Requeue a failed, cancelled or quarantined run; it continues from its newest intact checkpoint.

        Raises NotFound if the run does not exist, and Conflict if it is external, in the trash or in another state, if
        a dependency did not succeed, if an objection applies, or if the quota of runs is used up.
        """

        def work(session: Session) -> None:
            needed = dependencies.lock_needed(session, run_id)
            run = self._locked(session, run_id)
            check_resumable(run)
            self._admit(session)
            for object_to in self._objections:
                object_to(session, ResumedRun(run.id, run.kind, run.extra))
            dependencies.wait_again(session, run, needed)
            self._transitions.resumed(session, run)
            after_commit(session, lambda: self._bring(run))

        self._database.write(project_id, work, unit=unit)
        return self.get(project_id, run_id)

    def metrics(
        self,
        project_id: str,
        run_id: str,
        series: Iterable[str] | None = None,
        max_points: int = 1000,
        times: bool = False,
    ) -> MetricsOut:
        """Return curves of a run, each reduced to at most ``max_points`` points; spikes are kept.

        Raises NotFound if the run or one of the series does not exist, and ValueError if ``max_points`` is less than 3.

        Args:
            series: names of the curves; None means all.
            times: whether to include the time at which each point was logged.
        """
        return self._database.follow_now(project_id, lookup.curves(run_id, series, max_points, times))

    def artifact(self, project_id: str, run_id: str, name: str) -> tuple[ArtifactOut, Path]:
        """Return an artifact and the path of its file.

        Raises NotFound if the run or the artifact does not exist, StorageError if the file is damaged or missing.
        """
        with self._database.read(project_id) as session:
            self._existing(session, run_id)
            row = store.artifact(session, run_id, name)
        if row is None:
            raise _lacks(Message("the run has no artifact {name!r}", {"name": name}), run_id)
        return shapes.artifact_out(row), self._artifacts.verify(project_id, row.sha256)

    def figure(self, project_id: str, run_id: str, name: str) -> JsonObject:
        """Return the data of a figure. Raises NotFound if the run or the figure does not exist."""
        with self._database.read(project_id) as session:
            self._existing(session, run_id)
            row = store.figure(session, run_id, name)
        if row is None:
            raise _lacks(Message("the run has no figure {name!r}", {"name": name}), run_id)
        return row.data

    def keep_artifact(
        self, project_id: str, run: RunDetail, name: str, content: bytes, *, kind: str, media_type: str
    ) -> None:
        """Add an artifact to a run that has ended.

        Do nothing if the run was resumed or purged meanwhile, or if it has unfinished follow-ups. Raises StorageError
        if ``content`` cannot be stored.
        """
        stored = self._artifacts.put_bytes(project_id, content)
        values = {"kind": kind, "media_type": media_type, "bytes": stored.bytes, "sha256": stored.sha256}

        def work(session: Session) -> None:
            row = store.lock(session, run.id)
            hold(session)
            if row is None or row.finished_at != run.finished_at or row.follow_ups:
                return
            if self._artifacts.path(project_id, stored.sha256).exists():  # otherwise it was just deleted
                store.save_artifact(session, run.id, name, {**values, "created_at": now()})

        self._database.write(project_id, work)

    def renew_lease(self, project_id: str, run_id: str, person_id: str, *, unit: UnitOfWork | None = None) -> RunOut:
        """Renew the lease of an external run on behalf of its client.

        Raises NotFound if the run does not exist, Conflict if it is not external or has ended, and Forbidden if another
        member executes it.
        """
        return shapes.run_out(self.external.renew(project_id, run_id, person_id, unit=unit))

    def record(
        self, project_id: str, run_id: str, person_id: str, body: MetricPoints, *, unit: UnitOfWork | None = None
    ) -> RunOut:
        """Store points and progress of an external run and renew its lease.

        Raises the same errors as ``renew_lease``.
        """
        return shapes.run_out(self.external.record(project_id, run_id, person_id, body, unit=unit))

    def finish(
        self, project_id: str, run_id: str, person_id: str, body: FinishRequest, *, unit: UnitOfWork | None = None
    ) -> RunOut:
        """End an external run with the state that its client reports. Repeating the same request has no effect.

        Raises NotFound if the run does not exist, Conflict if it is not external or has ended in another state, and
        Forbidden if another member executes it.
        """
        return shapes.run_out(self.external.finish(project_id, run_id, person_id, body, unit=unit))

    def _row(self, project_id: str, request: RunRequest, prepared: PreparedRun, person_id: str | None) -> Run:
        row = Run(
            project_id=project_id,
            kind=request.kind,
            name=prepared.name[:200],
            created_by=person_id,
            idempotency_key=request.idempotency_key,
            plugin=prepared.plugin,
            plugin_version=prepared.plugin_version,
            model=prepared.model,
            parent_id=request.parent,
            config=prepared.config,
            extra=self._extra(request.kind, prepared),
            seed=request.seed,
            threads=request.threads,
            dataset_id=prepared.dataset_id,
            dataset_name=prepared.dataset_name,
            dataset_version=prepared.dataset_version,
            dataset_fingerprint=prepared.dataset_fingerprint,
            code_version="",  # set by the first attempt
            state="queued",
            queue=STANDING if prepared.standing else self._limits.queue_of(request.kind, prepared.plugin),
            priority=request.priority,
            on_failure=request.on_failure,
            time_limit_seconds=request.time_limit_seconds,
            memory_limit_bytes=request.memory_limit_bytes or prepared.memory_limit_bytes,
            progress={},
        )
        if request.kind == _EXTERNAL:
            row.state, row.attempt, row.worker = "running", 1, f"client:{person_id}"
            row.started_at, row.lease_until = now(), seconds_from_now(self._lease_seconds)
        return row

    def _extra(self, kind: str, prepared: PreparedRun) -> JsonObject:
        shape = RunExtra if kind == _EXTERNAL else self._handlers[kind].extra
        if type(prepared.extra) is not shape:
            raise TypeError(f"a run of kind {kind!r} carries {shape.__name__}, not {type(prepared.extra).__name__}")
        return prepared.extra.model_dump(mode="json", exclude_defaults=True)

    def _bring(self, run: Run) -> None:
        crashpoint("run_queued_before_submitted")
        self._dispatch.submitted(run.project_id, run.id, run.queue)

    def _known(self, project_id: str, request: RunRequest, request_hash: str) -> str | None:
        if request.idempotency_key is None:
            return None
        with self._database.read(project_id) as session:
            row = store.by_idempotency_key(session, request.idempotency_key)
        if row is None:
            return None
        if row.request_hash != request_hash:
            raise Conflict(
                "the idempotency key {key!r} was already used for run {run} with a different request",
                where="idempotency_key",
                next_step="use another key",
                key=request.idempotency_key,
                run=row.id,
            )
        return row.id

    def _existing(self, session: Session, run_id: str) -> Run:
        return _found(store.get(session, run_id), run_id)

    def _locked(self, session: Session, run_id: str) -> Run:
        return _found(store.lock(session, run_id), run_id)


def _found(run: Run | None, run_id: str) -> Run:
    if run is None:
        raise NotFound("run {run_id!r} does not exist", next_step="azuraforge runs list", run_id=run_id)
    return run


def _lacks(what: Message, run_id: str) -> NotFound:
    return NotFound("{what}", where="run {run_id}", next_step="azuraforge runs show {run_id}", what=what, run_id=run_id)
