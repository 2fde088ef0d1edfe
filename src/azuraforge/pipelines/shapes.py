"""Inputs and results of steps: the data exchanged between the worker and its child processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import ConfigDict, Field, JsonValue

from azuraforge.models.gate.policy import PLATFORM, UNMEASURED, GatePolicy, Measured
from azuraforge.models.gate.record import VerdictRecord
from azuraforge.plugins.contract.composition import Composition
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.evaluation import Evaluation, FailedBaseline
from azuraforge.plugins.contract.judging import Predicted, PresentChampion, Remark, SplitResult
from azuraforge.plugins.contract.pretraining import Pretraining
from azuraforge.plugins.contract.shape import Shape, Texts
from azuraforge.strict_json import JsonObject


class DatasetFile(Shape):
    """Files of a dataset version's rows, with its schema, its options and the fingerprint to check."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    paths: tuple[str, ...]
    meaning: DatasetSchema = Field(alias="schema")
    options: JsonObject
    fingerprint: str
    incumbent: str | None = Field(
        default=None,
        description="path of the file of incumbent forecasts; null if they are columns of the rows or absent",
    )


class EngineUsed(Shape):
    """The engine's backend with which weights were trained.

    The kernels' hash is stored only in the run's environment, so that a version's content hash does not change with
    each release.
    """

    backend: str
    instruction_set: str
    threads: int


class StepInput(Shape):
    """Input of any step that loads plugin code."""

    model_config = ConfigDict(defer_build=True)

    plugins_folder: str | None = None


class StepResult(Shape):
    """Result of any step. ``outputs`` is the folder of the phase, set by the worker."""

    model_config = ConfigDict(defer_build=True)

    outputs: str = ""


class Learner(StepInput):
    """A pipeline with its config. ``pretrained_folder`` is the parent folder of pretrained weights, or None."""

    plugin: str
    config: JsonObject
    pretrained_folder: str | None = None


class SplitInput(Learner):
    """Input of the split. For ``studied`` and ``retrained``, see ``TaskKind.split``."""

    dataset: DatasetFile
    studied: bool = False
    retrained: bool = False


class CutSplit(SplitResult):
    """Result of the split step: the split with the fields of its task kind, and two fields for the worker.

    ``outputs`` is the folder of the phase. ``task_config`` contains the settings of the task itself, which the
    baselines share with the candidate.
    """

    outputs: str = ""
    task_config: JsonObject = Field(default_factory=dict)


class Validated(SplitResult):
    """The split for a config, and the config with its defaults filled in."""

    config: JsonObject


class FitInput(Learner):
    """Input of fitting. ``train`` and ``validation`` are folders; ``baselines`` are compared with the pipeline."""

    train: str
    validation: str
    baselines: tuple[str, ...] = ()


class Learned(StepResult):
    """A predictor in ``predictor/``: the hash of its weights and preprocessing, and the seconds that fitting took.

    ``trials`` is the number of candidates that the pipeline compared on the validation set. ``composition`` describes
    an ensemble, ``engine`` the backend of the engine and ``pretraining`` the pretrained weights; each is None for
    pipelines without one.
    """

    weights_sha256: str
    seconds: float
    trials: int = Field(default=1, ge=1)
    composition: Composition | None = None
    engine: EngineUsed | None = None
    pretraining: Pretraining | None = None


class TrialInput(FitInput):
    """Input of a trial's fit. ``scoring`` is the output folder of the study's split."""

    scoring: str


class ScoredTrial(Learned):
    """A fitted trial with its metrics on the validation set, including ``fit_seconds`` and ``bytes`` of the predictor.

    ``app_seconds`` is the time of fitting and scoring, and ``cpu_seconds`` the processor time of the phase.
    """

    metrics: dict[str, float | None]
    app_seconds: float
    cpu_seconds: float


class TrialSplit(CutSplit):
    """The parts of a study's trials, and the processor time that the split took."""

    cpu_seconds: float = 0.0


class ScoredBaseline(Shape):
    """A baseline's metrics on the validation set, or the reason why it ``failed``."""

    name: str
    metrics: dict[str, float | None] | None = None
    failed: Texts | None = None


class ScoredBaselines(StepResult):
    """The scored baselines of a study."""

    scored: tuple[ScoredBaseline, ...]


class LearnedBaseline(Shape):
    """A fitted baseline in ``<name>/predictor/``, or the reason why it ``failed``."""

    name: str
    config: JsonObject = Field(default_factory=dict)
    weights_sha256: str = ""
    seconds: float | None = None
    engine: EngineUsed | None = None
    failed: Texts | None = None


class LearnedBaselines(StepResult):
    """The fitted and failed baselines of the task kind."""

    baselines: tuple[LearnedBaseline, ...]


class ChampionData(Shape):
    """Schema and config of the current champion, and the range of rows that it learned from.

    ``learned_from`` are the first and last time; None if the version states no range.
    """

    meaning: DatasetSchema
    config: JsonObject
    learned_from: tuple[str, str] | None


class HoldOutInput(StepInput):
    """The split whose test set is written, with the candidate's config and the champion's data."""

    task: str
    dataset: DatasetFile
    split: SplitResult
    config: JsonObject
    champion: ChampionData | None = None


class HeldOutRows(StepResult):
    """The folders ``test/``, ``truth/`` and, if the task kind has future rows, ``future/``.

    ``origins`` is the number of origins in the test set. ``obstacle`` is the reason why the champion cannot be
    compared, or None.
    """

    origins: int
    obstacle: Remark | None = None


class PredictInput(StepInput):
    """A predictor and the parts that it predicts.

    Attributes:
        engine: the backend with which a version was trained; None for the run's own backend.
        champion: whether the predictor is the champion's. It then predicts the series that it knows, without the
            leakage guard, and a failure is the result's ``problem``.
        serving: folder of the champion's refitted predictor, which predicts only the future; None without a refit.
    """

    plugin: str
    predictor: str
    test: str
    future: str
    engine: JsonObject | None = None
    champion: bool = False
    serving: str | None = None


class PredictResult(StepResult):
    """The predictions ``test.npz`` and, if the task kind has future rows, ``future.npz``.

    A champion with ``unknown`` series has no ``future.npz``, and one with a ``problem`` has no files.

    Attributes:
        problem: the reason why there are no predictions, by language code.
        latency_ms: the median latency of one prediction in milliseconds; None if it was not measured.
        guarded: the number of predictions that the leakage guard checked, which depends only on the rows.
        unknown: series of the test set that the predictor was not fitted on.
        none_of: the number of series in the test set if the predictor was fitted on none of them.
        refitted: whether a refitted predictor predicted the future.
        members: folder of each member's own predictions, by the member's name.
    """

    problem: Texts | None = None
    latency_ms: float | None = None
    guarded: int = 0
    unknown: tuple[str, ...] = ()
    none_of: int | None = None
    refitted: bool = False
    members: dict[str, str] = Field(default_factory=dict)


class BaselinePredictor(Shape):
    """A baseline and the folder of its predictor."""

    name: str
    predictor: str


class PredictBaselinesInput(StepInput):
    """Fitted baselines, and the parts that they predict."""

    baselines: tuple[BaselinePredictor, ...]
    test: str
    future: str


class PredictedBaseline(Shape):
    """A baseline with predictions in ``<name>/``, or the reason why it ``failed``."""

    name: str
    failed: Texts | None = None


class PredictedBaselines(StepResult):
    """Result of the prediction step for every fitted baseline."""

    baselines: tuple[PredictedBaseline, ...]


class JudgeInput(StepInput):
    """All data that the verdict depends on. ``trials`` and ``earlier_uses`` tighten the gate's significance level."""

    task: str
    candidate: Predicted
    baselines: tuple[Predicted, ...]
    failed: tuple[FailedBaseline, ...] = ()
    champion: PresentChampion | None = None
    truth: str
    test: str
    future: str
    train: str
    split: SplitResult
    seed: int = 0
    trials: int = 1
    earlier_uses: int = 0
    pretraining: Pretraining | None = None
    policy: GatePolicy = PLATFORM
    measured: Measured = UNMEASURED
    composition: Composition | None = None


class ExplanationStep(Shape):
    """A computation that explains the verdict; see ``judging.Explanation``."""

    name: str
    problem: Texts
    app_code: bool


class JudgeResult(StepResult):
    """The evaluation, the verdict, the figures (JSON for charts), and the explanation steps."""

    evaluation: Evaluation
    verdict: VerdictRecord
    figures: dict[str, JsonObject] = Field(default_factory=dict)
    explanations: tuple[ExplanationStep, ...] = ()


class ExplainInput(StepInput):
    """Input of one explanation of a run.

    ``predictor`` is the predictor's folder, or None if the explanation does not call the pipeline. ``problem`` is the
    text of the note after a failure, with the placeholder ``{problem}``.
    """

    task: str
    explanation: str
    candidate: Predicted
    baseline: Predicted
    predictor: str | None
    test: str
    truth: str
    split: SplitResult
    problem: Texts = Field(default={"en": "{problem}", "tr": "{problem}"})


class ExplainResult(StepResult):
    """The names of the drawn figures, or the problem if drawing failed."""

    figures: tuple[str, ...] = ()
    problem: Texts | None = None


ShapeT = TypeVar("ShapeT", bound=Shape)


def to_json(shape: Shape) -> JsonObject:
    """Return a shape as JSON, for a payload or a result."""
    return shape.model_dump(mode="json", by_alias=True)


def asked(shape: type[ShapeT], payload: Mapping[str, JsonValue]) -> ShapeT:
    """Return a child's payload, parsed as the input shape of its step; raise ValidationError if it does not fit."""
    return shape.model_validate(payload)
