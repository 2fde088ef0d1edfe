"""API shapes of schedules."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from azuraforge.automations.misfire import MisfirePolicy
from azuraforge.automations.recurrence import Unit
from azuraforge.bounds import Moment
from azuraforge.errors import InvalidValue
from azuraforge.paging import Page
from azuraforge.runs.schemas import RunError, RunRequest, RunState, StorableText

#: Cause of a fire: the schedule's time, or a user's request.
Cause = Literal["due", "asked"]


def _trimmed(name: object) -> object:
    if isinstance(name, str) and not name.strip():
        raise InvalidValue("a schedule needs a name")
    return name.strip() if isinstance(name, str) else name


class Interval(BaseModel):
    """An interval of seconds, minutes, hours or days. Days keep the time of day when clocks change."""

    model_config = ConfigDict(extra="forbid")

    every: int = Field(ge=1, le=100_000)
    unit: Unit


class Timing(BaseModel):
    """The times of a schedule: a cron line or an interval, in a time zone."""

    model_config = ConfigDict(extra="forbid")

    cron: StorableText | None = Field(
        default=None, max_length=200, description="five fields: minute hour day month weekday; or give an interval"
    )
    interval: Interval | None = None
    timezone: StorableText = Field(default="UTC", min_length=1, max_length=64, description="such as Europe/Istanbul")
    anchor_at: Moment | None = Field(
        default=None, description="an interval counts from here and fires here first; empty: from its creation"
    )


class ScheduleRequest(Timing):
    """A schedule's times and run. ``run`` is the body of POST /runs; each fire adds its own idempotency key."""

    name: Annotated[StorableText, BeforeValidator(_trimmed), Field(min_length=1, max_length=100)]
    run: RunRequest
    misfire: MisfirePolicy = Field(
        default="once", description="what to do with fires that were missed: one for all, all of them, or none"
    )
    grace_seconds: int = Field(default=60, ge=1, le=604_800, description="a fire that is later than this was missed")
    paused: bool = False


class FireOut(BaseModel):
    """One fire: the queued run, or the error that prevented it."""

    fire_time: datetime
    cause: Cause
    fired_at: datetime
    run_id: str | None
    run_name: str | None = Field(description="empty where the run is gone")
    run_state: RunState | None
    error: RunError | None


class ScheduleOut(BaseModel):
    """A schedule with its next times and its newest fires."""

    id: str
    name: str
    cron: str | None
    interval: Interval | None
    timezone: str
    anchor_at: datetime
    misfire: MisfirePolicy
    grace_seconds: int
    run: RunRequest
    paused: bool
    next_fires: list[datetime] = Field(description="empty while it is paused")
    fires: int = Field(description="how often it fired")
    left_out: int = Field(description="how many fires were missed and not made up for")
    newest_fires: list[FireOut]
    created_at: datetime


class SchedulePage(Page[ScheduleOut]):
    """A page of schedules, sorted by name."""


class FirePage(Page[FireOut]):
    """A page of a schedule's fires, newest first."""


class TimesOut(BaseModel):
    """The next fire times of a timing."""

    next_fires: list[datetime]
