"""Input and result of the refit."""

from __future__ import annotations

from pydantic import Field

from azuraforge.pipelines.shapes import DatasetFile, EngineUsed, Learner, StepInput, StepResult
from azuraforge.plugins.contract.composition import Composition
from azuraforge.plugins.contract.evaluation import PartSummary
from azuraforge.plugins.contract.judging import SplitResult
from azuraforge.plugins.contract.shape import Shape, Texts
from azuraforge.strict_json import JsonObject


class EvaluatedLearner(Learner):
    """A pipeline with the folder of its evaluated predictor and the hash of its weights."""

    evaluated: str
    weights_sha256: str


class RefitInput(StepInput):
    """The run's split, and the learners that become versions, the candidate first.

    ``future`` is the part after the last row, which every refitted predictor must be able to predict. ``figures`` are
    the figures of the evaluation by name.
    """

    task: str
    dataset: DatasetFile
    split: SplitResult
    learners: tuple[EvaluatedLearner, ...]
    future: str
    figures: dict[str, JsonObject] = Field(default_factory=dict)


class Refitted(Shape):
    """A predictor in ``<name>/predictor/`` that contains the evaluated one, or the reason why the refit ``failed``.

    ``notes`` are the pipeline's notes about the refit; ``composition`` lists the members that could not be refitted.
    """

    name: str
    weights_sha256: str = ""
    seconds: float | None = None
    engine: EngineUsed | None = None
    failed: Texts | None = None
    notes: tuple[str, ...] = ()
    composition: Composition | None = None


class RefitResult(StepResult):
    """The rows used for the refit and the refitted learners; ``rows`` is null if the task kind does not refit.

    ``refitted`` contains no learners whose pipeline does not refit. ``figures`` replace those figures of the evaluation
    that show predictions of future rows.
    """

    rows: PartSummary | None = None
    refitted: tuple[Refitted, ...] = ()
    figures: dict[str, JsonObject] = Field(default_factory=dict)
