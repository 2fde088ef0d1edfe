"""API shapes of changes of runs and of actions on several runs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from azuraforge.paging import MOST
from azuraforge.runs.schemas import MOST_NOTE, MOST_TAGS, RunError, RunId, StorableText

#: Tag of a run: text without commas and line breaks.
_TAG = r"^[^\s,\x00-\x1f\x7f](?:[^,\x00-\x1f\x7f]*[^\s,\x00-\x1f\x7f])?$"
Tag = Annotated[StorableText, Field(min_length=1, max_length=50, pattern=_TAG)]
Tags = Annotated[list[Tag], Field(max_length=MOST_TAGS)]


class RunChange(BaseModel):
    """Change of a run's name, note or tags. Fields that are omitted stay as they are."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[StorableText, Field(min_length=1, max_length=200)] | None = None
    note: Annotated[StorableText, Field(max_length=MOST_NOTE)] | None = Field(
        default=None, description="note in Markdown; an empty text removes it"
    )
    tags: Tags | None = Field(default=None, description="tags that replace all earlier ones")
    add_tags: Tags = []
    remove_tags: Tags = []


class BulkRequest(BaseModel):
    """Request to do the same to several runs."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["change", "pin", "unpin", "cancel", "delete", "restore"]
    run_ids: list[RunId] = Field(min_length=1, max_length=MOST)
    change: RunChange | None = Field(default=None, description="the change, if `action` is `change`")


class BulkItem(BaseModel):
    """Result for one run of a request; ``error`` is null if the action succeeded."""

    id: str
    error: RunError | None


class BulkOut(BaseModel):
    """Results for the runs of a request, in the order of the request."""

    items: list[BulkItem]
    failed: int
