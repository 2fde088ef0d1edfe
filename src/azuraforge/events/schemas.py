"""API shapes of events."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from azuraforge.paging import Page


class EventOut(BaseModel):
    """One event of a stream."""

    stream: str
    seq: int
    type: str
    data: dict[str, object]
    at: datetime


EventPage = Page[EventOut]
