"""Events of quotas, in the stream of their project."""

from __future__ import annotations

from typing import Literal

from azuraforge.events.body import EventBody
from azuraforge.projects.quotas.schemas import QuotaLimits


class QuotaChanged(EventBody):
    """Event: an administrator of the platform changed the project's quota."""

    type: Literal["project.quota_changed"] = "project.quota_changed"
    quota: QuotaLimits
    previous_quota: QuotaLimits
    by: str


EVENTS: tuple[type[EventBody], ...] = (QuotaChanged,)
