"""Steps of a backtest, each executed in a separate child process; ``handler.py`` defines their order.

The child that fits has access only to the fold's train and validation rows; the rows to predict are written after it
has ended. Only forecasting has folds, so parts and metrics are those of the forecasting task kind.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from azuraforge.pipelines.backtests.shapes import (
    BacktestFigure,
    BacktestInput,
    BacktestResult,
    ContenderOverFolds,
    ExecutedFold,
    FoldContender,
    FoldLearned,
    FoldLearner,
    FoldParts,
    FoldPredicted,
    FoldPredictInput,
    FoldRows,
    FoldSummary,
    JudgedFold,
    Spread,
)
from azuraforge.pipelines.contexts import Child
from azuraforge.pipelines.data import read_dataset
from azuraforge.pipelines.predictor import learn
from azuraforge.pipelines.shapes import FitInput, asked
from azuraforge.pipelines.steps import config_of, load_pipeline, use_engine
from azuraforge.plugins.contract.evaluation import FailedBaseline
from azuraforge.plugins.contract.parts import Rows, Table
from azuraforge.plugins.contract.pipeline import Config
from azuraforge.plugins.contract.sentences import reason_of
from azuraforge.plugins.contract.silent_run import SilentRun
from azuraforge.plugins.forecasting.availability import known_table
from azuraforge.plugins.forecasting.config import ForecastConfig
from azuraforge.plugins.kinds.forecast.folds import split_of
from azuraforge.plugins.kinds.forecast.judging import panel_and_scale
from azuraforge.plugins.kinds.forecast.metrics import measure, skill
from azuraforge.plugins.kinds.forecast.parts import (
    cut_learning,
    cut_test,
    learnable,
    load_part,
    of_run,
    range_of,
    save_part,
)
from azuraforge.plugins.kinds.forecast.predictions import load_predictions, predict_checked, save_predictions
from azuraforge.plugins.kinds.forecast.probabilistic import score
from azuraforge.plugins.kinds.forecast.split import ForecastSplit


def cut(child: Child) -> FoldParts:
    """Write a fold's train and validation sets. ``FoldRows`` → ``FoldParts``."""
    wanted = asked(FoldRows, child.payload)
    table, config = _table(wanted), _config(wanted)
    for name, rows in (("train", wanted.fold.train), ("validation", wanted.fold.validation)):
        part = cut_learning(table, Rows(*rows), config.horizon, config.known_ahead)
        save_part(part, child.outputs / name)
    return FoldParts()


def fit(child: Child) -> FoldLearned:
    """Fit the candidate and every baseline, each into ``<name>/predictor/``. ``FitInput`` → ``FoldLearned``.

    A failure of a baseline is recorded in the result; a failure of the candidate ends the run.
    """
    wanted = asked(FitInput, child.payload)
    _, kind = load_pipeline(wanted.plugin, wanted.plugins_folder)
    train, validation = load_part(wanted.train), load_part(wanted.validation)
    own = kind.own_config(wanted.config).model_dump(mode="json")
    names = [wanted.plugin, *wanted.baselines]
    learned: list[FoldLearner] = []
    for done, name in enumerate(names):
        child.progress(done, len(names), name)
        try:
            pipeline, _ = load_pipeline(name, wanted.plugins_folder)
            files = child.outputs / name / "files"
            files.mkdir(parents=True, exist_ok=True)
            config = config_of(pipeline, own if done else wanted.config, name)
            run = _Quiet(config, child.seed, child.threads, files, child, wanted)
            use_engine(child, pipeline)
            made = learn(name, pipeline, run, train, validation, child.outputs / name / "predictor")
            learned.append(FoldLearner(name=name, seconds=made.seconds))
        except Exception as error:
            if not done:
                raise
            learned.append(FoldLearner(name=name, failed=reason_of(error)))
    child.progress(len(names), len(names))
    return FoldLearned(learned=tuple(learned))


def hold(child: Child) -> FoldParts:
    """Write the rows to predict as ``test/`` and their true values as ``truth.npy``. ``FoldRows`` → ``FoldParts``."""
    wanted = asked(FoldRows, child.payload)
    table, config = _table(wanted), _config(wanted)
    part, truth = cut_test(table, Rows(*wanted.fold.test), config.horizon, known_ahead=config.known_ahead)
    save_part(part, child.outputs / "test")
    np.save(child.outputs / "truth.npy", truth, allow_pickle=False)
    ranges = wanted.fold.model_dump()
    return FoldParts(parts={name: range_of(table, Rows(*ends)) for name, ends in ranges.items()})


def predict(child: Child) -> FoldPredicted:
    """Load each predictor and save its predictions as ``<name>.npz``. ``FoldPredictInput`` → ``FoldPredicted``.

    A failure of a baseline is recorded in the result; a failure of the candidate ends the run.
    """
    wanted = asked(FoldPredictInput, child.payload)
    part, folder = load_part(wanted.test), Path(wanted.predictors)
    found: list[FoldLearner] = []
    for done, each in enumerate(wanted.learned):
        name = each.name
        child.progress(done, len(wanted.learned), name)
        try:
            pipeline, _ = load_pipeline(name, wanted.plugins_folder)
            use_engine(child, pipeline)
            predictor = pipeline.load(folder / name / "predictor")
            made = predict_checked(name, lambda asked, p=pipeline, x=predictor: p.predict(x, asked), part)  # type: ignore[misc]  # bound in this iteration
            save_predictions(made, child.outputs / f"{name}.npz")
            found.append(FoldLearner(name=name))
        except Exception as error:
            if not done:
                raise
            found.append(FoldLearner(name=name, failed=reason_of(error)))
    return FoldPredicted(predicted=tuple(found))


def judge(child: Child) -> BacktestResult:
    """Evaluate every fold, and compute mean and deviation over the folds. ``BacktestInput`` → ``BacktestResult``."""
    wanted = asked(BacktestInput, child.payload)
    folds = tuple(_judged(fold, wanted.season) for fold in wanted.folds)
    names = list(dict.fromkeys(each.name for fold in folds for each in fold.contenders))
    rows = [_over_folds(name, wanted.candidate, folds) for name in names]
    rows.sort(key=lambda row: (row.rmse.mean is None, row.rmse.mean or 0.0))
    figure = BacktestFigure(candidate=wanted.candidate, horizon=wanted.horizon, folds=folds, contenders=tuple(rows))
    return BacktestResult(backtest=figure)


class _Quiet(SilentRun[Config]):
    """Run context that reports only progress: a fold has no metric curves and no checkpoints."""

    def __init__(self, config: Config, seed: int, threads: int, outputs: Path, child: Child, wanted: FitInput) -> None:
        super().__init__(config, seed, threads, outputs, wanted.pretrained_folder)
        self._child = child

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Report progress within this phase."""
        self._child.progress(done, total, note)


def _judged(fold: ExecutedFold, season: int) -> JudgedFold:
    truth = np.load(fold.truth, allow_pickle=False)
    panel, scale = panel_and_scale(load_part(fold.test), load_part(fold.train), season)
    seconds = {each.name: each.seconds for each in fold.learned}
    found: list[tuple[str, dict[str, float | None]]] = []
    for each in fold.predicted:
        if each.failed is not None:
            continue
        made = load_predictions(Path(fold.predictions) / f"{each.name}.npz")
        scores, _ = score(truth, made)
        measured = measure(truth, made, scale)[0] if panel is None else panel.measure(truth, made)[0]
        found.append((each.name, {**measured, "crps": scores["crps"], "width": scores["width"]}))
    others = [rmse for _, metrics in found[1:] if (rmse := metrics["rmse"]) is not None]
    best = min(others) if others else None
    contenders = tuple(
        FoldContender(name=name, metrics={**metrics, "skill": skill(metrics["rmse"], best)}, seconds=seconds[name])
        for name, metrics in found
    )
    failed = tuple(
        FailedBaseline(name=each.name, reason=each.failed)
        for each in (*fold.learned, *fold.predicted)
        if each.failed is not None
    )
    return JudgedFold(parts=FoldSummary(**fold.parts), contenders=contenders, failed=failed)


def _over_folds(name: str, candidate: str, folds: tuple[JudgedFold, ...]) -> ContenderOverFolds:
    spreads: dict[str, Spread] = {}
    for metric in ("rmse", "mase", "coverage"):
        known = [value for fold in folds if (value := _value(fold, name, metric)) is not None]
        deviation = float(np.std(known, ddof=1)) if len(known) > 1 else None
        spreads[metric] = Spread(mean=float(np.mean(known)) if known else None, deviation=deviation, folds=len(known))
    pairs = [(_value(fold, candidate, "rmse"), _value(fold, name, "rmse")) for fold in folds]
    beaten = sum(ours is not None and theirs is not None and ours < theirs for ours, theirs in pairs)
    return ContenderOverFolds(
        name=name,
        rmse=spreads["rmse"],
        mase=spreads["mase"],
        coverage=spreads["coverage"],
        beaten_in=None if name == candidate else beaten,
    )


def _value(fold: JudgedFold, name: str, metric: str) -> float | None:
    found = next((each for each in fold.contenders if each.name == name), None)
    return None if found is None else found.metrics[metric]


def _config(wanted: FoldRows) -> ForecastConfig:
    known = ForecastConfig.model_fields.keys() & wanted.config.keys()
    return ForecastConfig.model_validate({name: wanted.config[name] for name in known})


def _table(wanted: FoldRows) -> Table:
    """Return the rows of the dataset that the fold can use.

    A panel lacks the series that ended early and those that are too short in a part of this fold.
    """
    run = ForecastSplit.model_validate(wanted.split.model_dump())
    ended = [each for each in run.left_out if each.why == "ended"]
    table = known_table(read_dataset(wanted.dataset), wanted.dataset.meaning)
    horizon = _config(wanted).horizon
    return learnable(of_run(table, ended), split_of(wanted.fold, run.needs), horizon)[0]
