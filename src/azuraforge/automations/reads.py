"""Typed queries of schedules and automations for other packages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Text, and_, cast, func, or_, select, true
from sqlalchemy.orm import aliased

from azuraforge.automations.tables import Schedule, ScheduleFire
from azuraforge.automations.triggers.definition import Step, When
from azuraforge.automations.triggers.tables import Automation, AutomationFiring, AutomationStep
from azuraforge.database import Session
from azuraforge.runs.schemas import RunRequest, StoredError

#: Maximum number of names to search for in the text of automations; with more names, all automations are read.
_MOST_SEARCHED = 20


class LastStep(NamedTuple):
    """A step of an automation's newest firing."""

    do: str
    state: str
    run_id: str | None
    error: StoredError | None
    ended_at: datetime | None


@dataclass(frozen=True)
class AutomationFacts:
    """An automation that is not paused; ``last`` contains the steps of its newest firing, by position."""

    id: str
    name: str
    when: When
    steps: Sequence[Step]
    last: Mapping[int, LastStep]


class ScheduleRow(NamedTuple):
    """A schedule that is not paused, with its newest fire."""

    id: str
    name: str
    request: RunRequest
    run_id: str | None
    error: StoredError | None
    fired_at: datetime | None


def automations(session: Session, names: Collection[str]) -> list[AutomationFacts]:
    """Return the unpaused automations that may refer to one of the named models or datasets, sorted by name.

    Each is returned with the steps of its newest firing. At most two statements are executed.
    """
    one = Automation
    meant = and_(one.paused.is_(False), _mentions(names))
    found = session.execute(select(one.id, one.name, one.when, one.steps).where(meant).order_by(one.name)).all()
    if not found:
        return []
    step, firing = AutomationStep, AutomationFiring
    newest = and_(firing.automation_id == one.id, firing.fired_at == one.last_fired_at)
    steps = session.execute(
        select(one.id, step.position, step.definition, step.state, step.run_id, step.error, step.ended_at)
        .join(firing, newest)
        .join(step, step.firing_id == firing.id)
        .where(meant)
    )
    last: dict[str, dict[int, LastStep]] = {}
    for id_, position, definition, state, run_id, error, ended_at in steps:
        step_was = LastStep(definition.do, state, run_id, error, ended_at)
        last.setdefault(id_, {})[position] = step_was
    return [AutomationFacts(*row, last.get(row[0], {})) for row in found]


def schedules(session: Session) -> list[ScheduleRow]:
    """Return the unpaused schedules with their newest fires, sorted by name."""
    other = aliased(ScheduleFire)
    newest = (
        select(func.max(other.fire_time)).where(other.schedule_id == Schedule.id).correlate(Schedule).scalar_subquery()
    )
    fire = and_(ScheduleFire.schedule_id == Schedule.id, ScheduleFire.fire_time == newest)
    found = (
        select(Schedule.id, Schedule.name, Schedule.run_request)
        .add_columns(ScheduleFire.run_id, ScheduleFire.error, ScheduleFire.fired_at)
        .outerjoin(ScheduleFire, fire)
        .where(Schedule.paused.is_(False))
        .order_by(Schedule.name)
    )
    return [ScheduleRow(*row) for row in session.execute(found)]


def _mentions(names: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that an automation's steps may contain one of the names; true if it cannot be tested."""
    if len(names) > _MOST_SEARCHED or not all(name.isascii() and name.isprintable() for name in names):
        return true()
    plain = [name for name in names if not set(name) & set('"\\')]
    text = cast(Automation.steps, Text)
    found = [text.contains(f'"{name}"', autoescape=True) for name in plain]
    return true() if len(plain) < len(names) else or_(text.contains('"{cause.', autoescape=True), *found)
