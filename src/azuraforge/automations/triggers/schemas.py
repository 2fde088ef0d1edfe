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
    return name.strip() if isinstance(name, str) else name


class AutomationRequest(Strict):
    """An automation: its cause, and the steps that follow in order."""

    name: Annotated[StorableText, BeforeValidator(_trimmed), Field(min_length=1, max_length=100)]
    when: When
    steps: list[Step] = Field(min_length=1, max_length=20)
    cool_down_seconds: int = Field(
        default=60, ge=0, le=31 * 86_400, description="causes within this time after a firing become one firing"
    )
    cool_down_group: Name | None = Field(
        default=None,
        description="automations that do the same for different causes: those of one group fire one at a time, share"
        " the cool-down, and one firing stands for the causes that all of them hold; empty: none",
    )
    most_per_day: int = Field(default=24, ge=1, le=10_000, description="firings within 24 hours; more are withheld")
    paused: bool = False


class AutomationChange(AutomationRequest):
    """The new definition of an automation."""

    revision: int = Field(
        ge=1, le=MOST_COUNT, description="of the automation that was read; after another change, this one is refused"
    )


class StepOut(BaseModel):
    """One step of a firing."""

    position: int
    do: StepKind
    state: StepState
    tries: int = Field(description="how often it was tried again")
    run_id: str | None
    study_name: str | None
    error: RunError | None
    started_at: datetime | None
    ended_at: datetime | None


class FiringOut(BaseModel):
    """One firing: its cause and its steps."""

    id: str
    cause: str = Field(description="event:<number>, time:<moment>, measure:<moment> or asked:<id>")
    causes: int = Field(description="how many causes this one firing stands for")
    data: JsonObject
    state: FiringState
    fired_at: datetime
    ended_at: datetime | None
    steps: list[StepOut]


class AutomationOut(BaseModel):
    """An automation with its newest firings."""

    id: str
    name: str
    revision: int = Field(description="counts changes; a change states which revision it is of")
    when: When
    steps: list[Step]
    cool_down_seconds: int
    cool_down_group: str | None
    most_per_day: int
    paused: bool
    next_at: datetime | None = Field(description="the next time of a schedule, or the next reading of a measure")
    value: float | None = Field(description="what a watched measure was when it was last read")
    problem: str | None = Field(description="why it cannot watch at present")
    last_fired_at: datetime | None
    pending: int = Field(description="causes that wait for the end of the cool-down or of the present firing")
    pending_at: datetime | None
    fires: int
    grouped: int = Field(description="causes that a cool-down or a running firing held back for a later firing")
    withheld: int = Field(description="causes that the limit per day withheld")
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
    since: Moment | None = Field(default=None, description="empty: 30 days ago, which is also the longest")


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
    seen: int = Field(description="events, times or values that were looked at")
    causes: int = Field(description="how many of them are causes")
    fires: int
    grouped: int
    withheld: int
    firings: list[WouldFire] = Field(description="the newest 100")
    complete: bool = Field(description="false where less than the whole time is stored")
    note: str | None


class MeasureOut(BaseModel):
    """A measure that automations may watch."""

    name: str
    about: dict[str, str]


class MeasurePage(Page[MeasureOut]):
    """A page of the measures of this platform, sorted by name."""
