"""Contract suite for forecasting pipelines: no leakage, reproducible, resumable, and unchanged by saving."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from azuraforge.errors import AzuraError
from azuraforge.pipelines.predictor import hash_folder, learn
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.parts import Part, Predictions, Table
from azuraforge.plugins.contract.pipeline import Checkpoint, Pipeline
from azuraforge.plugins.forecasting.calendar import moments_of
from azuraforge.plugins.forecasting.config import ForecastConfig
from azuraforge.plugins.kinds.forecast.panels.panel import split_of_those_that_go_on
from azuraforge.plugins.kinds.forecast.parts import (
    check_split,
    cut_after,
    cut_future,
    cut_learning,
    cut_test,
    without_short_series,
)
from azuraforge.plugins.kinds.forecast.predictions import CUT_TOLERANCE, guard_against_future, predict_checked
from azuraforge.testing.contract import ContractBroken, accepted, check_search, check_shape, require
from azuraforge.testing.memory import MemoryRun

if TYPE_CHECKING:
    import polars as pl

_GUARD_ROUNDS = 3


@dataclass
class _Case:
    """One pipeline and one table, split as the platform splits it."""

    name: str
    pipeline: Pipeline[Any, Any]
    config: ForecastConfig
    folder: Path
    train: Part
    validation: Part
    test: Part
    future: Part
    seed: int
    pretrained: Path | None = None
    fits: int = 0

    def fit(self, resume_from: Checkpoint | None = None) -> tuple[str, Path, MemoryRun[Any]]:
        """Fit in a new folder; return the weights' SHA-256, the predictor's folder, and the run."""
        self.fits += 1
        home = self.folder / f"fit{self.fits}"
        run = MemoryRun(self.config, home, seed=self.seed, resume_from=resume_from, pretrained=self.pretrained)
        learned = learn(self.name, type(self.pipeline)(), run, self.train, self.validation, home / "predictor")
        return learned.weights_sha256, home / "predictor", run

    def load(self, folder: Path) -> Any:
        """Load a predictor into a new pipeline; return its predict function."""
        pipeline = type(self.pipeline)()
        predictor = pipeline.load(folder)
        return lambda part: pipeline.predict(predictor, part)


def check_pipeline(
    plugin: type[Pipeline[Any, Any]],
    table: Table,
    config: BaseModel | Mapping[str, Any],
    *,
    seed: int = 7,
    most_resumes: int | None = None,
    pretrained: Path | None = None,
) -> None:
    """Check a pipeline's contract on one table. Choose a short series and a small config: it is fitted many times.

    Args:
        plugin: the pipeline class.
        table: rows to train and test on.
        config: the config as a user would write it.
        seed: the random seed of every fit.
        most_resumes: maximum number of checkpoints to resume from, spread evenly; if None, resume from all.
        pretrained: parent folder of pretrained weights.

    Raises:
        ContractBroken: a rule is broken; the message names it.
        InvalidInput: ``config`` is not valid.

    Example:
        >>> from azuraforge.testing import check_pipeline
        >>> def test_my_forecaster(table):
        ...     check_pipeline(MyForecaster, table, {"horizon": 3, "epochs": 2})
    """
    check_shape("pipeline", plugin)
    check_search(plugin.Config)
    parsed = accepted("pipeline", plugin, config)
    with tempfile.TemporaryDirectory(prefix="contract-") as folder:
        try:
            case = replace(_case(plugin, table, parsed, Path(folder), seed), pretrained=pretrained)
            sha256, saved, run = case.fit()
            predictions = _check_predictions(case, saved)
            _check_saving(case, saved, sha256, predictions)
            _check_no_future(case, saved, predictions)
            _check_declared_columns(case, saved, predictions)
            _check_test_part_untouched(case, saved, predictions)
            _check_same_seed(case, sha256)
            _check_resume(case, sha256, run, most_resumes)
        except AzuraError as error:
            raise ContractBroken(f"{plugin.__name__}: {error}") from error


def _case(plugin: type[Pipeline[Any, Any]], table: Table, config: object, folder: Path, seed: int) -> _Case:
    if not isinstance(config, ForecastConfig):
        raise ContractBroken(
            f"{plugin.__name__}: its Config does not extend ForecastConfig, the base of the task forecast"
        )
    pipeline, horizon, ahead = plugin(), config.horizon, tuple(config.known_ahead)
    table, split, _ = split_of_those_that_go_on(table, lambda each: pipeline.split(each, config))
    check_split(split, table.moments, horizon=horizon, gap=config.gap)
    table, _ = without_short_series(table, split, horizon)
    return _Case(
        name=plugin.__name__,
        pipeline=pipeline,
        config=config,
        folder=folder,
        train=cut_learning(table, split.train, horizon, ahead),
        validation=cut_learning(table, split.validation, horizon, ahead),
        test=cut_test(table, split.test, horizon, known_ahead=ahead)[0],
        future=cut_future(table, horizon, ahead),
        seed=seed,
    )


def _check_predictions(case: _Case, saved: Path) -> Predictions:
    """Check on the test set and the future rows that shapes fit, numbers are finite, and quantiles do not cross."""
    answer = case.load(saved)
    for part in (case.test, case.future):
        made = predict_checked(case.name, answer, part)
        levels = sorted(made.quantiles)
        for lower, upper in itertools.pairwise(levels):
            require(
                bool((made.quantiles[lower] <= made.quantiles[upper]).all()),
                f"{case.name}: the quantiles {lower} and {upper} cross",
            )
    return predict_checked(case.name, answer, case.test)


def _check_saving(case: _Case, saved: Path, sha256: str, predictions: Predictions) -> None:
    """Check that two loads predict the same bits, and that saving a loaded predictor writes the same files."""
    again = predict_checked(case.name, case.load(saved), case.test)
    require(_same_bits(predictions, again), f"{case.name}: two loads of one folder predict different bits")
    pipeline = type(case.pipeline)()
    copy = case.folder / "copy"
    copy.mkdir()
    pipeline.save(pipeline.load(saved), copy)
    require(hash_folder(copy, case.name) == sha256, f"{case.name}: save after load writes another predictor")
    run = MemoryRun(case.config, case.folder / "unsaved", seed=case.seed, pretrained=case.pretrained)
    fitted = pipeline.fit(run, case.train, case.validation)
    require(
        _same_bits(predict_checked(case.name, lambda part: pipeline.predict(fitted, part), case.test), predictions),
        f"{case.name}: a predictor predicts other bits after save and load",
    )


def _check_no_future(case: _Case, saved: Path, predictions: Predictions) -> None:
    """Check that predictions do not change when the rows after their origin are removed."""
    answer = case.load(saved)
    for round_ in range(_GUARD_ROUNDS):
        guard_against_future(case.name, answer, case.test, predictions, case.seed + round_)


def _check_declared_columns(case: _Case, saved: Path, predictions: Predictions) -> None:
    """Check that a pipeline with ``reads_columns = False`` predicts the same bits if all other columns change.

    The gate promotes such a pipeline although a column seems to contain the future.
    """
    if case.pipeline.reads_columns or not case.test.schema.features:
        return
    import polars as pl

    changed = case.test.frame.with_columns(pl.col(name) * 50 + 1000 for name in case.test.schema.features)
    ahead = {name: values * 50 + 1000 for name, values in case.test.ahead.items()}
    other = predict_checked(case.name, case.load(saved), replace(case.test, frame=changed, ahead=ahead))
    require(
        _same_bits(predictions, other),
        f"{case.name}: it declares reads_columns = False, but its predictions depend on other columns than the target",
    )


def _check_test_part_untouched(case: _Case, saved: Path, predictions: Predictions) -> None:
    """Check that extreme values in later rows leave earlier predictions unchanged: no scale comes from the test set."""
    answer = case.load(saved)
    origin = int(case.test.origins[len(case.test.origins) // 2])
    at = moments_of(case.test.frame, case.test.schema)
    earlier = at[case.test.origins] <= at[origin]
    ahead = {column: values[earlier] for column, values in case.test.ahead.items()}
    known = replace(case.test, origins=case.test.origins[earlier], ahead=ahead)
    wild = replace(known, frame=_distorted(known, at > at[origin]))
    before, after = predict_checked(case.name, answer, known), predict_checked(case.name, answer, wild)
    scale = max(float(np.abs(predictions.point).max()), 1e-12)
    for one, other in zip(_arrays(before), _arrays(after), strict=True):
        require(
            float(np.abs(one - other).max()) <= CUT_TOLERANCE * scale,
            f"{case.name}: rows of the test set after row {origin} change predictions made before them;"
            " learn scales in fit, on the training part",
        )
    cut = predict_checked(case.name, answer, cut_after(case.test, origin))
    require(cut.point.shape == (1, case.test.horizon), f"{case.name}: cannot predict from the last row of a frame")


def _check_same_seed(case: _Case, sha256: str) -> None:
    require(case.fit()[0] == sha256, f"{case.name}: the same seed gave another predictor")


def _check_resume(case: _Case, sha256: str, run: MemoryRun[Any], most: int | None) -> None:
    """Check that training resumed from a checkpoint ends with the same bits as uninterrupted training."""
    chosen = run.checkpoints
    if most is not None and len(chosen) > most:
        chosen = [chosen[index] for index in np.linspace(0, len(chosen) - 1, most).round().astype(int)]
    for checkpoint in chosen:
        require(
            case.fit(checkpoint)[0] == sha256,
            f"{case.name}: resumed from the checkpoint at step {checkpoint.step}, it ends at other bits",
        )


def _distorted(part: Part, rows: NDArray[np.bool_]) -> pl.DataFrame:
    import polars as pl

    later = pl.lit(pl.Series(rows))
    columns = [part.schema.target, *part.schema.features]
    return part.frame.with_columns(
        [pl.when(later).then(pl.col(name) * 50 + 1000).otherwise(pl.col(name)).alias(name) for name in columns]
    )


def _arrays(predictions: Predictions) -> list[Floats]:
    return [predictions.point, *(predictions.quantiles[level] for level in sorted(predictions.quantiles))]


def _same_bits(one: Predictions, other: Predictions) -> bool:
    if one.quantiles.keys() != other.quantiles.keys():
        return False
    return all(a.tobytes() == b.tobytes() for a, b in zip(_arrays(one), _arrays(other), strict=True))
