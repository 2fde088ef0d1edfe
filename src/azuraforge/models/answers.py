"""A line of the ledger in parts: what a prediction was made from, its points, and how many of them are known.

Each task kind fills the fields that it has; the others are null or empty.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import ConfigDict, Field

from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.shape import Shape
from azuraforge.strict_json import JsonObject


class ClassProbability(Shape):
    """A class and its probability; JSON calls the class ``class``."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    name: str = Field(alias="class")
    probability: float


class PredictionInputs(Shape):
    """The rows or the picture that a prediction was made from."""

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
    """A predicted value with its interval; ``low`` and ``high`` are null where the version gives none."""

    at: datetime
    value: float
    low: float | None
    high: float | None
    label: str | None = Field(default=None, description="the class; `value` is its probability then")


class KnownPoints(Shape):
    """How many of a prediction's points are judged."""

    known: int
    of: int


class ActualsInput(Shape):
    """A version of a dataset, and the times at which its target is asked for.

    ``series``: which of several. ``learned_by``: the folder of the version that predicted, where the series may be a
    total: it adds up the series that this version learned.
    """

    paths: tuple[Path, ...]
    meaning: DatasetSchema
    options: JsonObject
    fingerprint: str
    times: tuple[datetime, ...]
    series: str | None
    learned_by: Path | None = None


class Actuals(Shape):
    """What happened at each of the times that were asked for; null where no row is there, or it was not measured."""

    values: tuple[float | None, ...]
