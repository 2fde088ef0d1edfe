"""Child process that keeps one version loaded and predicts with it on request.

It verifies every byte of the version before it loads anything.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from azuraforge.errors import AzuraError, InvalidInput
from azuraforge.models.registry.folder import read_card, verify_folder
from azuraforge.models.serving.messages import (
    NOT_A_CLASSIFIER,
    ChildOpening,
    DatasetFile,
    Point,
    Row,
    SeriesAnswer,
    Written,
)
from azuraforge.models.serving.messages import (
    Message as Question,
)
from azuraforge.models.serving.request_rows import last_known, last_time, read_rows, row_at
from azuraforge.models.serving.scenarios import answer_scenarios
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.parts import Part, Predictions, Schema
from azuraforge.plugins.discovery.loading import load_plugin
from azuraforge.plugins.forecasting.availability import as_known, without_unknown_head
from azuraforge.plugins.forecasting.calendar import Clock, moments_of
from azuraforge.plugins.forecasting.config import ForecastConfig
from azuraforge.plugins.forecasting.covariates import part_at_end
from azuraforge.plugins.forecasting.following import following_times
from azuraforge.plugins.forecasting.intervals import ends_of
from azuraforge.plugins.forecasting.panels import one_of, stack
from azuraforge.plugins.forecasting.totals import missing_from_total, with_other_series, with_totals_of
from azuraforge.plugins.kinds.forecast.hierarchy.reconciled import hierarchy_learned
from azuraforge.plugins.kinds.forecast.panel_judging import origins_of
from azuraforge.plugins.kinds.forecast.ranges import learned_ranges
from azuraforge.processes.backend import choose_nearest

if TYPE_CHECKING:
    import polars as pl

#: Error code if a pipeline fails to predict, or returns an array of the wrong shape or with values that are not finite.
PREDICTION_FAILED = "prediction_failed"


class Predictor:
    """Verified, loaded version that forecasts a series."""

    def __init__(self, opening: ChildOpening) -> None:
        folder = Path(opening["folder"])
        verify_folder(folder, opening["content_hash"])
        card = read_card(folder)
        plugin = load_plugin("pipeline", opening["plugin"], opening["plugins_folder"])
        # Use the backend that trained it if available, so that predictions equal those of its evaluation bit by bit.
        if plugin.uses_engine:
            choose_nearest(card.engine, opening["kernels_folder"])
        self._name, self._folder = opening["plugin"], folder
        kind = load_plugin("task_kind", plugin.kind, opening["plugins_folder"])()
        self._pipeline = kind.completed(plugin())
        self._predictor = self._pipeline.load(folder)
        self._hierarchy = hierarchy_learned(folder)
        self.schema = Schema.of(DatasetSchema.model_validate(opening["schema"]))
        config = kind.own_config({**opening["config"], **card.config})
        if not isinstance(config, ForecastConfig):
            raise InvalidInput(
                "task kind {kind} is served as a series, but its Config does not extend ForecastConfig",
                where="task kind {kind}",
                next_step="derive its Config from azuraforge.plugins.forecasting.config.ForecastConfig",
                kind=plugin.kind,
            )
        self.horizon = card.horizon or config.horizon
        self._known_ahead = config.known_ahead
        self._datasets: dict[str, pl.DataFrame] = {}
        self._clocks: dict[tuple[str, str | None], Clock] = {}

    def with_predictor(self, folder: Path) -> Predictor:
        """Return a copy of this version with the predictor that its pipeline saved in another folder."""
        other = copy.copy(self)
        other._predictor = self._pipeline.load(folder)
        return other

    def answer(self, question: Question) -> Written:
        """Predict the rows after the end of ``rows``, or of ``dataset`` if ``rows`` is None.

        If both are given, the dataset provides the days and hours of a series without a frequency, which a few rows do
        not show. A version that learned several series requires ``series``, to which ``rows`` belong.

        Returns a ``SeriesAnswer``; for a ``WhatIfMessage`` the origin and the result of ``answer_scenarios``. Raises
        InvalidInput if the request does not fit the version, or if the pipeline fails, and StorageError if the rows of
        ``dataset`` have changed since they were stored.
        """
        if "image" in question:
            raise InvalidInput(
                "this version predicts a series and cannot classify images",
                where="version",
                next_step="request a forecast with azuraforge models predict NAME",
                code=NOT_A_CLASSIFIER,
            )
        horizon = question["horizon"] or self.horizon
        if horizon > self.horizon:
            raise InvalidInput(
                "this version predicts at most {most} [row|rows] ahead, but {asked} were requested",
                where="horizon",
                next_step="request a horizon of at most {most}, or train a model with a longer horizon",
                most=self.horizon,
                asked=horizon,
            )
        rows, stored, series = question["rows"], question["dataset"], self._series(question.get("series"))
        schema = one_of(self.schema)
        given = self._given(rows, schema) if rows is not None else self._rows(_named(stored), series)
        part = part_at_end(given, schema, self.horizon, self._known_ahead)
        frame = part.frame
        times = following_times(frame, schema, horizon, self._clock(stored, series))

        def ask(one: Part) -> tuple[list[Point], float | None, Predictions]:
            asked, place = (one if series is None else stack([(series, one)], self.schema)), 0
            if series is not None and rows is None and self._hierarchy is not None and series in self._hierarchy.names:
                panel = self.dataset(_named(stored))
                asked, place = with_other_series(panel, self.schema, self._hierarchy, series, one)
            predictions = self._predict(asked, place, from_rows=rows is not None)
            return *self._points(predictions, times), predictions

        if "scenarios" in question:
            learned = learned_ranges(self._folder, series)
            what_if = answer_scenarios(question, part, self._known_ahead, learned, horizon, ask)
            return {"origin": last_time(frame, schema).isoformat(), **what_if}
        points, interval, _ = ask(part)
        found: SeriesAnswer = {
            "origin": last_time(frame, schema).isoformat(),
            "interval": interval,
            "rows": frame.height,
            "points": points,
            "naive": last_known(frame, schema),
            "features": row_at(frame, schema, -1),
            "new_series": series is not None and not self._pipeline.knows_series(self._predictor, series),
            "missing_series": [] if rows is not None else self._missing(_named(stored), series, part),
        }
        return found

    def _missing(self, stored: DatasetFile, series: str | None, part: Part) -> list[str]:
        """Return the series that a requested total should contain but does not; empty if no total is requested."""
        if series is None or self._hierarchy is None or series not in self._hierarchy.totals:
            return []
        now = DatasetSchema.model_validate(stored["schema"]).groups
        moment = int(moments_of(part.frame, part.schema)[int(part.origins[0])])
        return list(missing_from_total(self.dataset(stored), self.schema, self._hierarchy, series, now, moment))

    def _series(self, asked: str | None) -> str | None:
        """Return the requested series; None if the version learned only one.

        Raises InvalidInput if a series is missing, or given for a version of a single series.
        """
        if (self.schema.series is None) == (asked is None):
            return asked
        if asked is not None:
            raise InvalidInput("this version was trained on a single series", where="series", next_step="omit series")
        raise InvalidInput(
            "this version was trained on several series, but the request does not specify one",
            where="series",
            next_step="specify a series in the field series (CLI: --series, or --all-series for all of them)",
            code="series_needed",
        )

    def _given(self, rows: Sequence[Row], schema: Schema) -> pl.DataFrame:
        """Return the rows of a request; each row contains the values of delayed columns that were known at its time."""
        frame = as_known(read_rows(rows, schema, self._known_ahead), schema)
        return without_unknown_head(frame, schema)

    def _rows(self, version: DatasetFile, series: str | None) -> pl.DataFrame:
        """Return the rows of a dataset version, or of one of its series if ``series`` is given.

        Raises InvalidInput if the dataset does not contain the series.
        """
        frame = self.dataset(version)
        if series is None:
            return frame
        import polars as pl

        column = str(self.schema.series)
        rows = frame.filter(pl.col(column) == series).drop(column)
        if not rows.height:
            raise InvalidInput(
                "the dataset has no series {series!r}",
                where="series",
                next_step="run azuraforge datasets show NAME",
                series=series,
            )
        return rows

    def dataset(self, version: DatasetFile) -> pl.DataFrame:
        """Return the verified rows of a dataset version, including the totals that the model version learned.

        Each row contains the values of delayed columns that were known at its time. Raises StorageError if the rows
        have changed since they were stored.
        """
        from azuraforge.datasets.loading import load_version

        fingerprint = version["fingerprint"]
        if fingerprint not in self._datasets:  # versions never change, so one verified read is enough
            schema = DatasetSchema.model_validate(version["schema"])
            frame = load_version([Path(each) for each in version["paths"]], schema, version["options"], fingerprint)
            frame = as_known(frame.drop(schema.incumbent_columns), self.schema)
            if self._hierarchy is not None:
                frame = with_totals_of(frame, self.schema, self._hierarchy)
            self._datasets = {fingerprint: frame}
        return self._datasets[fingerprint]

    def predict(self, part: Part) -> Predictions:
        """Return the predictions of the version's pipeline for every origin of ``part``."""
        predictions: Predictions = self._pipeline.predict(self._predictor, part)
        return predictions

    def _predict(self, part: Part, place: int, *, from_rows: bool) -> Predictions:
        """Return the predictions at the origin with the index ``place``.

        Raises InvalidInput if the pipeline fails or returns values of the wrong shape.
        """
        try:
            predictions = self.predict(part)
        except AzuraError:
            raise
        except Exception as error:
            raise InvalidInput(
                "{name} could not predict from {rows:,} [row|rows]: {error_type}: {reason}",
                where="rows" if from_rows else "dataset",
                next_step="send a longer history" if from_rows else "check the plugin of this version",
                code=PREDICTION_FAILED,
                name=self._name,
                rows=part.frame.height,
                error_type=type(error).__name__,
                reason=" ".join(str(error).split())[:300],
            ) from error
        expected = (len(part.origins), self.horizon)
        for values in (predictions.point, *predictions.quantiles.values()):
            if np.shape(values) != expected:
                raise InvalidInput(
                    "{name} must return an array of shape {expected}; the array has shape {shape}",
                    where="rows" if from_rows else "dataset",
                    next_step="check the plugin of this version",
                    code=PREDICTION_FAILED,
                    name=self._name,
                    shape=str(np.shape(values)),
                    expected=str(expected),
                )
            if not np.isfinite(values).all():
                raise InvalidInput(
                    "{name} returned NaN or infinite values",
                    where="rows" if from_rows else "dataset",
                    next_step="send a longer history without missing values",
                    code=PREDICTION_FAILED,
                    name=self._name,
                )
        return origins_of(predictions, np.array([place], dtype=np.int64))

    def _points(self, predictions: Predictions, times: Sequence[datetime]) -> tuple[list[Point], float | None]:
        outer = ends_of(predictions.quantiles)
        points: list[Point] = [
            {
                "at": at.isoformat(),
                "value": float(predictions.point[0, step]),
                "low": float(predictions.quantiles[outer[0]][0, step]) if outer else None,
                "high": float(predictions.quantiles[outer[1]][0, step]) if outer else None,
            }
            for step, at in enumerate(times)
        ]
        return points, round(outer[1] - outer[0], 10) if outer else None

    def _clock(self, version: DatasetFile | None, series: str | None) -> Clock | None:
        if version is None or self.schema.time is None:
            return None
        key = (version["fingerprint"], series)
        if key not in self._clocks:
            if not any(known == key[0] for known, _ in self._clocks):
                self._clocks = {}
            self._clocks[key] = Clock.learn(self._rows(version, series), one_of(self.schema))
        return self._clocks[key]


def _named(stored: DatasetFile | None) -> DatasetFile:
    assert stored is not None  # a question without rows names a dataset
    return stored
