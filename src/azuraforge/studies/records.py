"""Shapes of the JSON in a study's rows, and requests to the sampler child."""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias

from pydantic import BaseModel, JsonValue
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12; it comes with pydantic

from azuraforge.plugins.contract.shape import Texts
from azuraforge.studies.schemas import Direction, Sampler, TrialState

#: Values for the searched fields of a config.
Params: TypeAlias = dict[str, JsonValue]


class StoredRange(TypedDict):
    """A range of numbers."""

    kind: Literal["float", "int"]
    low: float
    high: float
    log: bool
    step: float | None


class StoredChoices(TypedDict):
    """Values to choose from."""

    kind: Literal["choice"]
    choices: list[JsonValue]


StoredDimension: TypeAlias = StoredRange | StoredChoices
StoredSpace: TypeAlias = dict[str, StoredDimension]


class StoredPruner(TypedDict):
    """``schemas.Pruner`` with ``most_reports`` filled in for hyperband."""

    name: Literal["none", "median", "hyperband"]
    series: str
    direction: Direction
    startup_trials: int
    warmup_reports: int
    most_reports: int | None
    reduction_factor: int


class StoredObjective(TypedDict):
    """A metric and its direction, defaults filled in."""

    metric: str
    direction: Direction


class StoredBaseline(TypedDict):
    """A baseline's metrics on the rows that score the trials, or why it ``failed``."""

    name: str
    metrics: NotRequired[dict[str, float | None]]
    failed: NotRequired[Texts]


class StoredError(TypedDict):
    """The result of ``AzuraError.to_dict``."""

    code: str
    message: str
    where: NotRequired[str]
    next_step: NotRequired[str]
    details: NotRequired[dict[str, JsonValue]]


class TrialRecord(TypedDict):
    """A trial as samplers and pruners see it."""

    number: int
    state: TrialState
    params: Params
    scores: list[float] | None
    curve: list[float | None]
    generation: int | None


class StudyRecord(TypedDict):
    """A study with its trials, by number."""

    study_id: str
    space: StoredSpace
    directions: list[Direction]
    pruner: StoredPruner
    trials: list[TrialRecord]


class NextTrialQuestion(StudyRecord):
    """Request for the params of trial ``number``; ``warm``: complete trials of earlier studies."""

    do: Literal["ask"]
    sampler: Sampler
    seed: int
    number: int
    warm: list[TrialRecord]


class PruneQuestion(StudyRecord):
    """Request for the running trials that may end now."""

    do: Literal["prune"]


class ImportanceQuestion(StudyRecord):
    """Request for each field's share of the scores' variance."""

    do: Literal["importance"]


Question: TypeAlias = NextTrialQuestion | PruneQuestion | ImportanceQuestion


class NextTrial(TypedDict):
    """Params of a trial; ``generation`` is CMA-ES's own count."""

    params: Params
    generation: int | None


class Pruned(TypedDict):
    """Numbers of the running trials that may end."""

    prune: list[int]


class Importances(TypedDict):
    """A share per field for each objective; None where too few trials ended, or all scored the same."""

    importances: list[dict[str, float] | None]


Answer: TypeAlias = NextTrial | Pruned | Importances


class CheckedSpace(BaseModel):
    """The canonical config without the searched fields; whether every config leads to the same parts."""

    config: Params
    task: str
    same_parts: bool
