"""An event for tests of the log."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

from azuraforge.events.body import EventBody


class Tick(EventBody):
    """Any values."""

    model_config = ConfigDict(extra="allow")

    type: Literal["tick"] = "tick"
