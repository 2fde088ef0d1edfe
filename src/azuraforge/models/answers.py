"""Parts of a ledger entry: the prediction's inputs, its points, and how many of them are judged.

Each task kind fills the fields that it has; the others are null or empty.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import ConfigDict, Field

from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.shape import Shape


class ClassProbability(Shape):
    """A class and its probability; JSON calls the class ``class``."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    name: str = Field(alias="class")
    probability: float


class PredictionInputs(Shape):
    """The rows or the image that a prediction was made from."""

    rows: int | None = Field(default=None, description="of history")
    series: str | None = Field(default=None, description="of which of several series")
    new_series: bool = Field(default=False, description="which the version had not learned: a forecast by analogy")
    dataset_id: str | None = Field(default=None, description="null: the caller sent the rows")
    dataset_version: int | None = None
    dataset_fingerprint: str | None = None
    picture: str | None = Field(default=None, description="name of the file")
    sha256: str | None = Field(default=None, description="of the picture's file")
    classes: tuple[ClassProbability, ...] = Field(default=(), description="of the picture, the most probable first")


class PredictionPoint(Shape):
    """A predicted value with its interval; ``low`` and ``high`` are null if the version gives none."""

    at: datetime
    value: float
    low: float | None
    high: float | None
    label: str | None = Field(default=None, description="the class; `value` is its probability then")


class KnownPoints(Shape):
    """Number of a prediction's points that are judged."""

    known: int
    of: int


class AskedTimes(Shape):
    """The times at which the target of a series is requested.

    ``total_of``: the folder of the version that learned which series the total adds up; null: a series of the dataset.
    """

    series: str | None
    times: tuple[datetime, ...]
    total_of: Path | None = None


class ActualsInput(Shape):
    """Request for a dataset version's target: its segments, path and address each, and the times."""

    files: tuple[tuple[Path, str], ...]
    incumbent: Path | None = Field(default=None, description="the file of present forecasts, where they have their own")
    meaning: DatasetSchema
    asked: tuple[AskedTimes, ...]


class PresentForecast(Shape):
    """A forecast of the dataset's incumbent, and the time at which it was made."""

    value: float
    made_at: datetime


class Actual(Shape):
    """The actual value at a time, and the dataset's present forecasts of it, earliest first."""

    value: float
    present: tuple[PresentForecast, ...] = ()

    def present_at(self, origin_at: datetime) -> float | None:
        """Return the newest present forecast that was made by an origin; None if there is none."""
        by_then = [each for each in self.present if each.made_at <= origin_at]
        return by_then[-1].value if by_then else None


class Actuals(Shape):
    """The actual value at each requested time; null if there is no row or it was not measured."""

    values: tuple[tuple[Actual | None, ...], ...]
