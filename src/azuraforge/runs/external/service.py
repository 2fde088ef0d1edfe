"""External runs, which a client executes itself. They are never queued: the client renews the lease and sends points.

A run whose lease expires fails with the code ``lost``. If its client reports again later, for example after a network
outage, the run is reopened and continues.
"""

from __future__ import annotations

import math
from typing import cast

from pydantic import JsonValue

from azuraforge.database import Database, Session, UnitOfWork, seconds_from_now
from azuraforge.errors import AzuraError, Conflict, Forbidden, NotFound
from azuraforge.events.service import EventLog
from azuraforge.messages import Message
from azuraforge.runs import store
from azuraforge.runs.events import RunAdvanced, RunProgressed
from azuraforge.runs.external.store import Renewal
from azuraforge.runs.lease import Held, fenced_update
from azuraforge.runs.metrics import store as metric_store
from azuraforge.runs.schemas import ExternalSummary, FinishRequest, MetricPoints, RunProgress
from azuraforge.runs.tables import Run
from azuraforge.runs.transitions import RUNS_STREAM, Transitions, run_stream
from azuraforge.strict_json import JsonObject

#: Phase under which the points of external runs are stored.
PHASE = ""
#: Maximum number of runs whose percentages are remembered.
_MOST_PERCENTS = 10_000
#: Error of a run whose client stopped renewing its lease.
LOST = AzuraError(
    "the client that executes the run no longer responds",
    code="lost",
    next_step="start the client again; if it still has a journal, run azuraforge runs ship",
)


class ExternalRuns:
    """Operations of clients on their external runs. Each returns the run's row.

    They raise NotFound if the run does not exist, Conflict if it is not external or has ended, and Forbidden if another
    member executes it. A run that failed because its lease expired is reopened instead.
    """

    def __init__(self, database: Database, events: EventLog, transitions: Transitions, lease_seconds: float) -> None:
        self._database = database
        self._events = events
        self._transitions = transitions
        self._lease_seconds = lease_seconds
        self._renewal = Renewal(lease_seconds)
        self._percents: dict[str, int] = {}

    def renew(self, project_id: str, run_id: str, person_id: str, *, unit: UnitOfWork | None = None) -> Run:
        """Renew a run's lease."""
        return self._database.write(project_id, lambda session: self._renewed(session, run_id, person_id), unit=unit)

    def record(
        self, project_id: str, run_id: str, person_id: str, body: MetricPoints, *, unit: UnitOfWork | None = None
    ) -> Run:
        """Store points and progress and renew the lease; points that are already stored are skipped."""
        progress = body.progress.model_dump() if body.progress is not None else None

        def work(session: Session) -> Run:
            run = self._renewed(session, run_id, person_id, progress)
            if body.points:
                self._points(session, Held(project_id, run_id, run.attempt), body)
            if progress is not None:
                shown = RunProgressed.model_validate(progress)
                self._events.append(session, run_stream(run_id), shown)
                if self._advances(run_id, shown.share):
                    advanced = RunAdvanced(run_id=run_id, progress=RunProgress.model_validate(progress))
                    self._events.append(session, RUNS_STREAM, advanced)
            return run

        return self._database.write(project_id, work, unit=unit)

    def _advances(self, run_id: str, share: float) -> bool:
        """Return whether a run's share has another percentage than in the last request that this process handled."""
        percent = int(share * 100)
        if self._percents.get(run_id) == percent:
            return False
        if len(self._percents) >= _MOST_PERCENTS:
            self._percents.clear()
        self._percents[run_id] = percent
        return True

    def _renewed(self, session: Session, run_id: str, person_id: str, progress: JsonObject | None = None) -> Run:
        """Renew the lease and return the run; reopen the run if it failed only because its lease expired."""
        of = (session, run_id, person_id)
        run = self._renewal(*of, progress)
        if run is None:
            self.alive(*of)  # reopens a lost run, or raises the reason for the refusal
            run = self._renewal(*of, progress)
        return cast(Run, run)

    def finish(
        self, project_id: str, run_id: str, person_id: str, body: FinishRequest, *, unit: UnitOfWork | None = None
    ) -> Run:
        """End the run with the state that its client reports. Repeating the same request has no effect.

        A run that failed after a cancellation request ends as cancelled.
        """

        def work(session: Session) -> Run:
            run = self._own(session, run_id, person_id)
            if run.state == body.state and not _is_lost(run):
                return run
            _, held = self.alive(session, run_id, person_id)
            error: dict[str, JsonValue] | None = None
            state: str = body.state
            if state == "failed":
                error = AzuraError(
                    "{reason}",
                    code="client",
                    next_step="see the run's log, or the client's output",
                    reason=body.error or Message("the client reported no reason"),
                ).to_dict()
                if self._row(session, run_id).cancel_requested:
                    state, error = "cancelled", None
            summary = ExternalSummary(values=body.summary) if body.summary is not None else None
            self._transitions.ended(session, held, state, summary=summary, error=error, reason=body.error)
            return self._row(session, run_id)

        return self._database.write(project_id, work, unit=unit)

    def _points(self, session: Session, held: Held, body: MetricPoints) -> None:
        found = [
            (series, sent[0], math.nan if sent[1] is None else sent[1], sent[2] if len(sent) == 3 else None)
            for series, points in body.points.items()
            for sent in points
        ]
        written = metric_store.append(session, held.run_id, held.attempt, PHASE, found)
        if written:
            self._events.append(session, run_stream(held.run_id), metric_store.event(written, held.attempt))

    def alive(self, session: Session, run_id: str, person_id: str) -> tuple[Run, Held]:
        """Lock the run, reopen it if it was lost, and renew its lease; return it with the key of fenced writes.

        Call it in the transaction of a write for the run.
        """
        run = self._own(session, run_id, person_id)
        if _is_lost(run):
            self._transitions.reopened(session, run, f"client:{person_id}", self._lease_seconds)
        if run.state != "running":
            raise Conflict(
                "the run has ended: {state}",
                where="run {run_id}",
                code="ended",
                next_step="start a new run",
                state=Message(f"state.{run.state}"),
                run_id=run_id,
            )
        held = Held(session.project_id, run_id, run.attempt)
        fenced_update(session, held, lease_until=seconds_from_now(self._lease_seconds))
        return self._row(session, run_id), held

    def _own(self, session: Session, run_id: str, person_id: str) -> Run:
        """Lock and return an external run of this person. Raises NotFound, Conflict or Forbidden."""
        run = self._row(session, run_id)
        if run.kind != "external":
            raise Conflict(
                "a worker executes this run, not a client",
                next_step="start a run from your own code: client.start_run()",
                where="run {run_id}",
                run_id=run_id,
            )
        if run.created_by != person_id:
            raise Forbidden(
                "another member executes this run",
                next_step="start a run of your own",
                where="run {run_id}",
                run_id=run_id,
            )
        return run

    def _row(self, session: Session, run_id: str) -> Run:
        run = store.lock(session, run_id)
        if run is None:
            raise NotFound("run {run_id!r} does not exist", next_step="azuraforge runs list", run_id=run_id)
        return run


def _is_lost(run: Run) -> bool:
    error = run.error or {}
    return run.state == "failed" and error.get("code") == LOST.error_code
