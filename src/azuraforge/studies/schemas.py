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
        raise InvalidValue("the name of a study must not be empty")
    return name.strip() if isinstance(name, str) else name


class Objective(BaseModel):
    """A metric on the validation set, with its direction."""

    model_config = ConfigDict(extra="forbid")

    metric: StorableText = Field(
        max_length=100, description="name of a metric, such as rmse, mase, fit_seconds or bytes"
    )
    direction: Direction | None = Field(
        default=None, description="whether to minimize or maximize the metric; null for the metric's own direction"
    )


MOST_CHOICES = 200
_Whole = Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)]
#: A JSON number; texts and booleans are refused.
Number = _Whole | Annotated[float, Field(strict=True, allow_inf_nan=False)]


class SearchRange(BaseModel):
    """The values to search for one field: a range of numbers, or choices."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind | None = Field(
        default=None, description="kind of the range; optional in requests, always set in responses"
    )
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
            'a searched field needs a range or choices, not a single value; write {example} or {{"low": 1, "high": '
            "10}}",
            example=example,
        )


class Pruner(BaseModel):
    """Rule that ends trials with a poor curve early. A report is one point of ``series``, usually one per epoch."""

    model_config = ConfigDict(extra="forbid")

    name: Literal["none", "median", "hyperband"] = "none"
    series: StorableText = Field(default="validation_loss", max_length=200)
    direction: Direction = "minimize"
    startup_trials: int = Field(
        default=5, ge=0, le=1000, description="median: number of trials that must complete before any trial is pruned"
    )
    warmup_reports: int = Field(
        default=3, ge=0, le=10_000, description="median: number of reports of a trial before it can be pruned"
    )
    most_reports: int | None = Field(
        default=None,
        ge=2,
        le=10_000,
        description="hyperband: number of reports of a complete trial; null for the config's number of epochs",
    )
    reduction_factor: int = Field(
        default=3, ge=2, le=10, description="hyperband: at each rung, one in this many trials continues"
    )


class Budget(BaseModel):
    """Limits after which no further trial starts. Running trials continue to their end."""

    model_config = ConfigDict(extra="forbid")

    trials: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="maximum number of trials; null for 50, or for the whole grid with the grid sampler",
    )
    seconds: float | None = Field(
        default=None,
        gt=0,
        le=MOST_SECONDS,
        description="maximum running time in seconds, without pauses; null for no limit",
    )
    cpu_seconds: float | None = Field(
        default=None,
        gt=0,
        le=MOST_SECONDS,
        description="maximum processor time of all trials in seconds; null for no limit",
    )


class StudyRequest(BaseModel):
    """Request for a study. ``space`` contains the searched fields of the config, ``config`` the fixed ones."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[StorableText, BeforeValidator(_trimmed), Field(min_length=1, max_length=100)]
    plugin: StorableText = Field(max_length=200)
    dataset: StorableText = Field(max_length=200, description="name or id of a dataset")
    dataset_version: int | None = Field(
        default=None, ge=1, le=MOST_NUMBER, description="number of the dataset version; null for the newest"
    )
    model: StorableText | None = Field(
        default=None, max_length=200, description="name of the model; null for the dataset's name"
    )
    config: StorableObject = Field(default_factory=dict)
    space: dict[str, SearchRange] = Field(
        description='searched fields of the config, as {"low": 0.0001, "high": 0.1, "log": true} or {"choices":'
        ' [16, 32]}; a range of numbers may have a "step"'
    )
    sampler: Sampler = "tpe"
    pruner: Pruner = Field(default_factory=Pruner)
    objectives: list[Objective] = Field(
        default_factory=list,
        max_length=4,
        description="metrics to optimize; empty for the task's own. With several, the result is a Pareto front",
    )
    budget: Budget = Field(default_factory=Budget)
    parallel: int = Field(
        default=1, ge=1, le=64, description="maximum number of simultaneous trials; the project's limits also apply"
    )
    seed: int = Field(default=0, ge=0, le=2**32 - 1)
    threads: int = Field(default=1, ge=1, le=256, description="number of threads per trial")
    priority: int = Field(default=0, ge=-100, le=100)
    warm_start_from: list[Annotated[StorableText, Field(max_length=200)]] = Field(
        default_factory=list,
        max_length=10,
        description="names or ids of earlier studies whose trials inform the sampler",
    )
    retrain: bool = Field(
        default=True,
        description="whether to retrain the winner at the end and submit it to the gate; one objective only",
    )


class RetrainRequest(BaseModel):
    """Request to retrain a trial's config."""

    model_config = ConfigDict(extra="forbid")

    trial: int | None = Field(
        default=None, ge=0, le=MOST_NUMBER, description="number of the trial; null for the best one"
    )


class TrialOut(BaseModel):
    """One trial: a config and its run."""

    number: int
    run_id: str
    run_state: RunState | None = Field(
        description="state of the trial's run; null if the run has been purged, and in `best`"
    )
    state: TrialState
    params: dict[str, JsonValue]
    scores: list[float] | None = Field(description="score for each objective; null if the trial has none")
    metrics: dict[str, float | None] | None
    reports: int = Field(description="number of points of the pruner's series so far")
    best_epoch: int | None = Field(
        description="number of the report with the best value of that series; null if unknown"
    )
    curve: list[list[float | None]] | None = Field(
        default=None,
        description="values of the pruner's series as (number of the report, value), reduced to at most 100; null "
        "unless requested",
    )
    cpu_seconds: float | None
    error: RunError | None
    created_at: datetime
    started_at: datetime | None = Field(
        description="start of the run's first attempt; null before it starts, if the run has been purged, and in `best`"
    )
    ended_at: datetime | None
    worker: str | None = Field(
        description="worker of the last attempt; null before the run starts, if it has been purged, and in `best`"
    )


class BaselineScore(BaseModel):
    """Scores of a baseline on the rows that score the trials."""

    name: str
    scores: list[float | None] | None
    failed: Texts | None = Field(
        description="reason why the baseline has no scores, by language code; null if it has scores"
    )


class StudyOut(BaseModel):
    """A study as shown in lists."""

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
    reason: str | None = Field(
        description="reason why the study ended: trials, grid, seconds, cpu_seconds, stopped, failed; null if it runs"
    )
    error: RunError | None
    trials: dict[TrialState, int] = Field(description="number of trials in each state")
    best: TrialOut | None = Field(description="best trial by the first objective; null if there is none")
    baselines: list[BaselineScore]
    front: list[int] = Field(
        description="numbers of the trials on the Pareto front, which no other trial dominates; empty for one objective"
    )
    winner: int | None
    retrain_run_id: str | None
    seconds: float = Field(description="running time so far in seconds, without pauses")
    cpu_seconds: float
    created_at: datetime
    finished_at: datetime | None


class StudyPage(Page[StudyOut]):
    """A page of studies, newest first."""


class TrialPage(Page[TrialOut]):
    """A page of a study's trials, by number."""


class StudyDetail(StudyOut):
    """A study with its settings, without its list of trials."""

    config: dict[str, JsonValue]
    space: dict[str, SearchRange] = Field(description="searched fields of the config, each with a range or choices")
    pruner: Pruner
    seed: int
    threads: int
    priority: int
    retrain: bool
    warm_start_from: list[str]
    counted_trials: int = Field(
        description="number of trials that the gate's confidence level is adjusted for: the study's own and "
        "those of its warm start"
    )
    last_event_seq: int = Field(description="sequence number of the last event: cursor for the live stream study/<id>")
    deleted_at: datetime | None = Field(
        description="time at which it was moved to the trash; null if it is not in the trash"
    )
    deleted_by: str | None


class SearchableField(BaseModel):
    """A searchable field with its default range."""

    name: str
    kind: Kind
    description: str = Field(description="description of the field, in the language of the request if available")
    default: JsonValue
    low: float | None
    high: float | None
    range: SearchRange | None


class SpaceOut(BaseModel):
    """The searchable fields of a pipeline."""

    plugin: str
    task: str | None
    fields: list[SearchableField]
    metrics: list[str] = Field(description="metrics that can be objectives; the first one is the task's own")


class ImportanceOut(BaseModel):
    """Fractions of each objective's variance by field, from ``trials`` complete trials.

    The fractions are null if too few trials are complete, all scores are equal, or every field has a single value.
    """

    trials: int
    objectives: list[dict[str, float] | None]
