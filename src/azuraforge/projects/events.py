"""Events of a project: its name, the trash and the retention policy."""

from __future__ import annotations

from typing import Literal

from azuraforge.events.body import EventBody
from azuraforge.projects.schemas import RetentionPolicy

#: Stream of all events of a project that have no narrower stream.
STREAM = "project"


class ProjectCreated(EventBody):
    """Event: the project was created. ``by`` is its first owner."""

    type: Literal["project.created"] = "project.created"
    name: str
    by: str


class ProjectRenamed(EventBody):
    """Event: the project has another name; its slug is the same."""

    type: Literal["project.renamed"] = "project.renamed"
    name: str
    previous_name: str
    by: str


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


EVENTS: tuple[type[EventBody], ...] = (ProjectCreated, ProjectRenamed, PolicyChanged, TrashPurged)
