"""Events of the trash and of the project's retention policy."""

from __future__ import annotations

from typing import Literal

from azuraforge.events.body import EventBody
from azuraforge.projects.schemas import RetentionPolicy


class PolicyChanged(EventBody, RetentionPolicy):
    """Event of a changed retention policy."""

    type: Literal["policy.changed"] = "policy.changed"
    by: str


class TrashPurged(EventBody):
    """Event of items that were purged from the trash. ``by`` is a user, or ``policy``."""

    type: Literal["trash.purged"] = "trash.purged"
    runs: int = 0
    studies: int = 0
    datasets: int = 0
    dataset_versions: int = 0
    models: int = 0
    model_versions: int = 0
    predictions: int = 0
    notifications: int = 0
    bytes_freed: int
    by: str


EVENTS: tuple[type[EventBody], ...] = (PolicyChanged, TrashPurged)
