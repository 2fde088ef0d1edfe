"""Inputs and results of steps: the data exchanged between the worker and its children."""

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
    """A dataset version's rows: their files, their meaning, and the fingerprint to check."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    paths: tuple[str, ...]
    meaning: DatasetSchema = Field(alias="schema")
    options: JsonObject
    fingerprint: str
    incumbent: str | None = Field(default=None, description="the file of present forecasts, where they have their own")


class EngineUsed(Shape):
    """The engine's backend with which weights were trained. The kernels' hash is in the run's environment only: a
    version's address must not change with each release."""

    backend: str
    instruction_set: str
    threads: int


class StepInput(Shape):
    """The input of any step that loads app code."""

    model_config = ConfigDict(defer_build=True)

    plugins_folder: str | None = None


class StepResult(Shape):
    """The result of any step; ``outputs`` is the folder of the phase, set by the worker."""

    model_config = ConfigDict(defer_build=True)

    outputs: str = ""


class Learner(StepInput):
    """A pipeline with its config. ``pretrained_folder``: the parent of pretrained weights' folders; None: there is
    none."""

    plugin: str
    config: JsonObject
    pretrained_folder: str | None = None


class SplitInput(Learner):
    """``studied`` and ``retrained``: see ``TaskKind.split``."""

    dataset: DatasetFile
    studied: bool = False
    retrained: bool = False


class CutSplit(SplitResult):
    """The split of a run, as the worker passes it on, including its kind's own fields.

    ``task_config`` are the settings of the task itself, which the baselines share with the candidate.
    """

    outputs: str = ""
    task_config: JsonObject = Field(default_factory=dict)


class Validated(SplitResult):
    """The split for a config, and the config with its defaults filled in."""

    config: JsonObject


class FitInput(Learner):
    """``train`` and ``validation`` are folders; ``baselines`` are compared with the pipeline."""

    train: str
    validation: str
    baselines: tuple[str, ...] = ()


class Learned(StepResult):
    """A predictor in ``predictor/``: the hash of weights and preprocessing, and the seconds that fitting took.

    ``trials``: candidates that the pipeline compared on the validation set. ``composition``: of one that combines
    others.
    """

    weights_sha256: str
    seconds: float
    trials: int = Field(default=1, ge=1)
    composition: Composition | None = None
    engine: EngineUsed | None = None
    pretraining: Pretraining | None = None


class TrialInput(FitInput):
    """``scoring`` is the folder that the split of the study wrote."""

    scoring: str


class ScoredTrial(Learned):
    """A fitted trial with its metrics on the validation set."""

    metrics: dict[str, float | None]
    app_seconds: float
    cpu_seconds: float


class TrialSplit(CutSplit):
    """The parts of a study's trials."""

    cpu_seconds: float = 0.0


class ScoredBaseline(Shape):
    """A baseline's metrics on the validation set, or why it has none."""

    name: str
    metrics: dict[str, float | None] | None = None
    failed: Texts | None = None


class ScoredBaselines(StepResult):
    """The baselines of a study."""

    scored: tuple[ScoredBaseline, ...]


class LearnedBaseline(Shape):
    """A fitted baseline in ``<name>/predictor/``, or why it ``failed``."""

    name: str
    config: JsonObject = Field(default_factory=dict)
    weights_sha256: str = ""
    seconds: float | None = None
    engine: EngineUsed | None = None
    failed: Texts | None = None


class LearnedBaselines(StepResult):
    """Every baseline of the task."""

    baselines: tuple[LearnedBaseline, ...]


class ChampionData(Shape):
    """The training data of the present champion. ``learned_from``: None if its version states no range."""

    meaning: DatasetSchema
    config: JsonObject
    learned_from: tuple[str, str] | None


class HoldOutInput(StepInput):
    """The split whose test set is written, with the config of the candidate."""

    task: str
    dataset: DatasetFile
    split: SplitResult
    config: JsonObject
    champion: ChampionData | None = None


class HeldOutRows(StepResult):
    """The folders ``test/``, ``truth/`` and, where the task has one, ``future/``.

    ``obstacle``: why the champion is not compared.
    """

    origins: int
    obstacle: Remark | None = None


class PredictInput(StepInput):
    """A predictor and the parts that it predicts.

    Attributes:
        engine: that a version was made with; None: the run's own.
        champion: it answers as far as it can, without the guard, and a failure is the result's ``problem``.
        serving: the champion's refitted predictor, which predicts the future only; None: it was not refitted.
    """

    plugin: str
    predictor: str
    test: str
    future: str
    engine: JsonObject | None = None
    champion: bool = False
    serving: str | None = None


class PredictResult(StepResult):
    """``test.npz`` and, where the task has a future, ``future.npz``.

    Attributes:
        problem: why there are no predictions, by language code.
        latency_ms: the median time of one prediction.
        guarded: at how many predictions the leakage guard tried it; the rows alone decide.
        unknown: parts of the test set that it did not learn.
        none_of: of how many series it learned none.
        refitted: a refitted predictor predicted the future.
        members: folders of the predictions of each member alone, by its name.
    """

    problem: Texts | None = None
    latency_ms: float | None = None
    guarded: int = 0
    unknown: tuple[str, ...] = ()
    none_of: int | None = None
    refitted: bool = False
    members: dict[str, str] = Field(default_factory=dict)


class BaselinePredictor(Shape):
    """A baseline's predictor folder."""

    name: str
    predictor: str


class PredictBaselinesInput(StepInput):
    """Fitted baselines, and the parts that they predict."""

    baselines: tuple[BaselinePredictor, ...]
    test: str
    future: str


class PredictedBaseline(Shape):
    """A baseline with predictions in ``<name>/``, or why it ``failed``."""

    name: str
    failed: Texts | None = None


class PredictedBaselines(StepResult):
    """Every baseline that was fitted."""

    baselines: tuple[PredictedBaseline, ...]


class JudgeInput(StepInput):
    """All data on which the verdict depends. ``trials`` and ``earlier_uses`` tighten the gate's level."""

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
    """Input of one explanation of a run. ``predictor`` is empty if no app code is needed.

    ``problem``: the note if it fails, with ``{problem}``.
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
    """The names of the figures, or the problem."""

    figures: tuple[str, ...] = ()
    problem: Texts | None = None


ShapeT = TypeVar("ShapeT", bound=Shape)


def to_json(shape: Shape) -> JsonObject:
    """Return a shape as the JSON of a payload or of a result."""
    return shape.model_dump(mode="json", by_alias=True)


def asked(shape: type[ShapeT], payload: Mapping[str, JsonValue]) -> ShapeT:
    """Return a child's payload as the input shape of its step."""
    return shape.model_validate(payload)
