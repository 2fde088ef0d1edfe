"""Shapes of the JSON in a study's rows, and of requests to the sampler process."""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias

from pydantic import BaseModel, JsonValue
from typing_extensions import TypedDict  # required by pydantic before Python 3.12

from azuraforge.plugins.contract.shape import Texts
from azuraforge.studies.schemas import Direction, Sampler, TrialState

#: Values of a config's searched fields.
Params: TypeAlias = dict[str, JsonValue]


class StoredRange(TypedDict):
    """A range of numbers."""

    kind: Literal["float", "int"]
    low: float
    high: float
    log: bool
    step: float | None


class StoredChoices(TypedDict):
    """A list of values to choose from."""

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
    """A metric with its direction."""

    metric: str
    direction: Direction


class StoredBaseline(TypedDict):
    """A baseline's metrics on the rows that score the trials, or the reason why it ``failed``."""

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
    """A trial in the form that samplers and pruners use."""

    number: int
    state: TrialState
    params: Params
    scores: list[float] | None
    curve: list[float | None]
    generation: int | None


class StudyRecord(TypedDict):
    """A study with its trials, ordered by number."""

    study_id: str
    space: StoredSpace
    directions: list[Direction]
    pruner: StoredPruner
    trials: list[TrialRecord]


class NextTrialQuestion(StudyRecord):
    """Request for the params of trial ``number``. ``warm`` are complete trials of earlier studies."""

    do: Literal["ask"]
    sampler: Sampler
    seed: int
    number: int
    warm: list[TrialRecord]


class PruneQuestion(StudyRecord):
    """Request for the running trials to prune."""

    do: Literal["prune"]


class ImportanceQuestion(StudyRecord):
    """Request for the fraction of the scores' variance that each field explains."""

    do: Literal["importance"]


Question: TypeAlias = NextTrialQuestion | PruneQuestion | ImportanceQuestion


class NextTrial(TypedDict):
    """Params of a trial. ``generation`` is the generation of CMA-ES; None for other samplers."""

    params: Params
    generation: int | None


class Pruned(TypedDict):
    """Numbers of the running trials to prune."""

    prune: list[int]


class Importances(TypedDict):
    """Fractions by field for each objective.

    An element is None if too few trials are complete, all scores are equal, or every field has a single value.
    """

    importances: list[dict[str, float] | None]


Answer: TypeAlias = NextTrial | Pruned | Importances


class CheckedSpace(BaseModel):
    """The validated config without the searched fields. ``same_parts`` states whether all trials use the same rows."""

    config: Params
    task: str
    same_parts: bool
