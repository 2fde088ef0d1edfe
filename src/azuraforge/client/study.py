"""Shapes of studies: objectives, trials, search space and importances."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from azuraforge.client.run import RunError
from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class Trial(Shape):
    """One trial of a study: its config, its run, and one score per objective."""

    number: int
    run_id: str
    state: str = "running"
    run_state: str | None = None
    params: dict[str, object] = field(default_factory=dict)
    scores: list[float] | None = None
    metrics: dict[str, float | None] | None = None
    reports: int = 0
    best_epoch: int | None = None
    curve: list[list[float | None]] | None = None
    cpu_seconds: float | None = None
    error: RunError | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    worker: str | None = None


@dataclass(frozen=True, kw_only=True)
class Objective(Shape):
    """A metric on the validation set that a study optimizes, and its direction."""

    metric: str
    direction: str | None = None


@dataclass(frozen=True, kw_only=True)
class Budget(Shape):
    """The limits after which no further trial starts."""

    trials: int | None = None
    seconds: float | None = None
    cpu_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Pruner(Shape):
    """The rule that ends unpromising trials early."""

    name: str = "none"
    series: str = "validation_loss"
    direction: str = "minimize"
    startup_trials: int = 5
    warmup_reports: int = 3
    most_reports: int | None = None
    reduction_factor: int = 3


@dataclass(frozen=True, kw_only=True)
class SearchRange(Shape):
    """The search space of one field: a range of numbers or a list of choices."""

    kind: str | None = None
    low: float | None = None
    high: float | None = None
    log: bool | None = None
    step: float | None = None
    choices: list[object] | None = None


@dataclass(frozen=True, kw_only=True)
class BaselineScore(Shape):
    """The scores of a baseline, one per objective, on the rows that trials are scored on.

    ``failed`` is the reason if the baseline failed.
    """

    name: str
    scores: list[float | None] | None = None
    failed: dict[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Study(Shape):
    """A study. ``best`` is the best trial by the first objective.

    ``front`` contains the numbers of the trials on the Pareto front. In lists, ``deleted_at`` and the fields after it
    have their default values.
    """

    id: str
    name: str
    state: str = "running"
    plugin: str = ""
    task: str = ""
    model: str = ""
    dataset_id: str = ""
    dataset_name: str = ""
    dataset_version: int = 1
    sampler: str = "tpe"
    objectives: list[Objective] = field(default_factory=list)
    budget: Budget = field(default_factory=Budget)
    parallel: int = 1
    reason: str | None = None
    error: RunError | None = None
    trials: dict[str, int] = field(default_factory=dict)
    best: Trial | None = None
    baselines: list[BaselineScore] = field(default_factory=list)
    front: list[int] = field(default_factory=list)
    winner: int | None = None
    retrain_run_id: str | None = None
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    created_at: datetime | None = None
    finished_at: datetime | None = None
    deleted_at: datetime | None = None
    config: dict[str, object] = field(default_factory=dict)
    counted_trials: int | None = None
    last_event_seq: int | None = None
    priority: int | None = None
    pruner: Pruner = field(default_factory=Pruner)
    retrain: bool = False
    seed: int | None = None
    space: dict[str, SearchRange] = field(default_factory=dict)
    threads: int | None = None
    warm_start_from: list[str] = field(default_factory=list)
    deleted_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class SearchableField(Shape):
    """A field that a study can search, with a suggested range."""

    name: str
    kind: str
    description: str = ""
    default: object = None
    low: float | None = None
    high: float | None = None
    range: SearchRange | None = None


@dataclass(frozen=True, kw_only=True)
class SearchSpace(Shape):
    """The searchable fields of a pipeline, and the metrics that can be objectives."""

    plugin: str
    task: str | None = None
    fields: list[SearchableField] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Importance(Shape):
    """The share of each objective's variance that each field explains, from ``trials`` complete trials.

    An element is None if too few trials are complete, all scores are equal, or every field has a single value.
    """

    trials: int
    objectives: list[dict[str, float] | None] = field(default_factory=list)
