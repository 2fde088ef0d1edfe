"""Rolling-origin backtests: the same pipeline fitted several times, each time evaluated on the rows that follow.

One test set shows how a forecaster did in one stretch of time. A backtest shows how much that depends on the
stretch: fold by fold the training set grows, and the rows after it are predicted and measured next to the baselines.
All folds lie before the run's own test set, which stays untouched, and between any two parts of a fold lies a purge
gap of at least one horizon, so that no value is a target on both sides.

Seen from the worker; the work is done in children (``steps.py``): per fold one that cuts, one that learns, one that
writes the rows to predict, once everything that learns has ended, and one that predicts.
"""

from __future__ import annotations

from azuraforge.pipelines.backtests.shapes import (
    BacktestFigure,
    BacktestInput,
    BacktestResult,
    ExecutedFold,
    FoldLearned,
    FoldParts,
    FoldPredicted,
    FoldPredictInput,
    FoldRows,
)
from azuraforge.pipelines.phases import ResultT, execute_step
from azuraforge.pipelines.shapes import FitInput, SplitInput, to_json
from azuraforge.plugins.contract.judging import Backtest, SplitResult
from azuraforge.plugins.contract.shape import Shape
from azuraforge.runs.handlers import Job

STEPS = "azuraforge.pipelines.backtests.steps"
#: Share of the run's progress for all folds together.
SHARE = 0.3


def backtest(
    job: Job, *, learner: SplitInput, baselines: tuple[str, ...], split: SplitResult, folds: Backtest
) -> BacktestFigure:
    """Execute every fold, attach the figure ``backtest``, and return it.

    Args:
        learner: the candidate with its config and dataset.
        baselines: that it is compared with.
        split: the run's own.
        folds: of the run.
    """
    share = SHARE / (4 * len(folds.folds) + 1)
    executed: list[ExecutedFold] = []
    for index, fold in enumerate(folds.folds):

        def phase(name: str, wanted: Shape, result: type[ResultT], index: int = index) -> ResultT:
            return execute_step(job, f"backtest-{index + 1}.{name}", f"{STEPS}:{name}", wanted, result, share=share)

        rows = FoldRows(
            plugins_folder=learner.plugins_folder,
            dataset=learner.dataset,
            fold=fold,
            split=split,
            config=learner.config,
        )
        cut = phase("cut", rows, FoldParts)
        learning = FitInput(
            plugins_folder=learner.plugins_folder,
            plugin=learner.plugin,
            config=learner.config,
            pretrained_folder=learner.pretrained_folder,
            train=f"{cut.outputs}/train",
            validation=f"{cut.outputs}/validation",
            baselines=baselines,
        )
        learned = phase("fit", learning, FoldLearned)
        held = phase("hold", rows, FoldParts)
        predicted = phase(
            "predict",
            FoldPredictInput(
                plugins_folder=learner.plugins_folder,
                test=f"{held.outputs}/test",
                predictors=learned.outputs,
                learned=tuple(each for each in learned.learned if each.failed is None),
            ),
            FoldPredicted,
        )
        executed.append(
            ExecutedFold(
                parts=held.parts,
                train=learning.train,
                truth=f"{held.outputs}/truth.npy",
                test=f"{held.outputs}/test",
                predictions=predicted.outputs,
                learned=learned.learned,
                predicted=predicted.predicted,
            )
        )
    wanted = BacktestInput(
        candidate=learner.plugin, season=split.season or 1, horizon=split.horizon or 1, folds=tuple(executed)
    )
    judged = execute_step(job, "backtest.judge", f"{STEPS}:judge", wanted, BacktestResult, share=share).backtest
    figure = judged.model_copy(update={"purge_rows": folds.purge_rows, "choice": folds.choice})
    job.figure("backtest", to_json(figure))
    return figure
