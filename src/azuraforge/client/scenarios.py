"""Shapes of what-if forecasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from azuraforge.client.model import PredictionPoint
from azuraforge.client.shapes import Shape


@dataclass(frozen=True, kw_only=True)
class Caution(Shape):
    """A warning about a scenario forecast; ``text`` maps language codes to sentences."""

    code: str
    column: str
    text: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class ColumnAhead(Shape):
    """A column known ahead, with its values at the rows to predict.

    If ``assumed`` is true, no values were given, and the last known value is used for all rows.
    """

    column: str
    values: list[float]
    assumed: bool
    learned_low: float | None = None
    learned_high: float | None = None


@dataclass(frozen=True, kw_only=True)
class ScenarioForecast(Shape):
    """The forecast under one scenario, with its differences from the base."""

    name: str
    predictions: list[PredictionPoint]
    total: float
    differences: list[float]
    total_difference: float
    columns: dict[str, list[float]]
    cautions: list[Caution]


@dataclass(frozen=True, kw_only=True)
class WhatIf(Shape):
    """A base forecast and one forecast per scenario. The forecasts are not recorded in the ledger."""

    model: str
    version: int
    plugin: str
    target: str
    unit: str
    origin: datetime
    base: list[PredictionPoint]
    base_total: float
    known_ahead: list[ColumnAhead]
    cautions: list[Caution]
    scenarios: list[ScenarioForecast]
    interval: float | None = None
    run_id: str | None = None
    alias: str | None = None
    series: str | None = None
    dataset_version: int | None = None
    trained_on: int | None = None
