"""Parts of ledger entries (inputs, points, number of judged points), and the shapes that request actual values.

Each task kind fills the fields of a ledger entry that apply to it; the others are null or empty.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import ConfigDict, Field

from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.shape import Shape


class ClassProbability(Shape):
    """A class and its probability; the JSON key of the class is ``class``."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    name: str = Field(alias="class")
    probability: float


class PredictionInputs(Shape):
    """Rows or image from which a prediction was made."""

    rows: int | None = Field(default=None, description="number of history rows; null for images")
    series: str | None = Field(default=None, description="name of the series; null if the dataset has only one")
    new_series: bool = Field(
        default=False,
        description="whether the version was not trained on this series, so it is forecast by analogy with others",
    )
    missing_series: tuple[str, ...] = Field(
        default=(),
        description="series that belong to the requested total but are not part of its forecast: series that the "
        "version was not trained on, and series without a row at the origin; empty for other forecasts",
    )
    dataset_id: str | None = Field(
        default=None, description="id of the dataset whose rows were used; null if the caller sent the rows"
    )
    dataset_version: int | None = None
    dataset_fingerprint: str | None = None
    image: str | None = Field(default=None, description="name of the image file; null for forecasts")
    sha256: str | None = Field(default=None, description="SHA-256 of the image file; null for forecasts")
    classes: tuple[ClassProbability, ...] = Field(
        default=(),
        description="classes of the image with their probabilities, most probable first; empty for forecasts",
    )


class PredictionPoint(Shape):
    """Predicted value with its interval; ``low`` and ``high`` are null if the version provides no interval."""

    at: datetime
    value: float
    low: float | None
    high: float | None
    label: str | None = Field(
        default=None, description="predicted class, whose probability is `value`; null for forecasts"
    )


class KnownPoints(Shape):
    """Number of a prediction's judged points (``known``) and of all its points (``of``)."""

    known: int
    of: int


class AskedTimes(Shape):
    """Times at which the actual values of a series are requested.

    Attributes:
        series: name of the series; null if the dataset has only one.
        times: requested times.
        total_of: folder of the model version that defines the total; null for a series of the dataset.
    """

    series: str | None
    times: tuple[datetime, ...]
    total_of: Path | None = None


class ActualsInput(Shape):
    """Request for actual values in a dataset version.

    Attributes:
        files: path and address of each segment.
        incumbent: path of the file of incumbent forecasts; null if there is none.
        meaning: schema of the dataset.
        asked: requested series and times.
    """

    files: tuple[tuple[Path, str], ...]
    incumbent: Path | None = Field(
        default=None,
        description="path of the file of incumbent forecasts; null if they are columns of the rows or absent",
    )
    meaning: DatasetSchema
    asked: tuple[AskedTimes, ...]


class PresentForecast(Shape):
    """Value of an incumbent forecast, and the time at which it was made."""

    value: float
    made_at: datetime


class Actual(Shape):
    """Actual value at a time, and the incumbent forecasts for that time, earliest first."""

    value: float
    present: tuple[PresentForecast, ...] = ()

    def present_at(self, origin_at: datetime) -> float | None:
        """Return the value of the newest incumbent forecast made at or before ``origin_at``; None if there is none."""
        by_then = [each for each in self.present if each.made_at <= origin_at]
        return by_then[-1].value if by_then else None


class Actuals(Shape):
    """Actual values in the order of the requested series and times; null if there is no row or no value."""

    values: tuple[tuple[Actual | None, ...], ...]
