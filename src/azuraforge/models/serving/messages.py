"""Questions to a serving child and its answers, as JSON carries them."""

from __future__ import annotations

from datetime import datetime
from typing import NotRequired, TypeAlias, TypedDict

from pydantic import JsonValue

from azuraforge.models.answers import ClassProbability, PredictionPoint
from azuraforge.models.schemas import PictureSize
from azuraforge.plugins.contract.shape import Shape
from azuraforge.strict_json import JsonObject

#: The code of the error for a picture that is shown to a version without classes.
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
    """Facts that a child needs to load a version; the folders of plugins and kernels are added when it starts."""

    folder: str
    content_hash: str
    plugin: str
    config: JsonObject
    schema: dict[str, JsonValue]
    plugins_folder: NotRequired[str | None]
    kernels_folder: NotRequired[str | None]


class Point(TypedDict):
    """A predicted value with its interval, as a child writes it."""

    at: str
    value: float
    low: float | None
    high: float | None


class SeriesMessage(TypedDict):
    """A question for the next values: after ``rows``, or after the end of ``dataset`` where ``rows`` is None."""

    rows: list[Row] | None
    dataset: DatasetFile | None
    horizon: int | None
    series: NotRequired[str | None]


class WhatIfMessage(SeriesMessage):
    """A question for the next values under ``scenarios``, each as ``models.scenarios.schemas.Scenario`` names its
    fields; ``known_ahead`` holds values of columns at the rows to predict."""

    known_ahead: dict[str, list[float]]
    scenarios: list[JsonObject]


class SeriesReply(Shape):
    """The next values. ``naive`` is the last known value, ``features`` the numbers of the last row; ``new_series``: the
    version had not learned the series, and forecasts it by analogy."""

    origin: datetime
    interval: float | None
    rows: int
    points: tuple[PredictionPoint, ...]
    naive: float | None
    features: dict[str, float | None]
    new_series: bool = False


class PictureMessage(TypedDict):
    """A question what the picture at a path shows, which messages call ``name``."""

    picture: str
    name: str
    bounded: NotRequired[bool]


class PictureReply(Shape):
    """The classes, the most probable first; ``seen`` is a PNG of the picture as the version saw it, as base64."""

    classes: tuple[ClassProbability, ...]
    size: PictureSize
    seen: str


Reply: TypeAlias = JsonObject
"""Any child's reply; the kind of question says which of the shapes above it has."""
