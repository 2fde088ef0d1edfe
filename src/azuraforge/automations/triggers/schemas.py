"""API shapes of automations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from azuraforge.automations.schemas import Timing
from azuraforge.automations.triggers.tables import FiringState, StepState
from azuraforge.bounds import Moment
from azuraforge.paging import Page
from azuraforge.runs.schemas import RunError, StorableObject, StorableText
from azuraforge.strict_json import JsonObject

Name = Annotated[StorableText, Field(min_length=1, max_length=100)]
#: Also a text such as ``{cause.version}``: the value of that field of the cause.
VersionOrCause = Annotated[int, Field(ge=1, le=2**31 - 1)] | Annotated[StorableText, Field(max_length=100)]
#: A value of an event's field.
FieldValue = (
    Annotated[StorableText, Field(max_length=1000)] | Annotated[int, Field(ge=-(2**53), le=2**53)] | float | bool
)
StepKind = Literal["refresh", "forecast", "predict", "train", "study", "notify", "promote", "roll_back"]


def _trimmed(name: object) -> object:
    if isinstance(name, str) and not name.strip():
        raise ValueError("an automation needs a name")
    return name.strip() if isinstance(name, str) else name


class Strict(BaseModel):
    """A shape that refuses unknown fields."""

    model_config = ConfigDict(extra="forbid")


class FieldFilter(Strict):
    """A condition on one field of an event; ``error.code`` names a field inside a field."""

    field: StorableText = Field(min_length=1, max_length=100)
    equals: FieldValue | None = None
    one_of: list[FieldValue] | None = Field(default=None, min_length=1, max_length=50)
    above: float | None = Field(default=None, allow_inf_nan=False)
    below: float | None = Field(default=None, allow_inf_nan=False)

    @model_validator(mode="after")
    def _check_one(self) -> FieldFilter:
        if not self.model_fields_set & {"equals", "one_of", "above", "below"}:
            raise ValueError("a filter needs one of equals, one_of, above, below")
        return self


class OnSchedule(Timing):
    """At the times of a cron line or an interval."""

    on: Literal["schedule"]


class OnEvent(Strict):
    """When the project's event log says so."""

    on: Literal["event"]
    type: Annotated[StorableText, Field(min_length=1, max_length=40)] = Field(
        description="the type of the event, such as dataset.version_added or model.drift"
    )
    where: list[FieldFilter] = Field(default_factory=list, max_length=20, description="all of them must hold")


class OnMeasure(Strict):
    """When a measured value has been beyond a limit for some time; once for each time that it crosses the limit."""

    on: Literal["measure"]
    measure: Annotated[StorableText, Field(min_length=1, max_length=100)]
    of: StorableText | None = Field(default=None, max_length=200, description="the dataset or the model")
    above: float | None = Field(default=None, allow_inf_nan=False)
    below: float | None = Field(default=None, allow_inf_nan=False)
    for_seconds: int = Field(default=0, ge=0, le=31 * 86_400, description="how long it must hold")
    every_seconds: int = Field(default=300, ge=5, le=86_400, description="how often it is read")

    @model_validator(mode="after")
    def _check_limit(self) -> OnMeasure:
        if (self.above is None) == (self.below is None):
            raise ValueError("a measured value needs one limit: above or below")
        return self


When = Annotated[OnSchedule | OnEvent | OnMeasure, Field(discriminator="on")]


class StepBase(Strict):
    """What every step states: how it is tried again, and what its failure means."""

    retries: int = Field(default=0, ge=0, le=10, description="so often it is tried again, later each time")
    on_failure: Literal["stop", "continue"] = "stop"


class RunStep(StepBase):
    """Queue a run and wait for its end. ``run`` is the body of POST /runs without ``kind``."""

    do: Literal["refresh", "forecast", "predict", "train"]
    run: StorableObject = Field(default_factory=dict)


class StudyStep(StepBase):
    """Begin a study and wait for its end. ``study`` is the body of POST /studies; its name is added to."""

    do: Literal["study"]
    study: StorableObject


class NotifyStep(StepBase):
    """Put a message into the outbox of each target. Without a text, the message states the cause."""

    do: Literal["notify"]
    to: list[Name] = Field(min_length=1, max_length=10, description="names of notification targets")
    text: StorableText | None = Field(default=None, max_length=2000)


class PromoteStep(StepBase):
    """Move an alias of a model to a version, whatever the gate decided."""

    do: Literal["promote"]
    model: Name
    version: VersionOrCause
    alias: Name = "champion"


class RollBackStep(StepBase):
    """Move an alias of a model one step back."""

    do: Literal["roll_back"]
    model: Name
    alias: Name = "champion"


Step = Annotated[RunStep | StudyStep | NotifyStep | PromoteStep | RollBackStep, Field(discriminator="do")]


class AutomationRequest(Strict):
    """When what happens, which steps follow in order."""

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
    """A page of automations, by name."""


class AutomationFiringPage(Page[FiringOut]):
    """A page of an automation's firings, the newest first."""


class DryRunRequest(Strict):
    """What to try, and since when."""

    when: When
    cool_down_seconds: int = Field(default=60, ge=0, le=31 * 86_400)
    most_per_day: int = Field(default=24, ge=1, le=10_000)
    since: Moment | None = Field(default=None, description="empty: 30 days ago, which is also the longest")


class WouldFire(BaseModel):
    """A firing that would have been."""

    at: datetime
    cause: str
    causes: int
    data: dict[str, JsonValue]


class DryRunOut(BaseModel):
    """What an automation would have done. Durations of steps are not known: only cool-down and limit hold firings."""

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
    """A page of the measures of this platform, by name."""
