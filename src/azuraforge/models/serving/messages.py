"""Questions to a serving child and its answers, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NotRequired, TypeAlias, TypedDict, final

from pydantic import JsonValue

from azuraforge.models.answers import ClassProbability, PredictionPoint
from azuraforge.models.picture_schemas import PictureSize
from azuraforge.plugins.contract.shape import Shape
from azuraforge.strict_json import JsonObject

#: Error code for an image sent to a version without classes.
NOT_A_CLASSIFIER = "not_a_classifier"

Row: TypeAlias = JsonObject
"""A row of a request: values by column."""


class DatasetFile(TypedDict):
    """A dataset version as a child reads it."""

    paths: list[str]
    schema: dict[str, JsonValue]
    options: JsonObject
    fingerprint: str


class Opening(TypedDict):
    """Facts about a version that a child needs to load it."""

    folder: str
    content_hash: str
    plugin: str
    config: JsonObject
    schema: dict[str, JsonValue]


class Folders(TypedDict):
    """Folders from which a child loads plugins and the engine's kernels; None: no dropped-in plugins, or no kernels."""

    plugins_folder: str | None
    kernels_folder: str | None


class ChildOpening(Opening, Folders):
    """Everything that a child needs to load a version."""


class Point(TypedDict):
    """A predicted value with its interval, as a child writes it."""

    at: str
    value: float
    low: float | None
    high: float | None


class _RowsBefore(TypedDict):
    """The rows before the requested ones: ``rows``, or those of ``dataset`` if ``rows`` is None."""

    rows: list[Row] | None
    dataset: DatasetFile | None
    horizon: int | None
    series: NotRequired[str | None]


@final
class SeriesMessage(_RowsBefore):
    """Question for the next values."""


class ChangeMessage(TypedDict):
    """A change to a column known ahead, as ``models.scenarios.schemas.Change``: one of the three ways."""

    column: str
    values: list[float] | None
    multiply: float | None
    add: float | None


class ScenarioMessage(TypedDict):
    """A named set of changes."""

    name: str
    changes: list[ChangeMessage]


@final
class WhatIfMessage(_RowsBefore):
    """Question for the next values under ``scenarios``; ``known_ahead`` has values of columns at the rows to
    predict."""

    known_ahead: dict[str, list[float]]
    scenarios: list[ScenarioMessage]


class SeriesReply(Shape):
    """The next values. ``naive`` is the last known value, ``features`` the numbers of the last row; ``new_series``:
    the version did not learn the series and forecasts it by analogy."""

    origin: datetime
    interval: float | None
    rows: int
    points: tuple[PredictionPoint, ...]
    naive: float | None
    features: dict[str, float | None]
    new_series: bool = False


@final
class PictureMessage(TypedDict):
    """Question for the classes of the image at a path, which messages call ``name``."""

    picture: str
    name: str
    bounded: NotRequired[bool]


class PictureReply(Shape):
    """The classes, most probable first; ``seen`` is the version's input image as PNG in base64."""

    classes: tuple[ClassProbability, ...]
    size: PictureSize
    seen: str


Message: TypeAlias = SeriesMessage | WhatIfMessage | PictureMessage
"""Any question to a child that serves a version. Children read it unvalidated, as the platform's own code wrote it."""


class SeriesAnswer(TypedDict):
    """The next values as a child writes them; ``SeriesReply`` reads them."""

    origin: str
    interval: float | None
    rows: int
    points: list[Point]
    naive: float | None
    features: dict[str, float | None]
    new_series: bool


Written: TypeAlias = Mapping[str, object]
"""Any reply as a child writes it."""

Reply: TypeAlias = JsonObject
"""Any child's reply; the kind of question says which of the shapes above it has."""
