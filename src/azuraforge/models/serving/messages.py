"""Questions to a serving child and its answers, as JSON carries them."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from pydantic import JsonValue

#: The code of the error for a picture that is shown to a version without classes.
NOT_A_CLASSIFIER = "not_a_classifier"

Row = dict[str, Any]
"""A row of a request: values by column."""


class DatasetFile(TypedDict):
    """A dataset version as a child reads it."""

    path: str
    schema: dict[str, JsonValue]
    options: dict[str, Any]
    fingerprint: str


class Opening(TypedDict):
    """Facts that a child needs to load a version; the folders of plugins and kernels are added when it starts."""

    folder: str
    content_hash: str
    plugin: str
    config: dict[str, Any]
    schema: dict[str, JsonValue]
    plugins_folder: NotRequired[str | None]
    kernels_folder: NotRequired[str | None]


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
    scenarios: list[dict[str, Any]]


class Point(TypedDict):
    """A predicted value with its interval; ``label`` is the class that it is the probability of."""

    at: str
    value: float
    low: float | None
    high: float | None
    label: NotRequired[str]


class SeriesReply(TypedDict):
    """The next values. ``naive`` is the last known value, ``features`` the numbers of the last row."""

    origin: str
    interval: float | None
    rows: int
    points: list[Point]
    naive: float | None
    features: dict[str, float | None]


class PictureMessage(TypedDict):
    """A question what the picture at a path shows, which messages call ``name``."""

    picture: str
    name: str
    bounded: NotRequired[bool]


Probability = TypedDict("Probability", {"class": str, "probability": float})
"""A class and its probability."""


class PictureReply(TypedDict):
    """The classes, the most probable first; ``seen`` is a PNG of the picture as the version saw it, as base64."""

    classes: list[Probability]
    size: dict[str, int]
    seen: str


Reply = dict[str, Any]
"""Any child's reply; the kind of question says which of the shapes above it has."""
