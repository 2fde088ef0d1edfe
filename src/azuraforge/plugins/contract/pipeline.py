"""The contract of a pipeline: a bounded learning procedure. The platform owns the loop, an app the steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self, TypeAlias

from pydantic import BaseModel, ConfigDict
from typing_extensions import TypeVar  # with defaults; it comes with pydantic

from azuraforge.plugins.contract.composition import Composition
from azuraforge.plugins.contract.parts import Part, Predictions, Split, Table
from azuraforge.plugins.contract.pretraining import Pretraining

if TYPE_CHECKING:
    from azuraforge.plugins.contract.dataset_schema import DatasetSchema


class Config(BaseModel):
    """Base of every config: unknown keys are refused, so that a typo is an error and not a default."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def completed(self, schema: DatasetSchema) -> Self:
        """Return the config completed by what the dataset itself states; a run stores the result."""
        return self


ConfigT = TypeVar("ConfigT", bound=BaseModel)
ConfigT_co = TypeVar("ConfigT_co", bound=BaseModel, covariant=True)
PredictorT = TypeVar("PredictorT")
#: Types of a task's parts, predictions and tables. A task of series is the default, so that a forecaster is a
#: ``Pipeline[Config, Predictor]``; ``ImagePipeline`` gives those of images.
PartT = TypeVar("PartT", default=Part)
PredictionsT = TypeVar("PredictionsT", default=Predictions)
TableT = TypeVar("TableT", default=Table)
AnsweredT = TypeVar("AnsweredT", contravariant=True, default=Part)
GivenT = TypeVar("GivenT", covariant=True, default=Any)
SplitT = TypeVar("SplitT", default=Split)


@dataclass(frozen=True)
class Checkpoint:
    """A verified checkpoint of an earlier attempt: its step and the folder ``save`` wrote into."""

    step: int
    folder: Path


class RunContext(Protocol[ConfigT_co]):
    """Interface of the platform for app code."""

    @property
    def config(self) -> ConfigT_co: ...
    @property
    def seed(self) -> int: ...
    @property
    def threads(self) -> int: ...
    @property
    def outputs(self) -> Path:
        """A folder whose files become artifacts of the run."""
        ...

    def log(self, step: int, **metrics: float) -> None:
        """Record one point of each named series. Never blocks training."""

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Report progress; rate and time left are derived from it."""

    def checkpoint(self, step: int, save: Callable[[Path], None]) -> None:
        """Write a checkpoint: ``save(folder)`` fills a fresh folder, which becomes durable as a whole or not
        at all. Raises StorageError if the disk is full."""

    def resume(self) -> Checkpoint | None:
        """Return the newest checkpoint that verifies, or None on a fresh start."""

    def figure(self, name: str, data: Mapping[str, object]) -> None:
        """Attach data of a figure (never an image)."""

    def note(self, markdown: str) -> None:
        """Add a paragraph to the run's report."""

    def pretrained(self, name: str) -> Path:
        """Return the folder of pretrained weights that the administrator placed in ``pretrained/`` of the data home.

        Raises InvalidInput if there is none of this name.
        """


class Pipeline(ABC, Generic[ConfigT, PredictorT, PartT, PredictionsT, TableT, SplitT]):
    """A bounded learning procedure.

    ``name`` is the name that runs request; a package may leave it to the entry point, a dropped-in file states it.
    ``kind`` fixes the metrics and the baselines, both the platform's. The test set is absent while ``fit`` runs: the
    platform holds it out and passes it to another process after ``save``.
    ``title`` and ``summary`` are texts by language code, for people. A pipeline that computes without
    ``azuraforge.engine`` states ``uses_engine = False``, so that its processes load no kernels. One
    that learns a panel, several series at once (``panels.py``), states ``several_series = True``; others receive none.
    """

    name: ClassVar[str]
    kind: ClassVar[str]
    Config: ClassVar[type[BaseModel]]
    uses_engine: ClassVar[bool] = True
    several_series: ClassVar[bool] = False
    title: ClassVar[Mapping[str, str]] = {}
    summary: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def split(self, table: TableT, config: ConfigT) -> SplitT:
        """Return the row ranges of the train, validation and test sets."""

    def check_pretrained(self, config: ConfigT, folder_of: Callable[[str], Path]) -> None:
        """Check the pretrained weights that ``config`` names, before a run exists. The default reads none.

        Args:
            config: of the run.
            folder_of: returns the folder of this name, as ``RunContext.pretrained`` does.

        Raises InvalidInput that names the file, what is wrong with it and what to do.
        """
        return

    @abstractmethod
    def fit(self, run: RunContext[ConfigT], train: PartT, validation: PartT) -> PredictorT:
        """Learn from ``train``; ``validation`` is for early stopping and calibration."""

    def refit(self, run: RunContext[ConfigT], evaluated: PredictorT, rows: PartT) -> PredictorT | None:
        """Learn the same configuration again from all rows after the verdict; None: this pipeline does not refit.

        Everything that ``fit`` chose on validation rows (how long to train, penalties, the widths of intervals) comes
        from ``evaluated``, because no row is left to choose it on. ``run.log`` and the like are discarded;
        checkpoints are kept.
        """
        return None

    @abstractmethod
    def predict(self, predictor: PredictorT, part: PartT) -> PredictionsT:
        """Predict ``part.horizon`` rows from each of ``part.origins``, using rows up to each origin only; of images,
        each from its own pixels only."""

    @abstractmethod
    def save(self, predictor: PredictorT, folder: Path) -> None:
        """Write weights (safetensors) and preprocessing (JSON) into ``folder``."""

    @abstractmethod
    def load(self, folder: Path) -> PredictorT:
        """Read what ``save`` wrote; the predictions must be bit-identical."""

    def knows_series(self, predictor: PredictorT, name: str) -> bool:
        """Return whether ``fit`` learned this series of a panel; the answer for another one is marked as that of a new
        series."""
        return True

    def trials(self, predictor: PredictorT) -> int:
        """Return how many candidates ``fit`` compared on the validation set; the gate's level is divided by it."""
        return 1

    def composition(self, predictor: PredictorT) -> Composition | None:
        """Return the members of the predictor that ``fit`` or ``refit`` has just returned; None: it combines nothing.

        It is called in the same process, so the result may contain facts that ``save`` does not write, such as seconds.
        After
        ``refit``, ``left_out`` names the members that kept what ``fit`` had learned.
        """
        return None

    def member_predictions(self, predictor: PredictorT, part: PartT) -> Mapping[str, PredictionsT]:
        """Return the predictions of each member alone, which show whether the combination helped."""
        return {}

    def pretraining(self, predictor: PredictorT) -> Pretraining | None:
        """Return the known facts about pretrained weights; None: everything was learned in ``fit``."""
        return None


class Answer(Protocol[AnsweredT, GivenT]):
    """``predict`` of a loaded pipeline; its result is unchecked."""

    def __call__(self, part: AnsweredT, /) -> GivenT: ...


#: A pipeline of any task.
AnyPipeline: TypeAlias = Pipeline[Any, Any, Any, Any, Any, Any]
