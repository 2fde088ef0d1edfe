"""Definition of an automation: its cause and its steps. Rows store these shapes, and the API accepts them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    TypeAdapter,
    WithJsonSchema,
    model_validator,
)

from azuraforge.automations.schemas import Timing
from azuraforge.bounds import MOST_COUNT, MOST_SECONDS
from azuraforge.errors import InvalidValue
from azuraforge.runs.schemas import RUN_KIND_MARKER, OnFailure, RunKind, StorableObject, StorableText
from azuraforge.studies.schemas import Budget, Objective, Pruner, SearchRange

Name = Annotated[StorableText, Field(min_length=1, max_length=100)]
#: Text such as ``{cause.version}``, which is replaced by that field of the cause.
CauseText = Annotated[StorableText, Field(max_length=100)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
Threads = Annotated[int, Field(ge=1, le=256)]
Priority = Annotated[int, Field(ge=-100, le=100)]
VersionOrCause = Annotated[int, Field(ge=1, le=2**31 - 1)] | CauseText
#: Value of an event's field.
FieldValue = (
    Annotated[StorableText, Field(max_length=1000)] | Annotated[int, Field(ge=-(2**53), le=2**53)] | float | bool
)
#: Kind of the run that a step queues; ``Checks`` rejects kinds that are not registered.
QueuedKind = Annotated[RunKind, WithJsonSchema({RUN_KIND_MARKER: []})]
#: Values of ``do`` for steps that queue no run.
OTHER_STEPS = ("study", "notify", "promote", "roll_back")
StepKind = Annotated[RunKind, WithJsonSchema({RUN_KIND_MARKER: [*OTHER_STEPS]})]


class Strict(BaseModel):
    """Base of shapes that reject unknown fields."""

    model_config = ConfigDict(extra="forbid")


class FieldFilter(Strict):
    """A condition on one field of an event; a path such as ``error.code`` selects a nested field."""

    field: StorableText = Field(min_length=1, max_length=100)
    equals: FieldValue | None = None
    one_of: list[FieldValue] | None = Field(default=None, min_length=1, max_length=50)
    above: float | None = Field(default=None, allow_inf_nan=False)
    below: float | None = Field(default=None, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _given(cls, value: object) -> object:
        """Remove null conditions, which responses contain, so that an automation can be sent back unchanged."""
        if not isinstance(value, dict):
            return value
        named = {"equals", "one_of", "above", "below"}
        given = {key: each for key, each in value.items() if key not in named or each is not None}
        return given if named & given.keys() else {**given, **({"equals": None} if "equals" in value else {})}

    @model_validator(mode="after")
    def _check_one(self) -> FieldFilter:
        if not self.model_fields_set & {"equals", "one_of", "above", "below"}:
            raise InvalidValue("a filter needs one of equals, one_of, above and below")
        return self


class OnSchedule(Timing):
    """A cause: the times of a cron line or an interval."""

    on: Literal["schedule"]


class OnEvent(Strict):
    """A cause: an event in the project's event log."""

    on: Literal["event"]
    type: Annotated[StorableText, Field(min_length=1, max_length=40)] = Field(
        description="type of the event, such as dataset.version_added or model.drift"
    )
    where: list[FieldFilter] = Field(
        default_factory=list, max_length=20, description="filters on the event's fields, all of which must match"
    )


class OnMeasure(Strict):
    """A cause: a measured value that is beyond a limit for some time. Each crossing of the limit fires once."""

    on: Literal["measure"]
    measure: Annotated[StorableText, Field(min_length=1, max_length=100)] = Field(
        description="name of the measure; GET /automations/measures lists them"
    )
    of: StorableText | None = Field(
        default=None,
        max_length=200,
        description="name of the dataset or model that is measured; null if the measure needs none",
    )
    above: float | None = Field(default=None, allow_inf_nan=False, description="limit that the value must exceed")
    below: float | None = Field(default=None, allow_inf_nan=False, description="limit that the value must fall below")
    for_seconds: int = Field(
        default=0,
        ge=0,
        le=31 * 86_400,
        description="seconds for which the value must stay beyond the limit before the automation fires",
    )
    every_seconds: int = Field(default=300, ge=5, le=86_400, description="seconds between readings of the measure")

    @model_validator(mode="after")
    def _check_limit(self) -> OnMeasure:
        if (self.above is None) == (self.below is None):
            raise InvalidValue("a measured value needs one limit: above or below")
        return self


When = Annotated[OnSchedule | OnEvent | OnMeasure, Field(discriminator="on")]


class StepBase(Strict):
    """Base of all steps: retries, and the consequence of a failure."""

    retries: int = Field(
        default=0, ge=0, le=10, description="maximum number of retries after a failure; the delay doubles each time"
    )
    on_failure: Literal["stop", "continue"] = Field(
        default="stop", description="action after the last retry fails: stop the firing, or continue with the next step"
    )


class RunTemplate(Strict):
    """The body of POST /runs without ``kind`` and ``idempotency_key``.

    Each value may be a text such as ``{cause.dataset}``.
    """

    name: StorableText | None = Field(default=None, max_length=200)
    plugin: StorableText | None = Field(default=None, max_length=200)
    dataset: StorableText | None = Field(default=None, max_length=200)
    dataset_version: VersionOrCause | None = None
    model: StorableText | None = Field(default=None, max_length=200)
    config: StorableObject = Field(default_factory=dict)
    seed: Seed | CauseText | None = None
    threads: Threads | CauseText | None = None
    priority: Priority | CauseText | None = None
    depends_on: list[CauseText] = Field(default_factory=list, max_length=20)
    on_failure: OnFailure | None = None
    time_limit_seconds: Annotated[float, Field(gt=0, le=MOST_SECONDS)] | CauseText | None = None
    memory_limit_bytes: Annotated[int, Field(ge=2**20, le=MOST_COUNT)] | CauseText | None = None


class RunStep(StepBase):
    """A step that queues a run and waits for its end. ``run`` is the body of POST /runs without ``kind``."""

    do: QueuedKind
    run: RunTemplate = Field(default_factory=RunTemplate)


class StudyTemplate(Strict):
    """The body of POST /studies, with an optional name. Each value may be a text such as ``{cause.dataset}``."""

    name: StorableText | None = Field(default=None, max_length=100)
    plugin: StorableText = Field(max_length=200)
    dataset: StorableText = Field(max_length=200)
    dataset_version: VersionOrCause | None = None
    model: StorableText | None = Field(default=None, max_length=200)
    config: StorableObject = Field(default_factory=dict)
    space: dict[str, SearchRange]
    sampler: StorableText | None = Field(default=None, max_length=100)
    pruner: Pruner = Field(default_factory=Pruner)
    objectives: list[Objective] = Field(default_factory=list, max_length=4)
    budget: Budget = Field(default_factory=Budget)
    parallel: Annotated[int, Field(ge=1, le=64)] | CauseText | None = None
    seed: Seed | CauseText | None = None
    threads: Threads | CauseText | None = None
    priority: Priority | CauseText | None = None
    warm_start_from: list[Annotated[StorableText, Field(max_length=200)]] = Field(default_factory=list, max_length=10)
    retrain: bool | None = None


class StudyStep(StepBase):
    """A step that starts a study and waits for its end.

    ``study`` is the body of POST /studies; a suffix is appended to its name.
    """

    do: Literal["study"]
    study: StudyTemplate


class NotifyStep(StepBase):
    """A step that sends a message to each target. Without ``text``, the message describes the cause."""

    do: Literal["notify"]
    to: list[Name] = Field(min_length=1, max_length=10, description="names of notification targets")
    text: StorableText | None = Field(default=None, max_length=2000)


class PromoteStep(StepBase):
    """A step that moves an alias of a model to a version, regardless of the gate's decision."""

    do: Literal["promote"]
    model: Name
    version: VersionOrCause
    alias: Name = "champion"


class RollBackStep(StepBase):
    """A step that moves an alias of a model back to its previous version."""

    do: Literal["roll_back"]
    model: Name
    alias: Name = "champion"


def _shape_of(step: object) -> str:
    """Return the tag of a step's shape: the value of ``do``, or ``run`` if the step queues a run."""
    do = step.get("do") if isinstance(step, Mapping) else getattr(step, "do", None)
    return do if isinstance(do, str) and do in OTHER_STEPS else "run"


Step: TypeAlias = Annotated[
    Annotated[RunStep, Tag("run")]
    | Annotated[StudyStep, Tag("study")]
    | Annotated[NotifyStep, Tag("notify")]
    | Annotated[PromoteStep, Tag("promote")]
    | Annotated[RollBackStep, Tag("roll_back")],
    Discriminator(_shape_of),
]

WHEN: TypeAdapter[When] = TypeAdapter(When)
STEP: TypeAdapter[Step] = TypeAdapter(Step)
STEPS: TypeAdapter[tuple[Step, ...]] = TypeAdapter(tuple[Step, ...])


def given(shape: BaseModel) -> dict[str, JsonValue]:
    """Return the fields that a step or a template sets, as JSON.

    Null fields of ``shape`` itself are omitted: responses contain every field, null if it was not set, and can be sent
    back unchanged.
    """
    found: dict[str, JsonValue] = shape.model_dump(mode="json", exclude_unset=True)
    return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True)
class Subject:
    """Model and dataset of a step; texts such as ``{cause.model}`` if they come from the cause."""

    model: str | None = None
    dataset: str | None = None
    dataset_version: int | str | None = None


def subject_of(step: Step) -> Subject:
    """Return the model and dataset that a step names."""
    if isinstance(step, RunStep):
        return Subject(step.run.model, step.run.dataset, step.run.dataset_version)
    if isinstance(step, StudyStep):
        return Subject(step.study.model, step.study.dataset, step.study.dataset_version)
    return Subject() if isinstance(step, NotifyStep) else Subject(step.model)


def values_of(when: When, field: str) -> tuple[FieldValue | None, ...]:
    """Return the values that the filters of an event state for a field; empty if no filter refers to the field.

    A filter without ``equals`` also contributes None.
    """
    where = when.where if isinstance(when, OnEvent) else ()
    return tuple(value for each in where if each.field == field for value in (each.equals, *(each.one_of or ())))
