"""Messages between the platform and a serving child process, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NotRequired, TypeAlias, TypedDict, final

from pydantic import JsonValue

from azuraforge.models.answers import ClassProbability, PredictionPoint
from azuraforge.models.image_schemas import PixelSize
from azuraforge.plugins.contract.shape import Shape
from azuraforge.strict_json import JsonObject

#: Error code if an image is sent to a version that is not an image classifier.
NOT_A_CLASSIFIER = "not_a_classifier"

Row: TypeAlias = JsonObject
"""Row of a request: values by column name."""


class DatasetFile(TypedDict):
    """Dataset version in the form that a child process reads."""

    paths: list[str]
    schema: dict[str, JsonValue]
    options: JsonObject
    fingerprint: str


class Opening(TypedDict):
    """Facts about a version that a child process requires in order to load it."""

    folder: str
    content_hash: str
    plugin: str
    config: JsonObject
    schema: dict[str, JsonValue]


class Folders(TypedDict):
    """Folders of dropped-in plugins and of the engine's kernels; None if there are none."""

    plugins_folder: str | None
    kernels_folder: str | None


class ChildOpening(Opening, Folders):
    """Message that opens a child process: everything it requires in order to load a version."""


class Point(TypedDict):
    """Predicted value with its interval, as a child process writes it."""

    at: str
    value: float
    low: float | None
    high: float | None


class _RowsBefore(TypedDict):
    """Common fields of requests for a series.

    Attributes:
        rows: history before the rows to predict; None to use the rows of ``dataset``.
        dataset: dataset version with the history, or with the days and hours of the series if ``rows`` is given.
        horizon: number of rows to predict; None for the version's own horizon.
        series: name of the series; None if the version learned only one.
    """

    rows: list[Row] | None
    dataset: DatasetFile | None
    horizon: int | None
    series: NotRequired[str | None]


@final
class SeriesMessage(_RowsBefore):
    """Request for the next values of a series."""


class ChangeMessage(TypedDict):
    """Change to a column known ahead, as in ``models.scenarios.schemas.Change``.

    Exactly one of ``values``, ``multiply`` and ``add`` is set.
    """

    column: str
    values: list[float] | None
    multiply: float | None
    add: float | None


class ScenarioMessage(TypedDict):
    """Scenario: a named set of changes."""

    name: str
    changes: list[ChangeMessage]


@final
class WhatIfMessage(_RowsBefore):
    """Request for the next values of a series under several scenarios.

    Attributes:
        known_ahead: values of columns at the rows to predict, for every scenario.
        scenarios: changes to these columns.
    """

    known_ahead: dict[str, list[float]]
    scenarios: list[ScenarioMessage]


class SeriesReply(Shape):
    """Predicted next values of a series.

    Attributes:
        origin: time of the last row of history.
        interval: level of the interval; None if the version provides no interval.
        rows: number of rows of history.
        points: predicted values, one per row.
        naive: last known value of the target; None if there is none.
        features: values of the last row by column.
        new_series: whether the version did not learn the series and forecasts it by analogy.
        missing_series: series that belong to the requested total but are not part of its forecast.
    """

    origin: datetime
    interval: float | None
    rows: int
    points: tuple[PredictionPoint, ...]
    naive: float | None
    features: dict[str, float | None]
    new_series: bool = False
    missing_series: tuple[str, ...] = ()


@final
class ImageMessage(TypedDict):
    """Request for the classes of the image at the path ``image``, which messages call ``name``."""

    image: str
    name: str
    bounded: NotRequired[bool]


class ImageReply(Shape):
    """Classes of an image, most probable first; ``seen`` is the version's input image as PNG in base64."""

    classes: tuple[ClassProbability, ...]
    size: PixelSize
    seen: str


Message: TypeAlias = SeriesMessage | WhatIfMessage | ImageMessage
"""Any request to a serving child process, which does not validate it, since the platform writes it."""


class SeriesAnswer(TypedDict):
    """Predicted next values as a child process writes them; ``SeriesReply`` reads them."""

    origin: str
    interval: float | None
    rows: int
    points: list[Point]
    naive: float | None
    features: dict[str, float | None]
    new_series: bool
    missing_series: list[str]


Written: TypeAlias = Mapping[str, object]
"""Any reply in the form that a child process writes."""

Reply: TypeAlias = JsonObject
"""Any reply in the form that the platform receives; the kind of request determines its shape."""
