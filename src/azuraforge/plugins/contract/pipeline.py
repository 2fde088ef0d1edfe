"""The contract of a pipeline: the steps of a learning procedure, which the platform calls in its loop."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self, TypeAlias

from pydantic import BaseModel, ConfigDict
from typing_extensions import TypeVar  # supports defaults; a dependency of pydantic

from azuraforge.plugins.contract.composition import Composition
from azuraforge.plugins.contract.parts import Part, Predictions, Split, Table
from azuraforge.plugins.contract.pretraining import Pretraining

if TYPE_CHECKING:
    from azuraforge.plugins.contract.dataset_schema import DatasetSchema


class Config(BaseModel):
    """Base class of every config. Unknown keys are refused, so that a misspelled key is not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def completed(self, schema: DatasetSchema) -> Self:
        """Return the config with unset fields filled from the dataset's schema; the default fills none.

        The run stores the result.
        """
        return self


ConfigT = TypeVar("ConfigT", bound=BaseModel)
ConfigT_co = TypeVar("ConfigT_co", bound=BaseModel, covariant=True)
PredictorT = TypeVar("PredictorT")
#: Types of a task's parts, predictions and tables. The defaults are those of series, so that a forecaster is a
#: ``Pipeline[Config, Predictor]``; ``ImagePipeline`` sets those of images.
PartT = TypeVar("PartT", default=Part)
PredictionsT = TypeVar("PredictionsT", default=Predictions)
TableT = TypeVar("TableT", default=Table)
AnsweredT = TypeVar("AnsweredT", contravariant=True, default=Part)
GivenT = TypeVar("GivenT", covariant=True, default=Any)
SplitT = TypeVar("SplitT", default=Split)


@dataclass(frozen=True)
class Checkpoint:
    """An intact checkpoint of an earlier attempt: its step, and the folder that the ``save`` callback filled."""

    step: int
    folder: Path


class RunContext(Protocol[ConfigT_co]):
    """The platform services available to a pipeline during a run.

    Attributes:
        config: validated config of the run.
        seed: seed of the run.
        threads: number of threads that the run may use.
    """

    @property
    def config(self) -> ConfigT_co: ...
    @property
    def seed(self) -> int: ...
    @property
    def threads(self) -> int: ...
    @property
    def outputs(self) -> Path:
        """Folder whose files become artifacts of the run."""
        ...

    def log(self, step: int, **metrics: float) -> None:
        """Record the value of each named metric at ``step``. Never blocks training."""

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Report that ``done`` of ``total`` units of work are complete; the remaining time is computed from it."""

    def checkpoint(self, step: int, save: Callable[[Path], None]) -> None:
        """Write a checkpoint: ``save(folder)`` fills an empty folder, which is then stored completely or not at all.

        Raises StorageError if the disk is full.
        """

    def resume(self) -> Checkpoint | None:
        """Return the newest intact checkpoint of an earlier attempt; None if there is none."""

    def figure(self, name: str, data: Mapping[str, object]) -> None:
        """Attach the data of a figure, which the dashboard draws, under ``name``."""

    def note(self, markdown: str) -> None:
        """Add a paragraph of Markdown to the run's report."""

    def pretrained(self, name: str) -> Path:
        """Return the folder of the pretrained weights ``name``, which is inside ``pretrained/`` of the data home.

        Raises InvalidInput if it does not exist.
        """


class Pipeline(ABC, Generic[ConfigT, PredictorT, PartT, PredictionsT, TableT, SplitT]):
    """Base class of pipelines: learning procedures that split, fit, predict, save and load.

    The test set is not available while ``fit`` runs: the platform holds it out and passes it to another process after
    ``save``.

    Attributes:
        name: name under which runs request the pipeline. Required in a dropped-in file; a package may omit it, because
            its entry point has a name.
        kind: name of the task kind, which determines the metrics and the baselines.
        Config: model of the pipeline's settings.
        uses_engine: whether the pipeline computes with ``azuraforge.engine``; if False, its processes do not load the
            engine's kernels.
        several_series: whether the pipeline accepts panels (see ``forecasting.panels``); if False, it receives single
            series only.
        reads_columns: whether forecasts may depend on columns other than the target and the time. If False, a column
            that seems to contain the future does not prevent the promotion of the pipeline.
        title, summary: texts by language code.
    """

    name: ClassVar[str]
    kind: ClassVar[str]
    Config: ClassVar[type[BaseModel]]
    uses_engine: ClassVar[bool] = True
    several_series: ClassVar[bool] = False
    reads_columns: ClassVar[bool] = True
    title: ClassVar[Mapping[str, str]] = {}
    summary: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def split(self, table: TableT, config: ConfigT) -> SplitT:
        """Return the rows of the training, validation and test sets: ranges for series, indices for images."""

    def check_pretrained(self, config: ConfigT, folder_of: Callable[[str], Path]) -> None:
        """Check the pretrained weights that ``config`` names, before the run is created. The default checks nothing.

        Args:
            config: config of the requested run.
            folder_of: function that returns the folder of pretrained weights, like ``RunContext.pretrained``.

        Raises InvalidInput if the weights are not usable; its text names the file, the fault and the remedy.
        """
        return

    def window_counts(self, config: ConfigT, train: PartT, validation: PartT) -> tuple[int, int]:
        """Return how many windows of ``train`` and ``validation`` ``fit`` uses, for the preview of a run.

        The default is all origins of a series part. A pipeline whose ``fit`` leaves some out overrides it.
        """
        return len(train.origins), len(validation.origins)  # type: ignore[attr-defined]  # parts of series only

    @abstractmethod
    def fit(self, run: RunContext[ConfigT], train: PartT, validation: PartT) -> PredictorT:
        """Return a predictor fitted to ``train``; ``validation`` serves early stopping and calibration."""

    def refit(self, run: RunContext[ConfigT], evaluated: PredictorT, rows: PartT) -> PredictorT | None:
        """Return a predictor with the same config, fitted to all rows after the verdict; None without refit support.

        Everything that ``fit`` selected on the validation set (duration of training, penalties, widths of intervals) is
        taken from ``evaluated``, because no rows are left for the selection. The platform keeps the checkpoints of a
        refit and discards its metrics and figures.

        Args:
            run: context of the refit.
            evaluated: predictor that ``fit`` returned and the platform evaluated.
            rows: all rows of the dataset, as one part.
        """
        return None

    @abstractmethod
    def predict(self, predictor: PredictorT, part: PartT) -> PredictionsT:
        """Return the predictions for ``part``.

        Forecasts of ``part.horizon`` rows from each of ``part.origins`` must use only rows up to the origin;
        predictions for images must use only the pixels of each image.
        """

    @abstractmethod
    def save(self, predictor: PredictorT, folder: Path) -> None:
        """Write weights (safetensors) and preprocessing (JSON) into ``folder``."""

    @abstractmethod
    def load(self, folder: Path) -> PredictorT:
        """Return the predictor that ``save`` wrote; its predictions must be bit-identical to those before saving."""

    def knows_series(self, predictor: PredictorT, name: str) -> bool:
        """Return whether ``fit`` learned from the series ``name`` of a panel; predictions mark other series as new."""
        return True

    def trials(self, predictor: PredictorT) -> int:
        """Return the number of candidates that ``fit`` compared on the validation set.

        The gate divides its significance level by this number.
        """
        return 1

    def composition(self, predictor: PredictorT) -> Composition | None:
        """Return the composition of a predictor that combines members; None for other predictors.

        The platform calls it in the process of ``fit`` or ``refit``, so the result may contain facts that ``save`` does
        not write, such as durations. After ``refit``, ``left_out`` lists the members that could not be refitted and
        keep the predictor from ``fit``.
        """
        return None

    def member_predictions(self, predictor: PredictorT, part: PartT) -> Mapping[str, PredictionsT]:
        """Return member name → predictions of the member alone, to compare with the combination; empty by default."""
        return {}

    def pretraining(self, predictor: PredictorT) -> Pretraining | None:
        """Return the origin of the predictor's pretrained weights; None if all weights were learned in ``fit``."""
        return None


class Answer(Protocol[AnsweredT, GivenT]):
    """Type of a loaded pipeline's ``predict``, bound to its predictor; the result is not checked yet."""

    def __call__(self, part: AnsweredT, /) -> GivenT: ...


#: A pipeline of any task.
AnyPipeline: TypeAlias = Pipeline[Any, Any, Any, Any, Any, Any]
