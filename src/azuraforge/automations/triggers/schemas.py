"""API shapes of automations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, JsonValue

from azuraforge.automations.triggers.definition import Name, Step, StepKind, Strict, When
from azuraforge.automations.triggers.tables import FiringState, StepState
from azuraforge.bounds import MOST_COUNT, Moment
from azuraforge.errors import InvalidValue
from azuraforge.paging import Page
from azuraforge.runs.schemas import RunError, StorableText
from azuraforge.strict_json import JsonObject


def _trimmed(name: object) -> object:
    if isinstance(name, str) and not name.strip():
        raise InvalidValue("an automation needs a name")
    if isinstance(name, str) and "/" in name:  # a name is one segment of the URL of its automation
        raise InvalidValue("the name of an automation must not contain '/'; use another character, such as '-'")
    return name.strip() if isinstance(name, str) else name


class AutomationRequest(Strict):
    """An automation: its cause, and the steps that follow in order."""

    name: Annotated[StorableText, BeforeValidator(_trimmed), Field(min_length=1, max_length=100)]
    when: When
    steps: list[Step] = Field(min_length=1, max_length=20)
    cool_down_seconds: int = Field(
        default=60,
        ge=0,
        le=31 * 86_400,
        description="minimum time between two firings, in seconds; causes within it are grouped into one later firing",
    )
    cool_down_group: Name | None = Field(
        default=None,
        description="name of a group of automations that share the cool-down and fire one at a time; a firing of"
        " one covers the pending causes of all; null: no group",
    )
    most_per_day: int = Field(
        default=24,
        ge=1,
        le=10_000,
        description="maximum number of firings within 24 hours; further firings are withheld",
    )
    paused: bool = False


class AutomationChange(AutomationRequest):
    """The new definition of an automation."""

    revision: int = Field(
        ge=1,
        le=MOST_COUNT,
        description="revision of the automation on which the change is based; the request fails if the automation"
        " has changed since",
    )


class StepOut(BaseModel):
    """One step of a firing."""

    position: int
    do: StepKind
    state: StepState
    tries: int = Field(description="number of retries")
    run_id: str | None
    study_name: str | None
    error: RunError | None
    started_at: datetime | None
    ended_at: datetime | None


class FiringOut(BaseModel):
    """One firing: its cause and its steps."""

    id: str
    cause: str = Field(description="key of the cause: event:<number>, time:<time>, measure:<time> or asked:<id>")
    causes: int = Field(description="number of causes that this firing covers")
    data: JsonObject
    state: FiringState
    fired_at: datetime
    ended_at: datetime | None
    steps: list[StepOut]


class AutomationOut(BaseModel):
    """An automation with its newest firings."""

    id: str
    name: str
    revision: int = Field(description="number of the current definition, increased by each change")
    when: When
    steps: list[Step]
    cool_down_seconds: int
    cool_down_group: str | None
    most_per_day: int
    paused: bool
    next_at: datetime | None = Field(
        description="next time of a schedule, or of the next reading of a measure; null if there is none"
    )
    value: float | None = Field(description="last value of the watched measure; null if there is none")
    problem: str | None = Field(description="reason why the cause cannot be watched; null if there is no problem")
    last_fired_at: datetime | None
    pending: int = Field(description="number of causes that wait for the end of the cool-down or of the running firing")
    pending_at: datetime | None = Field(
        description="earliest time of the firing for the pending causes; null if none are pending"
    )
    fires: int = Field(description="number of firings")
    grouped: int = Field(
        description="number of causes that a cool-down or a running firing has deferred to a later firing"
    )
    withheld: int = Field(description="number of causes without a firing because of the daily limit")
    newest_firings: list[FiringOut]
    created_at: datetime


class AutomationPage(Page[AutomationOut]):
    """A page of automations, sorted by name."""


class AutomationFiringPage(Page[FiringOut]):
    """A page of an automation's firings, newest first."""


class DryRunRequest(Strict):
    """The definition to simulate, and the start of the period."""

    when: When
    cool_down_seconds: int = Field(default=60, ge=0, le=31 * 86_400)
    most_per_day: int = Field(default=24, ge=1, le=10_000)
    since: Moment | None = Field(
        default=None, description="start of the simulated period; default and maximum: 30 days ago"
    )


class WouldFire(BaseModel):
    """A firing that would have happened."""

    at: datetime
    cause: str
    causes: int
    data: dict[str, JsonValue]


class DryRunOut(BaseModel):
    """The result of a dry run.

    Durations of steps are unknown, so only the cool-down and the daily limit delay or withhold firings.
    """

    since: datetime
    until: datetime
    seen: int = Field(description="number of events, times or values in the period")
    causes: int = Field(description="number of them that are causes")
    fires: int
    grouped: int
    withheld: int
    firings: list[WouldFire] = Field(description="newest firings, at most 100")
    complete: bool = Field(description="whether data for the whole period is stored")
    note: str | None


class MeasureOut(BaseModel):
    """A measure that automations may watch."""

    name: str
    about: dict[str, str]


class MeasurePage(Page[MeasureOut]):
    """A page of the measures of this platform, sorted by name."""
