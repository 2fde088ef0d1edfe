"""The events of schedules, automations and notifications."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from azuraforge.events.body import EventBody
from azuraforge.runs.schemas import RunError


class ScheduleEvent(EventBody):
    """The fields of every event of a schedule; ``Firing.emit`` sets them."""

    schedule_id: str = ""
    name: str = ""


class ScheduleChanged(ScheduleEvent):
    """A schedule was created, changed, paused, resumed or deleted."""

    type: Literal["schedule.created", "schedule.changed", "schedule.paused", "schedule.resumed", "schedule.deleted"]


class ScheduleMissed(ScheduleEvent):
    """Fire times passed while no scheduler was running, and were skipped."""

    type: Literal["schedule.missed"] = "schedule.missed"
    count: int
    since: datetime


class ScheduleFired(ScheduleEvent):
    """A schedule fired and queued a run, or failed to queue it."""

    type: Literal["schedule.fired"] = "schedule.fired"
    fire_time: datetime
    cause: str
    run_id: str | None
    error: RunError | None


class AutomationEvent(EventBody):
    """The fields of every event of an automation; ``Firings.emit`` sets them."""

    automation_id: str = ""
    name: str = ""


class AutomationChanged(AutomationEvent):
    """An automation was created, changed, paused, resumed or deleted."""

    type: Literal[
        "automation.created", "automation.changed", "automation.paused", "automation.resumed", "automation.deleted"
    ]


class AutomationFired(AutomationEvent):
    """An automation fired; ``causes`` counts the events and times that were grouped into this firing."""

    type: Literal["automation.fired"] = "automation.fired"
    firing: str
    cause: str
    causes: int


class AutomationFinished(AutomationEvent):
    """The last step of a firing has ended."""

    type: Literal["automation.finished"] = "automation.finished"
    firing: str
    state: str


class NotificationQueued(EventBody):
    """A message was put into the outbox."""

    type: Literal["notification.queued"] = "notification.queued"
    notification: str


class NotificationFailed(EventBody):
    """A message could not be delivered and is not tried again."""

    type: Literal["notification.failed"] = "notification.failed"
    notification: str
    target: str
    source: str
    reason: str


EVENTS: tuple[type[EventBody], ...] = (
    ScheduleChanged,
    ScheduleMissed,
    ScheduleFired,
    AutomationChanged,
    AutomationFired,
    AutomationFinished,
    NotificationQueued,
    NotificationFailed,
)
