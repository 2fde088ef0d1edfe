"""Inputs and results of a backtest's steps."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from azuraforge.pipelines.shapes import DatasetFile, StepInput, StepResult
from azuraforge.plugins.contract.evaluation import FailedBaseline, PartSummary
from azuraforge.plugins.contract.figure import Figure
from azuraforge.plugins.contract.judging import Fold, SplitResult
from azuraforge.plugins.contract.shape import Shape, Texts
from azuraforge.strict_json import JsonObject


class FoldRows(StepInput):
    """One fold of a dataset; ``config`` is the candidate's."""

    dataset: DatasetFile
    fold: Fold
    split: SplitResult
    config: JsonObject


class FoldParts(StepResult):
    """The parts of a fold, as the figure states them."""

    parts: dict[str, PartSummary] = Field(default_factory=dict)


class FoldLearner(Shape):
    """A pipeline fitted in a fold; ``failed``: the reason if fitting failed."""

    name: str
    seconds: float | None = None
    failed: Texts | None = None


class FoldLearned(StepResult):
    """The candidate first, then the baselines, each in ``<name>/predictor/``."""

    learned: tuple[FoldLearner, ...]


class FoldPredictInput(StepInput):
    """Predictors of one fold, and the part that they predict."""

    test: str
    predictors: str
    learned: tuple[FoldLearner, ...]


class FoldPredicted(StepResult):
    """The candidate first; predictions are in ``<name>.npz``."""

    predicted: tuple[FoldLearner, ...]


class ExecutedFold(Shape):
    """Data of one fold for the evaluation of a backtest."""

    parts: dict[str, PartSummary]
    train: str
    truth: str
    test: str
    predictions: str
    learned: tuple[FoldLearner, ...]
    predicted: tuple[FoldLearner, ...]


class BacktestInput(Shape):
    """All folds of a candidate."""

    candidate: str
    season: int
    horizon: int
    folds: tuple[ExecutedFold, ...]


class FoldContender(Shape):
    """A contender's metrics in one fold."""

    name: str
    metrics: dict[str, float | None]
    seconds: float | None


class FoldSummary(Shape):
    """The parts of one fold."""

    train: PartSummary
    validation: PartSummary
    test: PartSummary


class JudgedFold(Shape):
    """Every contender of one fold on the same rows."""

    parts: FoldSummary
    contenders: tuple[FoldContender, ...]
    failed: tuple[FailedBaseline, ...]


class Spread(Shape):
    """Distribution of a metric over the folds in which a contender has it."""

    mean: float | None
    deviation: float | None
    folds: int


class ContenderOverFolds(Shape):
    """A contender over all folds; ``beaten_in``: folds in which the candidate's RMSE was lower, null for itself."""

    name: str
    rmse: Spread
    mase: Spread
    coverage: Spread
    beaten_in: int | None


class BacktestFigure(Figure):
    """The figure ``backtest``."""

    candidate: str
    horizon: int
    folds: tuple[JudgedFold, ...]
    contenders: tuple[ContenderOverFolds, ...]
    purge_rows: int = 0
    choice: Literal["before", "inside"] | None = Field(
        default=None, description="of a study's winner: how the folds lie to the rows that chose its config"
    )


class BacktestResult(StepResult):
    """The evaluated backtest."""

    backtest: BacktestFigure
