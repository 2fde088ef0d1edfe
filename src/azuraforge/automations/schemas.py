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
        default=None,
        max_length=200,
        description="cron expression of five fields: minute, hour, day, month, weekday; null if an interval is set",
    )
    interval: Interval | None = Field(
        default=None, description="interval between fires; null if a cron expression is set"
    )
    timezone: StorableText = Field(
        default="UTC", min_length=1, max_length=64, description="time zone, such as Europe/Istanbul"
    )
    anchor_at: Moment | None = Field(
        default=None,
        description="first fire time of an interval, from which the later ones are counted; default: the creation time",
    )


class ScheduleRequest(Timing):
    """A schedule's times and run. ``run`` is the body of POST /runs; each fire adds its own idempotency key."""

    name: Annotated[StorableText, BeforeValidator(_trimmed), Field(min_length=1, max_length=100)]
    run: RunRequest
    misfire: MisfirePolicy = Field(
        default="once",
        description="policy for missed fires: once executes only the newest, all executes every one (at most 100),"
        " skip executes none",
    )
    grace_seconds: int = Field(
        default=60, ge=1, le=604_800, description="delay in seconds after which a fire counts as missed"
    )
    paused: bool = False


class FireOut(BaseModel):
    """One fire: the queued run, or the error that prevented it."""

    fire_time: datetime
    cause: Cause
    fired_at: datetime
    run_id: str | None
    run_name: str | None = Field(description="name of the run; null if the run no longer exists")
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
    next_fires: list[datetime] = Field(description="next fire times; empty while the schedule is paused")
    fires: int = Field(description="number of fires")
    left_out: int = Field(description="number of missed fires that were skipped")
    newest_fires: list[FireOut]
    created_at: datetime


class SchedulePage(Page[ScheduleOut]):
    """A page of schedules, sorted by name."""


class FirePage(Page[FireOut]):
    """A page of a schedule's fires, newest first."""


class TimesOut(BaseModel):
    """The next fire times of a timing."""

    next_fires: list[datetime]
