"""Base class of typed events. Each kind of event is a subclass, which its package lists in ``Package.events``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from azuraforge.strict_json import JsonObject


class EventBody(BaseModel):
    """Content of an event: its type and the fields of its data.

    A subclass narrows ``type`` to the names of its events (``Literal["run.waiting"]``) and adds the fields. Fields that
    are not set are not stored.

    Example:
        >>> from typing import Literal
        >>> class Waiting(EventBody):
        ...     type: Literal["run.waiting"] = "run.waiting"
        ...     waiting_on: int
        >>> Waiting(waiting_on=2).data()
        {'waiting_on': 2}
    """

    model_config = ConfigDict(extra="forbid")

    type: str

    def data(self) -> JsonObject:
        """Return the fields that are set, except the type."""
        return self.model_dump(mode="json", exclude={"type"}, exclude_unset=True)
