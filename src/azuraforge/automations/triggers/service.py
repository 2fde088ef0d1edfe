"""Service for automations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from azuraforge.automations.events import AutomationChanged
from azuraforge.automations.triggers import cycles, dry_run, store
from azuraforge.automations.triggers.causes import Cause
from azuraforge.automations.triggers.checking import Checks
from azuraforge.automations.triggers.definition import OnEvent, OnMeasure, OnSchedule, When
from azuraforge.automations.triggers.firing import DAY_SECONDS, Firings
from azuraforge.automations.triggers.schemas import (
    AutomationChange,
    AutomationFiringPage,
    AutomationOut,
    AutomationPage,
    AutomationRequest,
    DryRunOut,
    DryRunRequest,
    MeasureOut,
    MeasurePage,
)
from azuraforge.automations.triggers.shapes import automation_out, firings_out
from azuraforge.automations.triggers.tables import Automation, AutomationCursor
from azuraforge.automations.triggers.watching import Watch, recurrence_of
from azuraforge.bounds import Moment
from azuraforge.database import Database, Session, UnitOfWork, new_id
from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.events.schemas import EventOut
from azuraforge.events.service import EventLog
from azuraforge.messages import Message
from azuraforge.paging import PAGE, Order

MOST_AUTOMATIONS = 10_000
_BY_NAME: Order[tuple[str]] = Order("automations", tuple[str])
_MEASURES: Order[tuple[str]] = Order("measures", tuple[str])
_NEWEST: Order[tuple[datetime, str]] = Order("automation firings", tuple[Moment, str])
_FIRINGS_IN_LIST, _FIRINGS_IN_DETAIL = 3, 20
#: Maximum number of events that a dry run reads, newest first.
_MOST_LINES = 200_000
_LINES_AT_ONCE = 2_000
_Write = Callable[[Session], str]


class AutomationService:
    """Service for the automations of all projects.

    Each method takes the id of the project, except ``measures``; ``automation`` is the id or the name of an automation.
    Methods with ``automation`` raise NotFound if the automation does not exist. Methods that return a page raise
    InvalidInput if ``after`` is not a cursor of the list.
    """

    def __init__(self, database: Database, events: EventLog, firings: Firings, watch: Watch, checks: Checks) -> None:
        self._database = database
        self._events = events
        self._firings = firings
        self._watch = watch
        self._checks = checks

    def create(
        self,
        project_id: str,
        request: AutomationRequest,
        person_id: str | None = None,
        *,
        unit: UnitOfWork | None = None,
    ) -> AutomationOut:
        """Check the cause and the steps, and store the automation.

        Raises InvalidInput if the definition is invalid or the automation could fire itself, NotFound if an object
        that a step needs does not exist, and Conflict if the name is taken or there are too many automations.
        """
        self._checks.check(project_id, request)

        def work(session: Session) -> str:
            self._checks.check_in(session, request, ())
            return self._add(session, project_id, request, person_id).id

        return self.get(project_id, self._written(project_id, request.name, work, unit))

    def replace(self, project_id: str, automation: str, request: AutomationChange) -> AutomationOut:
        """Replace the cause and the steps; firings are kept, and a running firing keeps its steps.

        Causes from before the change are dropped. Raises the same errors as ``create``, and Conflict if the automation
        was changed since ``request.revision``.
        """
        self._checks.check(project_id, request)

        def work(session: Session) -> str:
            row = self._locked(session, automation)
            if row.revision != request.revision:
                raise Conflict(
                    "automation {name!r} was changed in the meantime: it has revision {revision}, and this change is "
                    "based on revision {seen}",
                    where="revision",
                    next_step="read the automation again and repeat the change",
                    code="changed_meanwhile",
                    name=row.name,
                    revision=row.revision,
                    seen=request.revision,
                )
            self._checks.check_in(session, request, (row.id,))
            self._change(session, row, request)
            return row.id

        return self.get(project_id, self._written(project_id, request.name, work, None))

    def set_up(
        self,
        project_id: str,
        names: Collection[str],
        requests: Sequence[AutomationRequest],
        person_id: str | None = None,
        *,
        unit: UnitOfWork | None = None,
    ) -> None:
        """Create, change and delete automations named in ``names`` in one transaction, so that they match ``requests``.

        An automation whose definition is the same is not changed, and a paused one stays paused. Raises the same errors
        as ``create``.
        """
        for request in requests:
            self._checks.check(project_id, request)

        def work(session: Session) -> str:
            there = {row.name: row for row in store.every(session) if row.name in names}
            former = {row.id for row in there.values()}  # not updated yet, so excluded from the check for cycles
            for name in there.keys() - {request.name for request in requests}:
                self._remove(session, self._locked(session, there[name].id))
            for request in requests:
                self._checks.check_in(session, request, former)
                row = there.get(request.name)
                if row is None:
                    self._add(session, project_id, request, person_id)
                    continue
                former.discard(row.id)
                if _differs(row, request):
                    asked = request.model_copy(update={"paused": row.paused})
                    self._change(session, self._locked(session, row.id), asked)
            self._stop_listening(session)
            return ""

        self._written(project_id, "", work, unit)

    def _add(self, session: Session, project_id: str, request: AutomationRequest, person_id: str | None) -> Automation:
        if store.count(session) >= MOST_AUTOMATIONS:
            raise Conflict(
                "a project can have at most {most_automations:,} automations",
                next_step="delete one that is no longer needed",
                most_automations=MOST_AUTOMATIONS,
            )
        at = store.clock(session)
        row = Automation(project_id=project_id, created_by=person_id, anchor_at=at, **_fields(request))
        row.since_seq = self._begin_to_listen(session, row)
        row.next_at = _next_at(request.when, row, at)
        store.add(session, row)
        self._firings.emit(session, row, AutomationChanged(type="automation.created"))
        return row

    def _change(self, session: Session, row: Automation, request: AutomationRequest) -> None:
        at = store.clock(session)
        fields: dict[str, object] = {
            "anchor_at": at,
            "true_since": None,
            "value": None,
            "problem": None,
            "pending_key": None,
            "pending_data": None,
            "pending_at": None,
        }
        store.change(session, row, **_fields(request), **fields, pending_count=0, crossing_used=False)
        next_at = _next_at(request.when, row, at)
        since_seq = self._begin_to_listen(session, row)
        store.change(session, row, next_at=next_at, since_seq=since_seq, revision=row.revision + 1)
        self._firings.emit(session, row, AutomationChanged(type="automation.changed"))

    def _remove(self, session: Session, row: Automation) -> None:
        self._firings.emit(session, row, AutomationChanged(type="automation.deleted"))
        store.remove(session, row)

    def _stop_listening(self, session: Session) -> None:
        cursor = store.cursor(session, locked=True)
        if cursor is not None and cursor.active and not store.awaits_events(session):
            store.change(session, cursor, active=False)

    def list(self, project_id: str, *, limit: int = PAGE, after: str | None = None) -> AutomationPage:
        """Return a page of automations with their newest firings, sorted by name."""
        with self._database.read(project_id) as session:
            found = store.page(session, limit + 1, _BY_NAME.read(after))
            rows, cursor = _BY_NAME.cut(found, limit, lambda row: (row.name,))
            items = [automation_out(session, row, _FIRINGS_IN_LIST) for row in rows]
        return AutomationPage(items=items, next=cursor)

    def get(self, project_id: str, automation: str) -> AutomationOut:
        """Return one automation with up to 20 of its newest firings."""
        with self._database.read(project_id) as session:
            return automation_out(session, _found(store.find(session, automation), automation), _FIRINGS_IN_DETAIL)

    def firings(
        self, project_id: str, automation: str, *, limit: int = PAGE, after: str | None = None
    ) -> AutomationFiringPage:
        """Return a page of an automation's firings, newest first."""
        with self._database.read(project_id) as session:
            row = _found(store.find(session, automation), automation)
            found = store.newest_firings(session, row.id, limit + 1, _NEWEST.read(after, row.id))
            firings, cursor = _NEWEST.cut(found, limit, lambda each: (each.fired_at, each.id), row.id)
            return AutomationFiringPage(items=firings_out(session, firings), next=cursor)

    def measures(self, *, limit: int = PAGE, after: str | None = None) -> MeasurePage:
        """Return a page of the measures that may be watched, sorted by name."""
        found = [MeasureOut(name=name, about=dict(each.about)) for name, each in self._watch.measures.items()]
        page, cursor = _MEASURES.select(found, limit, after, lambda each: (each.name,))
        return MeasurePage(items=list(page), next=cursor)

    def pause(self, project_id: str, automation: str, *, unit: UnitOfWork | None = None) -> AutomationOut:
        """Pause an automation; a firing in progress continues. Pending causes are dropped."""

        def work(session: Session) -> None:
            row = self._locked(session, automation)
            if not row.paused:
                held: dict[str, object] = {"pending_key": None, "pending_data": None, "pending_at": None}
                store.change(
                    session, row, paused=True, next_at=None, pending_count=0, revision=row.revision + 1, **held
                )
                self._firings.emit(session, row, AutomationChanged(type="automation.paused"))

        self._database.write(project_id, work, unit=unit)
        return self.get(project_id, automation)

    def resume(self, project_id: str, automation: str, *, unit: UnitOfWork | None = None) -> AutomationOut:
        """Resume an automation; causes during the pause are ignored."""

        def work(session: Session) -> None:
            row = self._locked(session, automation)
            if row.paused:
                at = store.clock(session)
                since_seq = self._begin_to_listen(session, row)
                fields: dict[str, object] = {"true_since": None, "crossing_used": False}
                store.change(session, row, paused=False, since_seq=since_seq, revision=row.revision + 1, **fields)
                store.change(session, row, next_at=_next_at(row.when, row, at))
                self._firings.emit(session, row, AutomationChanged(type="automation.resumed"))

        self._database.write(project_id, work, unit=unit)
        return self.get(project_id, automation)

    def fire(self, project_id: str, automation: str, *, unit: UnitOfWork | None = None) -> AutomationOut:
        """Fire once at a user's request, after the cool-down.

        Raises Conflict if the automation is paused or has reached its daily limit.
        """

        def work(session: Session) -> None:
            row = self._locked(session, automation)
            if row.paused:
                raise Conflict(
                    "the automation is paused", next_step="azuraforge automations resume {name!r}", name=row.name
                )
            if store.fired_within(session, row.id, DAY_SECONDS) >= row.most_per_day:
                raise Conflict(
                    "the automation has reached its limit of {most_per_day} [firing|firings] within 24 hours",
                    where="most_per_day",
                    next_step="wait, or raise most_per_day",
                    most_per_day=row.most_per_day,
                )
            self._firings.offer(session, row, Cause(f"asked:{new_id()}", {"event": "asked"}), store.clock(session))

        self._database.write(project_id, work, unit=unit)
        return self.get(project_id, automation)

    def delete(self, project_id: str, automation: str) -> None:
        """Delete an automation with its firings; the runs that it queued are kept."""

        def work(session: Session) -> None:
            self._remove(session, self._locked(session, automation))
            self._stop_listening(session)

        self._database.write(project_id, work)

    def dry_run(self, project_id: str, request: DryRunRequest, automation: str | None = None) -> DryRunOut:
        """Return the firings that an automation would have had since ``request.since``; nothing is written.

        The period begins at most 30 days ago, which is also the default. ``automation`` is the id or the name of a
        stored automation, whose recorded values of a measure are used. Raises InvalidInput if the cause is invalid or
        ``request.since`` is in the future, and NotFound if the dataset or model of a measure does not exist.
        """
        self._checks.check_when(project_id, request.when)
        with self._database.read(project_id) as session:
            until = store.clock(session)
        since = max(request.since or until - dry_run.LONGEST, until - dry_run.LONGEST)
        if since > until:
            raise InvalidInput("a dry run covers only the past", next_step="choose a time before now", where="since")
        when = request.when
        if isinstance(when, OnSchedule):
            times = [*dry_run.of_times(when, since, until)]
            return dry_run.replay(request, times, since, until, len(times), None)
        if isinstance(when, OnMeasure):
            return self._replay_values(project_id, request, when, automation, since, until)
        lines, whole = self._lines(project_id, since)
        note = None if whole else Message("only the newest {count:,} events were read", {"count": len(lines)})
        return dry_run.replay(request, dry_run.of_events(when, lines), since, until, len(lines), note)

    def _replay_values(
        self,
        project_id: str,
        request: DryRunRequest,
        when: OnMeasure,
        automation: str | None,
        since: datetime,
        until: datetime,
    ) -> DryRunOut:
        values: list[tuple[datetime, float | None]] = []
        note: Message | None = Message("values are stored only after an automation that watches this measure is saved")
        if automation is not None:
            with self._database.read(project_id) as session:
                row = _found(store.find(session, automation), automation)
                stored = row.when
                if isinstance(stored, OnMeasure) and (stored.measure, stored.of) == (when.measure, when.of):
                    values = [(each.at, each.value) for each in store.samples(session, row.id, since)]
                    note = None if row.created_at <= since else note
        causes = dry_run.of_values(when, values, until)
        return dry_run.replay(request, causes, since, until, len(values), note)

    def _lines(self, project_id: str, since: datetime) -> tuple[Sequence[EventOut], bool]:
        last = self._events.last_seq(project_id, store.PROJECT)
        after, lines = max(0, last - _MOST_LINES), list[EventOut]()
        whole = after == 0
        while some := self._events.read(project_id, store.PROJECT, after, _LINES_AT_ONCE):
            whole = whole or some[0].at < since
            lines += [line for line in some if line.at >= since]
            after = some[-1].seq
        return lines, whole

    def _begin_to_listen(self, session: Session, row: Automation) -> int:
        """Activate the project's cursor if necessary, and return the number of the newest event.

        The automation listens to later events only. An active cursor is not moved, since other automations use it.
        """
        last = self._events.last_seq_in(session, store.PROJECT)
        if row.kind != "event":
            return last
        cursor = store.cursor(session, locked=True)
        if cursor is None:
            store.add(session, AutomationCursor(project_id=row.project_id, seq=last, active=True))
        elif not cursor.active:
            store.change(session, cursor, seq=last, active=True)
        return last

    def _written(self, project_id: str, name: str, work: _Write, unit: UnitOfWork | None) -> str:
        try:
            return self._database.write(project_id, work, unit=unit)
        except IntegrityError:
            raise Conflict(
                "an automation named {name!r} already exists",
                where="name",
                next_step="choose another name",
                name=name,
            ) from None

    def _locked(self, session: Session, automation: str) -> Automation:
        row = _found(store.find(session, automation), automation)
        return _found(store.lock(session, row.id), automation)


def _differs(row: Automation, request: AutomationRequest) -> bool:
    asked = _fields(request)
    return any(getattr(row, name) != value for name, value in asked.items() if name != "paused")


def _fields(request: AutomationRequest) -> dict[str, object]:
    when = request.when
    return {
        "name": request.name,
        "when": when,
        "steps": tuple(request.steps),
        "cool_down_seconds": request.cool_down_seconds,
        "cool_down_group": request.cool_down_group,
        "most_per_day": request.most_per_day,
        "paused": request.paused,
        "kind": when.on,
        "event_type": when.type if isinstance(when, OnEvent) else None,
        "event_subject": cycles.subject(when),
    }


def _next_at(when: When, row: Automation, at: datetime) -> datetime | None:
    if row.paused or isinstance(when, OnEvent):
        return None
    if isinstance(when, OnSchedule):
        return next(recurrence_of(when, row.anchor_at).after(at), None)
    return at


def _found(row: Automation | None, name: str) -> Automation:
    if row is None:
        raise NotFound("automation {name!r} does not exist", next_step="azuraforge automations list", name=name)
    return row
