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
    name: str | None = Field(description="name of the dataset; null if it was purged")
    version: int | None
    fingerprint: str | None
    rows: int | None = None
    end_at: datetime | None = None
    added_at: datetime | None = None


class PointThen(BaseModel):
    """Predicted value with its interval and outcome.

    ``actual``, ``label``, ``loss``, ``hit`` and ``judged_at`` are null until the outcome is known.
    """

    step: int = Field(description="number of rows ahead of the origin, starting at 1")
    at: datetime
    value: float
    low: float | None
    high: float | None
    predicted_label: str | None = Field(
        default=None, description="predicted class, whose probability is `value`; null for forecasts"
    )
    actual: float | None
    label: str | None = Field(description="actual class; null for forecasts or if not yet known")
    loss: float | None = Field(
        description="absolute error of a forecast; for classes 0 if correct, else 1; null until the outcome is known"
    )
    hit: bool | None = Field(
        description="whether the actual value is inside the interval, or the class is correct; null if unknown"
    )
    late: bool = Field(description="whether the forecast was made after its target time")
    judged_at: datetime | None


class ForecastThen(BaseModel):
    """Newest forecast at the requested time, with the outcomes known today."""

    prediction_id: str
    made_at: datetime
    version: int = Field(
        description="number of the version that made the forecast; it may differ from the alias's version at that time"
    )
    plugin: str | None
    series: str | None
    target: str
    unit: str
    interval: float | None
    origin: datetime
    data: DataThen | None = Field(
        description="dataset version that was forecast from; null if the caller sent the rows"
    )
    points: list[PointThen]
    known: int = Field(description="number of points whose outcome is known today")


class AsOfOut(BaseModel):
    """State of a model at a past time, from the history of its alias and the ledger."""

    model: str
    at: datetime
    alias: str
    state: AliasState
    model_created_at: datetime
    timezone: str = Field(description="IANA time zone of the series; UTC if it has none")
    holder: AliasChange | None = Field(
        description="change that set the alias's version at that time; `until` is as known today"
    )
    plugin: str | None = Field(description="pipeline of the version that the alias pointed to")
    learned_from: DataThen | None = Field(
        description="dataset version that the alias's version was trained on; null if there was none or it was imported"
    )
    data: DataThen | None = Field(
        description="newest version of the model's dataset at that time; null if there was none"
    )
    forecast: ForecastThen | None = Field(
        description="newest forecast at that time; null if there was none or it is no longer in the ledger"
    )
    ledger_since: datetime | None = Field(
        description="time of the oldest forecast in the ledger; null if the ledger has none"
    )
