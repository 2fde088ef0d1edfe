"""Naive forecasts: the last value, the last season, the last value plus the average step."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from azuraforge.apps.forecasting.baseline import Baseline, Learned, first_known, seasonal_rows, target_of
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.contract.pipeline import RunContext
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.config import ForecastConfig


class Naive(Baseline):
    """Forecaster that repeats the last known value."""

    name: ClassVar[str] = "forecasting.naive"
    title: ClassVar[dict[str, str]] = {"en": "Naive", "tr": "Naif"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Repeats the last known value. Hard to beat on prices.",
        "tr": "Bilinen son değeri yineler. Fiyatlarda geçilmesi zordur.",
    }

    def learn(self, run: RunContext[ForecastConfig], train: Part, validation: Part) -> Learned:
        """Store only the first known value; a naive forecast has no parameters."""
        return Learned({"first": first_known(train)})

    def forecast(self, learned: Learned, part: Part) -> Floats:
        """Return the value at each origin for every row ahead, ``(origin, horizon)``."""
        return np.repeat(target_of(learned, part)[part.origins][:, None], part.horizon, axis=1)


class SeasonalNaive(Baseline):
    """Forecaster that repeats the value one season earlier."""

    name: ClassVar[str] = "forecasting.seasonal_naive"
    title: ClassVar[dict[str, str]] = {"en": "Seasonal naive", "tr": "Mevsimsel naif"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Repeats the value one season earlier; without a season, the last known value.",
        "tr": "Bir mevsim önceki değeri yineler; mevsim yoksa bilinen son değeri.",
    }

    def learn(self, run: RunContext[ForecastConfig], train: Part, validation: Part) -> Learned:
        """Store the first known value and the length of the season in rows."""
        return Learned({"first": first_known(train), "season": run.config.season_of(train.schema)})

    def settled(self, learned: Learned, config: ForecastConfig, train: Part) -> int:
        """Return the first origin with a whole season of rows up to it."""
        return int(learned.settings["season"]) - 1

    def forecast(self, learned: Learned, part: Part) -> Floats:
        """Return the newest value a whole number of seasons before each target row, ``(origin, horizon)``.

        If no row is that early, the forecast is the value at the origin.
        """
        values = target_of(learned, part)
        rows, there = seasonal_rows(part, learned.settings["season"])
        return np.where(there, values[rows], values[part.origins][:, None])


class RandomWalkDrift(Baseline):
    """Forecaster that adds the average step per row to the last known value."""

    name: ClassVar[str] = "forecasting.random_walk_drift"
    title: ClassVar[dict[str, str]] = {"en": "Random walk with drift", "tr": "Sürüklenmeli rastgele yürüyüş"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Adds the average step of the training set to the last known value for each row ahead.",
        "tr": "Bilinen son değere, her ileri satır için eğitim kümesinin ortalama adımını ekler.",
    }

    def learn(self, run: RunContext[ForecastConfig], train: Part, validation: Part) -> Learned:
        """Compute the average step from row to row."""
        values = column_values(train.frame, train.schema.target)
        known = np.flatnonzero(np.isfinite(values))
        rows = int(known[-1] - known[0]) if known.size else 0
        drift = float(values[known[-1]] - values[known[0]]) / rows if rows else 0.0
        return Learned({"first": first_known(train), "drift": drift})

    def forecast(self, learned: Learned, part: Part) -> Floats:
        """Return a straight line with the average step from the value at each origin, ``(origin, horizon)``."""
        steps = np.arange(1, part.horizon + 1)
        return np.asarray(target_of(learned, part)[part.origins][:, None] + learned.settings["drift"] * steps)
