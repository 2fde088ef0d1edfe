"""API shapes of classifications of images."""

from __future__ import annotations

from pydantic import BaseModel, Field

from azuraforge.models.answers import ClassProbability


class PictureSize(BaseModel):
    """Input size of an image classifier in pixels; ``channels`` is 1 for grey and 3 for colour."""

    height: int
    width: int
    channels: int


class PictureAnswer(BaseModel):
    """Classification of an image."""

    prediction_id: str = Field(description="its line in the ledger, to send the right class to")
    model: str
    version: int
    alias: str | None = Field(description="the alias that led to the version; null where the version was named")
    plugin: str
    run_id: str | None
    classes: list[ClassProbability] = Field(description="every class, the most probable first")
    size: PictureSize
    seen: str = Field(description="the picture as the version saw it: a PNG as base64")
