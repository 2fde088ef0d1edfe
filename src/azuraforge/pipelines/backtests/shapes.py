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
    """One fold of a dataset, and the config of the candidate."""

    dataset: DatasetFile
    fold: Fold
    split: SplitResult
    config: JsonObject


class FoldParts(StepResult):
    """The row ranges of a fold's parts for the figure; empty after the step ``cut``."""

    parts: dict[str, PartSummary] = Field(default_factory=dict)


class FoldLearner(Shape):
    """A pipeline of a fold. ``failed`` is the reason if fitting or predicting failed.

    ``seconds`` is the time that fitting took; None after a failure, and in the results of the step ``predict``.
    """

    name: str
    seconds: float | None = None
    failed: Texts | None = None


class FoldLearned(StepResult):
    """The fitted and failed pipelines, the candidate first; predictors are in ``<name>/predictor/``."""

    learned: tuple[FoldLearner, ...]


class FoldPredictInput(StepInput):
    """The predictors of one fold, and the test set that they predict."""

    test: str
    predictors: str
    learned: tuple[FoldLearner, ...]


class FoldPredicted(StepResult):
    """The pipelines that predicted or failed, the candidate first; predictions are in ``<name>.npz``."""

    predicted: tuple[FoldLearner, ...]


class ExecutedFold(Shape):
    """Files and results of one executed fold, for the evaluation of the backtest."""

    parts: dict[str, PartSummary]
    train: str
    truth: str
    test: str
    predictions: str
    learned: tuple[FoldLearner, ...]
    predicted: tuple[FoldLearner, ...]


class BacktestInput(Shape):
    """All executed folds of a candidate."""

    candidate: str
    season: int
    horizon: int
    folds: tuple[ExecutedFold, ...]


class FoldContender(Shape):
    """The metrics of a contender in one fold, and the seconds that its fitting took."""

    name: str
    metrics: dict[str, float | None]
    seconds: float | None


class FoldSummary(Shape):
    """The row ranges of a fold's parts."""

    train: PartSummary
    validation: PartSummary
    test: PartSummary


class JudgedFold(Shape):
    """The metrics of all contenders in one fold, measured on the same rows."""

    parts: FoldSummary
    contenders: tuple[FoldContender, ...]
    failed: tuple[FailedBaseline, ...]


class Spread(Shape):
    """Mean and standard deviation of a metric over the ``folds`` folds in which a contender has it.

    ``mean`` is null without such folds, and ``deviation`` with fewer than two.
    """

    mean: float | None
    deviation: float | None
    folds: int


class ContenderOverFolds(Shape):
    """Metrics of a contender over all folds.

    ``beaten_in`` is the number of folds in which the candidate's RMSE was lower; null for the candidate itself.
    """

    name: str
    rmse: Spread
    mase: Spread
    coverage: Spread
    beaten_in: int | None


class BacktestFigure(Figure):
    """The figure ``backtest``: the metrics of all contenders; ``purge_rows`` rows are left out between two sets."""

    candidate: str
    horizon: int
    folds: tuple[JudgedFold, ...]
    contenders: tuple[ContenderOverFolds, ...]
    purge_rows: int = 0
    choice: Literal["before", "inside"] | None = Field(
        default=None,
        description="position of the folds relative to the rows on which a study selected the config; null if "
        "no study did",
    )


class BacktestResult(StepResult):
    """The evaluated backtest."""

    backtest: BacktestFigure
