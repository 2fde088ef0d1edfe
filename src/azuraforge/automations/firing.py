"""Fires of schedules; a fire's record and its run are written in one transaction.

Several schedulers may attempt the same fire. Three safeguards keep it unique: the schedule's row is locked and must be
unchanged since it was read; the fire's key (schedule, time) is unique; and the run's idempotency key, which consists of
both, is unique too.
All times come from the database's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from azuraforge.automations import store
from azuraforge.automations.events import ScheduleEvent, ScheduleFired, ScheduleMissed
from azuraforge.automations.misfire import Step, decide
from azuraforge.automations.recurrence import Cron, Interval, Recurrence, zone_of
from azuraforge.automations.schemas import Cause
from azuraforge.automations.tables import Schedule, ScheduleFire
from azuraforge.clock import iso
from azuraforge.crashpoints import crashpoint
from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.errors import Conflict, UserError
from azuraforge.events.service import EventLog
from azuraforge.runs.handlers import PreparedRun
from azuraforge.runs.schemas import RunRequest, StoredError
from azuraforge.runs.service import RunService

#: Number of fires that are kept for each schedule; older ones are deleted in batches of a hundred.
KEPT_FIRES = 1000
_SWEEP_EVERY = 100


def schedule_stream(schedule_id: str) -> str:
    """Return the name of a schedule's event stream."""
    return f"schedule/{schedule_id}"


def recurrence_of(schedule: Schedule) -> Recurrence:
    """Return the recurrence of a schedule. Raises InvalidInput if this machine no longer knows the time zone."""
    zone = zone_of(schedule.timezone)
    if schedule.cron is not None:
        return Cron(schedule.cron, zone)
    assert schedule.interval_every is not None
    assert schedule.interval_unit is not None
    return Interval(schedule.interval_every, schedule.interval_unit, schedule.anchor_at, zone)


@dataclass(frozen=True)
class _Prepared:
    """Prepared fire: the run to queue, or the error that prevents it."""

    request: RunRequest | None = None
    run: PreparedRun | None = None
    problem: UserError | None = None


class Firing:
    """Service that fires schedules."""

    def __init__(self, database: Database, events: EventLog, runs: RunService) -> None:
        self._database = database
        self._events = events
        self._runs = runs

    def due(self, key: store.Due) -> bool:
        """Process the next due fire of a schedule. Return False if none is due or the schedule changed meanwhile.

        An error in the run's request is stored as the fire's error. Any other error (a launcher that is starting, a
        database that is unavailable) is raised, and the fire stays due.
        """
        with self._database.read(key.project_id) as session:
            seen = store.find(session, key.schedule_id)
            at = store.clock(session)
        if seen is None or seen.next_fire_at is None or seen.next_fire_at > at:
            return False
        due_at = seen.next_fire_at
        step = decide(recurrence_of(seen), due_at, at, seen.misfire, seen.grace_seconds)
        prepared = self._prepare(seen) if step.fire_at is not None else _Prepared()
        try:
            return self._database.write(
                key.project_id, lambda session: self._step(session, seen, due_at, step, prepared)
            )
        except IntegrityError as error:
            prepared = _Prepared(problem=_taken(error))
        except UserError as error:
            prepared = _Prepared(problem=error)
        return self._database.write(key.project_id, lambda session: self._step(session, seen, due_at, step, prepared))

    def now(self, schedule: Schedule, person_id: str | None, unit: UnitOfWork | None = None) -> ScheduleFire:
        """Fire once at a user's request, in addition to the schedule's times.

        Raises UserError if the run cannot be queued, and Conflict if the schedule was deleted or has a fire at the same
        time.
        """
        prepared = self._prepare(schedule)
        if prepared.problem is not None:
            raise prepared.problem

        def work(session: Session) -> ScheduleFire:
            locked = store.lock(session, schedule.id)
            if locked is None:
                raise Conflict(
                    "the schedule was deleted a moment ago",
                    next_step="azuraforge schedules list",
                    where="schedule {schedule}",
                    schedule=schedule.name,
                )
            at = store.clock(session)
            if store.fire(session, locked.id, at) is not None:
                raise Conflict("the schedule is already firing at this moment", next_step="try again")
            return self._fire(session, locked, at, "asked", prepared, person_id)

        return self._database.write(schedule.project_id, work, unit=unit)

    def emit(self, session: Session, schedule: Schedule, body: ScheduleEvent) -> None:
        """Append an event to the schedule's stream and to the project's."""
        body.schedule_id, body.name = schedule.id, schedule.name
        for stream in (schedule_stream(schedule.id), "project"):
            self._events.append(session, stream, body)

    def _prepare(self, schedule: Schedule) -> _Prepared:
        try:
            request = schedule.run_request
            return _Prepared(request, self._runs.prepare(schedule.project_id, request))
        except UserError as error:
            return _Prepared(problem=error)

    def _step(self, session: Session, seen: Schedule, due_at: datetime, step: Step, prepared: _Prepared) -> bool:
        schedule = store.lock(session, seen.id)
        if schedule is None or schedule.next_fire_at != due_at:
            return False  # another scheduler was faster, or the schedule was paused or deleted
        if any(getattr(schedule, name) != getattr(seen, name) for name in ("run_request", "misfire", "grace_seconds")):
            return False  # changed meanwhile: the fire stays due and is prepared again
        if step.left_out:
            self.emit(session, schedule, ScheduleMissed(count=step.left_out, since=due_at))
        store.change(session, schedule, next_fire_at=step.next_at, left_out=schedule.left_out + step.left_out)
        at = step.fire_at
        if at is not None and store.fire(session, schedule.id, at) is None:
            self._fire(session, schedule, at, "due", prepared, schedule.created_by)
            crashpoint("fire_before_commit")
        return True

    def _fire(
        self,
        session: Session,
        schedule: Schedule,
        at: datetime,
        cause: Cause,
        prepared: _Prepared,
        person_id: str | None,
    ) -> ScheduleFire:
        run_id = None
        if prepared.request is not None and prepared.run is not None:
            key = f"schedule:{schedule.id}:{iso(at)}"
            request = prepared.request.model_copy(update={"idempotency_key": key})
            run_id = self._runs.add(session, request, prepared.run, person_id)
        fire = ScheduleFire(
            project_id=schedule.project_id,
            schedule_id=schedule.id,
            fire_time=at,
            cause=cause,
            run_id=run_id,
            error=StoredError.model_validate(prepared.problem.to_dict()) if prepared.problem else None,
        )
        store.add_fire(session, fire)
        fires = schedule.fires + 1
        store.change(session, schedule, fires=fires)
        if fires % _SWEEP_EVERY == 0:
            store.forget_fires(session, schedule.id, KEPT_FIRES)
        self.emit(session, schedule, ScheduleFired(fire_time=at, cause=cause, run_id=run_id, error=fire.error))
        return fire


def _taken(error: IntegrityError) -> UserError:
    return Conflict(
        "the idempotency key of this firing already belongs to a run, so no run was queued",
        where="idempotency_key",
        next_step="use a key that does not begin with `schedule:`",
        details={"reason": str(error.orig)},
    )
