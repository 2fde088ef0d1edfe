"""Events of a project's states."""

from __future__ import annotations

from typing import Literal

from azuraforge.events.body import EventBody


class ProjectArchived(EventBody):
    """Event: the project can only be read from now on."""

    type: Literal["project.archived"] = "project.archived"
    by: str


class ProjectUnarchived(EventBody):
    """Event: the project is no longer archived."""

    type: Literal["project.unarchived"] = "project.unarchived"
    by: str


class ProjectDeleted(EventBody):
    """Event: the project was moved to the trash."""

    type: Literal["project.deleted"] = "project.deleted"
    by: str


class ProjectRestored(EventBody):
    """Event: the project was restored from the trash."""

    type: Literal["project.restored"] = "project.restored"
    by: str


EVENTS: tuple[type[EventBody], ...] = (ProjectArchived, ProjectUnarchived, ProjectDeleted, ProjectRestored)
