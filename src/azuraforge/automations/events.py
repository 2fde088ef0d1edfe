"""Events of schedules, automations and notifications."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from azuraforge.events.body import EventBody
from azuraforge.runs.schemas import RunError


class ScheduleEvent(EventBody):
    """Base of a schedule's events; ``Firing.emit`` sets the fields."""

    schedule_id: str = ""
    name: str = ""


class ScheduleChanged(ScheduleEvent):
    """Creation, change, pause, resumption or deletion of a schedule."""

    type: Literal["schedule.created", "schedule.changed", "schedule.paused", "schedule.resumed", "schedule.deleted"]


class ScheduleMissed(ScheduleEvent):
    """Skipping of ``count`` missed fire times, the earliest of which is ``since``."""

    type: Literal["schedule.missed"] = "schedule.missed"
    count: int
    since: datetime


class ScheduleFired(ScheduleEvent):
    """Fire of a schedule, with the queued run or the error that prevented it."""

    type: Literal["schedule.fired"] = "schedule.fired"
    fire_time: datetime
    cause: str
    run_id: str | None
    error: RunError | None


class AutomationEvent(EventBody):
    """Base of an automation's events; ``Firings.emit`` sets the fields."""

    automation_id: str = ""
    name: str = ""


class AutomationChanged(AutomationEvent):
    """Creation, change, pause, resumption or deletion of an automation."""

    type: Literal[
        "automation.created", "automation.changed", "automation.paused", "automation.resumed", "automation.deleted"
    ]


class AutomationFired(AutomationEvent):
    """Start of a firing; ``causes`` counts the events and times that are grouped into it."""

    type: Literal["automation.fired"] = "automation.fired"
    firing: str
    cause: str
    causes: int


class AutomationFinished(AutomationEvent):
    """End of a firing."""

    type: Literal["automation.finished"] = "automation.finished"
    firing: str
    state: str


class NotificationQueued(EventBody):
    """Addition of a message to the outbox."""

    type: Literal["notification.queued"] = "notification.queued"
    notification: str


class NotificationFailed(EventBody):
    """Final failure to deliver a message."""

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
