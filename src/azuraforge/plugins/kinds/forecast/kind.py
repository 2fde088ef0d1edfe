"""The task kind "forecast": prediction of the next values of a series or panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import orjson
from pydantic import JsonValue

from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.availability import delay_of
from azuraforge.plugins.contract.batch import Batch
from azuraforge.plugins.contract.conformance import losses_not_stored
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.evaluation import PartSummary
from azuraforge.plugins.contract.figure import Figure
from azuraforge.plugins.contract.judging import ExplainCase, JudgeCase, Remark, other
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.parts import Part, Predictions, Rows, Table
from azuraforge.plugins.contract.pipeline import Answer, AnyPipeline
from azuraforge.plugins.contract.task_kind import TaskKind
from azuraforge.plugins.forecasting.availability import known_table
from azuraforge.plugins.forecasting.config import ForecastConfig
from azuraforge.plugins.forecasting.totals import at_same_moment, own_origins, with_totals
from azuraforge.plugins.kinds.forecast.facts import IMPORTANCE, MAE, METRICS, RESIDUALS, RMSE, SLICES
from azuraforge.plugins.kinds.forecast.figures import FIGURES, ForecastFigure
from azuraforge.plugins.kinds.forecast.metrics import measure, seasonal_scale
from azuraforge.plugins.kinds.forecast.panel_judging import Panel, origins_of, series_scales
from azuraforge.plugins.kinds.forecast.parts import (
    cut_future,
    cut_learning,
    cut_test,
    load_part,
    of_run,
    range_of,
    save_part,
)
from azuraforge.plugins.kinds.forecast.predictions import (
    GUARDED_ORIGINS,
    affordable_origins,
    guard_against_future,
    load_predictions,
    predict_checked,
    predict_known,
    save_predictions,
)
from azuraforge.plugins.kinds.forecast.ranges import keep_ranges
from azuraforge.plugins.kinds.forecast.split import ForecastSplit, split_series

if TYPE_CHECKING:
    import polars as pl

    from azuraforge.plugins.kinds.forecast.judging import ForecastJudge


class Forecast(TaskKind[ForecastConfig, Table, Part, Predictions, ForecastSplit]):
    """The task kind that forecasts the next rows of a series or panel."""

    name = "forecast"
    title: ClassVar[Mapping[str, str]] = {"en": "Forecast", "tr": "Tahmin"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "Predicts the next values of one or several series.",
        "tr": "Bir ya da birden çok serinin sonraki değerlerini tahmin eder.",
    }
    Config = ForecastConfig
    Split = ForecastSplit
    data = "series"
    serving = "series"
    pipeline = "forecasting.auto"
    baselines = (
        "forecasting.naive",
        "forecasting.seasonal_naive",
        "forecasting.random_walk_drift",
        "forecasting.ets",
        "forecasting.ridge",
    )
    serves_unproven = ("forecasting.auto",)  # see docs/decisions/0064
    metrics = METRICS
    ranked_by = "rmse"
    gate_metrics = ("rmse", "mae", "rmsse", "scaled_pinball")
    objectives = ("rmse", "mae", "mase", "smape", "r2")
    slices = SLICES
    explanations = (RESIDUALS, IMPORTANCE)
    figures = FIGURES

    def table(self, frame: pl.DataFrame, schema: DatasetSchema) -> Table:
        return known_table(frame, schema)

    def check_pipeline(self, name: str, pipeline: AnyPipeline, schema: DatasetSchema) -> None:
        super().check_pipeline(name, pipeline, schema)
        if schema.series is not None and not pipeline.several_series:
            raise InvalidInput(
                "the dataset contains several series, but {name} supports only one",
                where="dataset",
                next_step="choose a pipeline for several series, such as forecasting.lstm, or a dataset of one series",
                code="several_series",
                name=name,
            )

    def completed(self, pipeline: AnyPipeline) -> AnyPipeline:
        """Return the pipeline in a wrapper that clips forecasts of counts at zero and reconciles panels with groups."""
        from azuraforge.plugins.kinds.forecast.hierarchy.reconciled import ReconciledPipeline

        return ReconciledPipeline(pipeline)

    def other_data(self, learned: DatasetSchema, given: DatasetSchema) -> Remark | None:
        if (found := super().other_data(learned, given)) is not None and found.code == "other_kind":
            return found
        panels = ["several_series" if schema.series else "one_series" for schema in (learned, given)]
        if panels[0] != panels[1]:
            return other("other_kind", *panels)
        frequencies = [_in_months(schema.frequency) for schema in (learned, given)]
        if found is None and frequencies[0] != frequencies[1]:
            return other("other_frequency", *frequencies)
        return found

    def unreadable(self, learned: DatasetSchema, given: DatasetSchema) -> Message | None:
        """Return why a version cannot be applied to data of another schema; None if it can.

        In addition to the general reasons, a learned column may be missing or become known at another time.
        """
        if (found := super().unreadable(learned, given)) is not None:
            return found
        missing = sorted(set(learned.features) - set(given.features))
        if missing:
            return Message("column {column!r}, with which the version was trained, is missing", {"column": missing[0]})
        for column in learned.features:
            delay = delay_of(learned.available_after.get(column))
            if delay is not None and given.available_after.get(column) != delay:
                return Message(
                    "when the version was trained, {column!r} became known {delay} after its row, but the dataset "
                    "specifies another delay or none; set this delay with azuraforge datasets available-after NAME "
                    "{column}={delay}",
                    {"column": column, "delay": delay},
                )
        return None

    def split(
        self,
        pipeline: AnyPipeline,
        table: Table,
        config: ForecastConfig,
        folder: Path | None,
        *,
        studied: bool = False,
        retrained: bool = False,
    ) -> ForecastSplit:
        return split_series(pipeline, table, config, folder, studied=studied, retrained=retrained)

    def load_part(self, folder: Path) -> Part:
        return load_part(folder)

    def alone(self, part: Part, index: int) -> Part:
        """Return ``part`` with only the origin ``index``; for a panel with groups, with all origins of its moment."""
        at = at_same_moment(part, index)
        ahead = {column: values[at] for column, values in part.ahead.items()}
        return replace(part, origins=part.origins[at], ahead=ahead)

    def hold_out(self, table: Table, split: ForecastSplit, configs: Sequence[ForecastConfig], outputs: Path) -> int:
        from azuraforge.plugins.kinds.forecast.judging import save_truth

        table = with_totals(of_run(table, split.left_out))
        named = {column for config in configs for column in config.known_ahead}
        ahead = sorted(named & set(table.schema.features))  # candidate and champion may declare different columns
        horizon = split.horizon or 1
        rows = split.range_of("test")
        test, truth = cut_test(table, rows, horizon, known_ahead=ahead, partial=split.partial)
        save_part(test, outputs / "test")
        save_part(cut_future(table, horizon, ahead), outputs / "future")
        save_truth(outputs / "truth", table, test, truth)
        return len(test.origins)

    def hold_out_incumbent(self, told: pl.DataFrame, schema: DatasetSchema, outputs: Path) -> None:
        from azuraforge.plugins.kinds.forecast.incumbent import save_incumbent

        save_incumbent(told, schema, load_part(outputs / "test"), outputs / "truth")

    def all_rows(self, table: Table, split: ForecastSplit, config: ForecastConfig) -> tuple[Part, PartSummary]:
        """Return all rows of the series that the run did not leave out, as one part, with its summary."""
        table = with_totals(of_run(table, split.left_out))
        rows = Rows(0, table.moments)
        part = cut_learning(table, rows, config.horizon, config.known_ahead, partial=split.partial)
        return part, range_of(table, rows)

    def remember(self, train: Part, validation: Part, predictor: Path) -> None:
        keep_ranges(validation, predictor)  # the validation part's frame includes the training rows

    def predict(self, name: str, answer: Answer, part: Part) -> Predictions:
        return predict_checked(name, answer, part)

    def predict_known(
        self, name: str, answer: Answer, part: Part, knows: Callable[[str], bool]
    ) -> tuple[Predictions, tuple[str, ...]]:
        predictions, unknown = predict_known(name, answer, part, knows)
        return predictions, tuple(unknown)

    def guard(
        self, name: str, answer: Answer, part: Part, predictions: Predictions, seed: int, *, thorough: bool
    ) -> int:
        most = affordable_origins(part) if thorough else GUARDED_ORIGINS
        return guard_against_future(name, answer, part, predictions, seed, most)

    def save_predictions(self, predictions: Predictions, path: Path) -> None:
        save_predictions(predictions, path)

    def predict_future(self, name: str, answer: Answer, future: Path, path: Path) -> None:
        save_predictions(predict_checked(name, answer, load_part(future)), path)

    def redraw(
        self, figures: Mapping[str, Mapping[str, JsonValue]], future: Path, refitted: Mapping[str, Path]
    ) -> dict[str, Figure]:
        """Return the figure ``forecast`` with the refitted predictor; empty if its pipeline was not refitted."""
        from azuraforge.plugins.kinds.forecast.drawing import redrawn

        if "forecast" not in figures:
            return {}
        figure = ForecastFigure.model_validate(figures["forecast"])
        if figure.contender not in refitted:
            return {}
        return {"forecast": redrawn(figure, load_part(future), load_predictions(refitted[figure.contender]))}

    def judge(self, case: JudgeCase) -> ForecastJudge:
        from azuraforge.plugins.kinds.forecast.judging import ForecastJudge

        return ForecastJudge(case, ForecastSplit.model_validate(case.split.model_dump()), self.added)

    def stored_losses(self, errors: Mapping[str, Floats], contender: str, metric: MetricFacts) -> Floats:
        """Return squared or absolute errors, which are the losses of RMSE and MAE.

        Raises InvalidInput for other metrics, whose losses need scales, quantiles or true values that are not stored.
        """
        if metric.name not in (RMSE.name, MAE.name):
            raise losses_not_stored(metric.name, self.name)
        stored = np.asarray(errors[contender], dtype=np.float64)
        return np.abs(stored) if metric.name == MAE.name else np.square(stored)

    def prepare_scoring(self, table: Table, split: ForecastSplit, config: ForecastConfig, outputs: Path) -> None:
        table, season = with_totals(of_run(table, split.left_out)), split.season or 1
        rows = split.range_of("validation")
        horizon = split.horizon or 1
        part, truth = cut_test(table, rows, horizon, known_ahead=config.known_ahead, partial=split.partial)
        save_part(part, outputs / "asked")
        np.save(outputs / "truth.npy", truth, allow_pickle=False)
        train = load_part(outputs / "train")
        # The denominators of MASE are stored, so that trials do not read the training frame to compute their scores.
        scales: dict[str, float | None]
        if train.schema.series is None:
            scales = {"": seasonal_scale(_target(train)[train.start :], season)}
        else:
            scales = series_scales(train, season)
        (outputs / "scales.json").write_bytes(orjson.dumps(scales))

    def score(self, name: str, answer: Answer, parts: Path) -> dict[str, float | None]:
        asked = load_part(parts / "asked")
        truth = np.load(parts / "truth.npy", allow_pickle=False)
        scales = orjson.loads((parts / "scales.json").read_bytes())
        predictions = predict_checked(name, answer, asked)
        if (own := own_origins(asked)) is not None:  # without totals, as in a run's evaluation: they would dominate
            at = np.flatnonzero(own).astype(np.int64)
            asked = replace(asked, origins=asked.origins[at])
            predictions, truth = origins_of(predictions, at), truth[at]
        if asked.schema.series is not None:
            overall = Panel.of(asked, scales).measure(truth, predictions)[0]
        else:
            overall, _ = measure(truth, predictions, scales[""])
        return {**overall, **{each.name: each.facts.score(each.losses(truth, predictions)) for each in self.added}}

    def explain(self, explanation: str, case: ExplainCase) -> dict[str, Figure]:
        season = case.split.season or 1
        if explanation == RESIDUALS.name:
            from azuraforge.plugins.kinds.forecast.residuals import residual_figures

            return residual_figures(case, season)
        from azuraforge.plugins.kinds.forecast.importance import input_figures

        return input_figures(case, season)

    def batch(self) -> Batch[Table]:
        from azuraforge.plugins.kinds.forecast.batch import ForecastBatch

        return ForecastBatch()


def _in_months(frequency: str | None) -> str | None:
    """Return a frequency with years and quarters converted to months, so that ``1y`` equals ``12mo``; None for None."""
    if frequency is None:
        return None
    months = {"q": 3, "y": 12}.get(frequency[-1])
    return f"{int(frequency[:-1]) * months}mo" if months else frequency


def _target(part: Part) -> Floats:
    from azuraforge.plugins.forecasting.channels import column_values

    return column_values(part.frame, part.schema.target)
