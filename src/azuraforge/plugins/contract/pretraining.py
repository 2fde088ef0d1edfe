"""Facts about weights that were trained outside this platform."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from azuraforge.plugins.contract.shape import Shape


class Pretraining(Shape):
    """The origin of pretrained weights, as stated by their publishers; the platform cannot check it.

    Rows before ``until`` may have been part of that training, even if they are held out here.
    """

    name: str = Field(default="", max_length=200, description="of the weights, such as chronos-bolt-small")
    source: str = Field(default="", max_length=500, description="where the weights were published")
    licence: str = Field(default="", max_length=200)
    trained_on: str = Field(default="", max_length=2000, description="the data; empty: not stated")
    until: date | None = Field(default=None, description="last day of that data; null: not stated")
