"""API shapes of studies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from azuraforge.bounds import MOST_NUMBER, MOST_SECONDS
from azuraforge.errors import InvalidValue
from azuraforge.paging import Page
from azuraforge.plugins.contract.shape import Texts
from azuraforge.runs.schemas import RunError, RunState, StorableList, StorableObject, StorableText

Sampler = Literal["tpe", "cmaes", "random", "grid", "qmc"]
Direction = Literal["minimize", "maximize"]
Kind = Literal["float", "int", "choice"]
StudyState = Literal["running", "paused", "stopped", "finished", "failed"]
TrialState = Literal["running", "complete", "pruned", "failed"]


def _trimmed(name: object) -> object:
    if isinstance(name, str) and not name.strip():
        raise InvalidValue("a study needs a name")
    return name.strip() if isinstance(name, str) else name


class Objective(BaseModel):
    """A metric on the validation set, and its direction."""

    model_config = ConfigDict(extra="forbid")

    metric: StorableText = Field(max_length=100, description="such as rmse, mase, fit_seconds or bytes")
    direction: Direction | None = Field(default=None, description="empty: what is better for this metric")


MOST_CHOICES = 200
_Whole = Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)]
#: A number that is written as one: no text, no true.
Number = _Whole | Annotated[float, Field(strict=True, allow_inf_nan=False)]


class SearchRange(BaseModel):
    """What is searched of one field: a range of numbers or choices."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind | None = Field(default=None, description="stated in answers; a request need not say it")
    low: Number | None = None
    high: Number | None = None
    log: Annotated[bool, Field(strict=True)] | None = None
    step: Number | None = None
    choices: StorableList | None = Field(default=None, max_length=MOST_CHOICES)

    @model_validator(mode="before")
    @classmethod
    def _check_mapping(cls, given: object) -> object:
        if isinstance(given, Mapping | SearchRange):
            return given
        example = {"choices": list(given)} if isinstance(given, list | tuple) else {"choices": [given]}
        raise InvalidValue(
            'a field is searched by a range or by choices, not by a plain value; write {example} or {{"low": 1, '
            '"high": 10}}',
            example=example,
        )


class Pruner(BaseModel):
    """Pruner that ends trials with a poor curve early. A report is one point of ``series``, usually one per epoch."""

    model_config = ConfigDict(extra="forbid")

    name: Literal["none", "median", "hyperband"] = "none"
    series: StorableText = Field(default="validation_loss", max_length=200)
    direction: Direction = "minimize"
    startup_trials: int = Field(default=5, ge=0, le=1000, description="median: so many trials end by themselves first")
    warmup_reports: int = Field(default=3, ge=0, le=10_000, description="median: no trial ends before so many reports")
    most_reports: int | None = Field(
        default=None, ge=2, le=10_000, description="hyperband: reports of a whole trial; empty: the config's epochs"
    )
    reduction_factor: int = Field(default=3, ge=2, le=10, description="hyperband: one in so many goes on")


class Budget(BaseModel):
    """Limits after which no further trial starts. Running trials continue to their end."""

    model_config = ConfigDict(extra="forbid")

    trials: int | None = Field(default=None, ge=1, le=10_000, description="empty: 50, or the whole grid")
    seconds: float | None = Field(default=None, gt=0, le=MOST_SECONDS, description="of running, pauses left out")
    cpu_seconds: float | None = Field(default=None, gt=0, le=MOST_SECONDS, description="processor time of all trials")


class StudyRequest(BaseModel):
    """Request for a study. ``space`` names the searched fields of the config; ``config`` holds the fixed ones."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[StorableText, BeforeValidator(_trimmed), Field(min_length=1, max_length=100)]
    plugin: StorableText = Field(max_length=200)
    dataset: StorableText = Field(max_length=200, description="a dataset's name or id")
    dataset_version: int | None = Field(default=None, ge=1, le=MOST_NUMBER, description="empty: the newest")
    model: StorableText | None = Field(default=None, max_length=200, description="empty: the dataset's name")
    config: StorableObject = Field(default_factory=dict)
    space: dict[str, SearchRange] = Field(
        description='field → {"low": 0.0001, "high": 0.1, "log": true} or {"choices": [16, 32]}; "step" is possible'
    )
    sampler: Sampler = "tpe"
    pruner: Pruner = Field(default_factory=Pruner)
    objectives: list[Objective] = Field(
        default_factory=list, max_length=4, description="empty: the task's own; of several the front is shown"
    )
    budget: Budget = Field(default_factory=Budget)
    parallel: int = Field(default=1, ge=1, le=64, description="trials at once; the project's limits hold besides")
    seed: int = Field(default=0, ge=0, le=2**32 - 1)
    threads: int = Field(default=1, ge=1, le=256, description="of each trial")
    priority: int = Field(default=0, ge=-100, le=100)
    warm_start_from: list[Annotated[StorableText, Field(max_length=200)]] = Field(
        default_factory=list, max_length=10, description="earlier studies whose trials tell where to look first"
    )
    retrain: bool = Field(
        default=True, description="train the winner anew at the end and let the gate judge it; one objective only"
    )


class RetrainRequest(BaseModel):
    """Request to retrain a trial's config."""

    model_config = ConfigDict(extra="forbid")

    trial: int | None = Field(default=None, ge=0, le=MOST_NUMBER, description="empty: the best one")


class TrialOut(BaseModel):
    """One trial: a config and its run."""

    number: int
    run_id: str
    run_state: RunState | None = Field(description="empty where the run is gone")
    state: TrialState
    params: dict[str, JsonValue]
    scores: list[float] | None = Field(description="one for each objective")
    metrics: dict[str, float | None] | None
    reports: int = Field(description="points of the pruner's series so far")
    best_epoch: int | None = Field(description="the report where that series was best")
    cpu_seconds: float | None
    error: RunError | None
    created_at: datetime
    ended_at: datetime | None


class BaselineScore(BaseModel):
    """Scores of a baseline on the rows that score the trials."""

    name: str
    scores: list[float | None] | None
    failed: Texts | None = Field(description="why it has no scores, by language code")


class StudyOut(BaseModel):
    """A study as lists show it."""

    id: str
    name: str
    plugin: str
    task: str
    model: str
    dataset_id: str
    dataset_name: str
    dataset_version: int
    sampler: Sampler
    objectives: list[Objective]
    budget: Budget
    parallel: int
    state: StudyState
    reason: str | None = Field(description="why it ended: trials, grid, seconds, cpu_seconds, stopped, failed")
    error: RunError | None
    trials: dict[TrialState, int] = Field(description="how many are in each state")
    best: TrialOut | None = Field(description="by the first objective")
    baselines: list[BaselineScore]
    front: list[int] = Field(description="trials that no other one beats in every objective")
    winner: int | None
    retrain_run_id: str | None
    seconds: float = Field(description="of running so far, pauses left out")
    cpu_seconds: float
    created_at: datetime
    finished_at: datetime | None


class StudyPage(Page[StudyOut]):
    """A page of studies, the newest first."""


class TrialPage(Page[TrialOut]):
    """A page of a study's trials, by number."""


class StudyDetail(StudyOut):
    """All data of a study except its trials."""

    config: dict[str, JsonValue]
    space: dict[str, SearchRange] = Field(description="each field with a range or choices")
    pruner: Pruner
    seed: int
    threads: int
    priority: int
    retrain: bool
    warm_start_from: list[str]
    counted_trials: int = Field(description="trials that tighten the gate's level: its own, and those it began from")
    last_event_seq: int = Field(description="cursor for the live stream study/<id>")
    deleted_at: datetime | None = Field(description="in the trash since then")
    deleted_by: str | None


class SearchableField(BaseModel):
    """A searchable field with its default range."""

    name: str
    kind: Kind
    description: str = Field(description="in the language of the request, if the plugin has it")
    default: JsonValue
    low: float | None
    high: float | None
    range: SearchRange | None


class SpaceOut(BaseModel):
    """The searchable fields of a pipeline."""

    plugin: str
    task: str | None
    fields: list[SearchableField]
    metrics: list[str] = Field(description="that can be objectives; the first is the task's own")


class ImportanceOut(BaseModel):
    """Share of each objective's variance that a field explains; null if too few trials ended."""

    trials: int
    objectives: list[dict[str, float] | None]
