"""State changes of runs, with their events and attempts. ``service.py`` contains a diagram.

All changes are written in the caller's transaction. Changes by a worker are fenced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pydantic import JsonValue

from azuraforge.crashpoints import crashpoint
from azuraforge.database import Session, after_commit, now, seconds_from_now
from azuraforge.errors import Conflict
from azuraforge.events.service import EventLog
from azuraforge.messages import Message
from azuraforge.messages.stored import StoredText, stored_sentence
from azuraforge.processes.environment import code_version
from azuraforge.runs import dependencies, store
from azuraforge.runs.events import NoteAdded, RunEnvironment, RunFinished, RunStateChanged, RunWaits
from azuraforge.runs.lease import Held, fenced_update
from azuraforge.runs.schemas import RunError, RunSummary
from azuraforge.runs.tables import Run
from azuraforge.strict_json import JsonObject

#: When a run ends, its metric events lose their data, except the last events, for readers that lag behind.
_KEPT_LINES = 50


def run_stream(run_id: str) -> str:
    """Return the name of a run's event stream."""
    return f"run/{run_id}"


#: Stream of the progress of all runs of a project.
RUNS_STREAM = "runs"


_RESUMABLE = ("failed", "cancelled", "quarantined")


class Transitions:
    """Writer of all changes of ``run.state``, except claims: ``lease.claim`` writes them, and ``claimed`` records them.

    Fenced methods raise Replaced if the attempt no longer holds the run.

    Args:
        events: log that receives an event for each change.
        bring: called after the commit with a run whose dependencies have all ended.
    """

    def __init__(self, events: EventLog, bring: Callable[[Run], None] | None = None) -> None:
        self._events = events
        self._bring = bring

    def created(self, session: Session, run: Run, needed: Sequence[Run] = ()) -> None:
        """Record a new run, which is ``queued``, or ``running`` if it is external.

        Cancel it at once if a dependency did not succeed and the run's ``on_failure`` is ``cancel``.
        """
        self._emit(session, run)
        if (lost := dependencies.obstacle(run, needed)) is not None:
            self._cancel_unmet(session, run, lost)
            self._finished(session, run)

    def claimed(self, session: Session, run: Run, worker: str) -> None:
        """Record queued → running and the start of an attempt."""
        store.start_attempt(session, run.id, run.attempt, worker)
        self._emit(session, run)

    def environment_fixed(
        self, session: Session, held: Held, environment: JsonObject, changes: Message | None, *, first: bool
    ) -> None:
        """Record the environment of an attempt. Fenced.

        The first attempt also sets the environment and the code version of the run. ``changes`` describes how a later
        attempt differs; if given, it is noted in the report and the run is no longer bit-reproducible.
        """
        values: dict[str, object] = {"environment": environment, "code_version": code_version()} if first else {}
        if changes is not None:
            values["bit_reproducible"] = False
            store.add_note(session, held.run_id, held.attempt, changes)
            self._events.append(session, run_stream(held.run_id), NoteAdded(markdown=str(changes)))
        fenced_update(session, held, **values)
        reproducible = self._row(session, held).bit_reproducible  # an earlier attempt may have ended this
        body = RunEnvironment(attempt=held.attempt, environment=environment, bit_reproducible=reproducible)
        self._events.append(session, run_stream(held.run_id), body)
        store.fix_attempt(session, held.run_id, held.attempt, environment)

    def ended(
        self,
        session: Session,
        held: Held,
        state: str,
        *,
        summary: RunSummary | None = None,
        follow_ups: Sequence[str] = (),
        timed: bool = False,
        error: Mapping[str, JsonValue] | None = None,
        reason: StoredText | None = None,
    ) -> None:
        """Record running → succeeded, failed, cancelled or quarantined. Fenced; ``run.finished`` is the last event.

        Args:
            session: the caller's transaction.
            held: the attempt that ends.
            state: the new state.
            summary: key results of a successful run.
            follow_ups: names of the computations that start after the success.
            timed: whether the result depends on elapsed time; the run is then not bit-reproducible.
            error: error to store with the run.
            reason: reason to store with the attempt; by default the message of ``error``.
        """
        values: dict[str, object] = {"state": state, "error": error, "finished_at": now(), "lease_until": None}
        if summary is not None:
            values["summary"] = summary.stored()
            values["follow_ups"] = [*follow_ups]
            if timed:
                values["bit_reproducible"] = False
        fenced_update(session, held, **values)
        store.end_attempt(session, held.run_id, held.attempt, state, reason or stored_sentence(error))
        run = self._row(session, held)
        if state == "succeeded":
            store.change(session, run, progress={**run.progress, "share": 1.0, "seconds_left": 0.0})
        self._finished(session, run)

    def requeued(
        self,
        session: Session,
        held: Held,
        ended_as: str,
        reason: Message,
        *,
        delay_seconds: float = 0.0,
        deaths: int = 0,
        transient_failures: int = 0,
    ) -> str:
        """Record running → queued, or → cancelled if cancellation was requested; return the new state. Fenced.

        ``ended_as`` states how the attempt ended, such as ``died``. A queued run is not due for ``delay_seconds``.
        ``deaths`` and ``transient_failures`` are added to its counts.
        """
        fenced_update(session, held)
        run = self._row(session, held)
        if run.cancel_requested:
            self.ended(session, held, "cancelled", reason=reason)
            return "cancelled"
        fenced_update(
            session,
            held,
            state="queued",
            worker=None,
            lease_until=None,
            run_after=seconds_from_now(delay_seconds) if delay_seconds > 0 else None,
            deaths=Run.deaths + deaths,
            transient_failures=Run.transient_failures + transient_failures,
        )
        store.end_attempt(session, held.run_id, held.attempt, ended_as, reason)
        crashpoint("requeued_before_told")
        self._emit(session, self._row(session, held), reason)
        return "queued"

    def cancelled_in_queue(self, session: Session, run: Run, reason: Message | None = None) -> None:
        """Record queued → cancelled. The caller must lock the row."""
        self._note_reason(session, run, reason)
        store.change(session, run, state="cancelled", cancel_requested=True, finished_at=now())
        self._finished(session, self._refreshed(session, run))

    def cancel_requested(self, session: Session, run: Run, reason: Message | None = None) -> None:
        """Record a cancellation request for a running run. The caller must lock the row."""
        store.change(session, run, cancel_requested=True)
        self._note_reason(session, run, reason)
        self._emit(session, run, reason)

    def resumed(self, session: Session, run: Run) -> None:
        """Record failed, cancelled or quarantined → queued; reset the counts of deaths and transient failures.

        The caller must lock the row.
        """
        store.change(
            session,
            run,
            state="queued",
            error=None,
            finished_at=None,
            cancel_requested=False,
            run_after=None,
            deaths=0,
            transient_failures=0,
        )
        self._emit(session, run)

    def reopened(self, session: Session, run: Run, worker: str, lease_seconds: float) -> None:
        """Record failed → running when the client of a lost external run reports again.

        A run that was deleted meanwhile is restored, so that further reports are kept. The caller must lock the row.
        """
        store.change(
            session,
            run,
            state="running",
            attempt=run.attempt + 1,
            error=None,
            finished_at=None,
            deleted_at=None,
            deleted_by=None,
            lease_until=seconds_from_now(lease_seconds),
        )
        store.start_attempt(session, run.id, run.attempt, worker)
        self._emit(session, run)

    def _note_reason(self, session: Session, run: Run, reason: Message | None) -> None:
        """Add the reason of an automatic cancellation to the run's report; do nothing without a reason."""
        if reason is None:
            return
        note = Message("Cancelled: {reason}.", {"reason": reason})
        store.add_note(session, run.id, run.attempt, note)
        self._events.append(session, run_stream(run.id), NoteAdded(markdown=str(note)))

    def _row(self, session: Session, held: Held) -> Run:
        run = store.get(session, held.run_id)
        assert run is not None
        return run

    def _refreshed(self, session: Session, run: Run) -> Run:
        session.refresh(run)
        return run

    def _finished(self, session: Session, run: Run) -> None:
        """Append the last events of an ended run, then update the runs that depend on it."""
        self._close(session, run)
        ended = [run]
        while ended:
            one = ended.pop()
            for waiting in store.lock_waiting_for(session, one.id):
                if dependencies.obstacle(waiting, [one]) is not None:
                    self._cancel_unmet(session, waiting, one)
                    self._close(session, waiting)
                    ended.append(waiting)
                else:
                    self._go_on(session, waiting)

    def _cancel_unmet(self, session: Session, run: Run, lost: Run) -> None:
        store.change(session, run, state="cancelled", error=dependencies.unmet(lost).to_dict(), finished_at=now())
        session.refresh(run)

    def _go_on(self, session: Session, waiting: Run) -> None:
        still = dependencies.still_waits(session, waiting)
        self._events.append(session, run_stream(waiting.id), RunWaits(waiting_on=waiting.waiting_on))
        if not still and (bring := self._bring) is not None:
            after_commit(session, lambda: bring(waiting))

    def _close(self, session: Session, run: Run) -> None:
        self._emit(session, run)
        error = RunError.model_validate(run.error) if run.error is not None else None
        stream = run_stream(run.id)
        last = self._events.append(session, stream, RunFinished(state=run.state, summary=run.summary, error=error))
        self._events.forget_type(session, stream, "run.metrics", last - _KEPT_LINES)

    def _emit(self, session: Session, run: Run, reason: Message | None = None) -> None:
        body = RunStateChanged(state=run.state, attempt=run.attempt, cancel_requested=run.cancel_requested)
        if reason is not None:
            body.reason = str(reason)
        self._events.append(session, run_stream(run.id), body)
        body.run_id, body.kind, body.name, body.model = run.id, run.kind, run.name, run.model
        self._events.append(session, "project", body)


def check_resumable(run: Run) -> None:
    """Raise Conflict if a run is external, in the trash, or in a state from which it cannot be resumed."""
    if run.kind == "external":
        raise Conflict(
            "a client executes this run, so only the client can continue it",
            next_step="start the client again",
            where="run {run_id}",
            run_id=run.id,
        )
    if run.deleted_at is not None:
        raise Conflict(
            "the run is in the trash",
            where="run {run_id}",
            next_step="restore the run first: azuraforge runs restore {run_id}",
            run_id=run.id,
        )
    if run.state not in _RESUMABLE:
        raise Conflict(
            "only a run that failed, was cancelled or quarantined can be resumed; this one is {state}",
            next_step="azuraforge runs show {run_id}",
            where="run {run_id}",
            state=Message(f"state.{run.state}"),
            run_id=run.id,
        )
