"""API shapes of classifications of images."""

from __future__ import annotations

from pydantic import BaseModel, Field

from azuraforge.models.answers import ClassProbability


class PixelSize(BaseModel):
    """Input size of an image classifier in pixels; ``channels`` is 1 for grey and 3 for colour."""

    height: int
    width: int
    channels: int


class ImageAnswer(BaseModel):
    """Classification of an image."""

    prediction_id: str = Field(description="id of the prediction in the ledger, for reporting the actual class")
    model: str
    version: int
    alias: str | None = Field(description="alias that selected the version; null if the request named the version")
    plugin: str
    run_id: str | None
    classes: list[ClassProbability] = Field(description="all classes with their probabilities, most probable first")
    size: PixelSize
    seen: str = Field(description="image as the version received it, after resizing: PNG, base64-encoded")
