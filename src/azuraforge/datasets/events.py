"""The events of datasets."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from azuraforge.events.body import EventBody


class VersionAdded(EventBody):
    """A dataset has a new version. Counts of a version that was read whole are null, except the first one's."""

    type: Literal["dataset.version_added"] = "dataset.version_added"
    dataset_id: str
    dataset: str
    version: int
    previous_version: int | None
    rows: int
    rows_added: int | None
    rows_revised: int | None
    rows_repeated: int | None
    end_at: datetime | None


class DatasetChanged(EventBody):
    """The rule for rows that change stored ones was changed."""

    type: Literal["dataset.changed"] = "dataset.changed"
    dataset_id: str
    dataset: str
    revisions: str


class DatasetMoved(EventBody):
    """A dataset or one version of it was moved into the trash or restored."""

    type: Literal["dataset.deleted", "dataset.restored"]
    dataset: str
    version: int | None
    by: str | None = None


EVENTS: tuple[type[EventBody], ...] = (VersionAdded, DatasetChanged, DatasetMoved)
