"""API shapes of deleted projects."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from azuraforge.paging import Page


class DeletedProjectOut(BaseModel):
    """A deleted project, which its owner can restore."""

    slug: str
    name: str
    deleted_at: datetime
    deleted_by: str
    purged_after: datetime = Field(description="time after which the project's retention policy purges it")


class DeletedProjectPage(Page[DeletedProjectOut]):
    """A page of the caller's deleted projects, ordered by slug."""


class ProjectPurgeOut(BaseModel):
    """Result of purging a project: the number of deleted rows, and the freed bytes of its files."""

    rows: int
    bytes_freed: int
