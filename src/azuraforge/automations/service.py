"""Service for schedules. ``firing.py`` and ``scheduler.py`` fire them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy.exc import IntegrityError

from azuraforge.automations import store
from azuraforge.automations.events import ScheduleChanged
from azuraforge.automations.firing import Firing, recurrence_of
from azuraforge.automations.recurrence import Interval, Recurrence, cron, zone_of
from azuraforge.automations.schemas import (
    FireOut,
    FirePage,
    ScheduleOut,
    SchedulePage,
    ScheduleRequest,
    TimesOut,
    Timing,
)
from azuraforge.automations.schemas import Interval as ScheduleInterval
from azuraforge.automations.tables import Schedule, ScheduleFire
from azuraforge.bounds import Moment
from azuraforge.clock import utc_now
from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.paging import PAGE, Order
from azuraforge.runs.schemas import RunOut
from azuraforge.runs.service import RunService

_BY_NAME: Order[tuple[str]] = Order("schedules", tuple[str])
_NEWEST: Order[tuple[datetime]] = Order("fires", tuple[Moment])

MOST_SCHEDULES = 500
_NEXT = 5
_FIRES_IN_LIST, _FIRES_IN_DETAIL = 5, 50
#: Columns that determine the fire times.
_TIMING = ("cron", "interval_every", "interval_unit", "anchor_at", "timezone")
_YEARS = range(1970, 2200)


class ScheduleService:
    """Service for the schedules of all projects.

    Each method takes the id of the project; ``schedule`` is the id or the name of a schedule. Methods with ``schedule``
    raise NotFound if the schedule does not exist. Methods that return a page raise InvalidInput if ``after`` is not a
    cursor of the list.
    """

    def __init__(self, database: Database, runs: RunService, firing: Firing) -> None:
        self._database = database
        self._runs = runs
        self._firing = firing

    def create(
        self, project_id: str, request: ScheduleRequest, person_id: str | None = None, *, unit: UnitOfWork | None = None
    ) -> ScheduleOut:
        """Validate the times and the run, and store the schedule.

        Raises InvalidInput if the times or the run are invalid, NotFound if an object that the run needs does not
        exist, and Conflict if the name is taken or there are too many schedules.
        """
        self._check(project_id, request)

        def work(session: Session) -> str:
            if store.count(session) >= MOST_SCHEDULES:
                raise Conflict(
                    "a project can have at most {most_schedules} schedules",
                    next_step="delete one that is no longer needed",
                    most_schedules=MOST_SCHEDULES,
                )
            at = store.clock(session)
            row = _row(project_id, request, at, person_id)
            row.next_fire_at = None if request.paused else next(recurrence_of(row).after(at), None)
            store.add(session, row)
            self._firing.emit(session, row, ScheduleChanged(type="schedule.created"))
            return row.id

        return self.get(project_id, self._write_named(project_id, request.name, work, unit))

    def replace(self, project_id: str, schedule: str, request: ScheduleRequest) -> ScheduleOut:
        """Replace a schedule; its fires are kept. Changed times apply from now on.

        An interval keeps its anchor unless the request has another one. Raises the same errors as ``create``.
        """
        self._check(project_id, request)

        def work(session: Session) -> str:
            row = self._locked(session, schedule)
            before = (row.paused, *(getattr(row, name) for name in _TIMING))
            wanted = _fields(request, row.anchor_at)
            store.change(session, row, **wanted)
            if before != (row.paused, *(getattr(row, name) for name in _TIMING)):
                at = store.clock(session)
                next_at = None if row.paused else next(recurrence_of(row).after(at), None)
                store.change(session, row, next_fire_at=next_at)
            self._firing.emit(session, row, ScheduleChanged(type="schedule.changed"))
            return row.id

        return self.get(project_id, self._write_named(project_id, request.name, work))

    def list(self, project_id: str, *, limit: int = PAGE, after: str | None = None) -> SchedulePage:
        """Return a page of schedules with their next times and newest fires, sorted by name."""
        key = _BY_NAME.read(after)
        with self._database.read(project_id) as session:
            at = store.clock(session)
            found = store.page(session, limit + 1, key)
            rows, cursor = _BY_NAME.cut(found, limit, lambda row: (row.name,))
            fires = {row.id: store.newest_fires(session, row.id, _FIRES_IN_LIST) for row in rows}
        runs = self._runs_of(project_id, (fire for each in fires.values() for fire in each))
        return SchedulePage(items=[_schedule_out(row, at, fires[row.id], runs) for row in rows], next=cursor)

    def fires(self, project_id: str, schedule: str, *, limit: int = PAGE, after: str | None = None) -> FirePage:
        """Return a page of a schedule's fires, newest first."""
        with self._database.read(project_id) as session:
            row = _found(store.find(session, schedule), schedule)
            found = store.newest_fires(session, row.id, limit + 1, _NEWEST.read(after, row.id))
        fires, cursor = _NEWEST.cut(found, limit, lambda fire: (fire.fire_time,), row.id)
        runs = self._runs_of(project_id, fires)
        return FirePage(items=[_fire_out(fire, runs) for fire in fires], next=cursor)

    def get(self, project_id: str, schedule: str) -> ScheduleOut:
        """Return one schedule with up to 50 of its newest fires."""
        with self._database.read(project_id) as session:
            at = store.clock(session)
            row = _found(store.find(session, schedule), schedule)
            fires = store.newest_fires(session, row.id, _FIRES_IN_DETAIL)
        return _schedule_out(row, at, fires, self._runs_of(project_id, fires))

    def times(self, project_id: str, timing: Timing) -> TimesOut:
        """Return the next fire times of a timing. Raises InvalidInput if the timing is invalid."""
        with self._database.read(project_id) as session:
            at = store.clock(session)
        return TimesOut(next_fires=list(islice(_timing(timing, at).after(at), _NEXT)))

    def pause(self, project_id: str, schedule: str, *, unit: UnitOfWork | None = None) -> ScheduleOut:
        """Pause a schedule; do nothing if it is already paused."""

        def work(session: Session) -> None:
            row = self._locked(session, schedule)
            if not row.paused:
                store.change(session, row, paused=True, next_fire_at=None)
                self._firing.emit(session, row, ScheduleChanged(type="schedule.paused"))

        self._database.write(project_id, work, unit=unit)
        return self.get(project_id, schedule)

    def resume(self, project_id: str, schedule: str, *, unit: UnitOfWork | None = None) -> ScheduleOut:
        """Resume a schedule; fires during the pause are skipped."""

        def work(session: Session) -> None:
            row = self._locked(session, schedule)
            if row.paused:
                next_at = next(recurrence_of(row).after(store.clock(session)), None)
                store.change(session, row, paused=False, next_fire_at=next_at)
                self._firing.emit(session, row, ScheduleChanged(type="schedule.resumed"))

        self._database.write(project_id, work, unit=unit)
        return self.get(project_id, schedule)

    def run_now(
        self, project_id: str, schedule: str, person_id: str | None = None, *, unit: UnitOfWork | None = None
    ) -> FireOut:
        """Queue the run once, now, even if the schedule is paused. Raises UserError if the run cannot be queued."""
        with self._database.read(project_id) as session:
            row = _found(store.find(session, schedule), schedule)
        fire = self._firing.now(row, person_id, unit)
        return _fire_out(fire, self._runs_of(project_id, [fire]))

    def delete(self, project_id: str, schedule: str) -> None:
        """Delete a schedule; the runs that it queued are kept."""

        def work(session: Session) -> None:
            row = self._locked(session, schedule)
            self._firing.emit(session, row, ScheduleChanged(type="schedule.deleted"))
            store.remove(session, row)

        self._database.write(project_id, work)

    def _check(self, project_id: str, request: ScheduleRequest) -> None:
        if request.run.kind == "external":
            raise InvalidInput(
                "a schedule cannot start an external run",
                where="run.kind",
                next_step="choose another kind, such as train or agent",
            )
        if request.run.idempotency_key is not None:
            raise InvalidInput(
                "a schedule cannot have an idempotency key, because each firing gets its own",
                where="run.idempotency_key",
                next_step="remove it from the request",
            )
        _timing(request, utc_now())
        self._runs.prepare(project_id, request.run)

    def _write_named(
        self, project_id: str, name: str, work: Callable[[Session], str], unit: UnitOfWork | None = None
    ) -> str:
        try:
            return self._database.write(project_id, work, unit=unit)
        except IntegrityError:
            raise Conflict(
                "a schedule named {name!r} already exists", where="name", next_step="choose another name", name=name
            ) from None

    def _locked(self, session: Session, schedule: str) -> Schedule:
        row = _found(store.find(session, schedule), schedule)
        return _found(store.lock(session, row.id), schedule)

    def _runs_of(self, project_id: str, fires: Iterable[ScheduleFire]) -> dict[str, RunOut]:
        return self._runs.named(project_id, [fire.run_id for fire in fires if fire.run_id is not None])


def _timing(timing: Timing, at: datetime) -> Recurrence:
    """Return the recurrence of a timing. Raises InvalidInput if the timing is invalid."""
    zone = zone_of(timing.timezone)
    if timing.anchor_at is not None and timing.anchor_at.year not in _YEARS:
        raise InvalidInput(
            "the year of the interval's start is not supported",
            where="anchor_at",
            next_step="choose a year from 1970 to 2199",
        )
    if (timing.cron is None) == (timing.interval is None):
        raise InvalidInput(
            "a schedule needs either a cron line or an interval",
            where="cron",
            next_step="specify either cron or interval",
        )
    if timing.cron is not None:
        return cron(timing.cron, zone)
    assert timing.interval is not None
    return Interval(timing.interval.every, timing.interval.unit, timing.anchor_at or at, zone)


def _row(project_id: str, request: ScheduleRequest, at: datetime, person_id: str | None) -> Schedule:
    return Schedule(project_id=project_id, created_by=person_id, **_fields(request, at))


def _fields(request: ScheduleRequest, anchor_at: datetime) -> dict[str, object]:
    interval = request.interval
    return {
        "name": request.name,
        "cron": request.cron,
        "interval_every": interval.every if interval else None,
        "interval_unit": interval.unit if interval else None,
        "anchor_at": request.anchor_at or anchor_at,
        "timezone": request.timezone,
        "misfire": request.misfire,
        "grace_seconds": request.grace_seconds,
        "run_request": request.run,
        "paused": request.paused,
    }


def _schedule_out(row: Schedule, at: datetime, fires: Sequence[ScheduleFire], runs: dict[str, RunOut]) -> ScheduleOut:
    fields = {name: getattr(row, name) for name in ScheduleOut.model_fields if hasattr(row, name)}
    interval = None
    if row.interval_every is not None and row.interval_unit is not None:
        interval = ScheduleInterval(every=row.interval_every, unit=row.interval_unit)
    return ScheduleOut(
        **fields,
        interval=interval,
        run=row.run_request,
        next_fires=_next_fires(row, at),
        newest_fires=[_fire_out(fire, runs) for fire in fires],
    )


def _next_fires(row: Schedule, at: datetime) -> list[datetime]:
    """Return the next fire times, beginning with the stored one, which may already be due."""
    if row.next_fire_at is None:
        return []
    try:
        return [row.next_fire_at, *islice(recurrence_of(row).after(max(at, row.next_fire_at)), _NEXT - 1)]
    except InvalidInput:  # this machine no longer knows the time zone; the scheduler logs it
        return []


def _fire_out(fire: ScheduleFire, runs: dict[str, RunOut]) -> FireOut:
    run = runs.get(fire.run_id) if fire.run_id is not None else None
    return FireOut(
        fire_time=fire.fire_time,
        cause=fire.cause,
        fired_at=fire.fired_at,
        run_id=fire.run_id,
        run_name=run.name if run else None,
        run_state=run.state if run else None,
        error=fire.error.translated() if fire.error is not None else None,
    )


def _found(schedule: Schedule | None, name: str) -> Schedule:
    if schedule is None:
        raise NotFound("schedule {name!r} does not exist", next_step="azuraforge schedules list", name=name)
    return schedule
