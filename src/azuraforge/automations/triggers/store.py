"""SQL queries for automations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Integer, Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from azuraforge.automations.triggers.tables import (
    Automation,
    AutomationCursor,
    AutomationFiring,
    AutomationSample,
    AutomationStep,
)
from azuraforge.database import Base, Session, cross_project_query, now, seconds_from_now
from azuraforge.database.keyset import behind
from azuraforge.events.reads import with_lines_after
from azuraforge.projects.reads import is_active
from azuraforge.runs.reads import with_ended_run

_PLAIN = {"synchronize_session": False}
_FRESH = {"populate_existing": True}
PROJECT = "project"
#: Maximum number of events in one statement; more events are searched by their types only.
_MOST_CONDITIONS = 100


@dataclass(frozen=True)
class Key:
    """Key of an automation or a firing: its project and its id."""

    project_id: str
    id: str


@cross_project_query(limit=Integer())
def due_automations(limit: ColumnElement[int]) -> Select[str, str]:
    """Select automations that have a due time, or pending causes that may fire."""
    held = and_(Automation.pending_at <= now(), Automation.firing_id.is_(None))
    due = and_(or_(Automation.next_at <= now(), held), is_active(Automation.project_id))
    return select(Automation.project_id, Automation.id).where(due).limit(limit)


@cross_project_query(limit=Integer())
def due_firings(limit: ColumnElement[int]) -> Select[str, str]:
    """Select firings with a due step, longest overdue first."""
    due = select(AutomationFiring.project_id, AutomationFiring.id).where(
        AutomationFiring.look_at <= now(), is_active(AutomationFiring.project_id)
    )
    return due.order_by(AutomationFiring.look_at).limit(limit)


@cross_project_query(limit=Integer())
def firings_whose_run_ended(limit: ColumnElement[int]) -> Select[str, str]:
    """Select firings that wait for a run that has ended."""
    waits = select(AutomationFiring.project_id, AutomationFiring.id).where(
        AutomationFiring.waits_for > "", is_active(AutomationFiring.project_id)
    )
    return with_ended_run(waits, AutomationFiring.project_id, AutomationFiring.waits_for).limit(limit)


@cross_project_query(limit=Integer())
def unread_projects(limit: ColumnElement[int]) -> Select[str]:
    """Select projects whose event log has unread events."""
    active = select(AutomationCursor.project_id).where(
        AutomationCursor.active.is_(True), is_active(AutomationCursor.project_id)
    )
    return with_lines_after(active, AutomationCursor.project_id, PROJECT, AutomationCursor.seq).limit(limit)


def due(session: Session, limit: int) -> list[Key]:
    """Return the keys of at most ``limit`` due automations. Requires a session of system scope."""
    return [Key(row.project_id, row.id) for row in due_automations(session, limit=limit)]


def firings_due(session: Session, limit: int) -> list[Key]:
    """Return the keys of firings with a due step or an ended run, at most ``limit`` of each.

    Requires a session of system scope.
    """
    found = {Key(row.project_id, row.id): None for row in due_firings(session, limit=limit)}
    found.update({Key(row.project_id, row.id): None for row in firings_whose_run_ended(session, limit=limit)})
    return list(found)


def unread(session: Session, limit: int) -> list[str]:
    """Return the ids of projects with unread events. Requires a session of system scope."""
    return [row.project_id for row in unread_projects(session, limit=limit)]


def clock(session: Session) -> datetime:
    """Return the current time of the database."""
    found: datetime = session.execute(select(now())).scalar_one()
    return found


def find(session: Session, name_or_id: str) -> Automation | None:
    """Return the automation with this id or, if there is none, with this name; None if there is neither."""
    named = or_(Automation.id == name_or_id, Automation.name == name_or_id)
    statement = select(Automation).where(named).order_by(Automation.id != name_or_id)
    return session.scalars(statement, execution_options=_FRESH).first()


def lock(session: Session, automation_id: str) -> Automation | None:
    """Lock an automation and its cool-down group until commit, ordered by id.

    Return the automation, or None if it does not exist.
    """
    group = select(Automation.cool_down_group).where(Automation.id == automation_id).scalar_subquery()
    mine = or_(Automation.id == automation_id, Automation.cool_down_group == group)
    statement = select(Automation).where(mine).order_by(Automation.id).with_for_update(of=Automation)
    found = session.scalars(statement, execution_options=_FRESH).all()
    return next((each for each in found if each.id == automation_id), None)


def others_of_group(session: Session, row: Automation) -> Sequence[Automation]:
    """Return the other automations of an automation's cool-down group, which ``lock`` has locked."""
    if row.cool_down_group is None:
        return []
    others = (Automation.cool_down_group == row.cool_down_group, Automation.id != row.id)
    return session.scalars(select(Automation).where(*others).order_by(Automation.id)).all()


def every(session: Session) -> Sequence[Automation]:
    """Return the project's automations, sorted by name."""
    return session.scalars(select(Automation).order_by(Automation.name)).all()


def awaiting(session: Session, types: Collection[str]) -> Sequence[Automation]:
    """Return the unpaused automations that await one of the given types of events."""
    asked = (Automation.event_type.in_(list(types)), Automation.paused.is_(False))
    return session.scalars(select(Automation).where(*asked).order_by(Automation.id)).all()


def listening(session: Session, events: Sequence[tuple[str, Mapping[str, JsonValue]]]) -> Sequence[Automation]:
    """Return automations that may listen to one of the events, selected by type and the values of known fields."""
    any_of: ColumnElement[bool]
    if len(events) > _MOST_CONDITIONS:
        any_of = Automation.event_type.in_({type_ for type_, _ in events})
    else:
        any_of = or_(*(_listens(type_, fields) for type_, fields in events))
    return session.scalars(select(Automation).where(any_of).order_by(Automation.name)).all()


def _listens(type_: str, fields: Mapping[str, JsonValue]) -> ColumnElement[bool]:
    about = Automation.event_subject
    fits = [
        or_(about.is_(None), about == f"{name}={value}", about.not_like(f"{name}=%")) for name, value in fields.items()
    ]
    return and_(Automation.event_type == type_, *fits)


def awaits_events(session: Session) -> bool:
    """Return whether any automation of the project awaits events."""
    return session.scalar(select(Automation.id).where(Automation.event_type.is_not(None)).limit(1)) is not None


def page(session: Session, limit: int, after: tuple[str] | None) -> Sequence[Automation]:
    """Return at most ``limit`` of the project's automations after the cursor ``after``, sorted by name."""
    statement = select(Automation).order_by(Automation.name).limit(limit)
    if after is not None:
        statement = statement.where(behind([Automation.name], after))
    return session.scalars(statement).all()


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Automation)) or 0


def add(session: Session, row: Base) -> None:
    session.add(row)
    session.flush()
    session.refresh(row)


def add_all(session: Session, rows: Iterable[Base]) -> None:
    session.add_all(rows)
    session.flush()


def change(session: Session, row: Base, **values: object) -> None:
    """Update columns of a row that the caller has locked."""
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()


def remove(session: Session, automation: Automation) -> None:
    """Delete an automation, its firings and their steps; the runs are kept."""
    firings = select(AutomationFiring.id).where(AutomationFiring.automation_id == automation.id)
    session.execute(delete(AutomationStep).where(AutomationStep.firing_id.in_(firings)), execution_options=_PLAIN)
    for table in (AutomationFiring, AutomationSample):
        session.execute(delete(table).where(table.automation_id == automation.id), execution_options=_PLAIN)
    session.delete(automation)
    session.flush()


def cursor(session: Session, *, locked: bool = False) -> AutomationCursor | None:
    """Return the cursor over the project's event log, or None; if ``locked``, lock its row until commit."""
    statement = select(AutomationCursor)
    if locked:
        statement = statement.with_for_update()
    return session.scalar(statement, execution_options=_FRESH)


def firing_of(session: Session, automation_id: str, cause: str) -> AutomationFiring | None:
    of = (AutomationFiring.automation_id == automation_id, AutomationFiring.cause == cause)
    return session.scalar(select(AutomationFiring).where(*of))


def firing(session: Session, firing_id: str, *, locked: bool = False) -> AutomationFiring | None:
    """Return a firing, or None; if ``locked``, lock its row until commit."""
    statement = select(AutomationFiring).where(AutomationFiring.id == firing_id)
    if locked:
        statement = statement.with_for_update()
    return session.scalar(statement, execution_options=_FRESH)


def steps(session: Session, firing_ids: Collection[str]) -> Sequence[AutomationStep]:
    """Return the steps of the given firings, in order."""
    statement = select(AutomationStep).where(AutomationStep.firing_id.in_(list(firing_ids)))
    return session.scalars(
        statement.order_by(AutomationStep.firing_id, AutomationStep.position), execution_options=_FRESH
    ).all()


def fired_within(session: Session, automation_id: str, seconds: float) -> int:
    """Return the number of an automation's firings within the last ``seconds``."""
    recent = (AutomationFiring.automation_id == automation_id, AutomationFiring.fired_at > seconds_from_now(-seconds))
    return session.scalar(select(func.count()).select_from(AutomationFiring).where(*recent)) or 0


def newest_firings(
    session: Session, automation_id: str, limit: int, after: tuple[datetime, str] | None = None
) -> Sequence[AutomationFiring]:
    """Return at most ``limit`` of an automation's firings after the cursor ``after``, newest first."""
    keys: list[InstrumentedAttribute[datetime] | InstrumentedAttribute[str]]
    keys = [AutomationFiring.fired_at, AutomationFiring.id]
    statement = select(AutomationFiring).where(AutomationFiring.automation_id == automation_id)
    if after is not None:
        statement = statement.where(behind(keys, after, descending=True))
    return session.scalars(statement.order_by(*(key.desc() for key in keys)).limit(limit)).all()


def forget_firings(session: Session, automation_id: str, keep: int) -> None:
    """Delete the ended firings of an automation that are older than its newest ``keep`` firings."""
    of = AutomationFiring.automation_id == automation_id
    oldest = select(AutomationFiring.fired_at).where(of).order_by(AutomationFiring.fired_at.desc())
    old = and_(
        of,
        AutomationFiring.ended_at.is_not(None),
        AutomationFiring.fired_at < oldest.offset(keep - 1).limit(1).scalar_subquery(),
    )
    gone = list(session.scalars(select(AutomationFiring.id).where(old)))
    session.execute(delete(AutomationStep).where(AutomationStep.firing_id.in_(gone)), execution_options=_PLAIN)
    session.execute(delete(AutomationFiring).where(AutomationFiring.id.in_(gone)), execution_options=_PLAIN)


def free(session: Session, automation_id: str, firing_id: str) -> None:
    """Clear the automation's ``firing_id`` if it is ``firing_id``, so that pending causes may fire."""
    mine = (Automation.id == automation_id, Automation.firing_id == firing_id)
    session.execute(update(Automation).where(*mine).values(firing_id=None), execution_options=_PLAIN)


def samples(session: Session, automation_id: str, since: datetime) -> Sequence[AutomationSample]:
    """Return the values of a watched measure that were recorded at ``since`` or later, oldest first."""
    of = (AutomationSample.automation_id == automation_id, AutomationSample.at >= since)
    return session.scalars(select(AutomationSample).where(*of).order_by(AutomationSample.at)).all()


def forget_samples(session: Session, automation_id: str, before: datetime) -> None:
    of = (AutomationSample.automation_id == automation_id, AutomationSample.at < before)
    session.execute(delete(AutomationSample).where(*of), execution_options=_PLAIN)
