"""An event for tests of the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import ConfigDict

from azuraforge.events.body import EventBody


class Tick(EventBody):
    """Any values."""

    model_config = ConfigDict(extra="allow")

    type: Literal["tick"] = "tick"


class Happened(EventBody):
    """An event of any type with any values; ``of`` takes values whose names are not Python's."""

    model_config = ConfigDict(extra="allow")

    @classmethod
    def of(cls, type_: str, data: Mapping[str, object]) -> Happened:
        """Return the event of a type with these values."""
        return cls.model_validate({"type": type_, **data})
