"""API shapes of a model's state at a past time."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from azuraforge.models.schemas import AliasChange

#: State of an alias at a time. ``before_model``: the model did not exist yet; ``before_first``: the alias had never
#: been set; ``removed``: it had been removed and not set again; ``held``: it pointed to a version.
AliasState = Literal["before_model", "before_first", "removed", "held"]


class DataThen(BaseModel):
    """Dataset version: the newest version at the requested time, or the version that a forecast or a training used."""

    dataset_id: str
    name: str | None = Field(description="null: the dataset was purged")
    version: int | None
    fingerprint: str | None
    rows: int | None = None
    end_at: datetime | None = None
    added_at: datetime | None = None


class PointThen(BaseModel):
    """Predicted value with its interval and outcome.

    ``actual``, ``label``, ``loss``, ``hit`` and ``judged_at`` are null until the outcome is known.
    """

    step: int = Field(description="rows ahead of the origin, from 1")
    at: datetime
    value: float
    low: float | None
    high: float | None
    predicted_label: str | None = Field(default=None, description="the class; `value` is its probability then")
    actual: float | None
    label: str | None = Field(description="the class that it was")
    loss: float | None = Field(description="absolute error; for classes 1 where it was wrong, else 0")
    hit: bool | None = Field(description="inside the interval, or the right class")
    late: bool = Field(description="the forecast was made after the time that it speaks of")
    judged_at: datetime | None


class ForecastThen(BaseModel):
    """Newest forecast at that time, with the outcomes known today."""

    prediction_id: str
    made_at: datetime
    version: int = Field(description="that made it; another than the holder's where a new one had not yet been asked")
    plugin: str | None
    series: str | None
    target: str
    unit: str
    interval: float | None
    origin: datetime
    data: DataThen | None = Field(description="that it was made from; null: rows that the caller sent")
    points: list[PointThen]
    known: int = Field(description="points whose outcome is known now")


class AsOfOut(BaseModel):
    """State of a model at a past time, from the history of its alias and the ledger."""

    model: str
    at: datetime
    alias: str
    state: AliasState
    model_created_at: datetime
    timezone: str = Field(description="of the series; UTC where it has none")
    holder: AliasChange | None = Field(description="the move that held, with `until` as known now")
    plugin: str | None = Field(description="of the version that held the alias")
    learned_from: DataThen | None = Field(description="of the version that held the alias; null: none, or imported")
    data: DataThen | None = Field(description="the newest version of the model's dataset at that moment")
    forecast: ForecastThen | None = Field(description="null: none had been given, or the ledger no longer has it")
    ledger_since: datetime | None = Field(description="the oldest forecast that the ledger still has; null: none")
