"""Rolling-origin backtests: the same pipeline is fitted several times and evaluated on the rows that follow each fit.

One test set shows a forecaster's errors in one period. A backtest shows how much they depend on the period: the
training set grows from fold to fold, and the rows after it are predicted and scored next to the baselines. All folds
end before the run's own test set, which is not used, and the parts of a fold are separated by a purge gap of at least
one horizon, so that no value is a target in two parts.

This module runs in the worker and starts child processes (``steps.py``). Each fold has four: one writes train and
validation sets, one fits, one writes the test set after all fitting has ended, and one predicts.
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
#: Fraction of the run's progress that all folds together represent.
SHARE = 0.3


def backtest(
    job: Job, *, learner: SplitInput, baselines: tuple[str, ...], split: SplitResult, folds: Backtest
) -> BacktestFigure:
    """Execute every fold, attach the figure ``backtest``, and return it.

    Args:
        learner: the candidate with its config and dataset.
        baselines: names of the baselines that it is compared with.
        split: the run's own split.
        folds: the folds of the run.
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
