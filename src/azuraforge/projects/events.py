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


class SecretStored(EventBody):
    """Event: a secret was stored or replaced. No event contains a value.

    ``name`` of a notification target's options is ``target:<id>``, here and in the other events of secrets.
    """

    type: Literal["secret.stored"] = "secret.stored"
    name: str
    replaced: bool
    by: str


class SecretDeleted(EventBody):
    """Event: a secret was deleted; without ``by``, together with the notification target that it belonged to."""

    type: Literal["secret.deleted"] = "secret.deleted"
    name: str
    by: str | None = None


class SecretUsed(EventBody):
    """Event: a child process received the value of a secret, for a source or for a message.

    ``run`` is the refreshing run; ``by``, the person who added a dataset from the source.
    """

    type: Literal["secret.used"] = "secret.used"
    name: str
    source: str | None = None
    dataset: str | None = None
    run: str | None = None
    notification: str | None = None
    by: str | None = None


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
    feeds: int = 0
    learners: int = 0
    models: int = 0
    model_versions: int = 0
    predictions: int = 0
    notifications: int = 0
    bytes_freed: int
    by: str


EVENTS: tuple[type[EventBody], ...] = (
    ProjectCreated,
    ProjectRenamed,
    SecretStored,
    SecretDeleted,
    SecretUsed,
    PolicyChanged,
    TrashPurged,
)
