"""The description of weights that were trained outside this platform."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from azuraforge.plugins.contract.shape import Shape


class Pretraining(Shape):
    """The origin of pretrained weights, as their publisher states it; the platform cannot verify it.

    The pretraining data may include rows up to ``until`` that are held out as the test set on this platform.
    """

    name: str = Field(default="", max_length=200, description="name of the weights, such as chronos-bolt-small")
    source: str = Field(default="", max_length=500, description="place where the weights were published")
    licence: str = Field(default="", max_length=200)
    trained_on: str = Field(default="", max_length=2000, description="pretraining data; empty if not stated")
    until: date | None = Field(default=None, description="last day of the pretraining data; null if not stated")
